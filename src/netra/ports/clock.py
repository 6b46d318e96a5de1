"""Time, as the domain asks for it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The wall clock and a steady one."""

    def now(self) -> datetime:
        """Return the current instant, timezone-aware, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes back; only differences mean anything."""
        ...

    async def pause(self, seconds: float) -> None:
        """Return after `seconds` of the steady clock; cancellation passes through."""
        ...
