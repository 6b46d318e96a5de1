"""Opens one file: detects its format from the first block, and yields its calls piece by piece."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import msgspec

from netra.adapters.files.cells import Cells
from netra.adapters.files.detection import json_format, refuse_known, table_format
from netra.adapters.files.formats.model import CallReading, Format
from netra.adapters.files.formats.refusals import refused_text
from netra.adapters.files.json_events import JsonEvents
from netra.adapters.files.json_rows import Rows, is_document, rows_of_blocks
from netra.adapters.files.layout import EXPECTED, layout_of, separator_in, titles_of
from netra.adapters.files.line_blocks import Block, blocks_of, split
from netra.adapters.files.mooncake import take_mooncake
from netra.adapters.files.table import TableReader, joined
from netra.adapters.files.vendor_rows import VendorRows, VendorTable, taken_of
from netra.domain.errors import UnreadableFile
from netra.domain.workloads.intake import Taken
from netra.domain.workloads.model import RowFault
from netra.ports.log_files import ReadingChoices


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Some calls of a file, and the fraction of the file read so far."""

    taken: Taken
    done: float


class Session:
    """What the files of one read share: the choices, and the readings of formats that go over many files."""

    def __init__(self, *, choices: ReadingChoices, known: Sequence[Format]) -> None:
        self.choices = choices
        self.known = known
        self.formats: list[str] = []
        self._readings: dict[str, CallReading] = {}

    def add(self, name: str) -> None:
        """Note that a file has this format."""
        if name not in self.formats:
            self.formats.append(name)

    def reading(self, form: Format, path: str) -> CallReading:
        """Return the reading of a format, at the beginning of a file."""
        self.add(form.name)
        if form.name not in self._readings:
            self._readings[form.name] = form.reading()
        reading = self._readings[form.name]
        reading.begin(path)
        return reading

    def finish(self) -> Iterator[Piece]:
        """Yield the calls that were held back until every file was read, and the formats' notes."""
        for reading in self._readings.values():
            taken = taken_of(reading.finish())
            notes = (*taken.notes, *reading.notes)
            yield Piece(taken=msgspec.structs.replace(taken, notes=notes), done=1.0)


def pieces_of(path: str, session: Session) -> Iterator[Piece]:
    """Yield the calls of one file. Raises `UnreadableFile`."""
    return pieces_in(blocks_of(path), session, path=path)


def pieces_in(blocks: Iterator[Block], session: Session, *, path: str) -> Iterator[Piece]:
    """Yield the calls of a text that errors call `path`. Raises `UnreadableFile`."""
    first = next(blocks, None)
    if first is None:
        raise UnreadableFile(f"{path!r} is empty. {EXPECTED}.")
    if first.too_long:
        raise UnreadableFile(f"{path!r} is one line of more than 4 MiB. {EXPECTED}.")
    start = first.data.lstrip()
    if not start:
        raise UnreadableFile(f"{path!r} has blank lines only. {EXPECTED}.")
    if start.startswith((b"{", b"[")):
        return _json_pieces(chain((first,), blocks), session, path=path, is_whole=is_document(start))
    return _table_pieces(first, blocks, session, path=path)


def _json_pieces(blocks: Iterator[Block], session: Session, *, path: str, is_whole: bool) -> Iterator[Piece]:
    rows = rows_of_blocks(blocks if is_whole else split(blocks), path=path, is_whole=is_whole)
    first = next(rows)
    take, finish = _json_reader(first.rows, session, path=path)
    for block in chain((first,), rows):
        if block.too_long_line is not None:
            yield Piece(taken=_too_long(block.too_long_line), done=block.done)
        elif block.rows:
            yield Piece(taken=take(block.rows), done=block.done)
    yield Piece(taken=finish(), done=1.0)


def _json_reader(
    first: Rows, session: Session, *, path: str
) -> tuple[Callable[[Rows], Taken], Callable[[], Taken]]:
    """Return the function that reads rows and the one that ends the file."""
    form = json_format(first, path=path, choices=session.choices, formats=session.known)
    if isinstance(form, Format):
        return VendorRows(form, session.reading(form, path)).take, _nothing
    session.add(form)
    if form == "mooncake":
        return take_mooncake, _nothing
    events = JsonEvents(path=path, names=session.choices.names, order=session.choices.dates)
    return events.take, events.finish


def _table_pieces(first: Block, blocks: Iterator[Block], session: Session, *, path: str) -> Iterator[Piece]:
    known = refused_text(first.data)
    if known is not None:
        raise UnreadableFile(f"{path!r} is {known[0]}. {known[1]}")
    line, header, body = _header_of(first)
    rest = Block(first_line=line, data=body, done=first.done)
    delimiter, titles = titles_of(header)
    form = table_format(titles, choices=session.choices, formats=session.known)
    if form is not None:
        table = VendorTable(session.reading(form, path), titles=titles, delimiter=delimiter)
        for block in split(chain((rest,), blocks)):
            yield Piece(
                taken=_too_long(block.first_line) if block.too_long else _vendor(table, block),
                done=block.done,
            )
        yield Piece(taken=table.take("", first_line=0, is_end=True), done=1.0)
        return
    refuse_known(dict.fromkeys(titles, ""), path=path)
    layout = layout_of(header, path=path, names=session.choices.names)
    session.add(layout.format)
    cells = Cells(path=path, delimiter=delimiter, in_seconds=layout.in_seconds, order=session.choices.dates)
    reader = TableReader(layout, cells=cells)
    for block in split(chain((rest,), blocks)):
        yield Piece(
            taken=_too_long(block.first_line) if block.too_long else reader.take(block), done=block.done
        )
    notes = (f"Columns that were not used: {', '.join(layout.unused)}.",) if layout.unused else ()
    ended = reader.finish()
    yield Piece(taken=msgspec.structs.replace(ended, notes=(*notes, *ended.notes)), done=1.0)


def _vendor(table: VendorTable, block: Block) -> Taken:
    return table.take(block.data.decode("utf-8", "replace"), first_line=block.first_line)


def _header_of(first: Block) -> tuple[int, str, bytes]:
    """Return the line below the header, the header, and the lines below."""
    data = first.data
    line = first.first_line
    while True:
        head, _, data = data.partition(b"\n")
        line += 1
        text = head.decode("utf-8", "replace").strip()
        if text and separator_in(text) is None:
            return line, text, data


def _nothing() -> Taken:
    return joined([])


def _too_long(line: int) -> Taken:
    fault = RowFault(line=line, code="line_too_long", message="the line is longer than 4 MiB")
    return msgspec.structs.replace(joined([]), faults=(fault,))
