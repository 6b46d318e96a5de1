"""The statements of lists of runs: one per set of filters in use, so that each can use its index."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean

from netra.adapters.sql.instants import micros_or_none
from netra.adapters.sql.paging import PageQueries, paged
from netra.adapters.sql.runs.run_rows import WITHOUT_RESULT, run_of
from netra.adapters.sql.schema import IS_LIVE, runs
from netra.adapters.sql.transactions import Script, param
from netra.domain.ids import UserId
from netra.domain.paging import Page, PageRequest, Position
from netra.domain.runs.listing import RunFilter, ascii_lower
from netra.domain.runs.model import Run, RunState

_PROCESSING: Final = RunState.QUEUED.status


class contains(FunctionElement[Any]):  # noqa: N801 (named like the operator that it stands for)
    """Whether a column contains a text in lower case; the column's ASCII letters match in either case."""

    type = Boolean()
    inherit_cache = True


@compiles(contains)
def _by_instr(element: contains, compiler: SQLCompiler, **named: Any) -> str:
    column, text = (compiler.process(clause, **named) for clause in element.clauses)
    return f"instr(lower({column}), {text}) > 0"  # SQLite's lower() changes ASCII letters only


@compiles(contains, "postgresql")
def _by_strpos(element: contains, compiler: SQLCompiler, **named: Any) -> str:
    column, text = (compiler.process(clause, **named) for clause in element.clauses)
    return f'strpos(lower({column} COLLATE "C"), {text}) > 0'  # only ASCII letters have cases there


_CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "thread_id": runs.c.thread_id == param("thread_id"),
    "workload_id": runs.c.workload_id == param("workload_id"),
    "is_live": IS_LIVE,
    "state": runs.c.state == param("state"),
    "text": contains(runs.c.message, param("text")),
    "since": runs.c.created_at >= param("since"),
    "until": runs.c.created_at < param("until"),
}


def listing(owner_id: UserId, request: PageRequest, chosen: RunFilter) -> Script[Page[Run]]:
    """Return a page of the owner's runs that `chosen` admits."""
    asked = _asked(chosen)
    values = {"owner_id": owner_id, **asked}
    return paged(_queries(tuple(asked)), request, values, made=run_of, position=_position)


@cache  # at most one entry per set of names in `_CONDITIONS`
def _queries(names: tuple[str, ...]) -> PageQueries:
    conditions = (_CONDITIONS[name] for name in names)
    owned = runs.c.owner_id == param("owner_id")
    return PageQueries(select(*WITHOUT_RESULT).where(owned, *conditions), table=runs)


def _asked(chosen: RunFilter) -> dict[str, object]:
    """Return the values of the conditions that apply, by their names."""
    is_live = chosen.status == _PROCESSING
    values: dict[str, object] = {
        "thread_id": chosen.thread_id,
        "workload_id": chosen.workload_id,
        "is_live": True if is_live else None,
        "state": None if is_live else chosen.status,
        "text": None if chosen.text is None else ascii_lower(chosen.text),
        "since": micros_or_none(chosen.since),
        "until": micros_or_none(chosen.until),
    }
    return {name: value for name, value in values.items() if value is not None}


def _position(run: Run) -> Position:
    return Position(at=run.created_at, id=run.id)
