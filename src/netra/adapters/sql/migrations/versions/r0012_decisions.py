"""Add the decisions about recommendations."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
)

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "decisions",
        Column("owner_id", BigInteger(), autoincrement=False, nullable=False),
        Column("workload_id", Text(), nullable=False),
        Column("key", Text(), nullable=False),
        Column("version", Integer(), nullable=False),
        Column("state", Text(), nullable=False),
        Column("reason", Text(), nullable=True),
        Column("note", Text(), nullable=True),
        Column("effective_at", BigInteger(), nullable=True),
        Column("until_at", BigInteger(), nullable=True),
        Column("decided_at", BigInteger(), nullable=False),
        Column("decided_on", LargeBinary(), nullable=False),
        ForeignKeyConstraint(
            ["owner_id", "workload_id"],
            ["workloads.owner_id", "workloads.id"],
            name=op.f("fk_decisions_workloads"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("owner_id", "workload_id", "key", name=op.f("pk_decisions")),
        sqlite_with_rowid=False,
    )
