"""Options of commands that price a log: negotiated prices, and the date of the prices."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click
import msgspec

from netra.entrypoints.commands.context import Decorated


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """The price file and the date of prices; None: as the settings say."""

    file: Path | None = None
    as_of: datetime | None = None

    @property
    def settings(self) -> Mapping[str, object]:
        """The settings that the options give."""
        given = {"prices": self.file, "prices_as_of": None if self.as_of is None else self.as_of.date()}
        return {name: value for name, value in given.items() if value is not None}


def price_options(command: Decorated) -> Decorated:
    """Add `--prices` and `--as-of` to a command."""
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
