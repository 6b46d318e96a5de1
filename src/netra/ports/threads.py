"""Where conversations are kept; they begin and grow with runs, see `ports.runs`."""

from collections.abc import Sequence
from typing import Protocol

from netra.domain.ids import ThreadId, UserId
from netra.domain.paging import Page, PageRequest
from netra.domain.runs.events import RunEvent
from netra.domain.threads.model import Message, Thread


class ThreadStore(Protocol):
    """Threads and messages; every method sees the owner's alone."""

    async def get(self, thread_id: ThreadId, *, owner_id: UserId) -> Thread:
        """Return the thread. Raises `NotFound`, for another's thread too."""
        ...

    async def page(self, *, owner_id: UserId, request: PageRequest) -> Page[Thread]:
        """Return threads, newest `created_at` first, ties by id descending."""
        ...

    async def messages(self, thread_id: ThreadId, *, owner_id: UserId) -> Sequence[Message]:
        """Return all messages, oldest first, ties in the order they were stored; empty for no thread."""
        ...

    async def delete(self, thread_id: ThreadId, *, owner_id: UserId) -> Sequence[RunEvent]:
        """Delete the thread with its messages, runs and run events, in one transaction.

        Live runs in it end by this: a claim on one of them is lost, and the `cancelled` event that
        each would have got is returned, numbered, for readers that still listen. Raises `NotFound`,
        also the second time.
        """
        ...
