"""How PostgreSQL answers each statement on our connections, whatever it believes of the tables."""

from collections.abc import Iterator

import psycopg
import pytest
from tests.unit.adapters.sql.test_statements import STATEMENTS, WHOLE

from netra.adapters.sql.postgres.attempt import DIALECT
from netra.adapters.sql.postgres.pipeline import numbered
from netra.adapters.sql.postgres.postgres_database import ANSWER_S, server_options
from netra.adapters.sql.postgres.postgres_stores import PostgresSchema

pytestmark = pytest.mark.system

QUEUED = """
INSERT INTO runs (id, owner_id, thread_id, message, parameters, state, is_cancel_requested, progress,
                  attempts, last_seq, created_at, fence, has_made_thread, fingerprint)
SELECT 'run-' || n, 1, 'thread-1', 'm', '{}', 'queued', 0, 0, 0, 1, n, 0, 0, '' FROM generate_series(1, 500) n
"""


@pytest.fixture
def connection(postgres_url: str) -> Iterator[psycopg.Connection]:
    PostgresSchema(postgres_url).upgrade()
    with psycopg.connect(postgres_url, options=server_options(ANSWER_S), autocommit=True) as made:
        yield made


def plan_of(connection: psycopg.Connection, name: str) -> str:
    """Return the one plan that the server keeps for a statement."""
    explained = f"EXPLAIN (GENERIC_PLAN, COSTS OFF) {numbered(STATEMENTS[name].compiled(DIALECT).text)}"
    found = psycopg.ClientCursor(connection).execute(explained.encode()).fetchall()
    return "\n".join(line for (line,) in found)


def test_a_claim_takes_the_head_of_the_queue_and_sorts_nothing(connection):
    empty = plan_of(connection, "claims._CLAIM")
    connection.execute(b"INSERT INTO threads VALUES (1, 'thread-1', 't', 0, 0, 0)")
    connection.execute(QUEUED.encode())
    unknown = plan_of(connection, "claims._CLAIM")
    connection.execute(b"ANALYZE")
    known = plan_of(connection, "claims._CLAIM")
    for plan in (empty, unknown, known):
        assert "Index Scan using ix_runs_queued" in plan, plan
        assert "Sort" not in plan, plan


def test_no_statement_reads_a_whole_table(connection):
    plans = {name: plan_of(connection, name) for name in STATEMENTS if name not in WHOLE}
    assert not {name: plan for name, plan in plans.items() if "Seq Scan" in plan}
