"""A connection's deadlines: for a head, for a body, between requests, and after its last response.

Pure: times are arguments, in seconds of a monotonic clock. Moving a deadline needs no timer: the owner calls
`left_s`, sleeps for at most that long, and calls again. So no deadline is noticed late.
"""

from typing import Final

from netra.entrypoints.server.wire_limits import WireLimits


class Deadlines:
    """What a connection waits for, and since when."""

    __slots__ = ("_allowed_s", "_bytes", "_is_body", "_limits", "_period_s", "_since_s", "_was_blocked")

    def __init__(self, limits: WireLimits, *, now_s: float) -> None:
        self._limits: Final = limits
        self._period_s = min(limits.head_s, limits.idle_s, limits.body_window_s, limits.linger_s)
        self._allowed_s: float | None = limits.head_s
        self._since_s = now_s
        self._is_body = self._was_blocked = False
        self._bytes = 0  # of the body, within the current window

    def wait_for_head(self, now_s: float) -> None:
        """Expect the rest of a head."""
        self._wait(self._limits.head_s, now_s)

    def wait_for_request(self, now_s: float) -> None:
        """Expect the first byte of the next request."""
        self._wait(self._limits.idle_s, now_s)

    def wait_for_close(self, now_s: float) -> None:
        """Expect the peer to close."""
        self._wait(self._limits.linger_s, now_s)

    def wait_for_body(self, now_s: float) -> None:
        """Expect a body: at a minimum rate, checked in each window."""
        self._wait(self._limits.body_window_s, now_s)
        self._is_body = True
        self._was_blocked = False
        self._bytes = 0

    def wait_for_nothing(self) -> None:
        """Expect nothing from the peer: the server has to act."""
        self._allowed_s = None

    def received(self, count: int) -> None:
        """Count bytes of a body."""
        self._bytes += count

    def blocked(self) -> None:
        """Note that reading is paused: the current window then proves nothing about the peer."""
        self._was_blocked = True

    def left_s(self, now_s: float, *, is_blocked: bool = False) -> float:
        """Return the seconds until the next check; 0 when the peer's time is over.

        `is_blocked` says that reading is paused.
        """
        if self._allowed_s is None:
            return self._period_s
        left_s = self._since_s + self._allowed_s - now_s
        if left_s > 0:
            self._was_blocked |= is_blocked
            return min(left_s, self._period_s)
        is_fast = self._bytes >= self._limits.body_window_bytes_min
        if not self._is_body or not (is_fast or self._was_blocked or is_blocked):
            return 0.0
        self.wait_for_body(now_s)
        self._was_blocked = is_blocked
        return self._period_s

    def _wait(self, allowed_s: float, now_s: float) -> None:
        self._allowed_s = allowed_s
        self._since_s = now_s
        self._is_body = False
