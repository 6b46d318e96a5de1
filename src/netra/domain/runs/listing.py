"""Define which runs a list shows."""

from datetime import datetime
from typing import Final

import msgspec

from netra.domain.ids import ThreadId, WorkloadId
from netra.domain.runs.model import Run

TEXT_MAX: Final = 256  # longest text to look for, in characters


class RunFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The runs that a list shows: those that meet every field that is given."""

    thread_id: ThreadId | None = None
    workload_id: WorkloadId | None = None
    status: str | None = None  # `RunState.status`
    text: str | None = None  # part of the question; ASCII letters match in either case
    since: datetime | None = None  # accepted at this instant or later
    until: datetime | None = None  # accepted before this instant

    def admits(self, run: Run) -> bool:
        """Return whether the list shows `run`."""
        return (
            self.thread_id in {None, run.thread_id}
            and self.workload_id in {None, run.workload_id}
            and self.status in {None, run.state.status}
            and (self.text is None or ascii_lower(self.text) in ascii_lower(run.message))
            and (self.since is None or run.created_at >= self.since)
            and (self.until is None or run.created_at < self.until)
        )


EVERY_RUN: Final = RunFilter()


def ascii_lower(text: str) -> str:
    """Return the text with its ASCII letters in lower case, as every store can compute it.

    >>> ascii_lower("P99 TTFT für ÄPFEL")
    'p99 ttft für Äpfel'
    """
    return text.translate(_LOWER)


_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
