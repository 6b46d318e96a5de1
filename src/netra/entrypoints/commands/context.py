"""What commands share: common options, settings, the data folder, and the event loop."""

import os
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from netra.domain.users.model import User
    from netra.entrypoints.embedded import Netra
    from netra.settings import Settings, SettingsRefused

Result = TypeVar("Result")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def data_option(command: Decorated) -> Decorated:
    """Add `--data`, the folder of the embedded store, to a command."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the store; created if missing.  [default: netra-data, or NETRA_DATA]",
    )(command)


def slots_option(command: Decorated) -> Decorated:
    """Add `--slots`, the number of concurrent runs, to a command."""
    return click.option(
        "--slots",
        type=click.IntRange(0, 64),
        help="Concurrent runs per process; 0 leaves runs to other processes.  [default: 2, or NETRA_SLOTS]",
    )(command)


def json_option(command: Decorated) -> Decorated:
    """Add `--json` to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Print only JSON.")(command)


def log_argument(command: Decorated) -> Decorated:
    """Add the argument FILE, an existing request log, to a command."""
    return click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))(command)


def settings_with(**overrides: object) -> "Settings":
    """Return the settings; the environment overrides `.env`, and options override both."""
    from netra.settings import settings_from

    written = {name: text for name, text in _file_of_settings(Path(".env")).items() if text is not None}
    return settings_from({**written, **os.environ}, **overrides)


def _file_of_settings(path: Path) -> Mapping[str, str | None]:
    """Return the variables in `path`, empty if it is missing. Raises `SettingsRefused` for a damaged file."""
    if not path.is_file():
        return {}
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise _damaged(path, f"{error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _damaged(path, "it is not UTF-8") from error
    for line in parse_stream(StringIO(text)):
        if line.error:
            raise _damaged(path, f"line {line.original.line} is invalid; it must be NAME=value")
    return dotenv_values(stream=StringIO(text))


def _damaged(path: Path, why: str) -> "SettingsRefused":
    from netra.settings import SettingsRefused

    return SettingsRefused(f"The file {str(path.absolute())!r} cannot be used: {why}.")


def written(path: Path, content: bytes) -> None:
    """Write a file; raise an error with the reason if that fails."""
    try:
        path.write_bytes(content)
    except OSError as error:
        message = f"{str(path)!r} cannot be written: {error.strerror}. Choose another place."
        raise click.ClickException(message) from error


def run(work: Coroutine[object, None, Result]) -> Result:
    """Run `work` to completion on a new event loop."""
    import asyncio  # a help text needs no event loop

    return asyncio.run(work)


@asynccontextmanager
async def store_in(data: Path | None) -> AsyncGenerator["Netra"]:
    """Open the store of `--data` for a command; it works on no runs, which a service may do."""
    from netra.entrypoints.embedded import Netra

    settings = settings_with(data=data, slots=0)
    async with Netra.open(settings.data, settings) as netra:
        yield netra


async def owner_in(netra: "Netra", *, email: str | None) -> "User":
    """Return the user with this e-mail address, or the only user."""
    if email is not None:
        found = await netra.find_user(email)
        if found is None:
            raise click.ClickException(f"There is no user {email!r}; 'netra users list' shows all users.")
        return found
    everyone = await netra.users()
    if not everyone:
        raise click.ClickException("There is no user yet; add one with 'netra users add'.")
    if len(everyone) > 1:
        raise click.ClickException(f"There are {len(everyone)} users; choose one with --email.")
    return everyone[0]
