"""Converts rows of cells to events: whole columns if they are plain, otherwise row by row.

Both paths give the same events and the same faults; only the row-by-row path knows why a row is bad. Cells
that people or spreadsheets write are brought to plain form first.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from netra.adapters.files.cells import Cells, Columns
from netra.adapters.files.layout import Layout
from netra.adapters.files.line_blocks import Block
from netra.adapters.files.plain import Plain, chain_of, even_columns, mapping_of, plain_events
from netra.adapters.files.records import Lines, Row, records_of
from netra.adapters.files.row_faults import cell_fault
from netra.domain.workloads.columns import MAPPINGS, Ints, columns_of, nanoseconds
from netra.domain.workloads.intake import NAIVE_NOTE, Taken, in_utc, wrong_with
from netra.domain.workloads.joining import concatenated
from netra.domain.workloads.model import UNSPECIFIED_MODEL, Event, RowFault

_CHUNK_ROWS: Final = 8_192  # rows per chunk; one bad row sends its whole chunk through the slow path
_FRACTION: Final = re.compile(r"(.*\.\d{6})(\d{1,3})\d*(.*)")


class TableReader:
    """Reads the blocks of one table, in order; a record may go on from one block to the next."""

    def __init__(self, layout: Layout, *, cells: Cells) -> None:
        self._layout = layout
        self._cells = cells
        self._rest: Lines = ()

    def take(self, block: Block) -> Taken:
        """Return the events of a block."""
        # Bytes that are not UTF-8 become lone surrogates, which invalidate only their own rows.
        text = block.data.decode("utf-8", "surrogateescape")
        text = text.replace("\r\n", "\n").removesuffix("\r")
        columns = None if self._rest else even_columns(text, self._layout)
        plain = None if columns is None else plain_events(_by_field(columns, self._layout))
        if plain is not None:
            lines = np.arange(block.first_line, block.first_line + len(plain.events), dtype=np.int64)
            return _taken(plain, lines)
        return self._read([*self._rest, *enumerate(text.split("\n"), block.first_line)], is_end=False)

    def finish(self) -> Taken:
        """Return what is left of the last record, and the notes on how cells were read."""
        taken = self._read(self._rest, is_end=True)
        return msgspec.structs.replace(taken, notes=(*taken.notes, *self._cells.notes))

    def _read(self, lines: Lines, *, is_end: bool) -> Taken:
        layout = self._layout
        found = records_of(lines, delimiter=layout.delimiter, width=len(layout.fields), is_end=is_end)
        self._rest = found.rest
        columns = _by_field(_columns_of(found.rows, width=len(layout.fields)), layout)
        taken = events_of(columns, found.numbers, cells=self._cells)
        return msgspec.structs.replace(taken, faults=(*found.faults, *taken.faults))


def take_table(text: str, *, first_line: int, layout: Layout) -> Taken:
    """Return the events in `text`, the lines of a whole table without its header."""
    cells = Cells(path="table", delimiter=layout.delimiter, in_seconds=layout.in_seconds)
    reader = TableReader(layout, cells=cells)
    first = reader.take(Block(first_line=first_line, data=text.encode("utf-8", "surrogateescape"), done=1.0))
    return joined([first, reader.finish()])


def events_of(columns: Columns, lines: Sequence[int], *, cells: Cells) -> Taken:
    """Return the events in columns of cells; row i stood in `lines[i]`."""
    if not lines:
        return joined([])
    cells.learn(columns)
    starts = range(0, len(lines), _CHUNK_ROWS)
    return joined([_take_chunk(columns, lines, slice(at, at + _CHUNK_ROWS), cells) for at in starts])


def joined(parts: Sequence[Taken]) -> Taken:
    """Concatenate all parts, in order."""
    return Taken(
        events=concatenated([part.events for part in parts]),
        lines=np.concatenate([np.zeros(0, np.int64), *(part.lines for part in parts)]),
        faults=tuple(fault for part in parts for fault in part.faults),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _take_chunk(columns: Columns, lines: Sequence[int], rows: slice, cells: Cells) -> Taken:
    written = {field: column[rows] for field, column in columns.items()}
    plain = plain_events(written)
    if plain is None:
        cleaned = cells.plain(written)
        plain = plain_events(cleaned)
        if plain is None:
            return _row_by_row(cleaned, written, lines[rows])
    return _taken(plain, np.array(lines[rows], np.int64))


def _taken(plain: Plain, lines: Ints) -> Taken:
    return Taken(events=plain.events, lines=lines, notes=_notes(is_naive=plain.is_naive))


def _by_field(columns: Sequence[Sequence[str]], layout: Layout) -> Columns:
    pairs = zip(layout.fields, columns, strict=True)
    found = {name: column for name, column in pairs if name is not None}
    if layout.in_seconds:  # never plain: the cells must be cleaned first
        found = {
            name: [f" {cell}" for cell in column] if name in layout.in_seconds else column
            for name, column in found.items()
        }
    return found


def _columns_of(rows: Sequence[Row], *, width: int) -> Sequence[Sequence[str]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _row_by_row(columns: Columns, written: Columns, lines: Sequence[int]) -> Taken:
    events: list[Event] = []
    kept: list[int] = []
    extra_ns: list[int] = []
    faults: list[RowFault] = []
    is_naive = False
    for place, line in enumerate(lines):
        row = {field: column[place] for field, column in columns.items()}
        try:
            event, beyond_us = _event_of(row)
        except (msgspec.ValidationError, UnicodeEncodeError) as error:
            faults.append(
                cell_fault(line, error, row | {name: cell[place] for name, cell in written.items()})
            )
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


def _event_of(row: Mapping[str, str]) -> tuple[Event, int]:
    """Return the row's event and its nanoseconds below a microsecond."""
    cells: dict[str, Any] = {name: cell for name, cell in row.items() if cell}
    "".join(row.values()).encode()  # rejects lone surrogates, which stand for bytes that were not UTF-8
    if "model" not in row:
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
