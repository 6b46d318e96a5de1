"""Rate limits of one process: a sliding window over the instants of admitted requests.

The `limits` package's memory storage keeps such windows too. But each hit there shifts a whole list and
starts a task that visits every key in a thread; at a million requests a minute, or with many keys, that is
most of the work. Here a decision takes a few operations, whatever the limit and the number of keys.
"""

import math
from array import array
from collections import OrderedDict
from typing import Final

from netra.domain.quotas import Admission, LimitName, RequestRateLimits
from netra.ports.clock import Clock

WINDOW_S: Final = 60.0
KEYS_MAX: Final = 500_000  # keys in memory, about 100 MB; beyond it the least recently used key is evicted


class Window:
    """The instants of one key, oldest first, in seconds of the monotonic clock."""

    __slots__ = ("_first", "_instants_s")

    def __init__(self) -> None:
        self._instants_s = array("d")
        self._first = 0  # index of the first instant within the window

    def __len__(self) -> int:
        return len(self._instants_s) - self._first

    @property
    def oldest_s(self) -> float:
        """The instant that leaves the window next."""
        return self._instants_s[self._first]

    @property
    def newest_s(self) -> float:
        """The instant that leaves the window last."""
        return self._instants_s[-1]

    def room(self) -> int:
        """Return the number of instants in memory, including those that have left the window."""
        return len(self._instants_s)

    def add(self, instant_s: float) -> None:
        """Add an instant."""
        self._instants_s.append(instant_s)

    def leave(self, *, before_s: float) -> None:
        """Drop instants before `before_s`; frees memory when half is unused, so the cost stays linear."""
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
        self._windows: OrderedDict[tuple[LimitName, str], Window] = OrderedDict()  # least recently used first

    async def admit(self, name: LimitName, key: str) -> Admission:
        """Count one request of `key` under `name` and return whether it is admitted."""
        now_s = self._clock.monotonic_s()
        limit = self._rates[name]
        if limit == 0:
            return self._decision(limit=0, count=0, now_s=now_s, window=None, allowed=True)
        self._forget_quiet(now_s)
        window = self._windows.get((name, key))
        if window is None:
            window = self._windows[name, key] = Window()
        window.leave(before_s=now_s - WINDOW_S)
        allowed = len(window) < limit
        if allowed:
            window.add(now_s)
            self._windows.move_to_end((name, key))
        return self._decision(limit=limit, count=len(window), now_s=now_s, window=window, allowed=allowed)

    def published(self) -> dict[str, int]:
        """Return the active limits by name."""
        return {name.value: limit for name, limit in self._rates.items()}

    def held(self) -> int:
        """Return the number of keys in memory."""
        return len(self._windows)

    def _decision(
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
