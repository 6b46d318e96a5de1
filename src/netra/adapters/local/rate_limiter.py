"""Rate limits of one process: a true sliding window of the instants that were admitted.

The `limits` package's memory storage keeps such windows too, but each hit shifts a whole list and
starts a task that visits every key through a thread: at a million a minute, or at many keys, that
is most of the work. Here a decision is a few operations whatever the limit and the number of keys.
"""

import math
from array import array
from collections import OrderedDict
from typing import Final

from netra.domain.quotas import Admission, LimitName, RequestRateLimits
from netra.ports.clock import Clock

WINDOW_S: Final = 60.0
KEYS_MAX: Final = 500_000  # about 100 MB; beyond it the longest quiet key is forgotten early


class Window:
    """The instants of one key, oldest first, in seconds of the steady clock."""

    __slots__ = ("_first", "_instants_s")

    def __init__(self) -> None:
        self._instants_s = array("d")
        self._first = 0  # what lies before has left the window

    def __len__(self) -> int:
        return len(self._instants_s) - self._first

    @property
    def oldest_s(self) -> float:
        """The instant that leaves next."""
        return self._instants_s[self._first]

    @property
    def newest_s(self) -> float:
        """The instant that leaves last."""
        return self._instants_s[-1]

    def room(self) -> int:
        """Return how many instants there is memory for, counted or not."""
        return len(self._instants_s)

    def add(self, instant_s: float) -> None:
        """Count one more."""
        self._instants_s.append(instant_s)

    def leave(self, *, before_s: float) -> None:
        """Forget instants before `before_s`; cutting only when half is dead keeps it linear."""
        instants_s, first = self._instants_s, self._first
        while first < len(instants_s) and instants_s[first] < before_s:
            first += 1
        if first * 2 > len(instants_s):
            del instants_s[:first]
            first = 0
        self._first = first


class LocalRateLimiter:
    """`RateLimiter` for one process."""

    def __init__(self, rates: RequestRateLimits, *, clock: Clock, keys_max: int = KEYS_MAX) -> None:
        self._rates = {name: rates.of(name) for name in LimitName}
        self._clock = clock
        self._keys_max = keys_max
        self._windows: OrderedDict[tuple[LimitName, str], Window] = OrderedDict()  # longest quiet first

    async def admit(self, name: LimitName, key: str) -> Admission:
        """Count one request of `key` under `name` and say whether it is admitted."""
        now_s = self._clock.monotonic_s()
        limit = self._rates[name]
        if limit == 0:
            return self._said(limit=0, count=0, now_s=now_s, window=None, allowed=True)
        self._forget_quiet(now_s)
        window = self._windows.get((name, key))
        if window is None:
            window = self._windows[name, key] = Window()
        window.leave(before_s=now_s - WINDOW_S)
        allowed = len(window) < limit
        if allowed:
            window.add(now_s)
            self._windows.move_to_end((name, key))
        return self._said(limit=limit, count=len(window), now_s=now_s, window=window, allowed=allowed)

    def published(self) -> dict[str, int]:
        """Return the live limits by name."""
        return {name.value: limit for name, limit in self._rates.items()}

    def held(self) -> int:
        """Return how many keys are in memory."""
        return len(self._windows)

    def _said(
        self, *, limit: int, count: int, now_s: float, window: Window | None, allowed: bool
    ) -> Admission:
        clear_s = 0.0 if window is None else window.newest_s + WINDOW_S - now_s
        wait_s = 0.0 if window is None or count < limit else window.oldest_s + WINDOW_S - now_s
        return Admission(
            allowed=allowed,
            limit=limit,
            remaining=max(limit - count, 0),
            reset_at_s=math.ceil(self._clock.now().timestamp() + clear_s),
            # an instant exactly 60 s old still counts: round up past it
            retry_after_s=0 if window is None or count < limit else math.floor(wait_s) + 1,
        )

    def _forget_quiet(self, now_s: float) -> None:
        while self._windows:
            quietest = next(iter(self._windows.values()))
            is_quiet = quietest.newest_s < now_s - WINDOW_S
            if not is_quiet and len(self._windows) < self._keys_max:
                return
            self._windows.popitem(last=False)
