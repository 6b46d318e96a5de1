"""Deleted logs that an archive still has to delete; a shipment keeps all of its blocks until it is delivered.

Spelled out rather than read from the schema, which goes on changing: a step must always do the same.
"""

from alembic import op
from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table; leave out of the shipment under way what was deleted, whose owner is not known."""
    op.create_table(
        "event_deletions",
        Column("log", BigInteger, autoincrement=False, nullable=False),
        Column("owner_id", BigInteger, nullable=False),
        Column("workload_id", Text, nullable=False),
        PrimaryKeyConstraint("log", name="pk_event_deletions"),
    )
    op.execute("DELETE FROM event_blocks WHERE log NOT IN (SELECT number FROM event_logs)")
    op.execute(
        "UPDATE event_blocks SET shipment = NULL"
        " WHERE log IN (SELECT number FROM event_logs WHERE owner_id IS NULL)"
    )
