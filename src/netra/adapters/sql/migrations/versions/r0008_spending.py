"""What was spent on a language model, kept over restarts; and a row for the readiness probe to write.

Spelled out rather than read from the schema, which goes on changing: a step must always do the same.
"""

from alembic import op
from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, SmallInteger, Text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make both tables, and the one row."""
    op.create_table(
        "write_probe",
        Column("id", SmallInteger, autoincrement=False, nullable=False),
        Column("writes", BigInteger, nullable=False),
        PrimaryKeyConstraint("id", name="pk_write_probe"),
    )
    op.execute("INSERT INTO write_probe (id, writes) VALUES (1, 0)")
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
