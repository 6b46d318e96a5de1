"""Converts rows of a table to events: whole columns if they are plain, otherwise row by row.

Both paths give the same events and the same faults; only the row-by-row path knows why a row is bad. A row is
a line: fields may be quoted but contain no line break, so a stray quote affects only its own line.
"""

import csv
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from netra.adapters.files.layout import Layout
from netra.adapters.files.plain import chain_of, even_columns, mapping_of, plain_columns
from netra.domain.workloads.columns import MAPPINGS, columns_of, nanoseconds
from netra.domain.workloads.intake import NAIVE_NOTE, Taken, fault_of, in_utc, wrong_with
from netra.domain.workloads.joining import concatenated
from netra.domain.workloads.model import UNSPECIFIED_MODEL, Event, RowFault

_CHUNK_ROWS: Final = 8_192  # rows per chunk; one bad row sends its whole chunk through the slow path
_FRACTION: Final = re.compile(r"(.*\.\d{6})(\d{1,3})\d*(.*)")

Row = Sequence[str]


def take_table(text: str, *, first_line: int, layout: Layout) -> Taken:
    """Return the events in `text`, the lines of a table without its header."""
    text = text.replace("\r\n", "\n").removesuffix("\r")
    columns = even_columns(text, layout)
    plain = None if columns is None else plain_columns(columns, layout)
    if plain is not None:
        lines = np.arange(first_line, first_line + len(plain.events), dtype=np.int64)
        return Taken(events=plain.events, lines=lines, notes=_notes(is_naive=plain.is_naive))
    numbered = [(line, row) for line, row in enumerate(text.split("\n"), first_line) if row.strip()]
    parts = [
        _take_chunk(numbered[start : start + _CHUNK_ROWS], layout)
        for start in range(0, len(numbered), _CHUNK_ROWS)
    ]
    return joined(parts)


def joined(parts: Sequence[Taken]) -> Taken:
    """Concatenate all parts, in order."""
    return Taken(
        events=concatenated([part.events for part in parts]),
        lines=np.concatenate([np.zeros(0, np.int64), *(part.lines for part in parts)]),
        faults=tuple(fault for part in parts for fault in part.faults),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _take_chunk(numbered: Sequence[tuple[int, str]], layout: Layout) -> Taken:
    rows: list[Row] = []
    lines: list[int] = []
    faults: list[RowFault] = []
    for line, text in numbered:
        row, wrong = _split(text, layout)
        if wrong is None:
            rows.append(row)
            lines.append(line)
        else:
            faults.append(RowFault(line=line, code="invalid_row", message=wrong))
    plain = plain_columns(tuple(zip(*rows, strict=True)), layout)
    if plain is None:
        taken = _row_by_row(rows, lines, layout)
        return msgspec.structs.replace(taken, faults=(*faults, *taken.faults))
    return Taken(
        events=plain.events,
        lines=np.array(lines, np.int64),
        faults=tuple(faults),
        notes=_notes(is_naive=plain.is_naive),
    )


def _split(text: str, layout: Layout) -> tuple[Row, str | None]:
    """Return the cells of one line, and an error when their number is wrong."""
    row: Row
    if '"' not in text:
        row = text.split(layout.delimiter)
    else:
        try:
            (row,) = csv.reader([text], delimiter=layout.delimiter, strict=True)
        except csv.Error as error:
            return (), f"its quotes do not match: {error}"
    if " " in text:
        row = [cell.strip() for cell in row]
    if len(row) != len(layout.fields):
        return row, f"it has {len(row)} columns where the first line has {len(layout.fields)}"
    return row, None


def _row_by_row(rows: Sequence[Row], lines: Sequence[int], layout: Layout) -> Taken:
    events: list[Event] = []
    kept: list[int] = []
    extra_ns: list[int] = []
    faults: list[RowFault] = []
    is_naive = False
    for line, row in zip(lines, rows, strict=True):
        try:
            event, beyond_us = _event_of(row, layout)
        except (msgspec.ValidationError, UnicodeEncodeError) as error:
            faults.append(_cell_fault(line, error))
            continue
        if event.timestamp.tzinfo is None:
            is_naive = True
            event = in_utc(event)
        wrong = wrong_with(event)
        if wrong is not None:
            faults.append(RowFault(line=line, code="invalid_row", message=wrong))
            continue
        events.append(event)
        kept.append(line)
        extra_ns.append(beyond_us)
    at_ns = [nanoseconds(event.timestamp) + extra for event, extra in zip(events, extra_ns, strict=True)]
    return Taken(
        events=msgspec.structs.replace(columns_of(events), at_ns=np.array(at_ns, np.int64)),
        lines=np.array(kept, np.int64),
        faults=tuple(faults),
        notes=_notes(is_naive=is_naive),
    )


def _notes(*, is_naive: bool) -> tuple[str, ...]:
    return (NAIVE_NOTE,) if is_naive else ()


def _event_of(row: Row, layout: Layout) -> tuple[Event, int]:
    """Return the row's event and its nanoseconds below a microsecond."""
    cells: dict[str, Any] = {
        name: cell for name, cell in zip(layout.fields, row, strict=True) if name is not None and cell
    }
    "".join(row).encode()  # rejects lone surrogates, which stand for bytes that were not UTF-8
    if "model" not in layout.fields:
        cells["model"] = UNSPECIFIED_MODEL
    if "prefix_hashes" in cells:
        cells["prefix_hashes"] = chain_of(cells["prefix_hashes"])
    cells |= {name: mapping_of(cells[name]) for name in MAPPINGS if name in cells}
    beyond_us = 0
    finer = _FRACTION.fullmatch(cells.get("timestamp", ""))
    if finer is not None:
        cells["timestamp"] = finer[1] + finer[3]
        beyond_us = int(finer[2].ljust(3, "0"))
    return msgspec.convert(cells, Event, strict=False), beyond_us


def _cell_fault(line: int, error: msgspec.ValidationError | UnicodeEncodeError) -> RowFault:
    if isinstance(error, msgspec.ValidationError):
        return fault_of(line, error)
    return RowFault(line=line, code="not_utf8", message="a cell is not UTF-8 text")
