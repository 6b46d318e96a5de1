"""Request logs in files."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal, Protocol

import msgspec

from netra.domain.workloads.columns import Events
from netra.domain.workloads.intake import Taken
from netra.domain.workloads.model import IntakeReport

Progress = Callable[[float], None]
"""Called while files are read, with the fraction done: 0 to 1, never decreasing."""


class ReadingChoices(msgspec.Struct, frozen=True, kw_only=True):
    """How to read files, where their content does not say."""

    format: str | None = None  # read as this format; None: detect it
    names: Mapping[str, str] = {}  # the column or key of a field, by the field
    dates: Literal["day-first", "month-first"] | None = None  # the order in dates such as 01/02/2026
    since: datetime | None = None  # leave out calls before this instant


AS_FOUND: Final = ReadingChoices()


class ReadLog(msgspec.Struct, frozen=True, kw_only=True):
    """The content of files: their events in order, and the outcome of every row."""

    events: Events
    report: IntakeReport
    format: str  # "csv", "jsonl", "azure_llm", "mooncake", "claude_code", …; of several "a, b"
    notes: tuple[str, ...] = ()  # assumptions made while reading, one sentence each
    files: int = 1  # files that hold calls


class RequestLogs(Protocol):
    """Reads files of model calls; the format is detected from the content, never the name."""

    def read(
        self, *paths: str, choices: ReadingChoices = AS_FOUND, progress: Progress | None = None
    ) -> ReadLog:
        """Return the calls in the files that `paths` stand for, in order, each id once.

        A path is a file, a folder, a pattern such as `logs/*.jsonl`, or `-` for standard input. A file of a
        folder or pattern that is no log is named in a note; one that was named itself is an error. An invalid
        row is reported with its line number and does not affect other rows. Blocking: call it in a thread. An
        exception raised by `progress` aborts the reading and is passed on. Raises `UnreadableFile` when a
        file does not exist or is no request log of a known format; the message says what was found and what
        was expected.
        """
        ...

    def read_body(self, body: bytes, *, max_rows: int) -> Taken:
        """Return the calls in an uncompressed text, each with its line; detect the format as a file's.

        Repeated ids are all returned. Blocking: call it in a thread. Raises `UnreadableFile` for a text of no
        known format, and `ValidationFailed` for more than `max_rows` rows.
        """
        ...
