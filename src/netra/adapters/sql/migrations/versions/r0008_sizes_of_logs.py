"""Prefix hashes and bytes of each workload, and the bytes of each block as columns.

What was stored before this step counts as nothing: only an analysis of it shows its size.
Spelled out rather than read from the schema, which goes on changing: a step must always do the same.
"""

from alembic import op
from sqlalchemy import BigInteger, Column

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("workloads", Column("prefix_hashes", BigInteger, nullable=False, server_default="0"))
    op.add_column("workloads", Column("bytes", BigInteger, nullable=False, server_default="0"))
    op.add_column("event_blocks", Column("unpacked_bytes", BigInteger, nullable=False, server_default="0"))
