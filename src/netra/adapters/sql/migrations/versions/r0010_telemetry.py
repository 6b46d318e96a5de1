"""Tables in which telemetry waits until the records of one call have come."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Text

revision = "0010"
down_revision = "0009"

NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "telemetry_streams",
        Column("owner_id", BigInteger(), autoincrement=False, nullable=False),
        Column("workload_id", Text(), nullable=False),
        Column("waiting_since", BigInteger(), nullable=True),
        Column("fence", BigInteger(), nullable=False),
        Column("lease_until", BigInteger(), nullable=False),
        Column("report", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("owner_id", "workload_id", name=op.f("pk_telemetry_streams")),
    )
    op.create_index(op.f("ix_telemetry_streams_waiting_since"), "telemetry_streams", ["waiting_since"])
    op.create_table(
        "telemetry_arrivals",
        Column("number", NUMBER, autoincrement=True, nullable=False),
        Column("owner_id", BigInteger(), nullable=False),
        Column("workload_id", Text(), nullable=False),
        Column("bytes", Integer(), nullable=False),
        Column("payload", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("number", name=op.f("pk_telemetry_arrivals")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_telemetry_arrivals_owner_id_workload_id_number"),
        "telemetry_arrivals",
        ["owner_id", "workload_id", "number"],
    )
    op.create_index(op.f("ix_telemetry_arrivals_bytes"), "telemetry_arrivals", ["bytes"])
    op.create_table(
        "telemetry_seen",
        Column("owner_id", BigInteger(), autoincrement=False, nullable=False),
        Column("workload_id", Text(), nullable=False),
        Column("hour", Integer(), autoincrement=False, nullable=False),
        Column("digests", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("owner_id", "workload_id", "hour", name=op.f("pk_telemetry_seen")),
    )
