"""Reads request logs from files: finds them, detects each one's format, and returns the rows as columns."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

import msgspec
import numpy as np

from netra.adapters.files.formats.otlp import RecordsOf, otlp_format
from netra.adapters.files.formats.registry import FORMATS
from netra.adapters.files.layout import EXPECTED
from netra.adapters.files.line_blocks import blocks_within
from netra.adapters.files.opening import Piece, Session, pieces_in, pieces_of
from netra.adapters.files.sources import Sources, sources_of
from netra.adapters.files.table import joined
from netra.domain.errors import UnreadableFile, ValidationFailed
from netra.domain.quotas import DEFAULT_QUOTAS
from netra.domain.workloads.columns import nanoseconds
from netra.domain.workloads.intake import Taken, check_size, first_of_each_id
from netra.domain.workloads.intake_report import FAULTS_MAX, report_of
from netra.domain.workloads.sizes import LogLimits, LogSize, added, check_room, limits_of, size_of
from netra.ports.log_files import AS_FOUND, Progress, ReadingChoices, ReadLog

_BODY: Final = "the body"  # what errors call a text that is in no file
_NAMED_MAX: Final = 3  # files that are no logs which a note names


class FileRequestLogs:
    """Reads CSV, JSON rows, public traces, and the exports of vendors and coding agents, gzip or not."""

    def __init__(self, *, limits: LogLimits | None = None, records_of: RecordsOf | None = None) -> None:
        """Take the limits of one log, by default those of a workload, and the decoder of OTLP/JSON."""
        self._limits = limits or limits_of(DEFAULT_QUOTAS)
        self._known = FORMATS if records_of is None else (otlp_format(records_of), *FORMATS)

    def read(
        self, *paths: str, choices: ReadingChoices = AS_FOUND, progress: Progress | None = None
    ) -> ReadLog:
        """Return the calls in the files; see the port."""
        sources = sources_of(paths)
        gathering = _Gathering(limits=self._limits, choices=choices, name=", ".join(paths))
        session = Session(choices=choices, known=self._known)
        others: list[str] = []
        for place, path in enumerate(sources.paths):
            try:
                for piece in pieces_of(path, session):
                    gathering.add(piece, path=path if len(sources.paths) > 1 else None)
                    if progress is not None:
                        progress((place + piece.done) / len(sources.paths))
            except UnreadableFile as error:
                if sources.is_given:
                    raise
                others.append(error.message)
        for piece in session.finish():
            gathering.add(piece, path=None)
        return gathering.log(sources, formats=session.formats, others=others)

    def read_body(self, body: bytes, *, max_rows: int) -> Taken:
        """Return the calls in a text; see the port."""
        session = Session(choices=AS_FOUND, known=self._known)
        parts: list[Taken] = []
        rows = 0
        for piece in chain(pieces_in(blocks_within(body, name=_BODY), session, path=_BODY), session.finish()):
            rows += len(piece.taken.events) + len(piece.taken.faults)
            check_size(rows, max_rows=max_rows)
            parts.append(piece.taken)
        return joined(parts)


class _Gathering:
    """The calls of one read so far, within the limits of a log."""

    def __init__(self, *, limits: LogLimits, choices: ReadingChoices, name: str) -> None:
        self._limits = limits
        self._since_ns = None if choices.since is None else nanoseconds(choices.since)
        self._name = name
        self._parts: list[Taken] = []
        self._seen: set[str] = set()
        self._size = LogSize()
        self._faults = 0
        self._sent = self._rejected = self._earlier = 0

    def add(self, piece: Piece, *, path: str | None) -> None:
        """Add the calls of a piece; its faults name the file `path` where there are several."""
        part = piece.taken
        self._sent += len(part.events)
        self._rejected += len(part.faults)
        part = _with_room_for_faults(part, room=FAULTS_MAX - self._faults, path=path)
        self._faults += len(part.faults)
        part = part.at(first_of_each_id(part.events, seen=self._seen))
        if self._since_ns is not None:
            is_in = part.events.at_ns >= self._since_ns
            self._earlier += int(np.count_nonzero(~is_in))
            part = part.at(is_in)
        self._size = added(self._size, size_of(part.events))
        _check_room(self._size, limits=self._limits, path=self._name)
        self._parts.append(part)

    def log(self, sources: Sources, *, formats: Sequence[str], others: Sequence[str]) -> ReadLog:
        """Return the log. Raises `UnreadableFile` when no row is valid, or no file a log."""
        if not formats:
            raise UnreadableFile(f"{self._name!r} holds no request log; the first file: {others[0]}")
        taken = joined(self._parts)
        if taken.faults and not self._sent:
            first = taken.faults[0]
            raise UnreadableFile(
                f"No row of {self._name!r} is valid; the first fault is in line {first.line}: "
                f"{first.message}. {EXPECTED}."
            )
        report = report_of(
            accepted=len(taken.events) + self._earlier,
            duplicates=self._sent - len(taken.events) - self._earlier,
            faults=taken.faults,
            rejected=self._rejected,
        )
        return ReadLog(
            events=taken.events,
            report=report,
            format=", ".join(formats),
            notes=(*taken.notes, *_notes(sources, others=others, earlier=self._earlier)),
            files=len(sources.paths) - len(others),
        )


def _notes(sources: Sources, *, others: Sequence[str], earlier: int) -> Iterator[str]:
    read = len(sources.paths) - len(others)
    if len(sources.paths) > 1:
        yield f"{read:,} files were read."
    if others:
        shown = " ".join(others[:_NAMED_MAX])
        yield f"{len(others):,} other files are no request logs and were left out; the first: {shown}"
    if earlier:
        yield f"{earlier:,} earlier calls were left out."


def _with_room_for_faults(part: Taken, *, room: int, path: str | None) -> Taken:
    """Return the part without those faults that exceed the report's limit over all parts."""
    first = sorted(part.faults, key=lambda fault: fault.line)[: max(room, 0)]
    if path is not None:
        first = [msgspec.structs.replace(fault, message=f"{path}: {fault.message}") for fault in first]
    return msgspec.structs.replace(part, faults=tuple(first))


def _check_room(size: LogSize, *, limits: LogLimits, path: str) -> None:
    try:
        check_room(size, limits=limits)
    except ValidationFailed as error:
        raise UnreadableFile(f"{path!r} holds more than one analysis may read: {error.message}.") from error
