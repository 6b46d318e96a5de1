"""Read numbers written in digits, by either convention: "1,234.5" and "1.234,5", "1 500", "1'500"."""

import enum
import re
from typing import Final

import msgspec

CHUNK: Final = (
    r"(?:[0-9]{1,3}(?:[ \u00a0\u202f\u2009'’][0-9]{3}(?![0-9]))+(?:[.,][0-9]{1,6})?"
    r"|[0-9]{1,15}(?:[.,][0-9]{1,15}){0,6}|\.[0-9]{1,9})(?:e(?:[-+]?[0-9]{1,2}|-[0-9]{3})(?![\w]))?"
)
"""A run of digits with separators and an exponent; the bounds keep matching linear."""
_SPACES: Final = re.compile("[ \u00a0\u202f\u2009'’]")
_COMMA_DECIMALS: Final = re.compile(
    r"(?<![\w.,])[0-9]{1,9}(?:\.[0-9]{3})*,(?:[0-9]{1,2}|[0-9]{4,6})(?![\w.,]?[0-9])"
)
_POINT_DECIMALS: Final = re.compile(
    r"(?<![\w.,])(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9}\.(?:[0-9]{1,2}|[0-9]{4,6}))(?![\w.,]?[0-9])"
)
DOUBT: Final = "“{}” can be read in two ways; write {} or {}"


class Convention(enum.StrEnum):
    """The sign that separates decimals."""

    POINT = "point"
    COMMA = "comma"


class Digits(msgspec.Struct, frozen=True, kw_only=True):
    """A number in digits: its value, the size of its last digit, and why the value is in doubt."""

    value: float
    step: float
    doubt: str = ""


def convention_of(text: str) -> Convention | None:
    """Return the convention that the other numbers of `text` show; None if they show neither or both.

    >>> convention_of("1,5 s und 2.500 Euro"), convention_of("1,000 calls"), convention_of("1.500 ms")
    (<Convention.COMMA: 'comma'>, <Convention.POINT: 'point'>, None)
    """
    has_comma = _COMMA_DECIMALS.search(text) is not None
    has_point = _POINT_DECIMALS.search(text) is not None
    if has_comma == has_point:
        return None
    return Convention.COMMA if has_comma else Convention.POINT


def read_digits(chunk: str, *, convention: Convention | None) -> Digits | None:
    """Return the number written as `chunk`; None for what is no number, such as "1.2.3".

    >>> [read_digits(chunk, convention=None).value for chunk in ("1,5", "2.500,00", "1,500", "1 500")]
    [1.5, 2500.0, 1500.0, 1500.0]
    >>> read_digits("1.500", convention=None).doubt
    '“1.500” can be read in two ways; write 1500 or 1.5'
    """
    mantissa, _, exponent = chunk.lower().partition("e")
    plain = _SPACES.sub("", mantissa)
    if "." in plain and "," in plain:
        split = _both(plain)
    elif plain.count(",") + plain.count(".") > 1:
        split = _grouped(plain)
    else:
        return _single(plain, exponent, convention=convention)
    return None if split is None else _digits(*split, exponent)


def _single(plain: str, exponent: str, *, convention: Convention | None) -> Digits:
    """Return a number with at most one separator."""
    mark = "," if "," in plain else "."
    whole, _, part = plain.partition(mark)
    decimal = _digits(whole or "0", part, exponent)
    if len(part) != 3 or not 1 <= len(whole) <= 3 or whole.startswith("0"):
        return decimal
    grouped = _digits(whole + part, "", exponent)
    if mark == ",":
        return decimal if convention is Convention.COMMA else grouped
    if convention is None:
        doubt = DOUBT.format(plain, f"{grouped.value:.0f}", f"{decimal.value:g}")
        return msgspec.structs.replace(decimal, doubt=doubt)
    return grouped if convention is Convention.COMMA else decimal


def _both(plain: str) -> tuple[str, str] | None:
    """Return the whole and the decimal digits of "1,234.5": the last separator is the decimal one."""
    mark = max(".,", key=plain.rfind)
    whole, _, part = plain.rpartition(mark)
    groups = re.split("[.,]", whole)
    if mark in whole or len(groups[0]) > 3 or any(len(group) != 3 for group in groups[1:]):
        return None
    return "".join(groups), part


def _grouped(plain: str) -> tuple[str, str] | None:
    """Return the digits of "1,234,567"; None if the groups are not of three digits, as in a version."""
    groups = re.split("[.,]", plain)
    if not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):
        return None
    return "".join(groups), ""


def _digits(whole: str, part: str, exponent: str) -> Digits:
    times = 10.0 ** int(exponent or "0")
    value = float(f"{whole}.{part or '0'}e{exponent or '0'}")
    return Digits(value=value, step=10.0 ** -len(part) * times)
