"""Identifiers: the millisecond, then chance."""

import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Final

from netra.ports.clock import Clock

_RANDOM_BYTES: Final = 13  # 104 bits
_DRAWN_BYTES: Final = _RANDOM_BYTES * 256  # at a time
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class Chance:
    """The operating system's random numbers, drawn some hundred at a time and each used once.

    Asking the system lets go of the interpreter lock: in a busy server every asking cost the request
    a fifth of its time.
    """

    def __init__(self) -> None:
        self._drawn = b""
        self._used = 0
        self._lock = threading.Lock()

    def take(self) -> bytes:
        """Return `_RANDOM_BYTES` that nobody else gets."""
        with self._lock:
            if self._used == len(self._drawn):
                self._drawn = os.urandom(_DRAWN_BYTES)
                self._used = 0
            begin = self._used
            self._used += _RANDOM_BYTES
            return self._drawn[begin : self._used]

    def forget(self) -> None:
        """Begin anew: for the child of a fork, which would use its parent's bytes again."""
        self.__init__()  # type: ignore[misc]  # the lock too: it may have been held


_CHANCE: Final = Chance()
os.register_at_fork(after_in_child=_CHANCE.forget)


class RandomIdSource:
    """`IdSource` by chance and the clock."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    def new(self, prefix: str) -> str:
        """Return `prefix-`, 12 hexadecimal digits of time (good until the year 10889) and 26 of chance.

        Hexadecimal rather than a denser base: the platform writes it, six times as fast as Python.
        """
        at_ms = (self._clock.now() - _EPOCH) // _MILLISECOND
        return f"{prefix}-{at_ms:012x}{_CHANCE.take().hex()}"
