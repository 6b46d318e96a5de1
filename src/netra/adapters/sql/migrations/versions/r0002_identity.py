"""Identity: who vouches for an address, refresh tokens, one-time values, API keys, the security log.

Spelled out rather than read from the schema, which goes on changing: a step must always do the same.
"""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    UniqueConstraint,
)

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns and tables; nobody vouched for the addresses that were there before."""
    op.add_column("users", Column("is_email_verified", SmallInteger, nullable=False, server_default="0"))
    op.add_column("sessions", Column("renewed_at", BigInteger))
    op.add_column("sessions", Column("address", Text, nullable=False, server_default=""))
    op.add_column("sessions", Column("agent", Text, nullable=False, server_default=""))
    _make_identities()
    _make_refresh_tokens()
    _make_one_time()
    _make_api_keys()
    _make_security_events()


def _make_identities() -> None:
    op.create_table(
        "identities",
        Column("issuer", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("user_id", BigInteger, nullable=False),
        Column("linked_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("issuer", "subject", name="pk_identities"),
        ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_identities_users", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])


def _make_refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        Column("digest", Text, nullable=False),
        Column("session_id", Text, nullable=False),
        Column("replaced_at", BigInteger),
        PrimaryKeyConstraint("digest", name="pk_refresh_tokens"),
        ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_refresh_tokens_sessions", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"])


def _make_one_time() -> None:
    op.create_table(
        "one_time",
        Column("key", Text, nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("until_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("key", name="pk_one_time"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_one_time_until_at", "one_time", ["until_at"])


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
        PrimaryKeyConstraint("id", name="pk_api_keys"),
        UniqueConstraint("digest", name="uq_api_keys_digest"),
        ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_api_keys_users", ondelete="CASCADE"),
    )
    op.create_index("ix_api_keys_owner_id_created_at_id", "api_keys", ["owner_id", "created_at", "id"])


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
