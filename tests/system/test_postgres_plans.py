"""How PostgreSQL answers each statement on our connections, whatever it believes of the tables."""

import re
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

MANY_THREADS = """
INSERT INTO threads SELECT 1, 'thread-' || n, 't', 0, 0, 0 FROM generate_series(1, %s) n
"""
MANY_QUEUED = """
INSERT INTO runs (id, owner_id, thread_id, message, parameters, state, is_cancel_requested, progress,
                  attempts, last_seq, created_at, fence, has_made_thread, fingerprint)
SELECT 'run-' || n, 1, 'thread-' || n, 'm', '{}', 'queued', 0, 0, 0, 1, n, 0, 0, ''
FROM generate_series(1, %s) n
"""
CLAIM = {
    "now": 1,
    "horizon": 2,
    "after_owner": 0,
    "most": 8,
    "from_state": "queued",
    "state": "running",
    "lease_until": 2,
}


def pages_of_a_claim(connection: psycopg.Connection) -> int:
    """Return how many pages the server looks at to claim some runs; nothing is kept of it."""
    claim = STATEMENTS["claims._CLAIM"].compiled(DIALECT)
    explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {claim.text}"
    with connection.transaction(force_rollback=True):
        cursor = psycopg.ClientCursor(connection)
        ((plan,),) = cursor.execute(explained.encode(), claim.arranged(CLAIM)).fetchall()
    used = plan[0]["Plan"]
    assert used["Actual Rows"] == CLAIM["most"]
    return int(used["Shared Hit Blocks"] + used["Shared Read Blocks"])


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


def reads_of_runs(plan: str) -> list[tuple[str, str]]:
    """Return how each step of a plan reads the table of runs: by which index, and by what condition."""
    lines = [line.strip() for line in plan.splitlines()]
    return [
        (line, following)
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if " on runs" in line and not line.startswith("Update")
    ]


def test_a_claim_looks_up_each_row_by_an_index_and_sorts_only_what_it_may_take(connection):
    empty = plan_of(connection, "claims._CLAIM")
    connection.execute(b"INSERT INTO threads VALUES (1, 'thread-1', 't', 0, 0, 0)")
    connection.execute(QUEUED.encode())
    unknown = plan_of(connection, "claims._CLAIM")
    connection.execute(b"ANALYZE")
    known = plan_of(connection, "claims._CLAIM")
    for plan in (empty, unknown, known):
        for read, condition in reads_of_runs(plan):
            is_lowest = "Index Only Scan" in read and " lowest" in read  # the first entry of the index
            assert is_lowest or condition.startswith("Index Cond"), plan
        assert "Join" not in plan, plan
        sorted_by = {re.sub(r"_\d", "", key) for key in re.findall("Sort Key: (.*)", plan)}
        assert sorted_by == {"heads.rank", "line.rank, line.number"}, plan


def test_a_claim_reads_as_little_of_a_queue_of_ten_thousand_as_of_one_of_a_hundred(connection):
    touched = []
    for count in (100, 10_000):
        connection.execute(b"TRUNCATE threads CASCADE")
        connection.execute(MANY_THREADS.encode(), (count,))
        connection.execute(MANY_QUEUED.encode(), (count,))
        connection.execute(b"VACUUM ANALYZE runs")
        touched.append(pages_of_a_claim(connection))
    assert touched[1] < 2 * touched[0], touched  # an index may be a level deeper


def test_runs_are_vacuumed_once_a_hundredth_of_them_has_changed(connection):
    (options,) = connection.execute(b"SELECT reloptions FROM pg_class WHERE relname = 'runs'").fetchall()
    assert {"autovacuum_vacuum_scale_factor=0.01", "autovacuum_vacuum_threshold=1000"} <= set(options[0])


def test_no_statement_reads_a_whole_table(connection):
    plans = {name: plan_of(connection, name) for name in STATEMENTS if name not in WHOLE}
    assert not {name: plan for name, plan in plans.items() if "Seq Scan" in plan}
