"""Chooses the next runs to claim: those of the owners with the fewest running runs, then the oldest.

The statement never reads a whole queue. It steps from owner to owner by the index of queued runs, finds each
owner's oldest ready run, and looks further down an owner's queue only as far as the claim can reach.
"""

from typing import Any, Final

from sqlalchemy import CTE, FromClause, ScalarSelect, and_, case, exists, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from netra.adapters.sql.schema import is_live, literal, runs
from netra.adapters.sql.transactions import ONE, param

OWNERS_MAX: Final = 8  # owners compared by one claim; bounds its cost when more are waiting
# Whether a run is still queued. A parameter, because for a literal PostgreSQL would read the whole index of
# queued runs when it expects few.
IS_STILL_QUEUED: Final = runs.c.state == param("from_state")
_FENCE: Final[ColumnElement[int]] = literal_column(
    "0"
)  # an OFFSET is an optimisation fence: PostgreSQL neither flattens nor reorders it


def _queued(name: str) -> tuple[FromClause, ColumnElement[bool]]:
    table = runs.alias(name)
    return table, table.c.state == literal("queued")


def _lowest_owner(name: str, *, above: ColumnElement[int] | None = None) -> ScalarSelect[int]:
    """Return the lowest id of an owner with queued runs, or the lowest one above `above`."""
    table, is_queued = _queued(name)
    found = select(table.c.owner_id).where(is_queued).order_by(table.c.owner_id).limit(ONE)
    return (found if above is None else found.where(table.c.owner_id > above)).scalar_subquery()


def _ring() -> CTE:
    """Return the owners with queued runs, cyclically from the one after `after_owner`."""
    first = func.coalesce(_lowest_owner("first", above=param("after_owner")), _lowest_owner("lowest"))
    start = select(first.label("owner_id")).subquery("start")
    ring = (
        select(start.c.owner_id, start.c.owner_id.label("first_id"), ONE.label("nth"))
        .where(start.c.owner_id.is_not(None))
        .cte("ring", recursive=True)
    )
    following = func.coalesce(_lowest_owner("next", above=ring.c.owner_id), _lowest_owner("lowest"))
    closed = func.nullif(following, ring.c.first_id)  # NULL where the ring returns to its start
    return ring.union_all(
        select(closed, ring.c.first_id, ring.c.nth + ONE).where(
            ring.c.owner_id.is_not(None), ring.c.nth < literal_column(str(OWNERS_MAX))
        )
    )


def _is_first_in_thread(run: FromClause) -> ColumnElement[bool]:
    """Return whether all runs before `run` in its thread have ended, as of the statement's snapshot.

    So two concurrent claims cannot take two runs of one thread, and the row lock suffices.
    """
    older = runs.alias("older")
    return ~exists(
        select(ONE)
        .where(
            older.c.owner_id == run.c.owner_id,
            older.c.thread_id == run.c.thread_id,
            is_live(older.c.state),
            older.c.number < run.c.number,
        )
        .offset(_FENCE)  # or PostgreSQL may join the whole queue with itself
        .correlate(run)
    )


def _oldest_ready(
    name: str, *, of: ColumnElement[int], after: ColumnElement[int] | None = None
) -> ScalarSelect[int]:
    """Return the number of an owner's oldest ready run, or of the oldest one after `after`."""
    table, is_queued = _queued(name)
    until = table.c.lease_until
    is_rested = until.is_(None) | (until <= param("now")) | (until > param("horizon"))
    found = (
        select(table.c.number)
        # A range of one owner, in the order of the index of queued runs. For an equality any index sorted by
        # number would do, and PostgreSQL might read the whole table by its primary key.
        .where(is_queued, table.c.owner_id.between(of, of), is_rested, _is_first_in_thread(table))
        .order_by(table.c.owner_id, table.c.number)
        .limit(ONE)
    )
    return (found if after is None else found.where(table.c.number > after)).scalar_subquery()


def _heads(ring: CTE) -> CTE:
    """Return each owner's oldest ready run, its position in the owner's queue, and its overall rank."""
    working = runs.alias("working")
    running = (
        select(func.count())
        .select_from(working)
        .where(
            is_live(working.c.state),
            working.c.state == literal("running"),  # both conditions: the index covers live runs
            working.c.owner_id == ring.c.owner_id,
        )
        .scalar_subquery()
    )
    return (
        select(
            ring.c.owner_id,
            _oldest_ready("head", of=ring.c.owner_id).label("number"),
            ONE.label("place"),
            (running + ONE).label("rank"),
        )
        .where(ring.c.owner_id.is_not(None))
        .cte("heads")
    )


def _line(heads: CTE) -> CTE:
    """Return the ready runs that a claim of `most` may take.

    When at least `most` owners have a ready run, no run ranked below the `most` best heads is taken.
    Otherwise each queue is read as far as they might suffice together; when some queues are shorter, the
    claim finds too few, and the remaining runs are left for the next claim.
    """
    has_run = heads.c.number.is_not(None)
    worst = select(heads.c.rank).where(has_run).order_by(heads.c.rank).limit(ONE)
    bound = worst.offset(param("most") - ONE).scalar_subquery()
    owners = select(func.count()).select_from(heads).where(has_run).scalar_subquery()
    line = select(heads).where(has_run).cte("line", recursive=True)
    after = _oldest_ready("after", of=line.c.owner_id, after=line.c.number)
    may_reach = case(
        (owners < param("most"), line.c.place * owners <= param("most")),
        else_=and_(line.c.place < param("most"), line.c.rank < bound),
    )
    return line.union_all(
        select(line.c.owner_id, after, line.c.place + ONE, line.c.rank + ONE).where(
            line.c.number.is_not(None), may_reach
        )
    )


class is_one_of(FunctionElement[Any]):  # noqa: N801 (named like the operator that it stands for)
    """`column IN (SELECT ...)` by the column's index, whatever PostgreSQL's statistics say.

    PostgreSQL turns IN into a join, and reads the whole table while its statistics say that it is empty.
    """

    type = NullType()  # engines without Booleans would compare one with 1, which hides the index
    inherit_cache = True


@compiles(is_one_of)
def _as_in(element: is_one_of, compiler: SQLCompiler, **named: Any) -> str:
    column, subquery = (compiler.process(clause, **named) for clause in element.clauses)
    return f"{column} IN {subquery}"


@compiles(is_one_of, "postgresql")
def _as_any(element: is_one_of, compiler: SQLCompiler, **named: Any) -> str:
    column, subquery = (compiler.process(clause, **named) for clause in element.clauses)
    return f"{column} = ANY (ARRAY{subquery})"


def chosen() -> CTE:
    """Return the numbers of the `most` runs to claim, with their rows locked.

    Rows are locked one by one, in order, until there are enough; rows that are already locked are skipped.
    """
    line = _line(_heads(_ring()))
    sorted_line = select(line.c.number).order_by(line.c.rank, line.c.number).offset(_FENCE).subquery("sorted")
    lock = (
        select(runs.c.number)
        .where(runs.c.number == sorted_line.c.number, IS_STILL_QUEUED)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    locked = select(lock.label("number")).select_from(sorted_line).offset(_FENCE).subquery("locked")
    return select(locked.c.number).where(locked.c.number.is_not(None)).limit(param("most")).cte("chosen")
