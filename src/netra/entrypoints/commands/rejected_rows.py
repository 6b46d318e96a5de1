"""Reports rows of files that were rejected, and decides whether too many of them were."""

from typing import TYPE_CHECKING, Final

from netra.domain.optimization.wording import count, percent
from netra.entrypoints.reports.safe import say

if TYPE_CHECKING:
    from netra.ports.log_files import ReadLog

FAULTS_SHOWN: Final = 5
HEADLINE_SHARE: Final = 0.01  # share of dropped rows above which the headline says it
DROPPED_SHARE_MAX: Final = 0.05  # share of dropped rows above which a command fails


def dropped_share(log: "ReadLog") -> float:
    """Return the share of the rows that could not be read; 0 for a log without rows."""
    rows = log.report.accepted + log.report.duplicates + log.report.rejected
    return log.report.rejected / rows if rows else 0.0


def has_dropped_too_many(log: "ReadLog", *, allow_dropped: bool) -> bool:
    """Return whether figures from the log would leave out too much to be called its figures."""
    return dropped_share(log) > DROPPED_SHARE_MAX and not allow_dropped


def dropped_words(log: "ReadLog") -> str:
    """Return the sentence for the headline about rows that no figure counts; empty for few of them."""
    share = dropped_share(log)
    if share <= HEADLINE_SHARE:
        return ""
    rows = log.report.accepted + log.report.duplicates + log.report.rejected
    return (
        f"{percent(share)} of the rows ({log.report.rejected:,} of {rows:,}) could not be read and are in no "
        "figure here."
    )


def warn_of_rows(log: "ReadLog") -> None:
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


def say_why_it_fails(log: "ReadLog") -> None:
    """Print on stderr that too many rows were dropped, and the option that accepts it."""
    say(
        f"Error: {percent(dropped_share(log))} of the rows could not be read; at most "
        f"{percent(DROPPED_SHARE_MAX)} may be. Mend the rows above, or accept it with --allow-dropped.",
        err=True,
    )
