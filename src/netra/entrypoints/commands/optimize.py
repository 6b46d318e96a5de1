"""`netra optimize FILE`: computed advice about a request log, without a server."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any, Final

import click

from netra.domain.optimization.model import Priority
from netra.domain.optimization.result import Advice
from netra.domain.workloads.columns import Events
from netra.entrypoints.commands.context import json_option, log_argument, run, written
from netra.entrypoints.commands.log_loading import log_in
from netra.entrypoints.commands.price_options import Prices, price_options
from netra.entrypoints.commands.rejected_rows import warn_of_rows
from netra.entrypoints.reports.console import reading_console
from netra.entrypoints.reports.digest import digest_of, is_sufficient
from netra.entrypoints.reports.report import rendered
from netra.entrypoints.reports.safe import say, say_json
from netra.entrypoints.reports.sketch import sketch_of
from netra.ports.log_files import ReadLog

DEFAULT_QUESTION: Final = "Optimize my AI workload for cost efficiency"
NOT_ENOUGH: Final = 3


def finite(_: click.Context, __: click.Parameter, dollars: float | None) -> float | None:
    """Return the dollars that were typed; `nan` and `inf` are floats and no amounts."""
    if dollars is not None and not isfinite(dollars):
        raise click.BadParameter(f"{dollars} must be a number of dollars a month, such as 5000.")
    return dollars


@click.command()
@log_argument
@click.option("--ask", default=DEFAULT_QUESTION, show_default=True, help="The question, in your words.")
@click.option(
    "--priority",
    type=click.Choice([priority.value for priority in Priority]),
    help="What to want least of: dollars, milliseconds, or a balance.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    callback=finite,
    metavar="USD",
    help="Dollars a month.",
)
@click.option("--model", metavar="NAME", help="Price every call as this model, whatever the log says.")
@click.option(
    "--constraint", "constraints", multiple=True, metavar="NAME", help="gpu_memory, latency, …; repeatable."
)
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Also write a report with plots."
)
@price_options
@json_option
def optimize(
    file: Path,
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
) -> int:
    """Say what to change about the workload whose request log is FILE, and what that saves.

    FILE is a CSV or JSON Lines log: Netra's own columns, the Azure LLM trace, or the Mooncake trace.

    \b
    Exit codes: 0 advice was given; 2 the file or an option cannot be used;
    3 the log holds too little to advise on, or no call of it has a known price.
    """
    given = {"priority": priority, "budget": budget, "model": model, "constraints": list(constraints) or None}
    parameters = {name: value for name, value in given.items() if value is not None}
    prices = Prices(file=price_file, as_of=as_of)
    log, advice = run(_advice(file, ask, parameters=parameters, prices=prices))
    warn_of_rows(log)
    if html is not None:
        _write_page(html, advice, events=log.events, source=file.name, question=ask)
    if as_json:
        say_json(advice, indent=2)
    else:
        console = reading_console()
        console.print(rendered(digest_of(advice), sketch=sketch_of(log.events), source=file.name))
    return 0 if is_sufficient(advice) else NOT_ENOUGH


async def _advice(
    file: Path, question: str, *, parameters: Mapping[str, Any], prices: Prices
) -> tuple[ReadLog, Advice]:
    async with log_in(file, prices=prices) as (netra, log, checkpoint):
        return log, await netra.advise(log.events, question, parameters=parameters, checkpoint=checkpoint)


def _write_page(path: Path, advice: Advice, *, events: Events, source: str, question: str) -> None:
    # matplotlib takes about a second to load: only who asks for a page waits for it.
    from netra.entrypoints.reports.page import page_of

    text = page_of(digest_of(advice), sketch=sketch_of(events), source=source, question=question)
    written(path, text.encode())
    say(f"The report with plots is in {path}.", err=True)
