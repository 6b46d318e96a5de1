"""`netra validate`: how far the numbers can be trusted, on rows of your own."""

from pathlib import Path
from typing import Final

import click
import msgspec

from netra.bootstrap import measurements_in
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.validation import PerformanceReport, validate_performance
from netra.domain.optimization.wording import count, percent
from netra.domain.workloads.model import RowFault
from netra.entrypoints.commands.surroundings import json_option, log_argument

NOT_ENOUGH: Final = 3
FAULTS_SHOWN: Final = 10


@click.group()
def validate() -> None:
    """Check prices, or the performance model, against a file."""


@validate.command()
@log_argument
@json_option
def performance(file: Path, *, as_json: bool) -> int:
    """Say how well the performance model does on the measured inference times in FILE.

    FILE is a CSV with a model, GPU, precision, lengths, batch and tensor parallelism a row, and the
    measured TTFT or TPOT. Nothing is fitted to it.

    \b
    Exit codes: 0 checked; 2 FILE is no table of measurements; 3 not one row could be used.
    """
    rows, unread = measurements_in(file)
    report = validate_performance(rows, hardware=HARDWARE, unread=unread)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2))
    else:
        click.echo("\n".join(lines_of(report)))
    return 0 if report.rows else NOT_ENOUGH


def lines_of(report: PerformanceReport) -> list[str]:
    """Return the figures as a person reads them."""
    figures = (
        ("time per output token, mean error", report.tpot_mape, "as shipped, a row each"),
        ("time per output token, median error", report.tpot_median_error, "by transfer from another row"),
        ("time to first token, mean error", report.ttft_mape, "closed loop; give it as an interval only"),
        ("80 % interval covers", report.interval_80_coverage, "of the transfers"),
        ("pairs ordered right", report.pairs_ordered_right, f"of {report.pairs_ordered:,} that differ"),
    )
    said = [f"{count(report.rows, 'row')} used, {len(report.rows_refused):,} refused", ""]
    said += [f"  {name:<38}{_share(value):>9}   {what}" for name, value, what in figures]
    if report.rows_refused:
        said += ["", "Refused:", *_refused(report.rows_refused)]
    return said


def _share(value: float | None) -> str:
    return "not known" if value is None else percent(value)


def _refused(faults: tuple[RowFault, ...]) -> list[str]:
    shown = [f"  {fault.message}" for fault in faults[:FAULTS_SHOWN]]
    left = len(faults) - len(shown)
    return [*shown, f"  and {left:,} more (--json lists all)"] if left else shown
