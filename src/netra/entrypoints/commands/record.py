"""`netra record -- CMD`: run a program, receive its telemetry on loopback, and advise on its model calls."""

import os
import secrets
import signal
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from types import FrameType
from typing import TYPE_CHECKING, Final

import click

from netra.domain.optimization.wording import count
from netra.entrypoints.commands.context import run, settings_with, written
from netra.entrypoints.reports.safe import say

if TYPE_CHECKING:
    from netra.domain.optimization.result import Advice
    from netra.domain.workloads.columns import Events
    from netra.entrypoints.recording.recording import Recorded

NOT_ENOUGH: Final = 3
CANNOT_RUN: Final = 126  # exit codes of a shell for a program that cannot be run, or is not there
NOT_FOUND: Final = 127
BY_SIGNAL: Final = 128  # a shell adds the signal's number
QUESTION: Final = "Optimize my AI workload for cost efficiency"
FORWARDED: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", metavar="CMD...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--calls",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write the calls to FILE as JSON Lines, for 'netra optimize FILE'.",
)
def record(command: tuple[str, ...], *, calls: Path | None) -> int:
    """Run CMD, receive its telemetry on this machine, and recommend changes for the model calls it made.

    CMD must send OpenTelemetry: a coding agent, a program that calls netra.otel.start(), or one run under
    opentelemetry-instrument. Ctrl-C goes to CMD; the report follows when it has ended. The report goes to
    standard error, as standard output is CMD's. No prompt and no answer is kept.

    \b
    netra record -- python app.py
    netra record --calls calls.jsonl -- claude -p "explain this repository"

    \b
    Exit codes:
      that of CMD, or 128 and its number for a signal that ended it
      3  CMD ended with 0, and no call of a model was recorded
      126, 127  CMD cannot be run, or does not exist
    """
    status, recorded = _recorded(command)
    if recorded is None:
        return status
    _say_end(command[0], status)
    if not recorded.calls:
        _say_why_nothing_came(command, recorded)
        return status or NOT_ENOUGH
    if calls is not None:
        _write_calls(calls, recorded)
    _report(recorded, source=PurePath(command[0]).name)
    return status


def _recorded(command: Sequence[str]) -> "tuple[int, Recorded | None]":
    """Run the program; return its exit status and what it reported, None if it could not be run."""
    from netra.bootstrap.files import telemetry_decoder
    from netra.entrypoints.recording.child_environment import child_command, child_environment
    from netra.entrypoints.recording.receiver import receiving
    from netra.entrypoints.recording.recording import Recording

    recording = Recording(telemetry_decoder())
    token = secrets.token_urlsafe(24)
    with receiving(recording, token=token) as url:
        name = PurePath(command[0]).name
        environment = child_environment(os.environ, url=url, token=token, name=name)
        try:
            status = _ended(child_command(command, url=url, token=token), environment)
        except FileNotFoundError:
            say(f"Error: there is no program {command[0]!r}.", err=True)
            return NOT_FOUND, None
        except OSError as error:
            say(f"Error: {command[0]!r} cannot be run: {error.strerror}.", err=True)
            return CANNOT_RUN, None
    return status, recording.finished()


def _ended(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Return the exit status of the program, as a shell would."""
    with _signals_left_to(child := _Child()), subprocess.Popen(command, env=environment) as process:  # noqa: S603 # the user's own
        child.process = process
        status = process.wait()
    return status if status >= 0 else BY_SIGNAL - status


class _Child:
    """The program, once it runs."""

    process: "subprocess.Popen[bytes] | None" = None

    def forward(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (the signature of a handler)
        """Send a signal on; one that comes before the program runs is not lost on a second try."""
        if self.process is not None:
            self.process.send_signal(number)


@contextmanager
def _signals_left_to(child: _Child) -> Generator[None]:
    """Leave Ctrl-C to the program, which the terminal sends it to as well; forward what comes here alone."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *FORWARDED)}
    signal.signal(signal.SIGINT, _pass)  # not SIG_IGN, which the program would inherit
    for number in FORWARDED:
        signal.signal(number, child.forward)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pass(number: int, frame: FrameType | None) -> None:
    """Do nothing: the program handles the signal."""


def _say_end(program: str, status: int) -> None:
    by = f" (by signal {status - BY_SIGNAL})" if status > BY_SIGNAL else ""
    say(f"{program} ended with exit status {status}{by}.", err=True)


def _say_why_nothing_came(command: Sequence[str], recorded: "Recorded") -> None:
    from netra.domain.telemetry.reports import advice_on

    if not recorded.requests:
        say(f"No call of a model was recorded: {command[0]} sent no telemetry.", err=True)
        again = f"netra record -- opentelemetry-instrument {' '.join(command)}"
        say(f"Call netra.otel.start() in it, or run it under an instrumentor: {again}", err=True)
        return
    exports = count(recorded.requests, "export")
    say(f"No call of a model was recorded: {exports} came without one.", err=True)
    for line in advice_on(recorded.report):
        say(line, err=True)


def _write_calls(path: Path, recorded: "Recorded") -> None:
    from msgspec.json import Encoder

    written(path, Encoder().encode_lines([call.event for call in recorded.calls]))
    say(f"{count(len(recorded.calls), 'call')} written to {path}.", err=True)


def _report(recorded: "Recorded", *, source: str) -> None:
    from netra.domain.telemetry.reports import advice_on
    from netra.domain.workloads.columns import columns_of
    from netra.entrypoints.reports.console import reading_console
    from netra.entrypoints.reports.digest import digest_of
    from netra.entrypoints.reports.report import rendered
    from netra.entrypoints.reports.sketch import sketch_of

    events = columns_of([call.event for call in recorded.calls])
    for line in advice_on(recorded.report):
        say(f"Note: {line}", err=True)
    if recorded.dropped:
        say(f"Warning: {count(recorded.dropped, 'record')} came beyond what a recording holds.", err=True)
    digest = digest_of(run(_advice(events)))
    reading_console(stderr=True).print(rendered(digest, sketch=sketch_of(events), source=source))


async def _advice(events: "Events") -> "Advice":
    from netra.bootstrap.files import file_ports
    from netra.domain.agents.stages.advisor import Advisor
    from netra.entrypoints.file_analysis import advise_on

    settings = settings_with()
    ports = file_ports(settings)
    advisor = Advisor(prices=ports.prices, clock=ports.clock, default_model=settings.default_model)
    return await advise_on(events, QUESTION, advisor=advisor)
