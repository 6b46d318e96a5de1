"""Report the outcome of each row that was sent."""

from collections.abc import Sequence
from itertools import repeat
from operator import attrgetter
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.workloads.intake import Taken
from netra.domain.workloads.model import EventStatus, IntakeReport, RowFault

FAULTS_MAX: Final = 100  # most faults listed in a report; others are only counted


class RowOutcome(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The outcome of one row; `line` counts from 1."""

    line: int
    status: EventStatus
    id: str | None = None
    code: str | None = None
    message: str | None = None


def outcomes(taken: Taken, *, is_new: npt.NDArray[np.bool_]) -> Sequence[RowOutcome]:
    """Return one outcome per row, by line, after the store has found which events are new."""
    names = repeat(None) if taken.events.id is None else taken.events.id.tolist()
    statuses = [EventStatus.ACCEPTED if new else EventStatus.DUPLICATE for new in is_new.tolist()]
    reported = list(map(RowOutcome, taken.lines.tolist(), statuses, names))
    if not taken.faults:
        return reported
    reported += [
        RowOutcome(fault.line, EventStatus.REJECTED, code=fault.code, message=fault.message)
        for fault in taken.faults
    ]
    return sorted(reported, key=attrgetter("line"))


def report_of(
    *, accepted: int, duplicates: int, faults: Sequence[RowFault], rejected: int | None = None
) -> IntakeReport:
    """Return the report with the first faults by line and the number of others.

    `rejected` is the total of rejected rows if `faults` holds only the first of them.
    """
    by_line = sorted(faults, key=lambda fault: fault.line)
    total = len(by_line) if rejected is None else rejected
    return IntakeReport(
        accepted=accepted,
        duplicates=duplicates,
        rejected=total,
        faults=tuple(by_line[:FAULTS_MAX]),
        faults_omitted=max(0, total - FAULTS_MAX),
    )
