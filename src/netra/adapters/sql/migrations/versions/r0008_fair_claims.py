"""Queued runs by owner, so that claims can be fair; dead index entries of runs are removed soon.

Spelled out rather than read from the schema, which goes on changing: a step must always do the same.
"""

from alembic import op
from sqlalchemy import text

revision = "0008"
down_revision = "0007"

IS_QUEUED = text("state = 'queued'")
# A queue has few rows of the table's and passes through all of them: by the default of a fifth of the
# table, claims would step over up to as many dead entries.
VACUUM_SOON = (
    "ALTER TABLE runs SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000)"
)


def upgrade() -> None:
    """Index queued runs by owner, and have PostgreSQL vacuum runs once a hundredth of them has changed."""
    op.drop_index("ix_runs_queued", "runs")
    op.create_index(
        "ix_runs_queued",
        "runs",
        ["owner_id", "number"],
        sqlite_where=IS_QUEUED,
        postgresql_where=IS_QUEUED,
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute(VACUUM_SOON)
