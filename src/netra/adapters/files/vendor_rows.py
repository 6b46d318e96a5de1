"""Reads the rows of a vendor's format: decoded, converted to calls, and checked like any call."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from netra.adapters.files.formats.model import BadRow, CallReading, Format, Placed
from netra.adapters.files.json_rows import Rows
from netra.adapters.files.records import Lines, records_of
from netra.adapters.files.table import joined
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.intake import NAIVE_NOTE, Taken, fault_of, in_utc, wrong_with
from netra.domain.workloads.model import Event, RowFault

FIELD_BYTES: Final = 4 * 1024 * 1024  # bytes of one cell; exports hold prompts, which are passed over


class VendorRows:
    """Reads JSON rows in one format."""

    def __init__(self, form: Format, reading: CallReading) -> None:
        self._form = form
        self._reading = reading

    def take(self, rows: Rows) -> Taken:
        """Return the calls that are complete with these rows."""
        placed: list[Placed] = []
        faults: list[RowFault] = []
        for line, raw in rows:
            try:
                row = self._form.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                faults.append(fault_of(line, error))
                continue
            _read(self._reading, row, line, placed, faults)
        return taken_of(placed, faults)


class VendorTable:
    """Reads the rows of a table in one format, each as a mapping of the titles to text."""

    def __init__(self, reading: CallReading, *, titles: Sequence[str], delimiter: str) -> None:
        self._titles = titles
        self._delimiter = delimiter
        self._reading = reading
        self._rest: Lines = ()
        csv.field_size_limit(FIELD_BYTES)

    def take(self, text: str, *, first_line: int, is_end: bool = False) -> Taken:
        """Return the calls in some lines."""
        text = text.replace("\r\n", "\n").removesuffix("\r")
        lines = [*self._rest, *enumerate(text.split("\n"), first_line)]
        found = records_of(lines, delimiter=self._delimiter, width=len(self._titles), is_end=is_end)
        self._rest = found.rest
        placed: list[Placed] = []
        faults = list(found.faults)
        for line, cells in zip(found.numbers, found.rows, strict=True):
            row: Mapping[str, str] = dict(zip(self._titles, cells, strict=True))
            _read(self._reading, row, line, placed, faults)
        return taken_of(placed, faults)


def _read(
    reading: CallReading, row: Any, line: int, placed: list[Placed], faults: list[RowFault]
) -> None:  # Any: what the format decodes rows to
    try:
        placed.extend(reading.read(row, line=line))
    except BadRow as error:
        faults.append(RowFault(line=line, code="invalid_row", message=str(error)))


def taken_of(placed: Iterable[Placed], faults: Sequence[RowFault] = ()) -> Taken:
    """Return calls as columns; one that contradicts itself is a fault."""
    events: list[Event] = []
    lines: list[int] = []
    wrong = list(faults)
    is_naive = False
    for one in placed:
        event = one.event
        if event.timestamp.tzinfo is None:
            is_naive, event = True, in_utc(event)
        message = wrong_with(event)
        if message is not None:
            wrong.append(RowFault(line=one.line, code="invalid_row", message=message))
            continue
        events.append(event)
        lines.append(one.line)
    if not events:
        return msgspec.structs.replace(joined([]), faults=tuple(wrong))
    return Taken(
        events=columns_of(events),
        lines=np.array(lines, np.int64),
        faults=tuple(wrong),
        notes=(NAIVE_NOTE,) if is_naive else (),
    )
