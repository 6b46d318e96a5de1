"""How much telemetry each owner sends in a minute, in records and bytes, in this process."""

from collections import OrderedDict, deque
from typing import Final

import msgspec

from netra.domain.errors import RateLimited
from netra.domain.ids import UserId
from netra.ports.clock import Clock

WINDOW_S: Final = 60.0
SLOT_S: Final = 1.0  # resolution of the window; bounds its memory to 61 entries an owner
OWNERS_MAX: Final = 10_000  # owners that are counted; beyond it the one that was quiet longest is forgotten
RETRY_S: Final = 3  # exporters give up after 10 s, retries included


class _Slot(msgspec.Struct):
    at_s: float
    records: int = 0
    bytes: int = 0


class IntakeMeter:
    """Admits requests within limits of records and bytes per 60 s; 0 is unlimited."""

    def __init__(self, *, records: int, bytes_: int, clock: Clock, owners_max: int = OWNERS_MAX) -> None:
        self._owners_max = owners_max
        self._records = records
        self._bytes = bytes_
        self._clock = clock
        self._slots: OrderedDict[UserId, deque[_Slot]] = OrderedDict()

    def admit(self, owner_id: UserId, *, records: int, size: int) -> None:
        """Count a request. Raises `RateLimited`, and counts nothing, when it would exceed a limit.

        A single request above a limit is admitted when nothing else was in the window: it could never be.
        """
        now_s = self._clock.monotonic_s()
        slots = self._slots.setdefault(owner_id, deque())
        self._slots.move_to_end(owner_id)
        while slots and now_s - slots[0].at_s >= WINDOW_S:
            slots.popleft()
        self._check("records", sum(slot.records for slot in slots), records, self._records)
        self._check("bytes", sum(slot.bytes for slot in slots), size, self._bytes)
        if not slots or now_s - slots[-1].at_s >= SLOT_S:
            slots.append(_Slot(now_s))
        slots[-1].records += records
        slots[-1].bytes += size
        while len(self._slots) > self._owners_max:
            self._slots.popitem(last=False)

    def _check(self, what: str, used: int, more: int, limit: int) -> None:
        if limit and used and used + more > limit:
            raise RateLimited(
                f"More than {limit} {what} of telemetry in 60 s; try again in {RETRY_S} s, or raise "
                f"NETRA_LIMIT_INGEST_{'EVENTS' if what == 'records' else 'BYTES'}.",
                retry_after_s=RETRY_S,
            )
