"""What one process admitted in the last minute, so that a Redis that does not know it can be told.

Every admission has a name of its own, and Redis keeps a set of names: telling twice changes nothing.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

import msgspec

KEPT_S: Final = 60.0  # what is older counts no more
KEPT_MAX: Final = 60_000  # 1,000 a second, some 15 MB; beyond it the oldest are not told
TOLD_MAX: Final = 2_000  # in one trip: a few milliseconds of the server


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """One admission: whose window it fills, since when by this process' steady clock, and its name."""

    key: str
    at_s: float
    name: bytes


class Ledger:
    """The admissions of one process, oldest first, and which of them Redis may not know."""

    def __init__(self, *, kept_max: int = KEPT_MAX) -> None:
        self._kept: deque[Admitted] = deque(maxlen=kept_max)
        self._untold: deque[Admitted] = deque(maxlen=kept_max)

    def keep(self, admitted: Admitted, *, is_told: bool) -> None:
        """Remember an admission for as long as it counts."""
        self._kept.append(admitted)
        self._forget(self._kept, now_s=admitted.at_s)
        if not is_told:
            self._untold.append(admitted)

    def doubt(self) -> None:
        """Take it that Redis knows nothing."""
        self._untold = self._kept.copy()

    def take_untold(self, now_s: float) -> list[Admitted]:
        """Return what Redis is to be told next, at most `TOLD_MAX`; none when it knows all."""
        self._forget(self._untold, now_s=now_s)
        return [self._untold.popleft() for _ in range(min(len(self._untold), TOLD_MAX))]

    def put_back(self, untold: Iterable[Admitted]) -> None:
        """Remember that these were perhaps not heard."""
        self._untold.extendleft(reversed(list(untold)))

    @staticmethod
    def _forget(admissions: deque[Admitted], *, now_s: float) -> None:
        while admissions and admissions[0].at_s < now_s - KEPT_S:
            admissions.popleft()
