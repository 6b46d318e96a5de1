"""Runs alembic inside the transaction that a connection is in."""

import sqlite3
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import StaticPool, create_engine

from netra.adapters.sql.migrations import FOLDER


def upgrade(connection: sqlite3.Connection) -> None:
    """Apply every revision that is missing and commit."""
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.begin() as bound:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        attributes: dict[str, Any] = config.attributes  # Any: alembic's own bag
        attributes["connection"] = bound
        command.upgrade(config, "head")
