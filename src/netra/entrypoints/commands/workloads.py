"""`netra workloads`: request logs in the store, for use by the service."""

from pathlib import Path

import click

from netra.domain.optimization.wording import count
from netra.domain.workloads.model import Workload
from netra.entrypoints.commands.context import (
    Decorated,
    data_option,
    json_option,
    log_argument,
    owner_in,
    run,
    store_in,
)
from netra.entrypoints.commands.rejected_rows import warn_of_rows
from netra.entrypoints.reports.console import error_console
from netra.entrypoints.reports.progress import progress_on
from netra.entrypoints.reports.safe import say, say_json


def email_option(command: Decorated) -> Decorated:
    """Add `--email`, the owner of the workloads, to a command."""
    return click.option("--email", help="Owner's e-mail address; optional while there is only one user.")(
        command
    )


@click.group()
def workloads() -> None:
    """Import request logs into the store, and list what is there."""


@workloads.command("import")
@log_argument
@click.option("--name", help="Name of the workload; the file's name by default.")
@email_option
@json_option
@data_option
def import_file(file: Path, *, name: str | None, email: str | None, as_json: bool, data: Path | None) -> None:
    """Create a workload from the request log in FILE."""

    async def imported() -> None:
        with progress_on(error_console()) as checkpoint:
            async with store_in(data) as netra:
                owner = await owner_in(netra, email=email)

                def progress(done: float) -> None:
                    checkpoint(done, f"Reading {file.name}")

                workload, log = await netra.import_file(owner, file, name=name, progress=progress)
        warn_of_rows(log)
        if as_json:
            say_json(_shown(workload))
        else:
            say(f"{workload.id} holds {count(workload.event_count, 'call')} of {workload.name}.")
            say("Analyse it with 'workload_id' in POST /api/agent/execute.", err=True)

    run(imported())


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
            say_json([_shown(workload) for workload in found])
            return
        for workload in found:
            say(f"{workload.id}  {workload.event_count:>10,} calls  {workload.name}")
        if not found:
            say("There is no workload yet; create one with 'netra workloads import FILE'.", err=True)

    run(listed())


def _shown(workload: Workload) -> dict[str, object]:
    return {"id": workload.id, "name": workload.name, "event_count": workload.event_count}
