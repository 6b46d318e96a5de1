"""Reads a file in blocks of whole lines of UTF-8, from gzip and UTF-16 too; does not validate rows."""

import codecs
import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedReader, BytesIO, RawIOBase
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec

from netra.adapters.files.sources import STANDARD_INPUT
from netra.domain.errors import UnreadableFile

BLOCK_BYTES: Final = 4 * 1024 * 1024  # bytes; also the longest line, so that memory is bounded for any file
# lines per block; bounds the memory for faults: a bad row may take two bytes, its fault hundreds
BLOCK_LINES: Final = 131_072
_GZIP: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"
_BINARY: Final = {
    b"PAR1": "a Parquet file; export it as JSON lines or CSV",
    b"PK\x03\x04": "a zip archive or a workbook; unpack it, or save the sheet as CSV",
    b"SQLite format 3": "an SQLite database; export a table as CSV",
    b"\x28\xb5\x2f\xfd": "compressed by zstd; unpack it, or compress it by gzip",
}
"""First bytes of files that people have, and what to do with them."""
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Whole lines of a file; a `too_long` block is empty and stands for one line that does not fit."""

    first_line: int  # counts from 1
    data: bytes
    done: float  # fraction of the file read so far, 0 to 1
    too_long: bool = False


def blocks_of(path: str) -> Iterator[Block]:
    """Yield the file's lines in order.

    `-` is standard input. Raises `UnreadableFile` for a missing file, a binary file or a damaged archive.
    """
    try:
        if path == STANDARD_INPUT:
            stream = cast("BufferedReader", BufferedReader(cast("RawIOBase", sys.stdin.buffer)))  # to `peek`
            yield from _blocks(_text(_unpacked(stream)), packed=None, size=0, path=path)
            return
        size = Path(path).stat().st_size
        with Path(path).open("rb") as packed:
            yield from _blocks(_text(_unpacked(packed)), packed=packed, size=size, path=path)
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path!r} is damaged UTF-16 text: {error.reason}. Save it as UTF-8.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(f"{path!r} is a damaged gzip file: {error}.") from error
    except OSError as error:
        raise UnreadableFile(f"{path!r} cannot be read: {error.strerror or error}.") from error


def blocks_within(body: bytes, *, name: str) -> Iterator[Block]:
    """Yield the lines of a text in memory, in order; it is not compressed.

    Raises `UnreadableFile` for what is no text.
    """
    try:
        yield from _blocks(_text(BufferedReader(BytesIO(body))), packed=None, size=0, path=name)
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{name!r} is damaged UTF-16 text: {error.reason}. Save it as UTF-8.") from error


def split(blocks: Iterable[Block]) -> Iterator[Block]:
    """Split the blocks into blocks of at most `BLOCK_LINES` lines."""
    for block in blocks:
        if block.data.count(b"\n") < BLOCK_LINES:
            yield block
            continue
        line, rest = block.first_line, block.data
        while rest:
            *lines, rest = rest.split(b"\n", BLOCK_LINES) if rest.count(b"\n") >= BLOCK_LINES else (rest, b"")
            yield Block(first_line=line, data=b"\n".join(lines), done=block.done)
            line += len(lines)


def _unpacked(packed: BufferedReader) -> BufferedReader:
    """Return the stream behind gzip; looks ahead without seeking, as standard input cannot seek."""
    if packed.peek(len(_GZIP))[: len(_GZIP)] != _GZIP:
        return packed
    return BufferedReader(gzip.GzipFile(fileobj=packed))


def _text(stream: BufferedReader) -> BinaryIO:
    """Return the stream as UTF-8, whatever its byte order mark says."""
    if stream.peek(2)[:2] not in _UTF_16:
        return stream
    return codecs.EncodedFile(stream, data_encoding="utf-8", file_encoding="utf-16")


def _blocks(stream: BinaryIO, *, packed: BinaryIO | None, size: int, path: str) -> Iterator[Block]:
    line, rest, is_skipping = 1, b"", False
    data = _text_start(stream.read(BLOCK_BYTES), path=path)
    while data:
        done = 0.0 if packed is None else min(1.0, packed.tell() / size)  # standard input has no size
        if is_skipping:
            _, newline, data = data.partition(b"\n")
            is_skipping = not newline
        whole, newline, rest = (rest + data).rpartition(b"\n")
        if newline:
            yield Block(first_line=line, data=whole, done=done)
            line += whole.count(b"\n") + 1
        if len(rest) > BLOCK_BYTES:
            yield Block(first_line=line, data=b"", done=done, too_long=True)
            line, rest, is_skipping = line + 1, b"", True
        data = stream.read(BLOCK_BYTES)
    if rest:
        yield Block(first_line=line, data=rest, done=1.0)


def _text_start(data: bytes, *, path: str) -> bytes:
    """Return the first bytes without a byte order mark; raise `UnreadableFile` when they are not text."""
    for magic, advice in _BINARY.items():
        if data.startswith(magic):
            raise UnreadableFile(f"{path!r} is {advice}.")
    if b"\x00" in data[:65_536]:
        raise UnreadableFile(f"{path!r} is a binary file; expected a CSV or JSON-lines request log.")
    return data.removeprefix(_BOM)
