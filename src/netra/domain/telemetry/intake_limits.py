"""The limits of telemetry: records and bytes that a user may send in 60 s."""

from typing import Final

import msgspec

from netra.domain.errors import RateLimited

WINDOW_S: Final = 60
SLOT_S: Final = 1  # resolution of the window; bounds the memory to 61 counts of each kind by user
RETRY_S: Final = 3  # exporters give up after 10 s, retries included


class IntakeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Records and bytes admitted in 60 s, by user; 0 is unlimited."""

    records: int = 0
    bytes: int = 0

    @property
    def is_unlimited(self) -> bool:
        """Whether nothing has to be counted."""
        return not self.records and not self.bytes

    def check(self, *, records_used: int, bytes_used: int, records: int, size: int) -> None:
        """Raise `RateLimited` when a request of `records` and `size` bytes would exceed a limit.

        A single request above a limit passes when nothing else is in the window: it could never pass.

        >>> IntakeLimits(records=10).check(records_used=0, bytes_used=0, records=99, size=1)
        """
        if exceeds(records, used=records_used, limit=self.records):
            raise _refused(self.records, "records", "EVENTS")
        if exceeds(size, used=bytes_used, limit=self.bytes):
            raise _refused(self.bytes, "bytes", "BYTES")


def exceeds(more: int, *, used: int, limit: int) -> bool:
    """Return whether `more` is too much after `used`; the first of a window never is.

    >>> exceeds(2, used=9, limit=10), exceeds(1, used=9, limit=10), exceeds(99, used=0, limit=10)
    (True, False, False)
    """
    return limit > 0 and used > 0 and used + more > limit


def _refused(limit: int, what: str, variable: str) -> RateLimited:
    return RateLimited(
        f"More than {limit} {what} of telemetry in {WINDOW_S} s; try again in {RETRY_S} s, or raise "
        f"NETRA_LIMIT_INGEST_{variable}.",
        retry_after_s=RETRY_S,
    )
