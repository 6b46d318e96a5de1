"""Runs alembic in one transaction that holds the database's write lock from its first statement."""

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, StaticPool, create_engine, event, func, select

from netra.adapters.sql.migrations import FOLDER, HEAD
from netra.domain.errors import Unavailable

if TYPE_CHECKING:
    import psycopg  # an optional extra

_LOCK_KEY: Final = 6_302_026  # arbitrary; no other code locks this key
_ONE_AT_A_TIME: Final = threading.Lock()  # alembic keeps its state in module globals


def upgrade(connection: sqlite3.Connection, *, folder: Path = FOLDER) -> None:
    """Apply the missing revisions of `folder`. Raises `Unavailable` for an unknown revision."""
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", _begin)
    with _ONE_AT_A_TIME, engine.begin() as bound:
        _apply(bound, folder=folder)


def upgrade_postgres(connection: "psycopg.Connection") -> None:
    """Apply the missing revisions on PostgreSQL; of several processes one does it and the others wait."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool)
    with _ONE_AT_A_TIME, engine.begin() as bound:
        bound.execute(select(func.pg_advisory_xact_lock(_LOCK_KEY)))
        _apply(bound)


def script(dialect: str, *, after: str | None) -> str:
    """Return the statements that upgrade a schema from the revision `after` to the last one.

    Raises `Unavailable` for an unknown revision.
    """
    printed = StringIO()
    config = _configured(dialect=dialect)
    config.output_buffer = printed
    with _ONE_AT_A_TIME, _refused_when_unknown():
        command.upgrade(config, "head" if after is None else f"{after}:head", sql=True)
    return printed.getvalue()


def check_known(revision: str | None) -> None:
    """Raise `Unavailable` for a revision newer than `HEAD`; None is an empty database."""
    if revision is not None and revision > HEAD:
        with _refused_when_unknown():
            ScriptDirectory.from_config(_configured()).get_revision(revision)


def _apply(bound: Connection, *, folder: Path = FOLDER) -> None:
    with _refused_when_unknown():
        command.upgrade(_configured(folder, connection=bound), "head")


def _configured(folder: Path = FOLDER, **attributes: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder))
    bag: dict[str, Any] = config.attributes  # Any: alembic's own
    bag.update(attributes)
    return config


@contextmanager
def _refused_when_unknown() -> Generator[None]:
    try:
        yield
    except CommandError as error:
        raise Unavailable(
            "The database was created by a newer version of Netra, or by one that was never released. "
            "Use the version that created it."
        ) from error


def _begin(bound: Connection) -> None:
    bound.exec_driver_sql("BEGIN IMMEDIATE")
