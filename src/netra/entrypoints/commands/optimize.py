"""`netra optimize PATH`: computed advice about a request log, without a server."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from netra.domain.optimization.model import Priority
from netra.entrypoints.commands.context import json_option, run, settings_with, written
from netra.entrypoints.commands.price_options import Prices, price_options
from netra.entrypoints.commands.reading_options import Logs, logs_argument, logs_of
from netra.entrypoints.commands.rejected_rows import (
    dropped_words,
    has_dropped_too_many,
    say_result,
    say_why_it_fails,
    warn_of_rows,
)
from netra.entrypoints.reports.safe import say

if TYPE_CHECKING:
    from netra.domain.optimization.result import Advice
    from netra.ports.log_files import ReadLog

DEFAULT_QUESTION: Final = "Optimize my AI workload for cost efficiency"
NOT_ENOUGH: Final = 3


def finite(_: click.Context, __: click.Parameter, dollars: float | None) -> float | None:
    """Return the amount; reject `nan` and `inf`, which are floats."""
    if dollars is not None and not isfinite(dollars):
        raise click.BadParameter(f"{dollars} must be a number of dollars a month, such as 5000.")
    return dollars


@click.command()
@logs_argument
@click.option(
    "--ask", default=DEFAULT_QUESTION, show_default=True, help="Question to answer, in plain language."
)
@click.option(
    "--priority",
    type=click.Choice([priority.value for priority in Priority]),
    help="Objective to minimise: cost, latency or both.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    callback=finite,
    metavar="USD",
    help="Maximum cost in US dollars per month.",
)
@click.option("--model", metavar="NAME", help="Model to price every call as, in place of the logged one.")
@click.option(
    "--constraint",
    "constraints",
    multiple=True,
    metavar="NAME",
    help="Constraint such as gpu_memory or latency; repeatable.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write a report: a page in one file.",
)
@price_options
@json_option
def optimize(
    paths: tuple[str, ...],
    *,
    ask: str,
    priority: str | None,
    budget: float | None,
    model: str | None,
    constraints: tuple[str, ...],
    html: Path | None,
    price_file: Path | None,
    as_of: datetime | None,
    as_json: bool,
    **reading: Any,  # Any: click's options on reading, checked by click
) -> int:
    """Recommend changes for the workload in the request log PATH, with the savings of each.

    PATH is a file, a folder, a pattern, or - for standard input, gzipped or not: a CSV or JSON log, an export
    of a gateway or vendor, or the transcripts of a coding agent. The format is detected.

    \b
    netra optimize day.csv
    netra optimize ~/.claude/projects --since 30d

    \b
    Exit codes:
      0  advice was given
      2  the log or an option is invalid
      3  the log is insufficient for advice, no call in it has a known price,
         or more than 5 % of its rows cannot be read
    """
    from netra.entrypoints.reports.digest import is_sufficient  # imports numpy, which the help does not need

    logs = logs_of(paths, **reading)
    given = {"priority": priority, "budget": budget, "model": model, "constraints": list(constraints) or None}
    parameters = {name: value for name, value in given.items() if value is not None}
    prices = Prices(file=price_file, as_of=as_of)
    log, advice = run(_advice(logs, ask, parameters=parameters, prices=prices))
    warn_of_rows(log)
    if html is not None:
        _write_page(html, advice, log=log, source=logs.title, question=ask)
    if as_json:
        say_result(advice, log)
    else:
        _print_report(advice, log=log, source=logs.title)
    if has_dropped_too_many(log, allow_dropped=logs.allow_dropped):
        say_why_it_fails(log)
        return NOT_ENOUGH
    return 0 if is_sufficient(advice) else NOT_ENOUGH


async def _advice(
    logs: Logs, question: str, *, parameters: Mapping[str, Any], prices: Prices
) -> "tuple[ReadLog, Advice]":
    from netra.bootstrap.files import file_ports
    from netra.domain.agents.stages.advisor import Advisor
    from netra.entrypoints.commands.log_loading import log_in
    from netra.entrypoints.file_analysis import advise_on

    settings = settings_with(**prices.settings)
    ports = file_ports(settings)
    advisor = Advisor(prices=ports.prices, clock=ports.clock, default_model=settings.default_model)
    async with log_in(logs, ports.log_files, now=ports.clock.now()) as (log, checkpoint):
        return log, await advise_on(
            log.events, question, advisor=advisor, parameters=parameters, checkpoint=checkpoint
        )


def _print_report(advice: "Advice", *, log: "ReadLog", source: str) -> None:
    from netra.entrypoints.reports.console import reading_console
    from netra.entrypoints.reports.digest import digest_of
    from netra.entrypoints.reports.report import rendered
    from netra.entrypoints.reports.sketch import sketch_of

    digest = digest_of(advice, dropped=dropped_words(log))
    reading_console().print(rendered(digest, sketch=sketch_of(log.events), source=source))


def _write_page(path: Path, advice: "Advice", *, log: "ReadLog", source: str, question: str) -> None:
    from netra.entrypoints.reports.digest import digest_of
    from netra.entrypoints.reports.page import page_of
    from netra.entrypoints.reports.sketch import sketch_of

    digest = digest_of(advice, dropped=dropped_words(log))
    text = page_of(digest, sketch=sketch_of(log.events), source=source, question=question)
    written(path, text.encode())
    say(f"The report is in {path}.", err=True)
