"""Operational tables: the row of the write probe, and the spending on language models."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, SmallInteger, Table, Text

from netra.adapters.sql.identity.identity_schema import metadata
from netra.adapters.sql.schema import instant

__all__ = ["metadata", "spending", "write_probe"]

# One row, incremented by the readiness probe of a store that only this machine's processes write.
write_probe: Final = Table(
    "write_probe",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("writes", BigInteger, nullable=False),
)

# Spending on language models, by account: a run, or one user's day. Reservations count as spent.
spending: Final = Table(
    "spending",
    metadata,
    Column("account", Text, primary_key=True),
    Column("tokens", BigInteger, nullable=False),
    Column("nano_usd", BigInteger, nullable=False),
    instant("began_at"),
    Index(None, "began_at"),
    sqlite_with_rowid=False,
)
