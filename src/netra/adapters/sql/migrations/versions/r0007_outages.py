"""How many of a run's attempts came to nothing because what they needed was away.

Spelled out rather than read from the schema, which goes on changing: a step must always do the same.
"""

from alembic import op
from sqlalchemy import Column, Integer

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the count; what runs met until now, and meet in a process of before, counts as lost workers."""
    op.add_column("runs", Column("outages", Integer, nullable=False, server_default="0"))
