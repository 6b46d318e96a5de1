"""Reports rows of files that were rejected, and decides whether too many of them were."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from netra.domain.optimization.wording import count, percent
from netra.entrypoints.reports.safe import say, say_json

if TYPE_CHECKING:
    from netra.ports.log_files import ReadLog

FAULTS_SHOWN: Final = 5
HEADLINE_SHARE: Final = 0.01  # share of dropped rows above which the headline says it
DROPPED_SHARE_MAX: Final = 0.05  # share of dropped rows above which a command fails


def dropped_share(log: "ReadLog") -> float:
    """Return the share of the rows that could not be read; 0 for a log without rows."""
    rows = _rows(log)
    return log.report.rejected / rows if rows else 0.0


def has_dropped_too_many(log: "ReadLog", *, allow_dropped: bool) -> bool:
    """Return whether figures from the log would leave out too much to be called its figures."""
    return dropped_share(log) > DROPPED_SHARE_MAX and not allow_dropped


def dropped_words(log: "ReadLog") -> str:
    """Return the sentence for the headline about rows that no figure counts; empty for few of them."""
    share = dropped_share(log)
    if share <= HEADLINE_SHARE:
        return ""
    return (
        f"{percent(share)} of the rows ({log.report.rejected:,} of {_rows(log):,}) could not be read and are "
        "in no figure here."
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


def say_result(result: object, log: "ReadLog") -> None:
    """Print a result as JSON, with what became of the log's rows as its field `log`."""
    say_json({**msgspec.to_builtins(result, str_keys=True), "log": rows_of(log)}, indent=2)


def rows_of(log: "ReadLog") -> Mapping[str, object]:
    """Return what became of a log's rows: all counts, the share that was left out, and the first faults."""
    report = log.report
    return {
        "rows": _rows(log),
        "accepted": report.accepted,
        "duplicates": report.duplicates,
        "rejected": report.rejected,
        "rejected_share": dropped_share(log),
        "faults": report.faults[:FAULTS_SHOWN],
        "notes": log.notes,
    }


def _rows(log: "ReadLog") -> int:
    return log.report.accepted + log.report.duplicates + log.report.rejected


def say_why_it_fails(log: "ReadLog") -> None:
    """Print on stderr that too many rows were dropped, and the option that accepts it."""
    say(
        f"Error: {percent(dropped_share(log))} of the rows could not be read; at most "
        f"{percent(DROPPED_SHARE_MAX)} may be. Mend the rows above, or accept it with --allow-dropped.",
        err=True,
    )
