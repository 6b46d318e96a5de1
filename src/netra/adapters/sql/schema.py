"""The tables as SQLAlchemy metadata: statements are built on them, migrations lead to them.

Instants are integers, microseconds since 1970 in UTC: exact, ordered, the same in every engine. JSON is
stored as bytes, as the codec wrote it. Identifiers that clients may choose (threads) are keys only together
with their owner. A row's `number` is its insertion order.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.sql.elements import ColumnElement

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column that is exactly INTEGER PRIMARY KEY
Number: Final = BigInteger().with_variant(Integer(), "sqlite")


def instant(name: str, *, is_optional: bool = False) -> Column[Any]:
    """Return a column of microseconds since 1970."""
    return Column(name, BigInteger, nullable=is_optional)


def literal(value: str) -> ColumnElement[str]:
    """Return a constant inlined in the statement: a partial index is not used for a parameter."""
    return literal_column(f"'{value}'")


users: Final = Table(
    "users",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("picture", Text),
    Column("role", Text, nullable=False),
    instant("created_at"),
    instant("updated_at"),
    instant("disabled_at", is_optional=True),
    Column("is_email_verified", SmallInteger, nullable=False, server_default="0"),
    UniqueConstraint("email"),
    sqlite_autoincrement=True,
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    instant("created_at"),
    instant("expires_at"),
    instant("ended_at", is_optional=True),
    instant("renewed_at", is_optional=True),
    Column("address", Text, nullable=False, server_default=""),
    Column("agent", Text, nullable=False, server_default=""),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

threads: Final = Table(
    "threads",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    instant("created_at"),
    instant("updated_at"),
    Column("message_count", Integer, nullable=False),
    Index(None, "owner_id", "created_at", "id"),
    sqlite_with_rowid=False,
)

messages: Final = Table(
    "messages",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("owner_id", BigInteger, nullable=False),
    Column("thread_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("content", Text, nullable=False),
    instant("created_at"),
    Column("run_id", Text),
    ForeignKeyConstraint(["owner_id", "thread_id"], ["threads.owner_id", "threads.id"], ondelete="CASCADE"),
    Index(None, "owner_id", "thread_id", "created_at"),
)

runs: Final = Table(
    "runs",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("thread_id", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("workload_id", Text),
    Column("parameters", LargeBinary, nullable=False),
    Column("client_ref", Text),
    Column("state", Text, nullable=False),
    Column("is_cancel_requested", SmallInteger, nullable=False),
    Column("progress", SmallInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("outages", Integer, nullable=False, server_default="0"),
    Column("last_seq", Integer, nullable=False),
    instant("created_at"),
    instant("started_at", is_optional=True),
    instant("completed_at", is_optional=True),
    Column("headline", LargeBinary),  # figures of the result, for lists
    Column("result", LargeBinary),
    Column("failure_code", Text),
    Column("failure_message", Text),
    Column("fence", Integer, nullable=False),
    instant("lease_until", is_optional=True),  # the end of a running run's lease, or of a queued run's rest
    Column("has_made_thread", SmallInteger, nullable=False),
    Column("idempotency_key", Text),
    Column("fingerprint", Text, nullable=False),
    UniqueConstraint("id"),
    ForeignKeyConstraint(["owner_id", "thread_id"], ["threads.owner_id", "threads.id"], ondelete="CASCADE"),
    Index(None, "owner_id", "created_at", "id"),
    Index(None, "owner_id", "thread_id", "created_at", "id"),
    sqlite_autoincrement=True,
)


def is_live(state: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition of the index of live runs; a query must repeat it verbatim to use the index."""
    return state.in_([literal("queued"), literal("running")])


IS_LIVE: Final = is_live(runs.c.state)
IS_RUNNING: Final = runs.c.state == literal("running")
IS_QUEUED: Final = runs.c.state == literal("queued")
HAS_KEY: Final = runs.c.idempotency_key.is_not(None)

# Live runs are few: the queue's queries are answered from partial indexes on them. The lease's end is in no
# index, so a heartbeat updates no index. PostgreSQL has the same conditions and its vacuum settings in the
# migrations: naming that dialect here would load it at every start.
Index(
    "ix_runs_live",
    runs.c.state,
    runs.c.owner_id,
    runs.c.thread_id,
    sqlite_where=IS_LIVE,
)
Index("ix_runs_queued", runs.c.owner_id, runs.c.number, sqlite_where=IS_QUEUED)
Index(
    "uq_runs_key",
    runs.c.owner_id,
    runs.c.idempotency_key,
    unique=True,
    sqlite_where=HAS_KEY,
)

# No foreign key: it would be checked for each row, although every insert of events already locks or creates
# its run. Code that removes runs removes these rows first.
run_events: Final = Table(
    "run_events",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    instant("at"),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

workloads: Final = Table(
    "workloads",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    instant("created_at"),
    instant("updated_at"),
    Column("event_count", BigInteger, nullable=False),
    instant("first_event_at", is_optional=True),
    instant("last_event_at", is_optional=True),
    Column("prefix_hashes", BigInteger, nullable=False, server_default="0"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),  # size of the events as columns
    Index(None, "owner_id", "created_at", "id"),
    sqlite_with_rowid=False,
)

# One row per workload with events. A condemned log (its owner is NULL) is hidden from every reader; its
# blocks are removed in steps, so that no writer waits for the removal of millions.
event_logs: Final = Table(
    "event_logs",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("owner_id", BigInteger),
    Column("workload_id", Text),
    # events that were delivered to the archive
    Column("archived", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("owner_id", "workload_id"),
    sqlite_autoincrement=True,
)

# A batch of events as accepted, or several small ones merged. With an archive, the blocks of one shipment are
# delivered together and deleted once the archive has them.
event_blocks: Final = Table(
    "event_blocks",
    metadata,
    Column("arrival", Number, primary_key=True, autoincrement=True),
    Column("log", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("level", SmallInteger, nullable=False),  # how often it was merged
    Column("events", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("first_ns", BigInteger, nullable=False),
    Column("last_ns", BigInteger, nullable=False),
    Column("shipment", BigInteger),
    Column("payload", LargeBinary, nullable=False),
    # size of the payload as columns
    Column("unpacked_bytes", BigInteger, nullable=False, server_default="0"),
    Index(None, "log", "arrival"),
    Index(None, "shipment", "arrival"),
    Index(None, "events", "bytes"),
    sqlite_autoincrement=True,
)

# A deleted log whose events the archive has, or may get with the current shipment. The owner is kept until
# the archive has deleted it too; the shipment's blocks stay until the shipment is delivered.
event_deletions: Final = Table(
    "event_deletions",
    metadata,
    Column("log", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("workload_id", Text, nullable=False),
)

# Digests of all ids that a log ever had, in sorted runs.
event_ids: Final = Table(
    "event_ids",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("log", BigInteger, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("ids", Integer, nullable=False),
    Column("digests", LargeBinary, nullable=False),
    Index(None, "log", "number"),
    sqlite_autoincrement=True,
)

# The single lease on delivering events.
event_courier: Final = Table(
    "event_courier",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("fence", BigInteger, nullable=False),
    instant("lease_until"),
)

# Events that the archive rejected, each with the reason.
dead_events: Final = Table(
    "dead_events",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("owner_id", BigInteger, nullable=False),
    Column("workload_id", Text, nullable=False),
    Column("event_id", Text),
    Column("reason", Text, nullable=False),
    instant("died_at"),
    Column("payload", LargeBinary, nullable=False),  # the event, encoded as a block of one
    Index(None, "owner_id", "workload_id", "number"),
    sqlite_autoincrement=True,
)

replays: Final = Table(
    "replays",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    instant("began_at"),
    Column("answer", LargeBinary),
    instant("tried_at", is_optional=True),
    Index(None, "began_at"),
    sqlite_with_rowid=False,
)
