"""`netra import AGENT`: the transcripts that a coding agent left on this machine, as a workload."""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from netra.domain.optimization.wording import count
from netra.entrypoints.commands.context import data_option, json_option, owner_in, run, store_in
from netra.entrypoints.commands.reading_options import Logs, since_of
from netra.entrypoints.commands.rejected_rows import dropped_words, rows_of, warn_of_rows
from netra.entrypoints.commands.workloads import email_option, shown
from netra.entrypoints.reports.safe import say, say_json

if TYPE_CHECKING:
    from netra.domain.workloads.model import Workload
    from netra.ports.log_files import ReadLog

AGENTS: Final[Mapping[str, tuple[str, str]]] = {
    "claude-code": ("Claude Code", "claude_code"),
    "codex": ("Codex", "codex"),
}
"""Each agent's name as a workload, and the format of its transcripts."""


@click.command()
@click.argument("agent", type=click.Choice(list(AGENTS)))
@click.option(
    "--since", callback=since_of, metavar="AGE", help="Leave out calls older than 30d, 12h, or before a day."
)
@click.option("--name", help="Name of the workload; the agent's name by default.")
@email_option
@json_option
@data_option
def import_agent(
    agent: str,
    *,
    since: datetime | timedelta | None,
    name: str | None,
    email: str | None,
    as_json: bool,
    data: Path | None,
) -> None:
    """Import the transcripts of AGENT, claude-code or codex, found in its folders on this machine.

    Calls that an earlier import stored in the workload of this name are not stored again. No prompt and no
    answer is stored.

    \b
    Exit codes: 0 imported; 2 no transcripts were found.
    """
    title, kind = AGENTS[agent]
    folders = tuple(str(folder) for folder in folders_of(agent, os.environ) if folder.is_dir())
    if not folders:
        looked = " and ".join(str(folder) for folder in folders_of(agent, os.environ))
        raise click.ClickException(f"There are no transcripts of {title}: looked in {looked}.")
    logs = Logs(paths=folders, since=since, format=kind)
    log, workload, new = run(_imported(logs, name=name or title, email=email, data=data))
    warn_of_rows(log)
    if as_json:
        say_json({**shown(workload), "new": new, "log": rows_of(log)})
        return
    held = f"{workload.id} holds {count(workload.event_count, 'call')} of {workload.name}"
    say(f"{held}, {new:,} of them new. {dropped_words(log)}".rstrip())


def folders_of(agent: str, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders in which an agent keeps its transcripts, whether or not they exist."""
    home = Path.home()
    if agent == "codex":
        return (Path(environment.get("CODEX_HOME") or home / ".codex") / "sessions",)
    chosen = environment.get("CLAUDE_CONFIG_DIR")
    places = chosen.split(",") if chosen else [str(home / ".claude"), str(home / ".config" / "claude")]
    return tuple(Path(place.strip()) / "projects" for place in places)


async def _imported(
    logs: Logs, *, name: str, email: str | None, data: Path | None
) -> "tuple[ReadLog, Workload, int]":
    """Return the log, the workload that holds it, and the number of calls that were new to it."""
    import asyncio

    async with store_in(data) as netra:
        owner = await owner_in(netra, email=email)
        log = await asyncio.to_thread(netra.read_files, *logs.paths, choices=logs.choices(now=netra.now()))
        known = next((one for one in await netra.workloads(owner) if one.name == name), None)
        if known is None:
            made = await netra.import_log(owner, log, name=name)
            return log, made, made.event_count
        new = await netra.add_events(owner, known.id, log.events)
        return log, await netra.workload(owner, known.id), new
