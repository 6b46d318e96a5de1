"""What a format is: how its rows are recognised, and how they become calls.

A row is a JSON object, or a line of a table as a mapping of its titles to text.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from netra.domain.workloads.model import Event

Row = Mapping[str, Any]  # Any: JSON values, or the text of cells


class BadRow(ValueError):
    """A row that should be a call and cannot be read; the message says the value and what was expected."""


class Skip(msgspec.Struct, frozen=True):
    """A row that is no call, and what it is instead, in the plural."""

    what: str


class Placed(msgspec.Struct, frozen=True):
    """A call and the line it stood in."""

    line: int
    event: Event


class CallReading(Protocol):
    """Reads the rows of one format, over all files of one read."""

    def begin(self, path: str) -> None:
        """Begin a file."""
        ...

    def read(self, row: Any, *, line: int) -> Iterable[Placed]:  # Any: what the format decodes rows to
        """Return the calls that are complete with this row. Raises `BadRow`."""
        ...

    def finish(self) -> Iterable[Placed]:
        """Return the calls held back until every file was read."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """Return what a reader of the figures must know, one sentence each."""
        ...


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A format whose rows are calls, or parts of calls."""

    name: str  # as `ReadLog.format` and `--as` have it
    title: str
    is_row: Callable[[Row], bool]  # recognises a row by at least two names
    reading: Callable[[], CallReading]
    decode: Callable[[bytes], Any] = msgspec.json.decode  # a row's JSON; a typed decoder skips content unread


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A known format that holds no calls, and what to export instead."""

    title: str
    is_row: Callable[[Row], bool]
    instead: str


class EachRow:
    """Reads a format in which every row stands for itself."""

    def __init__(self, event_of: Callable[[Row], Event | Skip], notes: Sequence[str] = ()) -> None:
        self._event_of = event_of
        self._notes = tuple(notes)
        self._skipped: Counter[str] = Counter()

    def begin(self, path: str) -> None:  # each row stands for itself, whatever its file
        """Begin a file."""

    def read(self, row: Row, *, line: int) -> Iterable[Placed]:
        """Return the row's call, if it is one."""
        found = self._event_of(row)
        if isinstance(found, Skip):
            self._skipped[found.what] += 1
            return ()
        return (Placed(line, found),)

    def finish(self) -> Iterable[Placed]:
        """Return no calls; this format buffers no calls."""
        return ()

    @property
    def notes(self) -> Sequence[str]:
        """Return the format's own notes, and what was left out."""
        left_out = (skipped_note(count, what) for what, count in self._skipped.items())
        return (*self._notes, *left_out)


def skipped_note(count: int, what: str) -> str:
    """Return the sentence about rows that are no calls.

    >>> skipped_note(2, "spans of other work")
    'Left out, as they are no calls that can be priced: 2 spans of other work.'
    """
    return f"Left out, as they are no calls that can be priced: {count:,} {what}."


def each_row(event_of: Callable[[Row], Event | Skip], *notes: str) -> Callable[[], CallReading]:
    """Return the reading of a format whose rows each stand for themselves."""
    return lambda: EachRow(event_of, notes)
