"""How long a connection waits for its peer: for a head, for a body, between requests, after its last answer.

Pure: times are arguments, in seconds of a steady clock. A deadline that moves costs no timer: whoever
watches asks `left_s`, sleeps for at most that long, and asks again. No deadline is then noticed late.
"""

from typing import Final

from netra.entrypoints.server.wire_limits import WireLimits


class Deadlines:
    """What one connection is waiting for, and since when."""

    __slots__ = ("_allowed_s", "_bytes", "_is_body", "_limits", "_period_s", "_since_s", "_was_blocked")

    def __init__(self, limits: WireLimits, *, now_s: float) -> None:
        self._limits: Final = limits
        self._period_s = min(limits.head_s, limits.idle_s, limits.body_window_s, limits.linger_s)
        self._allowed_s: float | None = limits.head_s
        self._since_s = now_s
        self._is_body = self._was_blocked = False
        self._bytes = 0  # of a body, in the present window

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
        """Expect nothing of the peer: it is this side's turn."""
        self._allowed_s = None

    def received(self, count: int) -> None:
        """Count bytes of a body."""
        self._bytes += count

    def blocked(self) -> None:
        """Note that this side does not read: the present window says nothing about the peer."""
        self._was_blocked = True

    def left_s(self, now_s: float, *, is_blocked: bool = False) -> float:
        """Return in how many seconds to look again at the latest; 0 when the peer's time is over.

        `is_blocked` says that this side does not read at the moment.
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
