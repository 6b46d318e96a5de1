"""Request logs that lie in files."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from netra.domain.workloads.columns import Events
from netra.domain.workloads.model import IntakeReport

Progress = Callable[[float], None]
"""Called while a file is read, with the share done, 0..1 and never falling."""


class ReadLog(msgspec.Struct, frozen=True, kw_only=True):
    """What a file held: the events in its order, and what became of every row."""

    events: Events
    report: IntakeReport
    format: str  # "csv", "jsonl", "azure_llm" or "mooncake"
    notes: tuple[str, ...] = ()  # what was taken for granted, a sentence each


class RequestLogs(Protocol):
    """Files with one model call a row, known by what is in them and never by their name."""

    def read(self, path: str, *, progress: Progress | None = None) -> ReadLog:
        """Return the calls in the file at `path`, rows in their order, each id once.

        A row that cannot be taken is in the report with its line and nothing else is lost. Blocking:
        call it in a thread where others wait. An exception from `progress` ends the reading and
        comes out. Raises `UnreadableFile` when there is no such file, or it holds no request log of
        a known kind; the message says what was found and what was expected.
        """
        ...
