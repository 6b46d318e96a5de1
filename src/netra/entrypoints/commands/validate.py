"""`netra validate`: how far the numbers can be trusted, on rows of your own."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from netra.bootstrap import measurements_in
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.validation.scorecard import PerformanceReport, validate_performance
from netra.domain.optimization.price_check import CostCheck, GroupCost, PriceCheck, evenly
from netra.domain.optimization.wording import count, percent
from netra.domain.workloads.model import RowFault
from netra.entrypoints.commands.context import json_option, log_argument, run
from netra.entrypoints.commands.log_loading import log_in
from netra.entrypoints.commands.price_options import Prices, price_options
from netra.entrypoints.commands.rejected_rows import warn_of_rows
from netra.entrypoints.reports.safe import say_json, say_lines
from netra.ports.log_files import ReadLog

NOT_ENOUGH: Final = 3
FAULTS_SHOWN: Final = 10
COMPARED_MAX: Final = 50_000  # calls; asking one by one takes some 10 s for so many


@click.group()
def validate() -> None:
    """Check prices, or the performance model, against a file."""


@validate.command()
@log_argument
@click.option("--model", metavar="NAME", help="Price every call as this model, whatever the log says.")
@price_options
@json_option
def prices(
    file: Path, *, model: str | None, price_file: Path | None, as_of: datetime | None, as_json: bool
) -> int:
    """Compare the bill of the log in FILE with list prices asked one call at a time, and with its costs.

    Of a log with more than 50,000 calls so many are compared, evenly spaced over it.

    \b
    Exit codes: 0 bill and every call agree to 0.01 %; 2 FILE is no log;
    3 they do not agree, or nothing has a price.
    """
    log, check = run(_checked(file, model=model, prices=Prices(file=price_file, as_of=as_of)))
    warn_of_rows(log)
    if as_json:
        say_json(check, indent=2)
    else:
        say_lines(price_lines_of(check))
    return 0 if check.agrees else NOT_ENOUGH


async def _checked(file: Path, *, model: str | None, prices: Prices) -> tuple[ReadLog, PriceCheck]:
    async with log_in(file, prices=prices) as (netra, log, checkpoint):

        def progress(done: float) -> None:
            checkpoint(done, "Asking for the list price of every call")

        events = evenly(log.events, at_most=COMPARED_MAX)
        return log, await netra.check_prices(events, model=model, progress=progress)


def price_lines_of(check: PriceCheck) -> list[str]:
    """Return the comparison as a person reads it."""
    said = [
        f"{count(check.rows_compared, 'call')} of {check.rows:,} compared.",
        f"  bill           ${check.bill_usd:,.6f}",
        f"  list prices    ${check.listed_usd:,.6f}",
        f"  bill off by    {100 * check.bill_error:.6f} %",
        f"  one call off by at most {100 * check.row_error_max:.6f} %",
    ]
    if check.models_unpriced:
        said.append(f"  No price is known of {', '.join(check.models_unpriced)}; --model names one to use.")
    if not check.agrees:
        said += [
            f"  {call.event} ({call.model}): ${call.bill_usd:.8f} against ${call.listed_usd:.8f}"
            for call in check.worst
        ]
    said += cost_lines_of(check.costs)
    verdict = "They agree to 0.01 %." if check.agrees else "They do not agree to 0.01 %."
    return [*said, verdict if check.rows_compared else "There was nothing to compare."]


def cost_lines_of(costs: CostCheck | None) -> list[str]:
    """Return how the logged costs compare with list prices, as a person reads it."""
    if costs is None:
        return ["  The log has no costs in US dollars to compare with."]
    ratio = "" if costs.ratio is None else f", {percent(costs.ratio)} of it"
    calls, listed = count(costs.rows, "call"), f"${costs.list_usd:,.6f}{ratio}"
    said = [f"  logged costs   ${costs.cost_usd:,.6f} for {calls} with a list price of {listed}"]
    if costs.reserved_rows:
        said.append(f"  {count(costs.reserved_rows, 'call')} at no cost: reserved capacity.")
    if costs.rows_without_price:
        said.append(f"  {count(costs.rows_without_price, 'call')} with a cost and without a list price.")
    return [*said, *(_group_line(group) for group in costs.by_group[:FAULTS_SHOWN])]


def _group_line(group: GroupCost) -> str:
    name = f"{group.day.isoformat()} {group.model} ({group.service_tier or 'standard'})"
    return f"    {name}: ${group.cost_usd:,.6f} for ${group.list_usd:,.6f}"


@validate.command()
@log_argument
@json_option
def performance(file: Path, *, as_json: bool) -> int:
    """Say how well the performance model does on the measured inference times in FILE.

    FILE is a CSV with a model, GPU, precision, lengths, batch and tensor parallelism a row, and the
    measured TTFT or TPOT. Nothing is fitted to it.

    A pair of settings is two lengths, batches or group sizes on one GPU. Pairs count as ordered if they
    are further apart than the file's own noise: 5 %, or the most that a time falls where only work was
    added, up to 20 %. All pairs stand beside it (pairs_ordered_right_all).

    \b
    Exit codes: 0 checked; 2 FILE is no table of measurements; 3 not one row could be used.
    """
    rows, unread = measurements_in(file)
    report = validate_performance(rows, hardware=HARDWARE, unread=unread)
    if as_json:
        say_json(report, indent=2)
    else:
        say_lines(lines_of(report))
    return 0 if report.rows else NOT_ENOUGH


def lines_of(report: PerformanceReport) -> list[str]:
    """Return the figures as a person reads them."""
    figures = (
        ("time per output token, mean error", report.tpot_mape, "as shipped, a row each"),
        ("time per output token, median error", report.tpot_median_error, "by transfer from another row"),
        ("time to first token, mean error", report.ttft_mape, "closed loop; give it as an interval only"),
        ("80 % interval covers", report.interval_80_coverage, "of the transfers"),
        ("pairs ordered right", report.pairs_ordered_right, _ordered_pairs(report)),
    )
    said = [f"{count(report.rows, 'row')} used, {len(report.rows_refused):,} refused", ""]
    said += [f"  {name:<38}{_share(value):>9}   {what}" for name, value, what in figures]
    if report.rows_refused:
        said += ["", "Refused:", *_refused(report.rows_refused)]
    return said


def _ordered_pairs(report: PerformanceReport) -> str:
    apart = percent(report.pairs_ordered_least_difference)
    every = _share(report.pairs_ordered_right_all)
    return f"of {report.pairs_ordered:,} measured {apart} or more apart; {every} of all"


def _share(value: float | None) -> str:
    return "not known" if value is None else percent(value)


def _refused(faults: tuple[RowFault, ...]) -> list[str]:
    shown = [f"  {fault.message}" for fault in faults[:FAULTS_SHOWN]]
    left = len(faults) - len(shown)
    return [*shown, f"  and {left:,} more (--json lists all)"] if left else shown
