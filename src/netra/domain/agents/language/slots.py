"""Fill the slots of an answer: `[[plan.saved_share]]` becomes "46.4 %", rendered by the engine.

A slot is a path in the data that the model received: keys, and for a list the name or the number of a row.
The engine renders its number with unit and period in the answer's language, and its verdicts in words. An
unknown slot stays as it is and is refused.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from netra.domain.agents.language.masks import Json
from netra.domain.agents.language.rendering import rendered
from netra.domain.agents.language.tongues import Tongue

SLOT: Final = re.compile(r"\[\[\s*(?P<path>[^\[\]\n]{1,160}?)\s*\]\]")
_ALIASES: Final[Mapping[str, str]] = {
    "bill.usd": "bill_usd",
    "bill.usd_per_month": "bill_usd_per_month.value",
    "bill.usd_in_window": "bill_usd",
    "calls": "requests",
    "bill_usd_per_month": "bill_usd_per_month.value",
}
_ROW_KEYS: Final = ("name", "feature", "id", "target", "model", "kind")


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A slot of a text, resolved."""

    path: str
    key: str  # the last key of the path, which states the unit
    rows: tuple[str, ...]  # names of the rows on the way
    text: str  # as rendered
    start: int  # its place in the filled text
    end: int


class FilledText(msgspec.Struct, frozen=True, kw_only=True):
    """A text with its slots filled, and the paths that lead to nothing."""

    text: str
    slots: tuple[Filled, ...] = ()
    unknown: tuple[str, ...] = ()


def fill(text: str, payload: Json, *, tongue: Tongue) -> FilledText:
    """Return the text with its slots rendered.

    >>> fill("It saves [[plan.saved_share]].", {"plan": {"saved_share": 0.464}}, tongue=Tongue.GERMAN).text
    'It saves 46,4 %.'
    """
    pieces: list[str] = []
    slots: list[Filled] = []
    unknown: list[str] = []
    at = size = 0
    for match in SLOT.finditer(text):
        found = _resolved(match["path"], payload)
        shown = None if found is None else rendered(found[0], keys=found[1], tongue=tongue)
        pieces.append(text[at : match.start()])
        size += match.start() - at
        if found is None or shown is None:
            unknown.append(match["path"])
            shown = match[0]
        else:
            keys, rows = found[1], found[2]
            slots.append(
                Filled(
                    path=match["path"], key=keys[-1], rows=rows, text=shown, start=size, end=size + len(shown)
                )
            )
        pieces.append(shown)
        size += len(shown)
        at = match.end()
    pieces.append(text[at:])
    return FilledText(text="".join(pieces), slots=tuple(slots), unknown=tuple(unknown))


def slots_in(payload: Json, *, most: int) -> list[str]:
    """Return the slots of a payload that hold a number or a verdict, at most `most`."""
    found: list[str] = []
    _collect(payload, (), found)
    return found[:most]


def _collect(value: Json, path: tuple[str, ...], found: list[str]) -> None:
    if isinstance(value, dict):
        for key, inside in value.items():
            _collect(inside, (*path, key), found)
    elif isinstance(value, list):
        for number, inside in enumerate(value, 1):
            name = _name_of(inside)
            if name is not None:
                _collect(inside, (*path, name), found)
            elif not isinstance(inside, str):
                _collect(inside, (*path, str(number)), found)
    elif rendered(value, keys=path, tongue=Tongue.ENGLISH) is not None:
        found.append(".".join(path))


def _resolved(path: str, payload: Json) -> tuple[Json, tuple[str, ...], tuple[str, ...]] | None:
    """Return the value at a path, its keys and the names of its rows; None if absent."""
    left = _ALIASES.get(path, path)
    value = payload
    keys: list[str] = []
    rows: list[str] = []
    while left:
        if isinstance(value, list):
            row = _row(value, left)
            if row is None:
                return None
            value, name, left = row
            rows.append(name)
            continue
        if not isinstance(value, dict):
            return None
        key = next((key for key in sorted(value, key=len, reverse=True) if _begins(left, key)), None)
        if key is None:
            return None
        keys.append(key)
        value, left = value[key], left[len(key) + 1 :]
    return (value, tuple(keys), tuple(rows)) if keys else None


def _row(rows: Sequence[Json], left: str) -> tuple[Json, str, str] | None:
    """Return the row that a path begins with, its name, and the rest of the path."""
    named = [(name, row) for row in rows if (name := _name_of(row)) is not None]
    for name, row in sorted(named, key=lambda pair: len(pair[0]), reverse=True):
        if _begins(left, name):
            return row, name, left[len(name) + 1 :]
    number, _, rest = left.partition(".")
    if number.isascii() and number.isdecimal() and 0 < int(number[:6]) <= len(rows):
        row = rows[int(number) - 1]
        return row, _name_of(row) or "", rest
    return None


def _begins(path: str, key: str) -> bool:
    return key != "" and (path == key or path.startswith(f"{key}."))


def _name_of(row: Json) -> str | None:
    if not isinstance(row, dict):
        return None
    return next((name for key in _ROW_KEYS if isinstance(name := row.get(key), str) and name), None)
