"""Pagination of lists, and the format of timestamps."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request
from litestar.params import QueryParameter

from netra.domain.errors import ValidationFailed
from netra.domain.instants import iso_instant
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

INSTANT: Final = {
    "format": "date-time",
    "maxLength": 20,
    "pattern": "^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}Z$",
}
"""The schema of an instant in a query; `instant_of` takes every ISO 8601 instant of this precision."""
_WRITTEN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
Since = Annotated[
    str | None,
    QueryParameter(
        description="Only items made at this instant or later.",
        schema_extra=INSTANT,
    ),
]
Until = Annotated[
    str | None,
    QueryParameter(description="Only items made before this instant.", schema_extra=INSTANT),
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


def instant_of(text: str | None, *, path: str) -> datetime | None:
    """Return the instant that a query names, in UTC where it has no zone. Raises `ValidationFailed`."""
    if text is None:
        return None
    at = iso_instant(text) if _WRITTEN.fullmatch(text) else None
    if at is None:
        raise ValidationFailed.of(path, "malformed", f"{path} must be an instant as 2026-01-31T09:30:00Z")
    return at


def refusing_null(*names: str) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """Return the hook that refuses the word null as the value of these parameters.

    The decoder of queries takes the word for a parameter that was left out, where the type is no text.
    """

    async def refuse(request: Request[Any, Any, Any]) -> None:
        for name in names:
            if any(value.lower() == "null" for value in request.query_params.getall(name, [])):
                raise ValidationFailed.of(name, "malformed", f"{name} must not be null; leave it out instead")

    return refuse
