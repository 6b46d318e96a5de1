"""`netra validate`: compares prices and the performance model with rows of the user's own."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from netra.domain.optimization.wording import count, percent
from netra.entrypoints.commands.context import json_option, log_argument, run, settings_with
from netra.entrypoints.commands.price_options import Prices, price_options
from netra.entrypoints.commands.reading_options import Logs, logs_argument, logs_of
from netra.entrypoints.commands.rejected_rows import (
    dropped_words,
    has_dropped_too_many,
    say_result,
    say_why_it_fails,
    warn_of_rows,
)
from netra.entrypoints.reports.safe import say_json, say_lines

if TYPE_CHECKING:
    from netra.domain.optimization.performance.validation.scorecard import PerformanceReport
    from netra.domain.optimization.price_check import CostCheck, GroupCost, PriceCheck
    from netra.domain.workloads.model import RowFault
    from netra.ports.log_files import ReadLog

NOT_ENOUGH: Final = 3
FAULTS_SHOWN: Final = 10
COMPARED_MAX: Final = 50_000  # calls compared; looked up one by one, they take about 10 s


@click.group()
def validate() -> None:
    """Check prices, or the performance model, against a file."""


@validate.command()
@logs_argument
@click.option("--model", metavar="NAME", help="Model to price every call as, in place of the logged one.")
@price_options
@json_option
def prices(
    paths: tuple[str, ...],
    *,
    model: str | None,
    price_file: Path | None,
    as_of: datetime | None,
    as_json: bool,
    **reading: Any,  # Any: click's options on reading, checked by click
) -> int:
    """Compare the bill of the log in PATH with list prices looked up call by call, and with its costs.

    Of a larger log, 50,000 calls are compared, evenly spaced over it.

    \b
    Exit codes:
      0  the bill and every call agree to 0.01 %
      2  PATH is not a log
      3  they do not agree, or no call has a known price
    """
    logs = logs_of(paths, **reading)
    log, check = run(_checked(logs, model=model, prices=Prices(file=price_file, as_of=as_of)))
    warn_of_rows(log)
    if as_json:
        say_result(check, log)
    else:
        say_lines([*filter(None, [dropped_words(log)]), *price_lines_of(check)])
    if has_dropped_too_many(log, allow_dropped=logs.allow_dropped):
        say_why_it_fails(log)
        return NOT_ENOUGH
    return 0 if check.agrees else NOT_ENOUGH


async def _checked(logs: Logs, *, model: str | None, prices: Prices) -> "tuple[ReadLog, PriceCheck]":
    from netra.bootstrap.files import file_ports
    from netra.domain.optimization.price_check import evenly
    from netra.entrypoints.commands.log_loading import log_in
    from netra.entrypoints.file_analysis import check_prices_on

    settings = settings_with(**prices.settings)
    ports = file_ports(settings)
    async with log_in(logs, ports.log_files, now=ports.clock.now()) as (log, checkpoint):

        def progress(done: float) -> None:
            checkpoint(done, "Looking up the list price of every call")

        events = evenly(log.events, at_most=COMPARED_MAX)
        return log, await check_prices_on(
            events,
            book=ports.prices,
            audit=ports.price_audit,
            default_model=settings.default_model,
            model=model,
            progress=progress,
        )


def price_lines_of(check: "PriceCheck") -> list[str]:
    """Return the comparison as lines of text."""
    lines = [
        f"{count(check.rows_compared, 'call')} of {check.rows:,} compared.",
        f"  bill           ${check.bill_usd:,.6f}",
        f"  list prices    ${check.listed_usd:,.6f}",
        f"  bill off by    {100 * check.bill_error:.6f} %",
        f"  one call off by at most {100 * check.row_error_max:.6f} %",
    ]
    if check.models_unpriced:
        lines.append(f"  No price is known of {', '.join(check.models_unpriced)}; --model names one to use.")
    if not check.agrees:
        lines += [
            f"  {call.event} ({call.model}): ${call.bill_usd:.8f} against ${call.listed_usd:.8f}"
            for call in check.worst
        ]
    lines += cost_lines_of(check.costs)
    verdict = "They agree to 0.01 %." if check.agrees else "They do not agree to 0.01 %."
    return [*lines, verdict if check.rows_compared else "There was nothing to compare."]


def cost_lines_of(costs: "CostCheck | None") -> list[str]:
    """Return the comparison of logged costs with list prices as lines of text."""
    if costs is None:
        return ["  The log has no costs in US dollars to compare with."]
    ratio = "" if costs.ratio is None else f", {percent(costs.ratio)} of it"
    calls, listed = count(costs.rows, "call"), f"${costs.list_usd:,.6f}{ratio}"
    lines = [f"  logged costs   ${costs.cost_usd:,.6f} for {calls} with a list price of {listed}"]
    if costs.reserved_rows:
        lines.append(f"  {count(costs.reserved_rows, 'call')} at no cost: reserved capacity.")
    if costs.rows_without_price:
        lines.append(f"  {count(costs.rows_without_price, 'call')} with a cost and without a list price.")
    return [*lines, *(_group_line(group) for group in costs.by_group[:FAULTS_SHOWN])]


def _group_line(group: "GroupCost") -> str:
    name = f"{group.day.isoformat()} {group.model} ({group.service_tier or 'standard'})"
    return f"    {name}: ${group.cost_usd:,.6f} for ${group.list_usd:,.6f}"


@validate.command()
@log_argument
@json_option
def performance(file: Path, *, as_json: bool) -> int:
    """Compare the performance model with the measured inference times in FILE.

    FILE is a CSV whose rows have a model, GPU, precision, lengths, batch size and tensor parallelism, and
    the measured TTFT or TPOT. No parameter is fitted to it, and no row is excluded for a bad prediction:
    rows are refused only where physics or the file itself contradicts them.

    A pair of settings is two lengths, batch sizes or group sizes on one GPU. Pairs are compared if their
    times differ by more than the file's noise: 5 %, or the largest decrease of a time where only work was
    added, up to 20 %. The share over all pairs is printed too (pairs_ordered_right_all).

    \b
    Exit codes:
      0  compared
      2  FILE is not a table of measurements
      3  no row could be used
    """
    from netra.bootstrap.files import measurements_in
    from netra.domain.optimization.performance.catalogue import HARDWARE
    from netra.domain.optimization.performance.validation.scorecard import validate_performance

    rows, unread = measurements_in(file)
    report = validate_performance(rows, hardware=HARDWARE, unread=unread)
    if as_json:
        say_json(report, indent=2)
    else:
        say_lines(lines_of(report))
    return 0 if report.rows else NOT_ENOUGH


def lines_of(report: "PerformanceReport") -> list[str]:
    """Return the figures as lines of text."""
    figures = (
        ("time per output token, mean error", report.tpot_mape, "as shipped, a row each"),
        ("time per output token, median error", report.tpot_median_error, "by transfer from another row"),
        ("time to first token, mean error", report.ttft_mape, _first_tokens(report)),
        ("80 % interval covers", report.interval_80_coverage, _covered(report)),
        ("pairs ordered right", report.pairs_ordered_right, _ordered_pairs(report)),
    )
    lines = [f"{count(report.rows, 'row')} used, {len(report.rows_refused):,} refused", ""]
    lines += [f"  {name:<38}{_share(value):>9}   {what}" for name, value, what in figures]
    if report.rows_refused:
        lines += ["", "Refused:", *_refused(report.rows_refused)]
    return lines


def _first_tokens(report: "PerformanceReport") -> str:
    every = _share(report.ttft_mape_all)
    return f"of {report.ttft_rows:,} rows where no caller waits for memory; {every} of all"


def _covered(report: "PerformanceReport") -> str:
    parts = (f"{name} {percent(share)}" for name, share in report.interval_80_coverage_by_change.items())
    return f"of the transfers, as shipped: {', '.join(parts)}" if report.pairs else "of the transfers"


def _ordered_pairs(report: "PerformanceReport") -> str:
    apart = percent(report.pairs_ordered_least_difference)
    every = _share(report.pairs_ordered_right_all)
    return f"of {report.pairs_ordered:,} measured {apart} or more apart; {every} of all"


def _share(value: float | None) -> str:
    return "not known" if value is None else percent(value)


def _refused(faults: "tuple[RowFault, ...]") -> list[str]:
    shown = [f"  {fault.message}" for fault in faults[:FAULTS_SHOWN]]
    left = len(faults) - len(shown)
    return [*shown, f"  and {left:,} more (--json lists all)"] if left else shown
