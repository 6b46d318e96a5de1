"""Pagination of lists, and the format of timestamps."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar.params import QueryParameter

from netra.domain.paging import CURSOR_MAX, LIMIT_MAX, OFFSET_MAX, Page, cursor_of

Limit = Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX, description="Maximum number of items to return.")]
Offset = Annotated[
    int,
    QueryParameter(
        ge=0,
        le=OFFSET_MAX,
        description="Number of items to skip, newest first; excludes `cursor` (422).",
    ),
]
Cursor = Annotated[
    str | None,
    QueryParameter(
        description="`pagination.next_cursor` of the previous page; excludes `offset` (422).",
        schema_extra={"minLength": 1, "maxLength": CURSOR_MAX, "pattern": "^[A-Za-z0-9_=-]+$"},
    ),
]


class Pagination(msgspec.Struct, frozen=True, kw_only=True):
    """The position of a page in the whole list."""

    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | None


def pagination_of(page: Page[Any]) -> Pagination:
    """Return the position of `page`."""
    return Pagination(
        total=page.total,
        limit=page.limit,
        offset=page.offset,
        has_more=page.has_more,
        next_cursor=None if page.next is None else cursor_of(page.next),
    )


def whole_list(items: Sequence[object]) -> Pagination:
    """Return the position of a list that is always sent as one page."""
    count = len(items)
    return Pagination(total=count, limit=count, offset=0, has_more=False, next_cursor=None)


def instant(at: datetime) -> datetime:
    """Return `at` as documented fields show it: UTC, whole seconds.

    >>> instant(datetime(2024, 1, 1, 0, 0, 5, 999_999, tzinfo=UTC)).isoformat()
    '2024-01-01T00:00:05+00:00'
    """
    return at.astimezone(UTC).replace(microsecond=0)


def instant_or_none(at: datetime | None) -> datetime | None:
    """Return `instant(at)`, or None."""
    return None if at is None else instant(at)
