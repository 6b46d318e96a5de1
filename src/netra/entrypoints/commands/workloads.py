"""`netra workloads`: request logs in the store, for use by the service."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from netra.domain.ids import WorkloadId
from netra.domain.optimization.wording import count, money
from netra.domain.texts import plain
from netra.entrypoints.commands.context import (
    Decorated,
    data_option,
    json_option,
    owner_in,
    run,
    store_in,
)
from netra.entrypoints.commands.reading_options import Logs, logs_argument, logs_of
from netra.entrypoints.commands.rejected_rows import (
    dropped_words,
    has_dropped_too_many,
    rows_of,
    say_why_it_fails,
    warn_of_rows,
)
from netra.entrypoints.reports.safe import say, say_json

if TYPE_CHECKING:
    from netra.domain.decisions.model import Decision
    from netra.domain.telemetry.reports import Emitter
    from netra.domain.workloads.model import Workload
    from netra.ports.log_files import ReadLog

NOT_ENOUGH: Final = 3


def email_option(command: Decorated) -> Decorated:
    """Add `--email`, the owner of the workloads, to a command."""
    return click.option("--email", help="Owner's e-mail address; optional while there is only one user.")(
        command
    )


@click.group()
def workloads() -> None:
    """Import request logs into the store, and list what is there."""


@workloads.command("import")
@logs_argument
@click.option("--name", help="Name of the workload; the file's name by default.")
@email_option
@json_option
@data_option
def import_file(
    paths: tuple[str, ...],
    *,
    name: str | None,
    email: str | None,
    as_json: bool,
    data: Path | None,
    **reading: Any,  # Any: click's options on reading, checked by click
) -> int:
    """Create a workload from the request logs in PATH: files, folders, patterns, or - for standard input.

    \b
    Exit codes: 0 imported; 2 the log or an option cannot be used;
    3 more than 5 % of the rows cannot be read, and nothing was imported.
    """
    logs = logs_of(paths, **reading)
    log, workload = run(imported(logs, name=name or plain(logs.title), email=email, data=data))
    warn_of_rows(log)
    if workload is None:
        say_why_it_fails(log)
        return NOT_ENOUGH
    if as_json:
        say_json({**shown(workload), "log": rows_of(log)})
        return 0
    say_imported(workload, dropped=dropped_words(log))
    return 0


async def imported(
    logs: Logs, *, name: str, email: str | None, data: Path | None
) -> "tuple[ReadLog, Workload | None]":
    """Return the log and its workload, or None if too many rows were dropped."""
    import asyncio

    from netra.entrypoints.reports.console import error_console
    from netra.entrypoints.reports.progress import progress_on

    with progress_on(error_console()) as checkpoint:
        async with store_in(data) as netra:
            owner = await owner_in(netra, email=email)

            def progress(done: float) -> None:
                checkpoint(done, f"Reading {logs.title}")

            choices = logs.choices(now=netra.now())
            log = await asyncio.to_thread(netra.read_files, *logs.paths, choices=choices, progress=progress)
            if has_dropped_too_many(log, allow_dropped=logs.allow_dropped):
                return log, None
            return log, await netra.import_log(owner, log, name=name)


def say_imported(workload: "Workload", *, dropped: str) -> None:
    """Print which workload was made, and which part of the log it lacks."""
    say(f"{workload.id} holds {count(workload.event_count, 'call')} of {workload.name}. {dropped}".rstrip())
    say("Analyse it with 'workload_id' in POST /api/agent/execute.", err=True)


@workloads.command("intake")
@click.argument("workload_id", metavar="ID")
@email_option
@json_option
@data_option
def intake(*, workload_id: str, email: str | None, as_json: bool, data: Path | None) -> None:
    """Show what came in for the workload ID by telemetry, and what to change so that more is known."""

    async def read() -> None:
        from netra.domain.telemetry.reports import advice_on

        async with store_in(data) as netra:
            owner = await owner_in(netra, email=email)
            report = await netra.intake(owner, WorkloadId(workload_id))
        if as_json:
            say_json({"workload_id": workload_id, "emitters": report.emitters, "advice": advice_on(report)})
            return
        for emitter in report.emitters.values():
            say(intake_line(emitter))
        if not report.emitters:
            say("No telemetry came in for this workload yet; see docs/telemetry.md.", err=True)
        for line in advice_on(report):
            say(line)

    run(read())


def intake_line(emitter: "Emitter") -> str:
    """Return what one instrumentation scope sent, in a line."""
    parts = [
        f"{emitter.taken} calls",
        f"{emitter.merged} merged",
        f"{sum(emitter.corrected.values())} corrected",
        f"{emitter.without_usage} without usage",
        f"{emitter.context + emitter.ignored} other records",
    ]
    return f"{plain(emitter.scope) or '(no name)'} {plain(emitter.version)}: {', '.join(parts)}"


@workloads.command("decisions")
@click.argument("workload_id", metavar="ID")
@email_option
@json_option
@data_option
def decisions(*, workload_id: str, email: str | None, as_json: bool, data: Path | None) -> None:
    """Show what was decided about the recommendations on the workload ID, latest first."""

    async def read() -> None:
        async with store_in(data) as netra:
            found = await netra.decisions(await owner_in(netra, email=email), WorkloadId(workload_id))
        if as_json:
            say_json([decided(decision) for decision in found])
            return
        for decision in found:
            say(decision_line(decision))
        if not found:
            say("Nothing is decided yet; decide in the console or with PUT …/decisions/KEY.", err=True)

    run(read())


def decision_line(decision: "Decision") -> str:
    """Return a decision in a line: state, date, the saving that its run showed, and what it is about."""
    savings = decision.on.savings
    monthly = savings.usd_per_month
    usd = f"{money(savings.usd_in_window)} over the log" if monthly is None else f"{money(monthly)} a month"
    return f"{decision.state.value:<9}  {_when(decision)}  {usd}  {plain(decision.on.action)}"


def _when(decision: "Decision") -> str:
    if decision.until is not None:
        return f"until {decision.until:%Y-%m-%d}"
    if decision.effective_at is not None:
        word = "since" if decision.state.value == "adopted" else "for"
        return f"{word} {decision.effective_at:%Y-%m-%d}"
    return f"on {decision.at:%Y-%m-%d}"


def decided(decision: "Decision") -> dict[str, object]:
    """Return a decision as `--json` prints it, without its owner."""
    fields = msgspec.to_builtins(decision)
    del fields["owner_id"]
    return dict(fields)


@workloads.command("list")
@email_option
@json_option
@data_option
def list_workloads(*, email: str | None, as_json: bool, data: Path | None) -> None:
    """List a user's workloads, newest first."""

    async def listed() -> None:
        async with store_in(data) as netra:
            found = await netra.workloads(await owner_in(netra, email=email))
        if as_json:
            say_json([shown(workload) for workload in found])
            return
        for workload in found:
            say(f"{workload.id}  {workload.event_count:>10,} calls  {workload.name}")
        if not found:
            say("There is no workload yet; create one with 'netra workloads import PATH'.", err=True)

    run(listed())


def shown(workload: "Workload") -> dict[str, object]:
    """Return a workload as `--json` prints it."""
    return {"id": workload.id, "name": workload.name, "event_count": workload.event_count}
