"""`netra explain PATH`: why the bill of one period of a log differs from that of another."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

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
from netra.entrypoints.reports.safe import say, say_lines

if TYPE_CHECKING:
    from netra.domain.optimization.explain.explanation import Explanation
    from netra.domain.optimization.explain.periods import Periods
    from netra.ports.log_files import ReadLog


NOT_ENOUGH: Final = 3


@click.command()
@logs_argument
@click.option(
    "--before",
    metavar="T1",
    required=True,
    help="The earlier period: all before this instant, or FROM/TO.",
)
@click.option(
    "--after",
    metavar="T2",
    help="The later period: all from this instant on, or FROM/TO.  [default: from the end of --before]",
)
@click.option("--model", metavar="NAME", help="Price every call as this model, whatever the log says.")
@click.option("--md", "as_markdown", is_flag=True, help="Print Markdown.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Also write a page: one file.")
@price_options
@json_option
def explain(
    paths: tuple[str, ...],
    *,
    before: str,
    after: str | None,
    model: str | None,
    as_markdown: bool,
    html: Path | None,
    price_file: Path | None,
    as_of: datetime | None,
    as_json: bool,
    **reading: Any,  # Any: click's options on reading, checked by click
) -> int:
    """Say why the bill rose or fell between two periods of the log in PATH.

    The difference is divided exactly among the number of calls, their mix, lengths, caching, retries, prices.

    \b
    netra explain days.jsonl --before 2026-11-20
    netra explain days.jsonl --before 2026-11-13/2026-11-20 --after 2026-11-20/2026-11-27 --json
    """
    from netra.domain.optimization.explain.periods import periods_of  # imports numpy, as the help need not

    periods = periods_of(before, after)
    logs = logs_of(paths, **reading)
    log, found = run(_explained(logs, periods, model=model, prices=Prices(file=price_file, as_of=as_of)))
    warn_of_rows(log)
    if html is not None:
        _write_page(html, found, source=logs.title, dropped=dropped_words(log))
    if as_json:
        say_result(found, log)
    else:
        _print(found, source=logs.title, dropped=dropped_words(log), as_markdown=as_markdown)
    if has_dropped_too_many(log, allow_dropped=logs.allow_dropped):
        say_why_it_fails(log)
        return NOT_ENOUGH
    return 0


async def _explained(
    logs: Logs, periods: "Periods", *, model: str | None, prices: Prices
) -> "tuple[ReadLog, Explanation]":
    from netra.bootstrap.files import file_ports
    from netra.entrypoints.commands.log_loading import log_in
    from netra.entrypoints.file_analysis import explain_on

    settings = settings_with(**prices.settings)
    ports = file_ports(settings)
    async with log_in(logs, ports.log_files, now=ports.clock.now()) as (log, checkpoint):
        return log, await explain_on(
            log.events,
            periods,
            book=ports.prices,
            default_model=settings.default_model,
            model=model,
            checkpoint=checkpoint,
        )


def _print(explanation: "Explanation", *, source: str, dropped: str, as_markdown: bool) -> None:
    from netra.domain.optimization.explain.wording import notes, summary
    from netra.entrypoints.reports.change import change_table, markdown_of
    from netra.entrypoints.reports.console import reading_console

    if as_markdown:
        say_lines(markdown_of(explanation, source=source, dropped=dropped))
        return
    say(f"{dropped} {summary(explanation)}".lstrip())
    reading_console().print(change_table(explanation))
    say_lines(notes(explanation))


def _write_page(path: Path, explanation: "Explanation", *, source: str, dropped: str) -> None:
    from netra.entrypoints.reports.page import change_page

    written(path, change_page(explanation, source=source, dropped=dropped).encode())
    say(f"The page is in {path}.", err=True)
