"""The options of commands that read logs: which files, and how to read them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click
import msgspec

from netra.domain.workloads.model import Event
from netra.entrypoints.commands.context import Decorated

if TYPE_CHECKING:
    from netra.ports.log_files import ReadingChoices


STANDARD_INPUT: Final = "-"
READING: Final = ("names", "kind", "dates", "since", "allow_dropped")  # the parameters of these options
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Logs(msgspec.Struct, frozen=True, kw_only=True):
    """The logs that a command was asked to read."""

    paths: tuple[str, ...]
    names: Mapping[str, str] = {}
    format: str | None = None
    dates: Literal["day-first", "month-first"] | None = None
    since: datetime | timedelta | None = None
    allow_dropped: bool = False

    @property
    def title(self) -> str:
        """The logs' name in a report, and of a workload made of them."""
        if self.paths == (STANDARD_INPUT,):
            return "standard input"
        first = Path(self.paths[0]).resolve().name or self.paths[0]
        return first if len(self.paths) == 1 else f"{first} and {len(self.paths) - 1} more"

    def choices(self, *, now: datetime) -> "ReadingChoices":
        """Return how to read the files; an age counts back from `now`."""
        from netra.ports.log_files import ReadingChoices  # imports numpy, which the help does not need

        since = now - self.since if isinstance(self.since, timedelta) else self.since
        return ReadingChoices(format=self.format, names=self.names, dates=self.dates, since=since)


def logs_argument(command: Decorated) -> Decorated:
    """Add the argument PATH, one or more logs, and the options on reading them, to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return click.argument("paths", metavar="PATH...", nargs=-1, required=True)(command)


def logs_of(
    paths: Sequence[str],
    *,
    names: Sequence[str] = (),
    kind: str | None = None,
    dates: Literal["day-first", "month-first"] | None = None,
    since: datetime | timedelta | None = None,
    allow_dropped: bool = False,
) -> Logs:
    """Return the logs that the arguments name. Raises `click.BadParameter` for an invalid `--map`."""
    return Logs(
        paths=tuple(paths),
        names=dict(map(_mapped, names)),
        format=kind,
        dates=dates,
        since=since,
        allow_dropped=allow_dropped,
    )


def since_of(_: click.Context, __: click.Parameter, text: str | None) -> datetime | timedelta | None:
    """Return the day, or the age, that `--since` names."""
    if text is None:
        return None
    number, unit = text[:-1], text[-1:]
    if unit in _UNITS and number.isdigit() and 0 < int(number) < 100_000:
        return int(number) * _UNITS[unit]
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} must be an age such as 30d or 12h, or a day such as 2026-11-01."
        ) from error


def _mapped(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not equals or not column or field not in Event.__struct_fields__:
        known = ", ".join(Event.__struct_fields__)
        raise click.BadParameter(
            f"{text!r} must be FIELD=COLUMN, with FIELD one of {known}.", param_hint="--map"
        )
    return field, column


_OPTIONS: Final = (
    click.option(
        "--map",
        "names",
        multiple=True,
        metavar="FIELD=COLUMN",
        help="Read a field from this column or key, such as timestamp=startTime; repeatable.",
    ),
    click.option("--as", "kind", metavar="FORMAT", help="Read as this format instead of detecting it."),
    click.option(
        "--dates",
        type=click.Choice(["day-first", "month-first"]),
        help="Order of day and month in dates such as 01/02/2026.",
    ),
    click.option(
        "--since",
        callback=since_of,
        metavar="AGE",
        help="Leave out calls older than 30d, 12h, or before a day.",
    ),
    click.option("--allow-dropped", is_flag=True, help="Accept a log of which more than 5 % cannot be read."),
)
