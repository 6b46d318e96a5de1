"""Pages by keyset or offset: newest first, ties by id descending."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.sql.schema import Table

from netra.adapters.sql.instants import micros
from netra.adapters.sql.transactions import Query, Row, Script, Step, param
from netra.domain.paging import Page, PageRequest, Position

T = TypeVar("T")


class PageQueries:
    """The three statements of a list: total count, first page, and page after a position."""

    def __init__(self, rows: Select[Any], *, table: Table) -> None:
        """Take the unordered select of the whole list."""
        created_at, key = table.c.created_at, table.c.id
        ordered = rows.order_by(created_at.desc(), key.desc()).limit(param("most"))
        last = tuple_(param("last_at"), param("last_id"))
        whole = rows.with_only_columns(func.count(), maintain_column_froms=True)
        self.count = Query(whole)
        self.first = Query(ordered.offset(param("skipped")))
        self.after = Query(ordered.where(tuple_(created_at, key) < last))


def paged(
    queries: PageQueries,
    request: PageRequest,
    values: Mapping[str, object],
    *,
    made: Callable[[Row], T],
    position: Callable[[T], Position],
) -> Script[Page[T]]:
    """Return the page; one extra row is fetched to detect whether more follow."""
    ((total,),) = yield Step(queries.count, values)
    most = request.limit + 1
    if request.after is None:
        asked = {**values, "most": most, "skipped": request.offset}
        rows = yield Step(queries.first, asked)
    else:
        last = {"last_at": micros(request.after.at), "last_id": request.after.id}
        rows = yield Step(queries.after, {**values, "most": most, **last})
    items = tuple(made(row) for row in rows[: request.limit])
    return Page(
        items=items,
        total=total,
        limit=request.limit,
        offset=request.offset,
        next=position(items[-1]) if len(rows) > len(items) else None,
    )


def owned(table: Table) -> Select[Any]:
    """Return the select of all rows of one owner, with the parameter `owner_id`."""
    return select(*table.c).where(table.c.owner_id == param("owner_id"))
