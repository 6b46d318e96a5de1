"""The options of commands that price a log: negotiated prices, and the day whose prices count."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """Whose prices, and of which day; None: what the settings say."""

    file: Path | None = None
    as_of: datetime | None = None

    @property
    def settings(self) -> Mapping[str, object]:
        """The settings that were typed."""
        given = {"prices": self.file, "prices_as_of": None if self.as_of is None else self.as_of.date()}
        return {name: value for name, value in given.items() if value is not None}


PUBLISHED: Final = Prices()


def price_options(command: Decorated) -> Decorated:
    """Give a command `--prices` and `--as-of`."""
    with_file = click.option(
        "--prices",
        "price_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="JSON file of negotiated prices and deployment names.  [default: NETRA_PRICES]",
    )
    with_day = click.option(
        "--as-of",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        help="Use the prices of this day, and the 12 months after it.  [default: today]",
    )
    return with_file(with_day(command))
