"""Operational tables: the write probe's row, spending on language models, waiting telemetry, decisions."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from netra.adapters.sql.identity.identity_schema import metadata
from netra.adapters.sql.schema import Number, instant

__all__ = [
    "decisions",
    "metadata",
    "spending",
    "telemetry_arrivals",
    "telemetry_seen",
    "telemetry_streams",
    "write_probe",
]

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

# One row a workload that got telemetry: since when something waits, the lease on settling it, its report.
telemetry_streams: Final = Table(
    "telemetry_streams",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("workload_id", Text, primary_key=True),
    instant("waiting_since", is_optional=True),
    Column("fence", BigInteger, nullable=False),
    instant("lease_until"),
    Column("report", LargeBinary, nullable=False),
    Index(None, "waiting_since"),
)

# What one request brought for one workload, or what was carried over; `bytes` is the payload's length.
telemetry_arrivals: Final = Table(
    "telemetry_arrivals",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("owner_id", BigInteger, nullable=False),
    Column("workload_id", Text, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index(None, "owner_id", "workload_id", "number"),
    Index(None, "bytes"),  # what waits is summed from it at each addition
    sqlite_autoincrement=True,
)

# The latest decision about each recommendation of a workload; `decided_on` is what its run showed, encoded.
decisions: Final = Table(
    "decisions",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("workload_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("note", Text),
    instant("effective_at", is_optional=True),
    instant("until_at", is_optional=True),
    instant("decided_at"),
    Column("decided_on", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["owner_id", "workload_id"], ["workloads.owner_id", "workloads.id"], ondelete="CASCADE"
    ),
    sqlite_with_rowid=False,
)

# Digests of records whose calls are stored, by the hour since 1970 in which they were.
telemetry_seen: Final = Table(
    "telemetry_seen",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("workload_id", Text, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("digests", LargeBinary, nullable=False),
)
