"""Counts telemetry of each user in the memory of this process."""

from collections import OrderedDict, deque
from typing import Final

import msgspec

from netra.domain.ids import UserId
from netra.domain.telemetry.intake_limits import SLOT_S, WINDOW_S, IntakeLimits
from netra.ports.clock import Clock

OWNERS_MAX: Final = 10_000  # users that are counted; beyond it the one that was quiet longest is forgotten


class _Slot(msgspec.Struct):
    at_s: float
    records: int = 0
    bytes: int = 0


class LocalIntakeMeter:
    """`IntakeMeter` for one process."""

    def __init__(self, limits: IntakeLimits, *, clock: Clock, owners_max: int = OWNERS_MAX) -> None:
        self._limits = limits
        self._clock = clock
        self._owners_max = owners_max
        self._slots: OrderedDict[UserId, deque[_Slot]] = OrderedDict()  # least recently used first

    @property
    def limits(self) -> IntakeLimits:
        """The limits that it keeps."""
        return self._limits

    async def admit(self, owner_id: UserId, *, records: int, size: int) -> None:
        """Count a request."""
        if self._limits.is_unlimited:
            return
        now_s = self._clock.monotonic_s()
        self._forget_quiet(now_s)
        slots = self._slots.setdefault(owner_id, deque())
        self._slots.move_to_end(owner_id)
        while slots and _has_left(slots[0], now_s):
            slots.popleft()
        self._limits.check(
            records_used=sum(slot.records for slot in slots),
            bytes_used=sum(slot.bytes for slot in slots),
            records=records,
            size=size,
        )
        if not slots or now_s - slots[-1].at_s >= SLOT_S:
            slots.append(_Slot(now_s))
        slots[-1].records += records
        slots[-1].bytes += size

    def held(self) -> int:
        """Return the number of users in memory."""
        return len(self._slots)

    def _forget_quiet(self, now_s: float) -> None:
        while self._slots:
            quietest = next(iter(self._slots.values()))
            is_quiet = not quietest or _has_left(quietest[-1], now_s)
            if not is_quiet and len(self._slots) < self._owners_max:
                return
            self._slots.popitem(last=False)


def _has_left(slot: _Slot, now_s: float) -> bool:
    """Return whether all of a slot is older than the window; what it counts came within `SLOT_S` after it."""
    return now_s - slot.at_s >= WINDOW_S + SLOT_S
