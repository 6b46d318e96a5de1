"""The figures of a completed run beside its result; runs completed before have none."""

from alembic import op
from sqlalchemy import Column, LargeBinary

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column."""
    op.add_column("runs", Column("headline", LargeBinary(), nullable=True))
