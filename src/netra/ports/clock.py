"""Clocks."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """A wall clock and a monotonic clock."""

    def now(self) -> datetime:
        """Return the current instant, timezone-aware, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds on a monotonic clock; only differences are meaningful."""
        ...

    async def pause(self, seconds: float) -> None:
        """Sleep for `seconds` of the monotonic clock; cancellation is passed on."""
        ...
