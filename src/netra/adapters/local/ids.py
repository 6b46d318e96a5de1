"""Identifiers: the millisecond, then chance."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from netra.ports.clock import Clock

# base32hex in lower case (RFC 4648, section 7): unlike plain base32 it sorts as its bits do
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"
_PAIRS: Final = tuple(high + low for high in _DIGITS for low in _DIGITS)  # 10 bits each
_TIME_PAIRS: Final = 5  # 48 bits of milliseconds since 1970 last until the year 10889
_RANDOM_PAIRS: Final = 10  # 100 bits
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class RandomIdSource:
    """`IdSource` by the operating system's random numbers."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    def new(self, prefix: str) -> str:
        """Return `prefix-`, 10 digits of time and 20 of chance."""
        at_ms = (self._clock.now() - _EPOCH) // _MILLISECOND
        chance = secrets.randbits(10 * _RANDOM_PAIRS)
        return f"{prefix}-{_pairs(at_ms, _TIME_PAIRS)}{_pairs(chance, _RANDOM_PAIRS)}"


def _pairs(number: int, count: int) -> str:
    return "".join(_PAIRS[(number >> shift) & 1023] for shift in range(10 * (count - 1), -1, -10))
