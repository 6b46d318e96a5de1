"""The tables of running the service: what its probe writes, and what it spent on a language model."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, SmallInteger, Table, Text

from netra.adapters.sql.identity.identity_schema import metadata
from netra.adapters.sql.schema import instant

__all__ = ["metadata", "spending", "write_probe"]

# One row: the readiness probe of a store that this machine's processes write alone counts up in it.
write_probe: Final = Table(
    "write_probe",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("writes", BigInteger, nullable=False),
)

# What was spent on a language model, by account: a run, or a user's day. What is reserved counts as spent.
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
