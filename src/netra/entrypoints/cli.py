"""The `netra` command: finds the command that is asked for, and says in one sentence what went wrong.

Each command lives in its own module of `commands` and is loaded only when it runs, so that
`netra serve` starts without the plotting and `netra --version` without anything.
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
FAILED: Final = 1  # Netra's own fault, or the machine's
REFUSED: Final = 2  # what was typed or given cannot be used
NOT_ENOUGH: Final = 3  # the work was done, and the log or a check falls short
INTERRUPTED: Final = 130

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "Show the whole service at work, on this machine.",
    "keys": "Make API keys for programs, list them, revoke them.",
    "migrate": "Bring the store's tables to the present schema.",
    "optimize": "Say what to change about the workload in a request log.",
    "sample": "Write a made-up request log to try things on.",
    "serve": "Serve the API by HTTP and WebSocket.",
    "simulate": "Say what a proposed change would come to on a request log.",
    "users": "Add, list and disable the people who may sign in.",
    "validate": "Check prices, or the performance model, against a file.",
    "worker": "Work on runs, beside services on the same store.",
    "workloads": "Import request logs into the store, and list them.",
}
"""Each command is the function of its name in the module of its name; its line stands in the help."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are first asked for."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of one call; the help is printed on the way."""
        with _whoever_reads():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        with _whoever_reads():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the commands' names, as the help lists them."""
        return sorted(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Return the command, or None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"netra.entrypoints.commands.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command meant; an unknown one is refused with the nearest known."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else " 'netra -h' lists those there are."
            ctx.fail(f"There is no command '{name}'.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with 'netra demo', or with your own log: 'netra optimize FILE'.",
)
@click.version_option(package_name="netra", message="netra %(version)s")
def netra() -> None:
    """Read an AI workload's request log; compute what to change and what that saves."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the code that scripts rely on."""
    sys.exit(exit_code(arguments))


def exit_code(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; every refusal is a sentence on stderr."""
    try:
        with unseen(*FRAMEWORKS):
            ended = netra.main(args=arguments, prog_name="netra", standalone_mode=False)
    except click.ClickException as error:
        from netra.entrypoints.reports.safe import show_refusal

        show_refusal(error)
        return REFUSED
    except _known_failures() as error:  # evaluated, and imported, only after a failure
        return _told(error)
    except (click.Abort, KeyboardInterrupt):
        from netra.entrypoints.reports.safe import say

        say("Stopped.", err=True)
        return INTERRUPTED
    return ended if isinstance(ended, int) else DONE


def _known_failures() -> tuple[type[Exception], ...]:
    """Return the failures that are reported in a sentence."""
    from netra.domain.errors import NetraError
    from netra.settings import SettingsRefused

    return (NetraError, SettingsRefused, OSError)


@contextmanager
def _whoever_reads() -> Generator[None]:
    """End well when the reader of our output goes away early, as `| head` does: click says it failed."""
    try:
        try:
            yield
        finally:
            _said()
    except BrokenPipeError:
        _say_no_more(sys.stderr)
        raise click.exceptions.Exit(DONE) from None


def _said() -> None:
    """Send on what is still to be written, here: where the interpreter does it, no failure can be told."""
    try:
        print(end="", flush=True)
    except OSError:
        _say_no_more(sys.stdout)
        raise


def _say_no_more(stream: TextIO) -> None:
    """Let what is left in the stream go nowhere, silently."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _told(error: Exception) -> int:
    """Say on stderr what went wrong; return who has to change something: the asker, or Netra."""
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
