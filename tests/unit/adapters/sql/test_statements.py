"""Every statement answers from an index, and every engine that is to come can read it."""

import importlib
import pkgutil
from pathlib import Path

import pytest
from sqlalchemy import literal_column, select, update
from sqlalchemy.dialects.postgresql import dialect as postgresql_dialect

from netra.adapters import sql
from netra.adapters.sql.migrations import migrate
from netra.adapters.sql.paging import PageQueries
from netra.adapters.sql.schema import users
from netra.adapters.sql.sqlite.sqlite_database import DIALECT, connect
from netra.adapters.sql.transactions import Query, ask, param

POSTGRESQL = postgresql_dialect(paramstyle="format")
# what must see all rows of something small, or counts by an index that holds just those rows
WHOLE = {
    "users._ALL",
    "audit_trail._PAGES.count",
    "acceptance._ROOM_IN_ALL",
    "run_store._WAITING",
    "claims._IS_ANY_QUEUED",
    "call_outbox._IS_ANY",  # the first row
    "call_outbox._DELETIONS",  # a few rows at most
    "call_removal._WITH_COURIER",
    "call_outbox._TAKE",  # the only row
    "call_outbox._CONFIRM",
    "call_outbox._RELEASE",
}
# made in the statement itself
OF_FEW_ROWS = {
    "SCAN mine",
    "SCAN CONSTANT ROW",
    *(f"SCAN {step}" for step in ("start", "ring", "heads", "line", "sorted", "locked", "chosen")),
}


def statements() -> dict[str, Query]:
    found: dict[str, Query] = {}
    for module in pkgutil.walk_packages(sql.__path__, f"{sql.__name__}."):
        if module.ispkg or ".migrations." in module.name:
            continue
        name_of_module = module.name.rpartition(".")[2]
        named = vars(importlib.import_module(module.name))
        for name, value in named.items():
            pages = vars(value) if isinstance(value, PageQueries) else {"": value}
            found |= {
                f"{name_of_module}.{name}{'.' if part else ''}{part}": query
                for part, query in pages.items()
                if isinstance(query, Query)
            }
    return found


STATEMENTS = statements()


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    made = connect(Path(tmp_path_factory.mktemp("plans")) / "a.sqlite3", wait_s=1)
    migrate(made)
    yield made
    made.close()


def test_the_statements_were_found():
    assert len(STATEMENTS) > 50


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_reads_a_whole_table(connection, name):
    text = STATEMENTS[name].compiled(DIALECT).text
    plan = connection.execute(f"EXPLAIN QUERY PLAN {text}", [1] * text.count("?")).fetchall()
    steps = [step for *_, step in plan]
    steps = [step for step in steps if step not in OF_FEW_ROWS]
    assert name in WHOLE or not [step for step in steps if step.startswith("SCAN") and "INDEX ix" not in step]


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_can_be_said_to_postgresql(name):
    assert STATEMENTS[name].compiled(POSTGRESQL).text


def test_parameters_are_put_in_the_order_of_the_text():
    query = Query(select(literal_column("1")).where(param("b") > param("a"), param("a") == 7))
    compiled = query.compiled(DIALECT)
    values = ask(query, a=1, b=2).values
    assert compiled.arranged(values) == (2, 1, 1, 7)
    assert Query(select(param("only"))).compiled(DIALECT).arranged({"only": 5}) == (5,)
    assert Query(select(literal_column("1"))).compiled(DIALECT).arranged({}) == ()


def test_a_text_that_cannot_be_kept_is_sought_as_nothing_and_written_as_it_is():
    query = Query(update(users).where(users.c.email == param("wanted")), sets=["name"])
    arranged = query.compiled(DIALECT).arranged
    assert arranged({"name": "a\x00", "wanted": "b\x00"}) == ("a\x00", None)
    assert arranged({"name": "a", "wanted": "b"}) == ("a", "b")
