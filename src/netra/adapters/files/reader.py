"""Reads request logs from files: detects the format from the content, and returns the rows as columns."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Final

import msgspec

from netra.adapters.files.layout import EXPECTED, Layout, layout_of
from netra.adapters.files.line_blocks import Block, blocks_of, split
from netra.adapters.files.mooncake import KEYS as MOONCAKE_KEYS
from netra.adapters.files.mooncake import take_mooncake
from netra.adapters.files.table import joined, take_table
from netra.domain.errors import UnreadableFile, ValidationFailed
from netra.domain.quotas import DEFAULT_QUOTAS
from netra.domain.workloads.intake import Taken, first_of_each_id, take_lines
from netra.domain.workloads.intake_report import FAULTS_MAX, report_of
from netra.domain.workloads.model import RowFault
from netra.domain.workloads.sizes import LogLimits, LogSize, added, check_room, limits_of, size_of
from netra.ports.log_files import Progress, ReadLog

_LINES_LOOKED_AT: Final = 20  # lines inspected to detect the format of a JSON-lines file
_SHOWN: Final = 200  # characters of a line quoted in an error

TakeBlock = Callable[[Block], Taken]


class FileRequestLogs:
    """Reads CSV, JSON lines, the Azure LLM trace format and the Mooncake trace format, gzip or not."""

    def __init__(self, *, limits: LogLimits | None = None) -> None:
        """Take the limits of one file; by default those of a workload."""
        self._limits = limits or limits_of(DEFAULT_QUOTAS)

    def read(self, path: str, *, progress: Progress | None = None) -> ReadLog:
        """Return the calls in the file; see the port."""
        blocks = blocks_of(path)
        first = next(blocks, None)
        if first is None:
            raise UnreadableFile(f"{path!r} is empty. {EXPECTED}.")
        kind, notes, take, rest = _known(first, path=path)
        parts: list[Taken] = []
        seen: set[str] = set()
        size = LogSize()
        sent = rejected = 0
        for block in split(chain(rest, blocks)):
            part = _too_long(block) if block.too_long else take(block)
            sent += len(part.events)
            rejected += len(part.faults)
            part = _with_room_for_faults(part, parts).at(first_of_each_id(part.events, seen=seen))
            size = added(size, size_of(part.events))
            _check_room(size, limits=self._limits, path=path)
            parts.append(part)
            if progress is not None:
                progress(block.done)
        return _read_log(joined(parts), kind=kind, notes=notes, sent=sent, rejected=rejected, path=path)


def _read_log(
    taken: Taken, *, kind: str, notes: tuple[str, ...], sent: int, rejected: int, path: str
) -> ReadLog:
    if taken.faults and not sent:
        first = taken.faults[0]
        raise UnreadableFile(
            f"No row of {path!r} is valid; the first fault is in line {first.line}: {first.message}. "
            f"{EXPECTED}."
        )
    report = report_of(
        accepted=len(taken.events),
        duplicates=sent - len(taken.events),
        faults=taken.faults,
        rejected=rejected,
    )
    return ReadLog(events=taken.events, report=report, format=kind, notes=(*notes, *taken.notes))


def _known(first: Block, *, path: str) -> tuple[str, tuple[str, ...], TakeBlock, Iterator[Block]]:
    """Return the format, the notes, the function that reads a block, and the rest of the first block."""
    if first.too_long:
        raise UnreadableFile(f"{path!r} is one line of more than 4 MiB. {EXPECTED}.")
    start = first.data.lstrip()
    if not start:
        raise UnreadableFile(f"{path!r} has blank lines only. {EXPECTED}.")
    if start.startswith((b"{", b"[")):
        kind = _json_kind(start, path=path)
        take = take_mooncake if kind == "mooncake" else take_lines
        return kind, (), lambda block: take(_numbered(block)), iter((first,))
    above, header, body = _header_of(first)
    layout = layout_of(header.decode("utf-8", "replace"), path=path)
    unused = ", ".join(layout.unused)
    notes = (f"Columns that were not used: {unused}.",) if unused else ()
    rest = Block(first_line=first.first_line + above + 1, data=body, done=first.done)
    return layout.format, notes, _table_reader(layout), iter((rest,))


def _table_reader(layout: Layout) -> TakeBlock:
    def take(block: Block) -> Taken:
        # Bytes that are not UTF-8 become lone surrogates, which invalidate only their own rows.
        text = block.data.decode("utf-8", "surrogateescape")
        return take_table(text, first_line=block.first_line, layout=layout)

    return take


def _header_of(first: Block) -> tuple[int, bytes, bytes]:
    """Return the number of blank lines before the header, the header, and the rest."""
    above, data = 0, first.data
    while True:
        header, _, data = data.partition(b"\n")
        if header.strip():
            return above, header, data
        above += 1


def _json_kind(start: bytes, *, path: str) -> str:
    """Return "jsonl" or "mooncake"; raise `UnreadableFile` with the keys that were found."""
    found: list[str] = []
    for line in start.split(b"\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT]:
        try:
            row = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if row.keys() >= MOONCAKE_KEYS:
            return "mooncake"
        if row.keys() >= {"timestamp", "input_tokens", "output_tokens"}:
            return "jsonl"
        found = found or list(row)
    if found:
        shown = ", ".join(found)[:_SHOWN]
        raise UnreadableFile(f"{path!r} holds JSON lines with the keys {shown}. {EXPECTED}.")
    shown = start.split(b"\n", 1)[0][:_SHOWN].decode("utf-8", "replace")
    raise UnreadableFile(f"{path!r} has no JSON object per line; it begins with {shown!r}. {EXPECTED}.")


def _numbered(block: Block) -> Iterator[tuple[int, bytes]]:
    for line, raw in enumerate(block.data.split(b"\n"), block.first_line):
        if raw.strip():
            yield line, raw


def _with_room_for_faults(part: Taken, parts: Sequence[Taken]) -> Taken:
    """Return the part without those faults that exceed the report's limit over all parts."""
    room = FAULTS_MAX - sum(len(one.faults) for one in parts)
    if len(part.faults) <= room:
        return part
    first = sorted(part.faults, key=lambda fault: fault.line)[:room]
    return msgspec.structs.replace(part, faults=tuple(first))


def _check_room(size: LogSize, *, limits: LogLimits, path: str) -> None:
    try:
        check_room(size, limits=limits)
    except ValidationFailed as error:
        raise UnreadableFile(f"{path!r} holds more than one analysis may read: {error.message}.") from error


def _too_long(block: Block) -> Taken:
    fault = RowFault(line=block.first_line, code="line_too_long", message="the line is longer than 4 MiB")
    return msgspec.structs.replace(joined([]), faults=(fault,))
