"""Reads the fields of a vendor's row: instants, durations and names, as JSON values or text of cells."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from netra.adapters.files.formats.model import BadRow, Row
from netra.adapters.files.instants import Instants
from netra.adapters.files.layout import key_of
from netra.domain.json_values import is_object
from netra.domain.telemetry.values import count_of, label_of, number_of
from netra.domain.workloads.model import UNSPECIFIED_MODEL

LATENCY_MS_MAX: Final = 1e10
COST_MAX: Final = 1e6  # dollars of one call; a larger figure is no cost
VALUE_MAX: Final = 40  # characters of a value that a message quotes
LABELS_MAX: Final = 8  # labels of one call


def at_of(value: object, name: str) -> datetime:
    """Return the instant in a field; a number is since 1970, in the unit that its size says.

    Raises `BadRow` with the value, and what was expected.
    """
    found = maybe_at(value)
    if found is None:
        shown = repr(value)[:VALUE_MAX]
        raise BadRow(
            f"{name} is {shown}; expected an instant such as 2026-11-30T20:10:57Z. "
            "Hint: export the rows with their start times"
        )
    return found


def maybe_at(value: object) -> datetime | None:
    """Return the instant in a field, or None without one."""
    if value is None or isinstance(value, bool) or value == "":
        return None
    text = str(value).strip()
    instants = Instants(order="month-first")  # as US portals export them; ISO forms are not affected
    instants.learn((text,), path="row")
    try:
        return msgspec.convert(instants.plain(text), datetime, strict=False)
    except msgspec.ValidationError:
        return None


def ms_between(start: datetime | None, end: datetime | None) -> float | None:
    """Return the milliseconds from `start` to `end`; None where one is unknown or `end` is earlier."""
    if start is None or end is None or (start.tzinfo is None) != (end.tzinfo is None):
        return None
    return ms_of((end - start).total_seconds() * 1000)


def ms_of(value: object) -> float | None:
    """Return milliseconds; None for a negative or endless time."""
    number = number_of(value)
    return number if number is not None and number <= LATENCY_MS_MAX else None


def seconds_as_ms(value: object) -> float | None:
    """Return seconds as milliseconds."""
    number = number_of(value)
    return None if number is None else ms_of(number * 1000)


def cost_of(value: object) -> float | None:
    """Return a cost; 0 for a call with tokens means unknown."""
    number = number_of(value)
    return number if number is not None and 0 < number <= COST_MAX else None


def model_of(*values: object) -> str:
    """Return the first model that is named."""
    return next((name for value in values if (name := label_of(value)) is not None), UNSPECIFIED_MODEL)


def first_of(row: Row, names: Iterable[str]) -> Any:
    """Return the first value that is there and not empty."""
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def label_in(row: Row, *names: str) -> str | None:
    """Return the first usable text, in the order of `names`."""
    return next((label for name in names if (label := label_of(row.get(name))) is not None), None)


def count_in(row: Row, *names: str) -> int | None:
    """Return the first readable count, in the order of `names`."""
    return next((count for name in names if (count := count_of(row.get(name))) is not None), None)


def labels_of_pairs(**pairs: object) -> dict[str, str] | None:
    """Return the labels that have a value, or None without any."""
    found = {key: label for key, value in pairs.items() if (label := label_of(value)) is not None}
    return dict(list(found.items())[:LABELS_MAX]) or None


def snake(row: Row) -> dict[str, Any]:
    """Return a row with its keys in snake case, so that `startTime` and `start_time` are one."""
    return {key_of(key): value for key, value in row.items()}


def nested(row: Row, *names: str) -> Row:
    """Return the object at a path of keys, each of which may be JSON text; empty if absent."""
    found: Row = row
    for name in names:
        found = whole_object(found.get(name))
    return found


def whole_object(value: Any) -> Mapping[str, Any]:  # Any: JSON value or text
    """Return the object in a value, which may be JSON text of any length: a line bounds it."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value if is_object(value) else {}
    try:
        found = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {}
    return found if is_object(found) else {}
