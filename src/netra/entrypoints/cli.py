"""The `netra` command: loads the requested command, and reports errors in one sentence.

Each command lives in its own module of `commands` and is imported only when it runs, so `netra serve` starts
without the plotting code and `netra --version` without any of them.
"""

import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final, TextIO

import click

from netra.entrypoints.blocked_packages import FRAMEWORKS, unseen

DONE: Final = 0
FAILED: Final = 1  # exit code: an internal error, or a failure of the machine or a server
REFUSED: Final = 2  # exit code: invalid arguments, settings or input
NOT_ENOUGH: Final = 3  # exit code: the command ran, but the log or a check is insufficient
INTERRUPTED: Final = 130

COMMANDS: Final[Mapping[str, str]] = {
    "check": "Check what a text says against a result.",
    "demo": "Demonstrate the whole service on this machine.",
    "explain": "Explain why the bill of one period differs from another's.",
    "import": "Import a coding agent's transcripts from this machine.",
    "keys": "Create, list and revoke API keys.",
    "migrate": "Upgrade the database schema to the current version.",
    "optimize": "Recommend changes for the workload in a request log.",
    "question": "Show how a question is understood, without analysing.",
    "record": "Run a program, and recommend changes for the model calls it made.",
    "sample": "Write a synthetic request log to experiment with.",
    "serve": "Serve the API over HTTP and WebSocket.",
    "simulate": "Estimate the effect of a proposed change on a request log.",
    "users": "Add, list and disable users.",
    "validate": "Validate prices, or the performance model, against a file.",
    "worker": "Work on runs, next to services on the same store.",
    "workloads": "Import request logs into the store, and list them.",
}
"""Each command is the function of its name in the module of its name; the text is its line in the help."""

MODULES: Final[Mapping[str, str]] = {"import": "import_agent"}  # where a command's name is a word of Python


class LazyGroup(click.Group):
    """A group whose commands are imported on first use."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of one call; `--help` prints the help here."""
        with _reader_may_leave():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run the requested command."""
        with _reader_may_leave():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the commands' names in the help's order."""
        return sorted(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 (click's signature)
        cmd_name: str,
    ) -> click.Command | None:
        """Return the command, or None when there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        name = MODULES.get(cmd_name, cmd_name)
        command: click.Command = getattr(import_module(f"netra.entrypoints.commands.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command; for an unknown one, fail with the closest known name."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else " 'netra -h' lists the commands."
            ctx.fail(f"There is no command '{name}'.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with 'netra demo', or with your own log: 'netra optimize PATH'.",
)
@click.version_option(package_name="netra", message="netra %(version)s")
def netra() -> None:
    """Read an AI workload's request log; compute what to change and what that saves."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with a documented exit code."""
    sys.exit(exit_code(arguments))


def exit_code(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are reported in one sentence on stderr."""
    try:
        with unseen(*FRAMEWORKS):
            ended = netra.main(args=arguments, prog_name="netra", standalone_mode=False)
    except click.ClickException as error:
        from netra.entrypoints.reports.safe import show_refusal

        show_refusal(error)
        return REFUSED
    except _known_failures() as error:  # evaluated, and imported, only after a failure
        return _report(error)
    except (click.Abort, KeyboardInterrupt):
        from netra.entrypoints.reports.safe import say

        say("Stopped.", err=True)
        return INTERRUPTED
    return ended if isinstance(ended, int) else DONE


def _known_failures() -> tuple[type[Exception], ...]:
    """Return the failures that are reported in one sentence."""
    from netra.domain.errors import NetraError
    from netra.settings import SettingsRefused

    return (NetraError, SettingsRefused, OSError)


@contextmanager
def _reader_may_leave() -> Generator[None]:
    """Exit normally when the reader of our output closes it early, as `| head` does; click would fail."""
    try:
        try:
            yield
        finally:
            _flush()
    except BrokenPipeError:
        _discard(sys.stderr)
        raise click.exceptions.Exit(DONE) from None


def _flush() -> None:
    """Flush standard output here: an error while the interpreter flushes at exit could not be reported."""
    try:
        print(end="", flush=True)
    except OSError:
        _discard(sys.stdout)
        raise


def _discard(stream: TextIO) -> None:
    """Discard what is left in the stream."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _report(error: Exception) -> int:
    """Print the error on stderr; return the exit code."""
    from netra.domain import errors
    from netra.entrypoints.reports.safe import say
    from netra.settings import SettingsRefused

    askers = (
        errors.UnreadableFile,
        errors.ValidationFailed,
        errors.InvalidRequest,
        errors.Conflict,
        errors.Forbidden,
    )
    if isinstance(error, OSError):
        name = f": {error.filename!r}" if error.filename else ""
        say(f"Error: {error.strerror or error}{name}", err=True)
        return FAILED
    say(f"Error: {error}", err=True)
    return REFUSED if isinstance(error, (SettingsRefused, errors.NotFound, *askers)) else FAILED
