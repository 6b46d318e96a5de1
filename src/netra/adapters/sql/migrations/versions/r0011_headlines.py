"""Adds the headline of a completed run; runs that completed before the step have none."""

from alembic import op
from sqlalchemy import Column, LargeBinary

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column."""
    op.add_column("runs", Column("headline", LargeBinary(), nullable=True))
