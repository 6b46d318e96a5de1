"""Read the values of attributes: numbers sent as text, lists and objects sent as JSON or Python literals."""

import math
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from netra.domain.json_values import is_array, is_object, is_series
from netra.domain.telemetry.records import Attributes
from netra.domain.workloads.model import TOKENS_MAX

TEXT_READ_MAX: Final = 65_536  # characters of one value that are read as JSON; longer ones are content
LABEL_MAX: Final = 200  # characters of a label; a longer one is cut
NUMBERS_MAX: Final = 200  # numbers read from one Python literal
NESTING_MAX: Final = 4  # levels of an object whose numbers are read
_LITERAL_NUMBER: Final = re.compile(r"""['"](\w{1,64})['"]:\s*(-?\d{1,12}(?:\.\d{1,12})?)(?=[,}\s])""")


def count_of(value: object) -> int | None:
    """Return a count of tokens; None for a negative number, infinity, a truth value or other text.

    >>> [count_of(value) for value in (7, "7", 7.0, True, -1, "Infinity", "7.5", 10**9)]
    [7, 7, 7, None, None, None, None, None]
    """
    if type(value) is int:  # as nearly all are
        return value if 0 <= value <= TOKENS_MAX else None
    number = number_of(value)
    if number is None or number > TOKENS_MAX or number != int(number):
        return None
    return int(number)


def number_of(value: object) -> float | None:
    """Return a finite number that is not negative, sent as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def truth_of(value: object) -> bool | None:
    """Return a truth value, sent as such or as the text `true` or `false`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None


def label_of(value: object) -> str | None:
    """Return text that can be a label, cut to its maximum; None for anything else, also for empty text."""
    if type(value) is not str:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            return None
        value = str(value)
    text = value.replace("\x00", "").strip()
    return text[:LABEL_MAX] or None


def first(attributes: Attributes, names: Iterable[str]) -> Any:
    """Return the first value that is present, in the order of `names`."""
    for name in names:
        value = attributes.get(name)
        if value is not None:
            return value
    return None


def first_count(attributes: Attributes, names: Iterable[str]) -> int | None:
    """Return the first readable count, in the order of `names`."""
    for name in names:
        if (value := attributes.get(name)) is not None and (count := count_of(value)) is not None:
            return count
    return None


def first_label(attributes: Attributes, names: Iterable[str]) -> str | None:
    """Return the first usable label, in the order of `names`."""
    for name in names:
        if (value := attributes.get(name)) is not None and (label := label_of(value)) is not None:
            return label
    return None


def object_of(value: object) -> Attributes:
    """Return the object in a value, which may be JSON text; empty for anything else.

    Text longer than `TEXT_READ_MAX` is content of a prompt or an answer and is not read.
    """
    if is_object(value):
        return value
    if not isinstance(value, str) or len(value) > TEXT_READ_MAX or not value.lstrip().startswith("{"):
        return {}
    try:
        found = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {}
    return found if is_object(found) else {}


def list_of(value: object) -> list[Any]:
    """Return the list in a value, which may be JSON text; a single text is a list of one."""
    if is_series(value):
        return list(value)
    if not isinstance(value, str) or len(value) > TEXT_READ_MAX:
        return []
    if not value.lstrip().startswith("["):
        return [value]
    try:
        found = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return [value]
    return found if is_array(found) else [value]


def numbers_in(value: object) -> dict[str, float]:
    """Return the numbers of a nested object by the name of their leaf; the outermost of a name wins.

    The object may be a mapping, JSON text, or a Python literal as LiteLLM writes it.

    >>> numbers_in("{'prompt_tokens': 9, 'details': {'cached_tokens': 4, 'text': None}}")
    {'prompt_tokens': 9.0, 'cached_tokens': 4.0}
    """
    if isinstance(value, str):
        if "'" in value[:3] and len(value) <= TEXT_READ_MAX:
            return numbers_of_text(value)
        value = object_of(value)
    found: dict[str, float] = {}
    if is_object(value):
        _collect(value, found, NESTING_MAX)
    return found


def numbers_of_text(text: str) -> dict[str, float]:
    """Return the numbers that follow a quoted name and a colon; the first of a name wins."""
    found: dict[str, float] = {}
    for place, match in enumerate(_LITERAL_NUMBER.finditer(text)):
        if place == NUMBERS_MAX:
            break
        number = float(match[2])
        if number >= 0:
            found.setdefault(match[1], number)
    return found


def _collect(value: Attributes, found: dict[str, float], levels: int) -> None:
    nested: list[Attributes] = []
    for name, item in value.items():
        if is_object(item):
            nested.append(item)
        elif (number := number_of(item)) is not None:
            found.setdefault(name, number)
    if levels:
        for item in nested:
            _collect(item, found, levels - 1)
