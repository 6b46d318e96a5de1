"""`netra migrate`: upgrades the database schema, which every start does too."""

from pathlib import Path
from typing import Final

import click

from netra.bootstrap import prepare, schema_of
from netra.entrypoints.commands.context import data_option, settings_with
from netra.entrypoints.reports.safe import say, say_text

DONE: Final = 0
NOT_ENOUGH: Final = 3


@click.command()
@click.option(
    "--check", "is_check", is_flag=True, help="Change nothing; check whether the schema is current."
)
@click.option("--sql", "is_script", is_flag=True, help="Change nothing; print the missing SQL statements.")
@data_option
def migrate(*, is_check: bool, is_script: bool, data: Path | None) -> int:
    """Upgrade the database schema to the current version, all or nothing.

    Every start does the same under a lock; this command does it ahead of a start. Running it on a current
    schema changes nothing.

    \b
    Exit codes:
      0  the schema is current
      1  the store does not answer, or its schema is newer
      3  --check found an older schema, or no schema
    """
    settings = settings_with(data=data)
    if settings.database_url is None and not (is_check or is_script):
        prepare(settings)
    schema = schema_of(settings)
    if is_script:
        say_text(schema.script())
        return DONE
    before = schema.check()
    if before == schema.head:
        say(f"The schema is at {before}; nothing is missing.")
        return DONE
    if is_check:
        say(f"The schema is at {before or 'nothing'}; the current version is {schema.head}.")
        return NOT_ENOUGH
    schema.upgrade()
    say(f"The schema is at {schema.head}; it was at {before or 'nothing'}.")
    return DONE
