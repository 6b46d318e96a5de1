"""Converts plain cells to columns in bulk; anything unusual is left to the row-by-row path.

Every check here accepts a subset of what `Event` accepts.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.adapters.files.layout import Layout
from netra.domain.quotas import PREFIX_HASHES_PER_EVENT_MAX
from netra.domain.workloads.columns import (
    Codes,
    Column,
    Events,
    Flags,
    Floats,
    Ints,
    Labels,
    Prefixes,
    block_hash,
    labels_of,
)
from netra.domain.workloads.derived import written_tokens
from netra.domain.workloads.intake import are_parts_of_writes
from netra.domain.workloads.joining import from_columns
from netra.domain.workloads.mappings import mapping_text
from netra.domain.workloads.model import TOKENS_MAX, UNSPECIFIED_MODEL, Charges, LabelSet

Cells = Sequence[str]

_REQUIRED: Final = ("timestamp", "model", "input_tokens", "output_tokens")
_PADDED: Final = re.compile(r",0[0-9]|,[0-9]{10}")  # 007, and numbers above every limit
_FLOATS: Final = re.compile(r"(?:(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?)?,)*")
_INSTANTS: Final = re.compile(
    r"(?:(?:19[7-9]|20[0-9]|21[0-9])[0-9]-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(?:\.[0-9]{1,9})?(?:Z|\+00:00)?,)*"
)
_FLAGS: Final = {"true": 1, "True": 1, "TRUE": 1, "1": 1, "false": 0, "False": 0, "FALSE": 0, "0": 0, "": -1}
_MS_MAX: Final = 1e10
_LABEL_MAX: Final = 200
_BLOCK_TOKENS: Final = 512


class Unusual(ValueError):
    """A cell that only the row-by-row path can judge."""


class Plain(msgspec.Struct, frozen=True, kw_only=True):
    """Rows without unusual cells, and whether any of their instants had no time zone."""

    events: Events
    is_naive: bool


def even_columns(text: str, layout: Layout) -> Sequence[Cells] | None:
    """Return the cells by column; None unless every line has all cells, unquoted and unpadded."""
    mark, width = layout.delimiter, len(layout.fields)
    if '"' in text or f"{mark} " in text or f" {mark}" in text or "\n " in text or " \n" in text:
        return None
    rows = text.count("\n") + 1
    cells = f"\n{text}".replace("\n", f"{mark}\n").split(mark)[1:]
    firsts = cells[::width]
    if len(cells) != rows * width or not all(cell.startswith("\n") for cell in firsts):
        return None  # some line has too many cells, or too few
    return [[cell[1:] for cell in firsts], *(cells[column::width] for column in range(1, width))]


def plain_events(cells: Mapping[str, Cells]) -> Plain | None:
    """Return the rows' events, from columns by field; None when there are no rows or a cell is unusual."""
    if not cells or not cells.get("timestamp"):
        return None
    try:
        return Plain(events=_columns(cells), is_naive=_is_naive(cells["timestamp"]))
    except Unusual:
        return None


def _columns(cells: Mapping[str, Cells]) -> Events:
    if any("" in cells[name] for name in _REQUIRED if name in cells):
        raise Unusual
    columns: dict[str, Column] = {name: read(cells[name]) for name, read in _READERS.items() if name in cells}
    if "model" not in columns:
        codes = np.zeros(len(cells["timestamp"]), np.int32)
        columns["model"] = Labels(codes=codes, names=(UNSPECIFIED_MODEL,))
    events = from_columns({"at_ns": _instants(cells["timestamp"]), "prefixes": _chains(cells), **columns})
    _check_parts(events)
    return events


def _check_parts(events: Events) -> None:
    """Raise `Unusual` for rows whose parts exceed the whole, which the row-by-row path reports."""
    parts = np.zeros(len(events), np.int64)
    if not are_parts_of_writes(events):
        raise Unusual
    for part in (events.cached_input_tokens, written_tokens(events)):
        if part is not None:
            parts += np.maximum(part, 0)
    thought = events.reasoning_tokens
    is_too_long = thought is not None and np.any(thought > events.output_tokens)
    if np.any(parts > events.input_tokens) or is_too_long:
        raise Unusual


def _instants(cells: Cells) -> Ints:
    text = _listed(cells)
    if _INSTANTS.fullmatch(text) is None:
        raise Unusual
    if "Z" in text or "+" in text:
        cells = [cell.removesuffix("Z").removesuffix("+00:00") for cell in cells]
    try:
        return np.array(cells, "datetime64[ns]").astype(np.int64)
    except ValueError as error:  # such as 30 February
        raise Unusual from error


def _is_naive(cells: Cells) -> bool:
    text = "".join(cells)
    return text.count("Z") + text.count("+") < len(cells)


def _ints(cells: Cells) -> Ints | None:
    text = _listed(cells)
    digits = text.replace(",", "")
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit()) or _PADDED.search(f",{text}"):
        raise Unusual
    numbers = [int(cell) if cell else -1 for cell in cells] if "" in cells else list(map(int, cells))
    column = np.array(numbers, np.int64)
    if column.max() > TOKENS_MAX:
        raise Unusual
    return column


def _floats(cells: Cells) -> Floats | None:
    if _FLOATS.fullmatch(_listed(cells)) is None:
        raise Unusual
    if not any(cells):
        return None
    numbers = [float(cell or "nan") for cell in cells] if "" in cells else list(map(float, cells))
    column = np.array(numbers, np.float64)
    if np.nanmax(column) > _MS_MAX:
        raise Unusual
    return column


def _flags(cells: Cells) -> Flags | None:
    try:
        column = np.array([_FLAGS[cell] for cell in cells], np.int8)
    except KeyError as error:
        raise Unusual from error
    return column if np.any(column >= 0) else None


def _labels(cells: Cells) -> Labels | None:
    unique = dict.fromkeys(cells)
    unique.pop("", None)
    if not unique:
        return None
    _check_names(unique)
    codes = {name: code for code, name in enumerate(unique)}
    codes[""] = -1
    column: Codes = np.array(list(map(codes.__getitem__, cells)), np.int32)
    return Labels(codes=column, names=tuple(unique))


def _currencies(cells: Cells) -> Labels | None:
    if any(re.fullmatch("[A-Z]{3}", name) is None for name in set(cells) - {""}):
        raise Unusual
    return _labels(cells)


def _variants(cells: Cells) -> Labels | None:
    if not {"control", "treatment", ""}.issuperset(cells):
        raise Unusual
    return _labels(cells)


def _mappings(kind: Any) -> Callable[[Cells], Labels | None]:  # Any: an annotated type of `Event`
    """Return a reader of cells that are mappings; each distinct cell is read once."""

    def read(cells: Cells) -> Labels | None:
        unique = dict.fromkeys(cells)
        unique.pop("", None)
        if not unique:
            return None
        _check_characters("".join(unique))
        try:
            names = {
                cell: mapping_text(msgspec.convert(mapping_of(cell), kind, strict=False)) for cell in unique
            }
        except msgspec.ValidationError as error:
            raise Unusual from error
        return labels_of(map(names.get, cells))

    return read


def _names(cells: Cells) -> npt.NDArray[np.object_] | None:
    if not any(cells):
        return None
    _check_names(cells)
    return np.array([cell or None for cell in cells], np.object_)


def _check_names(names: Sequence[str] | dict[str, None]) -> None:
    if max(map(len, names)) > _LABEL_MAX:
        raise Unusual
    _check_characters("".join(names))


def _check_characters(text: str) -> None:
    if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Unusual


def _chains(cells: Mapping[str, Cells]) -> Prefixes | None:
    count = len(cells["timestamp"])
    sizes = _ints(cells.get("prefix_block_tokens", ()) or ("",))
    blocks = np.full(count, _BLOCK_TOKENS) if sizes is None else np.where(sizes < 0, _BLOCK_TOKENS, sizes)
    if blocks.min() < 1 or blocks.max() > 65_536:
        raise Unusual
    if "prefix_hashes" not in cells or not any(cells["prefix_hashes"]):
        return None
    chains = [chain_of(cell) for cell in cells["prefix_hashes"]]
    if max(map(len, chains)) > PREFIX_HASHES_PER_EVENT_MAX:
        raise Unusual
    return Prefixes(
        hashes=np.array([block_hash(block) for block in chain.from_iterable(chains)], np.int64),
        offsets=np.concatenate(([0], np.cumsum([len(blocks) for blocks in chains], dtype=np.int64))),
        block_tokens=blocks.astype(np.int32),
    )


def chain_of(cell: str) -> list[int | str]:
    """Return the block hashes in a cell: separated by spaces, commas or semicolons, brackets optional.

    >>> chain_of("[12, 13]"), chain_of("12 ab")
    ([12, 13], [12, 'ab'])
    """
    names = cell.strip("[] ").replace(",", " ").replace(";", " ").split()
    return [int(name) if name.isascii() and name.isdigit() and len(name) < 19 else name for name in names]


def mapping_of(cell: str) -> dict[str, str]:
    """Return the mapping in a cell: a JSON object, or pairs such as `team=search|env=prod`.

    A part without an equals sign is a key with an empty value, which no field admits.

    >>> mapping_of("web_search=2 | file_search=1"), mapping_of('{"web_search": 2}')
    ({'web_search': '2', 'file_search': '1'}, {'web_search': '2'})
    """
    if cell.lstrip().startswith("{"):
        try:
            found = msgspec.json.decode(cell, type=dict[str, str | int | float])
        except msgspec.DecodeError as error:
            raise msgspec.ValidationError(
                f"{cell[:80]!r} is not an object of names and values: {error}"
            ) from error
        return {key: str(value) for key, value in found.items()}
    pairs = [part.partition("=") for part in cell.replace(";", "|").split("|")]
    return {key.strip(): value.strip() for key, _, value in pairs}


def _listed(cells: Cells) -> str:
    text = ",".join(cells) + ","
    if text.count(",") != len(cells):  # a quoted cell with a comma inside
        raise Unusual
    return text


_READERS: Final[dict[str, Callable[[Cells], Column]]] = {
    "model": _labels,
    "input_tokens": _ints,
    "output_tokens": _ints,
    "id": _names,
    "cached_input_tokens": _ints,
    "cache_write_tokens": _ints,
    "reasoning_tokens": _ints,
    "max_output_tokens": _ints,
    "latency_ms": _floats,
    "ttft_ms": _floats,
    "cost": _floats,
    "deadline_s": _floats,
    "cache_write_1h_tokens": _ints,
    "cache_write_12h_tokens": _ints,
    "charges": _mappings(Charges),
    "labels": _mappings(LabelSet),
    "variant": _variants,
    "currency": _currencies,
    **dict.fromkeys(("provider", "status", "session", "template", "feature", "tool"), _labels),
    **dict.fromkeys(("prompt_hash", "retry_of", "service_tier", "region"), _labels),
    **dict.fromkeys(("offline", "streaming", "accepted"), _flags),
}
