"""Addresses from which accounts have signed in; the client of each one-time value.

Spelled out rather than read from the schema, which goes on changing: a step must always do the same.
"""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, PrimaryKeyConstraint, Text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table and the column; values that wait already are of no client and expire in minutes."""
    op.create_table(
        "known_addresses",
        Column("digest", Text, nullable=False),
        Column("user_id", BigInteger, nullable=False),
        Column("until_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("digest", name="pk_known_addresses"),
        ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_known_addresses_users", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_known_addresses_user_id_until_at", "known_addresses", ["user_id", "until_at"])
    op.create_index("ix_known_addresses_until_at", "known_addresses", ["until_at"])
    op.add_column("one_time", Column("client", Text, nullable=False, server_default=""))
    op.create_index("ix_one_time_client_until_at", "one_time", ["client", "until_at"])
