"""JSON rows of a file: one object a line, an array, or a page of an API whose rows stand in an array.

Rows are found here and decoded elsewhere. An array is read whole, as its end may be anywhere.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from netra.adapters.files.line_blocks import Block
from netra.domain.errors import UnreadableFile

DOCUMENT_BYTES: Final = 512 * 1024 * 1024  # bytes of a JSON array; JSON lines have no such bound
LINES_LOOKED_AT: Final = 50  # lines inspected to know the kind of a file
ENVELOPES: Final = ("data", "events", "rows", "records", "items", "results", "logs", "value", "observations")
"""Keys under which an object holds its rows, in order of preference."""

Rows = Sequence[tuple[int, bytes]]


class RowBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Some JSON rows, each with its line, and the fraction of the file read so far."""

    rows: Rows
    done: float
    too_long_line: int | None = None  # a line that does not fit a block


def is_document(start: bytes) -> bool:
    """Return whether a file that begins with `start` is one JSON value rather than one a line."""
    if start.startswith(b"["):
        return True
    for line in start.split(b"\n", LINES_LOOKED_AT)[:LINES_LOOKED_AT]:
        row = _object(line)
        if row:
            is_alone = not start[len(line) :].strip()
            return is_alone and _envelope(row) is not None
    return start.startswith(b"{") and start.lstrip(b"{").lstrip(b" \t\r").startswith(b"\n")


def rows_of_blocks(blocks: Iterator[Block], *, path: str, is_whole: bool) -> Iterator[RowBlock]:
    """Yield the rows of a file; those of a document (`is_whole`) all together."""
    if is_whole:
        data, first_line = _joined(blocks, path=path)
        yield RowBlock(rows=_rows_of(data, first_line=first_line, path=path), done=1.0)
        return
    for block in blocks:
        if block.too_long:
            yield RowBlock(rows=(), done=block.done, too_long_line=block.first_line)
            continue
        lines = enumerate(block.data.split(b"\n"), block.first_line)
        yield RowBlock(rows=[(line, raw) for line, raw in lines if raw.strip()], done=block.done)


def _joined(blocks: Iterator[Block], *, path: str) -> tuple[bytes, int]:
    parts: list[bytes] = []
    size = 0
    first_line = 1
    for block in blocks:
        if block.too_long:
            raise UnreadableFile(
                f"{path!r} is a JSON array with a line of more than 4 MiB (line {block.first_line}); "
                "expected shorter lines. Hint: 'jq -c .[] FILE' writes it as JSON lines."
            )
        first_line = block.first_line if not parts else first_line
        parts.append(block.data)
        size += len(block.data)
        if size > DOCUMENT_BYTES:
            raise UnreadableFile(
                f"{path!r} is a JSON array of more than {DOCUMENT_BYTES:,} bytes. "
                "Hint: 'jq -c .[] FILE' writes it as JSON lines, which have no such bound."
            )
    return b"\n".join(parts), first_line


def _rows_of(data: bytes, *, first_line: int, path: str) -> Rows:
    """Return the rows of a document, each with the line in which it begins."""
    try:
        if data.lstrip().startswith(b"["):
            found = msgspec.json.decode(data, type=list[msgspec.Raw])
        else:
            outer = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
            key = _envelope(outer)
            if key is None:
                return [(first_line, data)]
            found = msgspec.json.decode(outer[key], type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path!r} is damaged JSON: {error}. Expected an array of objects.") from error
    return list(_placed(data, found, first_line=first_line))


def _placed(data: bytes, found: Sequence[msgspec.Raw], *, first_line: int) -> Iterator[tuple[int, bytes]]:
    at, line, counted = 0, first_line, 0
    for one in found:
        raw = bytes(one)
        at = data.find(raw, at)
        line += data.count(b"\n", counted, at)
        counted = at
        at += len(raw)
        yield line, raw


def _envelope(row: dict[str, msgspec.Raw]) -> str | None:
    """Return the key under which an object holds an array of objects."""
    for key in ENVELOPES:
        if key in row:
            raw = bytes(row[key]).lstrip()
            if raw.startswith(b"[") and raw[1:].lstrip().startswith((b"{", b"]")):
                return key
    return None


def _object(line: bytes) -> dict[str, msgspec.Raw] | None:
    try:
        return msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def objects_in(rows: Rows) -> Iterator[dict[str, msgspec.Raw]]:
    """Yield the first objects among the rows, undecoded below their keys."""
    for _, raw in rows[:LINES_LOOKED_AT]:
        row = _object(raw)
        if row:
            yield row
