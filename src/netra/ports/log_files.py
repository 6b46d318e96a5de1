"""Request logs in files."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from netra.domain.workloads.columns import Events
from netra.domain.workloads.model import IntakeReport

Progress = Callable[[float], None]
"""Called while a file is read, with the fraction done: 0 to 1, never decreasing."""


class ReadLog(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a file: its events in file order, and the outcome of every row."""

    events: Events
    report: IntakeReport
    format: str  # "csv", "jsonl", "azure_llm" or "mooncake"
    notes: tuple[str, ...] = ()  # assumptions made while reading, one sentence each


class RequestLogs(Protocol):
    """Reads files with one model call per row; the format is detected from the content, never the name."""

    def read(self, path: str, *, progress: Progress | None = None) -> ReadLog:
        """Return the calls in the file at `path` in row order, each id once.

        An invalid row is reported with its line number and does not affect other rows. Blocking: call it in a
        thread. An exception raised by `progress` aborts the reading and is passed on. Raises `UnreadableFile`
        when the file does not exist or is no request log of a known format; the message says what was found
        and what was expected.
        """
        ...
