"""Pages over values in memory."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from netra.domain.paging import Page, PageRequest, Position

T = TypeVar("T")


def page_of(
    values: Iterable[T], request: PageRequest, *, key: Callable[[T], tuple[datetime, str]]
) -> Page[T]:
    """Return the requested part of `values`, newest first, ties by id descending."""
    ordered = sorted(values, key=key, reverse=True)
    rest = ordered[request.offset :]
    if request.after is not None:
        last = request.after.at, request.after.id
        rest = [value for value in ordered if key(value) < last]
    items = rest[: request.limit]
    more = len(rest) > len(items) and bool(items)
    return Page(
        items=tuple(items),
        total=len(ordered),
        limit=request.limit,
        offset=request.offset,
        next=Position(at=key(items[-1])[0], id=key(items[-1])[1]) if more else None,
    )
