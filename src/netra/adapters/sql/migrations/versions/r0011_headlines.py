"""Add the headline figures of a completed run; runs completed before lack them."""

from alembic import op
from sqlalchemy import Column, LargeBinary

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column."""
    op.add_column("runs", Column("headline", LargeBinary(), nullable=True))
