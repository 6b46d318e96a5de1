"""Tables of identity other than users and sessions: providers, tokens, one-time values, keys, audit."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from netra.adapters.sql.schema import instant, metadata

__all__ = [
    "api_keys",
    "identities",
    "known_addresses",
    "metadata",
    "one_time",
    "refresh_tokens",
    "security_events",
]

identities: Final = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    instant("linked_at"),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index(None, "user_id"),
    sqlite_with_rowid=False,
)

# Digests of all refresh tokens that a live session ever had; only the one not replaced yet is valid.
refresh_tokens: Final = Table(
    "refresh_tokens",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("session_id", Text, nullable=False),
    instant("replaced_at", is_optional=True),
    ForeignKeyConstraint(["session_id"], ["sessions.id"], ondelete="CASCADE"),
    Index(None, "session_id"),
    sqlite_with_rowid=False,
)

one_time: Final = Table(
    "one_time",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    instant("until_at"),
    Column("client", Text, nullable=False, server_default=""),  # digest of the client's network
    Index(None, "until_at"),
    Index(None, "client", "until_at"),
    sqlite_with_rowid=False,
)

# Where accounts have signed in from: digests, because only equality is needed.
known_addresses: Final = Table(
    "known_addresses",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    instant("until_at"),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index(None, "user_id", "until_at"),
    Index(None, "until_at"),
    sqlite_with_rowid=False,
)

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner_id", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("hint", Text, nullable=False),
    instant("created_at"),
    instant("expires_at"),
    instant("last_used_at", is_optional=True),
    instant("revoked_at", is_optional=True),
    UniqueConstraint("digest"),
    ForeignKeyConstraint(["owner_id"], ["users.id"], ondelete="CASCADE"),
    Index(None, "owner_id", "created_at", "id"),
)

security_events: Final = Table(
    "security_events",
    metadata,
    Column("id", Text, primary_key=True),
    instant("created_at"),
    Column("kind", Text, nullable=False),
    Column("user_id", BigInteger),
    Column("request_id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("details", LargeBinary, nullable=False),
    Index(None, "created_at", "id"),
)
