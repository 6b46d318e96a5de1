"""Records of a table by RFC 4180: a quoted cell may hold delimiters, doubled quotes and line breaks.

A stray quote costs its own line only: where a record that begins with it has the wrong number of cells or
does not end, its first line is a fault and reading goes on with the next line.
"""

import csv
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from netra.domain.workloads.model import RowFault

RECORD_LINES: Final = 1_000  # lines of one record; bounds what a stray quote makes the reader look at

Row = Sequence[str]
Lines = Sequence[tuple[int, str]]


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """The records of some lines; `numbers[i]` is the line in which record i begins."""

    rows: list[Row]
    numbers: list[int]
    faults: list[RowFault]
    rest: Lines = ()  # lines of a record that is not complete


def records_of(lines: Iterable[tuple[int, str]], *, delimiter: str, width: int, is_end: bool) -> Records:
    """Return the records of `lines`; the last ones may wait in `rest` for more lines unless it `is_end`."""
    waiting = [(number, text) for number, text in lines]
    rows: list[Row] = []
    numbers: list[int] = []
    faults: list[RowFault] = []
    place = 0
    while place < len(waiting):
        number, text = waiting[place]
        if not text.strip():
            place += 1
            continue
        row, used, wrong = _record(waiting, place, delimiter=delimiter, width=width)
        if row is None and wrong is None and not is_end and len(waiting) - place < RECORD_LINES:
            return Records(rows=rows, numbers=numbers, faults=faults, rest=waiting[place:])
        if row is not None:
            rows.append(row)
            numbers.append(number)
        else:
            message = wrong or "its quotes do not match: a quoted cell does not end"
            hint = "Hint: put cells with quotes in quotes, and double the quotes in them"
            faults.append(RowFault(line=number, code="invalid_row", message=f"{message}. {hint}"))
        place += used
    return Records(rows=rows, numbers=numbers, faults=faults)


def _record(waiting: Lines, place: int, *, delimiter: str, width: int) -> tuple[Row | None, int, str | None]:
    """Return the record that begins at `place`, its lines, and what is wrong; None twice: it goes on."""
    text = waiting[place][1]
    if '"' not in text:
        row = _stripped(text.split(delimiter), is_padded=" " in text)
        return (row, 1, None) if len(row) == width else (None, 1, _wrong_width(row, width))
    some = (f"{line}\n" for _, line in waiting[place : place + RECORD_LINES])
    reader = csv.reader(some, delimiter=delimiter, strict=True)
    try:
        row = next(reader)
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None, 1, None
        return None, 1, f"its quotes do not match: {error}"
    if len(row) != width:
        return None, 1, _wrong_width(row, width)
    return _stripped(row, is_padded=True), reader.line_num, None


def _stripped(row: list[str], *, is_padded: bool) -> list[str]:
    return [cell.strip() for cell in row] if is_padded else row


def _wrong_width(row: Row, width: int) -> str:
    return f"it has {len(row)} columns where the first line has {width}"
