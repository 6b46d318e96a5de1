"""Pages of lists: this page's items, and all items of all pages by iteration."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Generic, TypeVar

from netra_sdk.errors import UnexpectedAnswerError
from netra_sdk.types import EventsPagination, Pagination

T = TypeVar("T")


class _Page(Generic[T]):
    def __init__(
        self, items: Sequence[T], pagination: Pagination | EventsPagination, *, cursor: str | None
    ) -> None:
        self.items = list(items)
        self.pagination = pagination
        self._next_cursor = pagination.next_cursor
        if self._next_cursor is not None and self._next_cursor == cursor:
            raise UnexpectedAnswerError("the page leads to itself: its next_cursor is the one that was sent")

    @property
    def items_of_this_page(self) -> list[T]:
        """The items of this page alone."""
        return self.items

    @property
    def total(self) -> int:
        """The number of items in the whole list."""
        return self.pagination.total

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""
        return self._next_cursor is not None


class Page(_Page[T]):
    """A page of a list; iterating it goes over this and all further pages."""

    def __init__(
        self,
        items: Sequence[T],
        pagination: Pagination | EventsPagination,
        *,
        cursor: str | None,
        fetch: Callable[[str], Page[T]],
    ) -> None:
        super().__init__(items, pagination, cursor=cursor)
        self._fetch = fetch

    def next(self) -> Page[T] | None:
        """Return the page after this one, or None."""
        return None if self._next_cursor is None else self._fetch(self._next_cursor)

    def __iter__(self) -> Iterator[T]:
        page: Page[T] | None = self
        while page is not None:
            yield from page.items
            page = page.next()


class AsyncPage(_Page[T]):
    """A page of a list; `async for` goes over this and all further pages."""

    def __init__(
        self,
        items: Sequence[T],
        pagination: Pagination | EventsPagination,
        *,
        cursor: str | None,
        fetch: Callable[[str], Awaitable[AsyncPage[T]]],
    ) -> None:
        super().__init__(items, pagination, cursor=cursor)
        self._fetch = fetch

    async def next(self) -> AsyncPage[T] | None:
        """Return the page after this one, or None."""
        return None if self._next_cursor is None else await self._fetch(self._next_cursor)

    async def __aiter__(self) -> AsyncIterator[T]:
        page: AsyncPage[T] | None = self
        while page is not None:
            for item in page.items:
                yield item
            page = await page.next()
