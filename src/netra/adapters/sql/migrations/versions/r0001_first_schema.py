"""The first schema.

Spelled out rather than read from `schema`, which goes on changing: a step must always do the same.
"""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)

revision = "0001"
down_revision = None

NUMBER = BigInteger().with_variant(Integer(), "sqlite")
IS_LIVE = text("state IN ('queued', 'running')")
IS_RUNNING = text("state = 'running'")
IS_QUEUED = text("state = 'queued'")
HAS_KEY = text("idempotency_key IS NOT NULL")
HAS_ID = text("id IS NOT NULL")


def upgrade() -> None:
    """Make every table."""
    _make_users()
    _make_sessions()
    _make_threads()
    _make_messages()
    _make_runs()
    _make_run_events()
    _make_workloads()
    _make_event_logs()
    _make_log_events()
    _make_replays()


def _make_users() -> None:
    op.create_table(
        "users",
        Column("id", NUMBER, autoincrement=True, nullable=False),
        Column("email", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("password_hash", Text),
        Column("picture", Text),
        Column("role", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("updated_at", BigInteger, nullable=False),
        Column("disabled_at", BigInteger),
        PrimaryKeyConstraint("id", name="pk_users"),
        UniqueConstraint("email", name="uq_users_email"),
        sqlite_autoincrement=True,
    )


def _make_sessions() -> None:
    op.create_table(
        "sessions",
        Column("id", Text, nullable=False),
        Column("user_id", BigInteger, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("ended_at", BigInteger),
        PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])


def _make_threads() -> None:
    op.create_table(
        "threads",
        Column("owner_id", BigInteger, autoincrement=False, nullable=False),
        Column("id", Text, nullable=False),
        Column("title", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("updated_at", BigInteger, nullable=False),
        Column("message_count", Integer, nullable=False),
        PrimaryKeyConstraint("owner_id", "id", name="pk_threads"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_threads_owner_id_created_at_id", "threads", ["owner_id", "created_at", "id"])


def _make_messages() -> None:
    op.create_table(
        "messages",
        Column("number", NUMBER, autoincrement=True, nullable=False),
        Column("owner_id", BigInteger, nullable=False),
        Column("thread_id", Text, nullable=False),
        Column("id", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("content", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("run_id", Text),
        ForeignKeyConstraint(
            ["owner_id", "thread_id"],
            ["threads.owner_id", "threads.id"],
            name="fk_messages_threads",
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("number", name="pk_messages"),
    )
    op.create_index(
        "ix_messages_owner_id_thread_id_created_at", "messages", ["owner_id", "thread_id", "created_at"]
    )


def _make_runs() -> None:
    op.create_table(
        "runs",
        Column("number", NUMBER, autoincrement=True, nullable=False),
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
        Column("last_seq", Integer, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("started_at", BigInteger),
        Column("completed_at", BigInteger),
        Column("result", LargeBinary),
        Column("failure_code", Text),
        Column("failure_message", Text),
        Column("fence", Integer, nullable=False),
        Column("lease_until", BigInteger),
        Column("has_made_thread", SmallInteger, nullable=False),
        Column("idempotency_key", Text),
        Column("fingerprint", Text, nullable=False),
        ForeignKeyConstraint(
            ["owner_id", "thread_id"],
            ["threads.owner_id", "threads.id"],
            name="fk_runs_threads",
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("number", name="pk_runs"),
        UniqueConstraint("id", name="uq_runs_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_runs_leased", "runs", ["lease_until"], sqlite_where=IS_RUNNING, postgresql_where=IS_RUNNING
    )
    op.create_index(
        "ix_runs_live",
        "runs",
        ["owner_id", "state", "thread_id"],
        sqlite_where=IS_LIVE,
        postgresql_where=IS_LIVE,
    )
    op.create_index("ix_runs_owner_id_created_at_id", "runs", ["owner_id", "created_at", "id"])
    op.create_index(
        "ix_runs_owner_id_thread_id_created_at_id", "runs", ["owner_id", "thread_id", "created_at", "id"]
    )
    op.create_index("ix_runs_queued", "runs", ["number"], sqlite_where=IS_QUEUED, postgresql_where=IS_QUEUED)
    op.create_index(
        "uq_runs_key",
        "runs",
        ["owner_id", "idempotency_key"],
        unique=True,
        sqlite_where=HAS_KEY,
        postgresql_where=HAS_KEY,
    )


def _make_run_events() -> None:
    op.create_table(
        "run_events",
        Column("run", BigInteger, autoincrement=False, nullable=False),
        Column("seq", Integer, autoincrement=False, nullable=False),
        Column("kind", Text, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("data", LargeBinary, nullable=False),
        ForeignKeyConstraint(["run"], ["runs.number"], name="fk_run_events_runs", ondelete="CASCADE"),
        PrimaryKeyConstraint("run", "seq", name="pk_run_events"),
        sqlite_with_rowid=False,
    )


def _make_workloads() -> None:
    op.create_table(
        "workloads",
        Column("owner_id", BigInteger, autoincrement=False, nullable=False),
        Column("id", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("updated_at", BigInteger, nullable=False),
        Column("event_count", BigInteger, nullable=False),
        Column("first_event_at", BigInteger),
        Column("last_event_at", BigInteger),
        PrimaryKeyConstraint("owner_id", "id", name="pk_workloads"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_workloads_owner_id_created_at_id", "workloads", ["owner_id", "created_at", "id"])


def _make_event_logs() -> None:
    op.create_table(
        "event_logs",
        Column("number", NUMBER, autoincrement=True, nullable=False),
        Column("owner_id", BigInteger),
        Column("workload_id", Text),
        Column("fields", Text, nullable=False),
        Column("next_number", BigInteger, nullable=False),
        PrimaryKeyConstraint("number", name="pk_event_logs"),
        UniqueConstraint("owner_id", "workload_id", name="uq_event_logs_owner_id_workload_id"),
        sqlite_autoincrement=True,
    )


def _make_log_events() -> None:
    op.create_table(
        "log_events",
        Column("log", BigInteger, autoincrement=False, nullable=False),
        Column("at_ns", BigInteger, autoincrement=False, nullable=False),
        Column("number", BigInteger, autoincrement=False, nullable=False),
        Column("model", Text, nullable=False),
        Column("input_tokens", BigInteger, nullable=False),
        Column("output_tokens", BigInteger, nullable=False),
        Column("id", Text),
        Column("provider", Text),
        Column("cached_input_tokens", BigInteger),
        Column("cache_write_tokens", BigInteger),
        Column("reasoning_tokens", BigInteger),
        Column("max_output_tokens", BigInteger),
        Column("latency_ms", Double),
        Column("ttft_ms", Double),
        Column("cost", Double),
        Column("deadline_s", Double),
        Column("status", Text),
        Column("currency", Text),
        Column("session", Text),
        Column("template", Text),
        Column("feature", Text),
        Column("tool", Text),
        Column("prompt_hash", Text),
        Column("retry_of", Text),
        Column("offline", SmallInteger),
        Column("streaming", SmallInteger),
        Column("accepted", SmallInteger),
        Column("prefix_hashes", LargeBinary),
        Column("prefix_block_tokens", Integer),
        PrimaryKeyConstraint("log", "at_ns", "number", name="pk_log_events"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "uq_log_events_id",
        "log_events",
        ["log", "id"],
        unique=True,
        sqlite_where=HAS_ID,
        postgresql_where=HAS_ID,
    )


def _make_replays() -> None:
    op.create_table(
        "replays",
        Column("owner_id", BigInteger, autoincrement=False, nullable=False),
        Column("key", Text, nullable=False),
        Column("fingerprint", Text, nullable=False),
        Column("began_at", BigInteger, nullable=False),
        Column("answer", LargeBinary),
        PrimaryKeyConstraint("owner_id", "key", name="pk_replays"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_replays_began_at", "replays", ["began_at"])
