"""`netra question TEXT`: how a question is understood, without analysing anything."""

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from netra.entrypoints.commands.context import json_option, run, settings_with
from netra.entrypoints.commands.reading_options import logs_of
from netra.entrypoints.reports.safe import say, say_json

if TYPE_CHECKING:
    from netra.domain.agents.question.mentions import KnownNames
    from netra.domain.optimization.model import Goals

FROM_INPUT: Final = "-"  # the text that stands for questions on standard input, one a line


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option(
    "--log",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A request log whose features, tools and models the question may name.",
)
@json_option
def question(text: tuple[str, ...], *, file: Path | None, as_json: bool) -> int:
    """Print how the question TEXT is understood, what is not understood, and what is assumed.

    With `-` as TEXT, each line of standard input is one question, and one JSON object is printed for each.
    """
    names, now = run(_names(file))
    if text == (FROM_INPUT,):
        for line in _lines():
            _show_json(line, names, now=now)
    elif as_json:
        _show_json(" ".join(text), names, now=now)
    else:
        _show(" ".join(text), names, now=now)
    return 0


def _lines() -> Iterator[str]:
    for line in sys.stdin:
        if line.strip():
            yield line.rstrip("\r\n")


async def _names(file: Path | None) -> "tuple[KnownNames, datetime]":
    """Return the names in the log, if there is one, and the present."""
    from netra.bootstrap.files import file_ports
    from netra.domain.agents.question.mentions import NO_NAMES, names_of
    from netra.entrypoints.commands.log_loading import log_in

    ports = file_ports(settings_with())
    now = ports.clock.now()
    if file is None:
        return NO_NAMES, now
    async with log_in(logs_of((str(file),)), ports.log_files, now=now) as (log, _):
        return names_of(log.events), now


def _read(text: str, names: "KnownNames", *, now: datetime) -> "Goals":
    from netra.domain.agents.question.goals import read_goals

    return read_goals(text, {}, now=now, names=names)


def _show_json(text: str, names: "KnownNames", *, now: datetime) -> None:
    from netra.domain.agents.question.summary import summary_of

    say_json(summary_of(_read(text, names, now=now)))


def _show(text: str, names: "KnownNames", *, now: datetime) -> None:
    from netra.domain.agents.wording.echo import echo_of

    echo = echo_of(_read(text, names, now=now))
    for sentence in echo.sentences:
        say(sentence)
    if echo.ask_back:
        say(f"Asked back: {echo.ask_back}")
