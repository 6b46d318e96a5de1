"""Reports rows of a file that were rejected."""

from typing import Final

from netra.domain.optimization.wording import count
from netra.entrypoints.reports.safe import say
from netra.ports.log_files import ReadLog

FAULTS_SHOWN: Final = 5


def warn_of_rows(log: ReadLog) -> None:
    """Print on stderr the assumptions made and the rows that were rejected; all others were used."""
    report = log.report
    for note in log.notes:
        say(f"Note: {note}", err=True)
    if report.duplicates:
        say(f"Note: {count(report.duplicates, 'row')} occurred twice and counted once.", err=True)
    if not report.rejected:
        return
    were = "row was" if report.rejected == 1 else "rows were"
    say(f"Warning: {report.rejected:,} {were} left out; all others were used:", err=True)
    for fault in report.faults[:FAULTS_SHOWN]:
        say(f"  line {fault.line}: {fault.message}", err=True)
    if report.rejected > FAULTS_SHOWN:
        say(f"  and {report.rejected - FAULTS_SHOWN:,} more", err=True)
