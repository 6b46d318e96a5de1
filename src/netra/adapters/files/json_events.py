"""Converts JSON rows in Netra's own columns to events: strictly where all rows are plain, else cell by cell.

Keys that mean nothing here are ignored, and named once.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from netra.adapters.files.cells import Cells
from netra.adapters.files.formats.model import Row
from netra.adapters.files.instants import Order
from netra.adapters.files.json_rows import Rows
from netra.adapters.files.layout import Column, columns_named, seconds_of
from netra.adapters.files.table import events_of, joined
from netra.domain.json_values import is_array, is_object
from netra.domain.quotas import PREFIX_HASHES_PER_EVENT_MAX
from netra.domain.workloads.intake import ROW_COMMAS, Taken, fault_of, take_lines
from netra.domain.workloads.model import Event, RowFault

KEYS_MAX: Final = 1_000  # distinct keys of one file that are looked at
NAMED_MAX: Final = 20  # unused keys that a note names
NESTING_MAX: Final = 4  # levels of an object whose keys `--map` may name
_OWN: Final = frozenset(Event.__struct_fields__)
_DECODER: Final = msgspec.json.Decoder(dict[str, Any])


class JsonEvents:
    """Reads the JSON rows of one file."""

    def __init__(self, *, path: str, names: Mapping[str, str], order: Order | None) -> None:
        self._path = path
        self._names = names
        self._is_nested = any("." in name for name in names.values())
        self._cells = Cells(path=path, order=order)
        self._keys: dict[str, Column] = {}
        self._is_strict = not names

    def take(self, rows: Rows) -> Taken:
        """Return the events in some rows."""
        if not self._is_strict:
            return self._take_cells(rows)
        taken = take_lines(rows)
        if not taken.faults:
            return taken
        self._is_strict = len(taken.faults) * 10 < len(rows)
        lines = {fault.line for fault in taken.faults}
        again = self._take_cells([(line, raw) for line, raw in rows if line in lines])
        if not len(again.events):
            return msgspec.structs.replace(taken, faults=again.faults)
        return joined([msgspec.structs.replace(taken, faults=()), again])

    def finish(self) -> Taken:
        """Return no events, and the notes on how the rows were read."""
        unused = [column.title for column in self._keys.values() if column.field is None]
        shown = ", ".join(unused[:NAMED_MAX]) + (", …" if len(unused) > NAMED_MAX else "")
        notes = (f"Keys that were not used: {shown}.",) if unused else ()
        return msgspec.structs.replace(joined([]), notes=(*notes, *self._cells.notes))

    def _take_cells(self, rows: Rows) -> Taken:
        found: list[Row] = []
        lines: list[int] = []
        faults: list[RowFault] = []
        for line, raw in rows:
            row = self._decoded(line, raw)
            if isinstance(row, RowFault):
                faults.append(row)
            else:
                found.append(row)
                lines.append(line)
        self._learn_keys(found)
        columns = {
            column.field: [cell_of(row.get(title)) for row in found]
            for title, column in self._keys.items()
            if column.field is not None
        }
        for field in ("timestamp", "input_tokens", "output_tokens"):
            columns.setdefault(field, [""] * len(found))
        taken = events_of(columns, lines, cells=self._cells)
        return msgspec.structs.replace(taken, faults=(*faults, *taken.faults))

    def _decoded(self, line: int, raw: bytes) -> Row | RowFault:
        if (commas := raw.count(b",")) > ROW_COMMAS:
            message = (
                f"the row has {commas} commas; prefix_hashes holds at most {PREFIX_HASHES_PER_EVENT_MAX}"
            )
            return RowFault(line=line, code="invalid_row", message=message)
        if b"\\u0000" in raw:
            return RowFault(line=line, code="invalid_row", message="a text holds a NUL character")
        try:
            row = _DECODER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return fault_of(line, error)
        return dict(flat(row)) if self._is_nested else row

    def _learn_keys(self, rows: list[Row]) -> None:
        new = {key for row in rows for key in row} - self._keys.keys()
        if not new or len(self._keys) + len(new) > KEYS_MAX:
            return
        order = [*self._keys, *(key for row in rows for key in row if key in new)]
        titles = tuple(dict.fromkeys(order))
        columns = columns_named(titles, path=self._path, names=self._names)
        self._keys = dict(zip(titles, columns, strict=True))
        self._cells.in_seconds = seconds_of(columns)


def flat(row: Row, *, above: str = "", levels: int = NESTING_MAX) -> list[tuple[str, object]]:
    """Return the keys and values of a nested object, keys joined by dots; each object stands there too.

    >>> flat({"usage": {"input": 3}})
    [('usage', {'input': 3}), ('usage.input', 3)]
    """
    found: list[tuple[str, object]] = []
    for key, value in row.items():
        found.append((above + key, value))
        if is_object(value) and levels:
            found += flat(value, above=f"{above}{key}.", levels=levels - 1)
    return found


def cell_of(value: object) -> str:
    """Return a JSON value as a cell of a table."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_array(value):
        return " ".join(str(item) for item in value)
    if is_object(value):
        return msgspec.json.encode(value).decode() if value else ""
    return str(value)
