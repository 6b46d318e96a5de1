"""Whether every number in a text stands in the payload it speaks of: the guard of all wording.

A number in words may be rounded, a share may be told in percent, milliseconds in seconds, and a loss as
its size. Numbers inside names ("gpt-4o", "p99") are part of the name.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

_NUMBER: Final = re.compile(
    r"(?<![\w.])(?<!\w[-–:/])(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"
    r"|[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?)"
    r"(?P<unit>\s?(?:%|(?:ms|s|k|h|x)\b))?(?![\w-]|[.:,][0-9])",
    re.IGNORECASE,
)
_SCALES: Final[Mapping[str, tuple[float, ...]]] = {  # a payload's value times one of these is the text's
    "": (1.0, 100.0),
    "%": (100.0, 1.0),
    "ms": (1.0, 1_000.0),
    "s": (1.0, 0.001),
    "h": (1.0, 1 / 3_600, 1 / 3_600_000),
    "k": (0.001,),
    "x": (1.0,),
}


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """A number as a text states it, and how far rounding may have moved it."""

    text: str
    value: float
    unit: str
    rounding: float


def stated(text: str) -> tuple[Stated, ...]:
    """Return the numbers of `text`.

    >>> [(number.value, number.unit) for number in stated("saves $1,234.50, 12.5 % of gpt-4o's bill")]
    [(1234.5, ''), (12.5, '%')]
    """
    found: list[Stated] = []
    for match in _NUMBER.finditer(text):
        digits = match["digits"].replace(",", "")
        mantissa, _, exponent = digits.lower().partition("e")
        places = len(mantissa.partition(".")[2]) - int(exponent or 0)
        found.append(
            Stated(
                text=match[0],
                value=float(digits),
                unit=(match["unit"] or "").strip().lower(),
                rounding=0.5 * 10.0**-places,
            )
        )
    return tuple(found)


def unsupported(text: str, payload: Any) -> tuple[str, ...]:  # Any: whatever encodes as JSON
    """Return the numbers of `text` that `payload` does not hold, as they are written.

    >>> unsupported("saves 27.5 % or $41", {"share": 0.2749, "usd": 41.3})
    ()
    >>> unsupported("saves 30 %", {"share": 0.2749})
    ('30 %',)
    """
    held = sorted({abs(value) for value in _values(msgspec.to_builtins(payload))})
    return tuple(number.text for number in stated(text) if not _is_held(number, held))


def _is_held(number: Stated, held: Sequence[float]) -> bool:
    slack = number.rounding * (1 + 1e-6) + 1e-9 * abs(number.value)
    for scale in _SCALES[number.unit]:
        at = bisect_left(held, (number.value - slack) / scale)
        if at < len(held) and held[at] * scale <= number.value + slack:
            return True
    return False


def _values(payload: Any) -> Iterator[float]:  # Any: decoded JSON
    if isinstance(payload, bool) or payload is None:
        return
    if isinstance(payload, int | float):
        yield float(payload)
    elif isinstance(payload, str):
        yield from (number.value for number in stated(payload))
    else:
        listed: Sequence[Any] = [*payload, *payload.values()] if isinstance(payload, dict) else payload
        for value in listed:
            yield from _values(value)
