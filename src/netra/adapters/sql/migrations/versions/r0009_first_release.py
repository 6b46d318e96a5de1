"""The schema of the first release.

Earlier numbers belonged to versions that were never released. Spelled out rather than read from the schema,
which goes on changing: a step must always do the same.
"""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)

revision = "0009"
down_revision = None

NUMBER = BigInteger().with_variant(Integer(), "sqlite")
# Claims pass over every dead entry in the index of queued runs, and the default threshold, a fifth of the
# table, would leave too many.
VACUUM_SOON = (
    "ALTER TABLE runs SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000)"
)


def upgrade() -> None:
    """Make every table, and the rows that always exist."""
    _make_dead_events()
    _make_event_blocks()
    _make_event_courier()
    _make_event_deletions()
    _make_event_ids()
    _make_event_logs()
    _make_one_time()
    _make_replays()
    _make_run_events()
    _make_security_events()
    _make_sessions()
    _make_spending()
    _make_threads()
    _make_users()
    _make_workloads()
    _make_write_probe()
    _make_api_keys()
    _make_identities()
    _make_known_addresses()
    _make_messages()
    _make_refresh_tokens()
    _make_runs()
    op.execute("INSERT INTO event_courier (id, fence, lease_until) VALUES (1, 0, 0)")
    op.execute("INSERT INTO write_probe (id, writes) VALUES (1, 0)")
    if op.get_context().dialect.name == "postgresql":
        op.execute(VACUUM_SOON)


def _make_dead_events() -> None:
    op.create_table(
        "dead_events",
        Column("number", NUMBER, autoincrement=True, nullable=False),
        Column("owner_id", BigInteger, nullable=False),
        Column("workload_id", Text, nullable=False),
        Column("event_id", Text),
        Column("reason", Text, nullable=False),
        Column("died_at", BigInteger, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        PrimaryKeyConstraint("number", name="pk_dead_events"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_dead_events_owner_id_workload_id_number", "dead_events", ["owner_id", "workload_id", "number"]
    )


def _make_event_blocks() -> None:
    op.create_table(
        "event_blocks",
        Column("arrival", NUMBER, autoincrement=True, nullable=False),
        Column("log", BigInteger, nullable=False),
        Column("name", Text, nullable=False),
        Column("level", SmallInteger, nullable=False),
        Column("events", Integer, nullable=False),
        Column("bytes", Integer, nullable=False),
        Column("first_ns", BigInteger, nullable=False),
        Column("last_ns", BigInteger, nullable=False),
        Column("shipment", BigInteger),
        Column("payload", LargeBinary, nullable=False),
        Column("unpacked_bytes", BigInteger, server_default="0", nullable=False),
        PrimaryKeyConstraint("arrival", name="pk_event_blocks"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_blocks_events_bytes", "event_blocks", ["events", "bytes"])
    op.create_index("ix_event_blocks_log_arrival", "event_blocks", ["log", "arrival"])
    op.create_index("ix_event_blocks_shipment_arrival", "event_blocks", ["shipment", "arrival"])


def _make_event_courier() -> None:
    op.create_table(
        "event_courier",
        Column("id", SmallInteger, autoincrement=False, nullable=False),
        Column("fence", BigInteger, nullable=False),
        Column("lease_until", BigInteger, nullable=False),
        PrimaryKeyConstraint("id", name="pk_event_courier"),
    )


def _make_event_deletions() -> None:
    op.create_table(
        "event_deletions",
        Column("log", BigInteger, autoincrement=False, nullable=False),
        Column("owner_id", BigInteger, nullable=False),
        Column("workload_id", Text, nullable=False),
        PrimaryKeyConstraint("log", name="pk_event_deletions"),
    )


def _make_event_ids() -> None:
    op.create_table(
        "event_ids",
        Column("number", NUMBER, autoincrement=True, nullable=False),
        Column("log", BigInteger, nullable=False),
        Column("level", SmallInteger, nullable=False),
        Column("ids", Integer, nullable=False),
        Column("digests", LargeBinary, nullable=False),
        PrimaryKeyConstraint("number", name="pk_event_ids"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_ids_log_number", "event_ids", ["log", "number"])


def _make_event_logs() -> None:
    op.create_table(
        "event_logs",
        Column("number", NUMBER, autoincrement=True, nullable=False),
        Column("owner_id", BigInteger),
        Column("workload_id", Text),
        Column("archived", BigInteger, server_default="0", nullable=False),
        PrimaryKeyConstraint("number", name="pk_event_logs"),
        UniqueConstraint("owner_id", "workload_id", name="uq_event_logs_owner_id_workload_id"),
        sqlite_autoincrement=True,
    )


def _make_one_time() -> None:
    op.create_table(
        "one_time",
        Column("key", Text, nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("until_at", BigInteger, nullable=False),
        Column("client", Text, server_default="", nullable=False),
        PrimaryKeyConstraint("key", name="pk_one_time"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_one_time_client_until_at", "one_time", ["client", "until_at"])
    op.create_index("ix_one_time_until_at", "one_time", ["until_at"])


def _make_replays() -> None:
    op.create_table(
        "replays",
        Column("owner_id", BigInteger, autoincrement=False, nullable=False),
        Column("key", Text, nullable=False),
        Column("fingerprint", Text, nullable=False),
        Column("began_at", BigInteger, nullable=False),
        Column("answer", LargeBinary),
        Column("tried_at", BigInteger),
        PrimaryKeyConstraint("owner_id", "key", name="pk_replays"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_replays_began_at", "replays", ["began_at"])


def _make_run_events() -> None:
    op.create_table(
        "run_events",
        Column("run", BigInteger, autoincrement=False, nullable=False),
        Column("seq", Integer, autoincrement=False, nullable=False),
        Column("kind", Text, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("data", LargeBinary, nullable=False),
        PrimaryKeyConstraint("run", "seq", name="pk_run_events"),
        sqlite_with_rowid=False,
    )


def _make_security_events() -> None:
    op.create_table(
        "security_events",
        Column("id", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("kind", Text, nullable=False),
        Column("user_id", BigInteger),
        Column("request_id", Text, nullable=False),
        Column("address", Text, nullable=False),
        Column("agent", Text, nullable=False),
        Column("details", LargeBinary, nullable=False),
        PrimaryKeyConstraint("id", name="pk_security_events"),
    )
    op.create_index("ix_security_events_created_at_id", "security_events", ["created_at", "id"])


def _make_sessions() -> None:
    op.create_table(
        "sessions",
        Column("id", Text, nullable=False),
        Column("user_id", BigInteger, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("ended_at", BigInteger),
        Column("renewed_at", BigInteger),
        Column("address", Text, server_default="", nullable=False),
        Column("agent", Text, server_default="", nullable=False),
        PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])


def _make_spending() -> None:
    op.create_table(
        "spending",
        Column("account", Text, nullable=False),
        Column("tokens", BigInteger, nullable=False),
        Column("nano_usd", BigInteger, nullable=False),
        Column("began_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("account", name="pk_spending"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_spending_began_at", "spending", ["began_at"])


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
        Column("is_email_verified", SmallInteger, server_default="0", nullable=False),
        PrimaryKeyConstraint("id", name="pk_users"),
        UniqueConstraint("email", name="uq_users_email"),
        sqlite_autoincrement=True,
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
        Column("prefix_hashes", BigInteger, server_default="0", nullable=False),
        Column("bytes", BigInteger, server_default="0", nullable=False),
        PrimaryKeyConstraint("owner_id", "id", name="pk_workloads"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_workloads_owner_id_created_at_id", "workloads", ["owner_id", "created_at", "id"])


def _make_write_probe() -> None:
    op.create_table(
        "write_probe",
        Column("id", SmallInteger, autoincrement=False, nullable=False),
        Column("writes", BigInteger, nullable=False),
        PrimaryKeyConstraint("id", name="pk_write_probe"),
    )


def _make_api_keys() -> None:
    op.create_table(
        "api_keys",
        Column("id", Text, nullable=False),
        Column("owner_id", BigInteger, nullable=False),
        Column("digest", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("scopes", Text, nullable=False),
        Column("hint", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("last_used_at", BigInteger),
        Column("revoked_at", BigInteger),
        ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_api_keys_users", ondelete="CASCADE"),
        PrimaryKeyConstraint("id", name="pk_api_keys"),
        UniqueConstraint("digest", name="uq_api_keys_digest"),
    )
    op.create_index("ix_api_keys_owner_id_created_at_id", "api_keys", ["owner_id", "created_at", "id"])


def _make_identities() -> None:
    op.create_table(
        "identities",
        Column("issuer", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("user_id", BigInteger, nullable=False),
        Column("linked_at", BigInteger, nullable=False),
        ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_identities_users", ondelete="CASCADE"),
        PrimaryKeyConstraint("issuer", "subject", name="pk_identities"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])


def _make_known_addresses() -> None:
    op.create_table(
        "known_addresses",
        Column("digest", Text, nullable=False),
        Column("user_id", BigInteger, nullable=False),
        Column("until_at", BigInteger, nullable=False),
        ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_known_addresses_users", ondelete="CASCADE"),
        PrimaryKeyConstraint("digest", name="pk_known_addresses"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_known_addresses_until_at", "known_addresses", ["until_at"])
    op.create_index("ix_known_addresses_user_id_until_at", "known_addresses", ["user_id", "until_at"])


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


def _make_refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        Column("digest", Text, nullable=False),
        Column("session_id", Text, nullable=False),
        Column("replaced_at", BigInteger),
        ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_refresh_tokens_sessions", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("digest", name="pk_refresh_tokens"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"])


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
        Column("outages", Integer, server_default="0", nullable=False),
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
        "ix_runs_live",
        "runs",
        ["state", "owner_id", "thread_id"],
        sqlite_where=text("state IN ('queued', 'running')"),
        postgresql_where=text("state IN ('queued', 'running')"),
    )
    op.create_index("ix_runs_owner_id_created_at_id", "runs", ["owner_id", "created_at", "id"])
    op.create_index(
        "ix_runs_owner_id_thread_id_created_at_id", "runs", ["owner_id", "thread_id", "created_at", "id"]
    )
    op.create_index(
        "ix_runs_queued",
        "runs",
        ["owner_id", "number"],
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    )
    op.create_index(
        "uq_runs_key",
        "runs",
        ["owner_id", "idempotency_key"],
        unique=True,
        sqlite_where=text("idempotency_key IS NOT NULL"),
        postgresql_where=text("idempotency_key IS NOT NULL"),
    )
