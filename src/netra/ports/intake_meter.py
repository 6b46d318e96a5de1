"""The rate of telemetry that each user sends."""

from typing import Protocol

from netra.domain.ids import UserId
from netra.domain.telemetry.intake_limits import IntakeLimits


class IntakeMeter(Protocol):
    """A sliding window of 60 s over records and bytes, to the second; each decision is one atomic step."""

    @property
    def limits(self) -> IntakeLimits:
        """The limits that it keeps."""
        ...

    async def admit(self, owner_id: UserId, *, records: int, size: int) -> None:
        """Count a request of `records` and `size` bytes.

        Raises `RateLimited`, and counts nothing, when it would exceed a limit within 60 s; see
        `IntakeLimits.check`. A user without requests for 61 s takes no memory.
        """
        ...
