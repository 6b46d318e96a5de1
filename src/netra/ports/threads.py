"""Store of conversations; they are created and extended by runs, see `ports.runs`."""

from collections.abc import Sequence
from typing import Protocol

from netra.domain.ids import ThreadId, UserId
from netra.domain.paging import Page, PageRequest
from netra.domain.runs.events import RunEvent
from netra.domain.threads.model import Message, Thread


class ThreadStore(Protocol):
    """Stores threads and messages; every method sees only the owner's."""

    async def get(self, thread_id: ThreadId, *, owner_id: UserId) -> Thread:
        """Return the thread. Raises `NotFound`, also for another owner's thread."""
        ...

    async def page(self, *, owner_id: UserId, request: PageRequest) -> Page[Thread]:
        """Return threads, newest `created_at` first, ties by id descending."""
        ...

    async def rename(self, thread_id: ThreadId, *, owner_id: UserId, title: str) -> Thread:
        """Set the title and return the thread. Raises `NotFound`."""
        ...

    async def messages(self, thread_id: ThreadId, *, owner_id: UserId) -> Sequence[Message]:
        """Return all messages, oldest first, ties in insertion order; empty for an unknown thread."""
        ...

    async def delete(self, thread_id: ThreadId, *, owner_id: UserId) -> Sequence[RunEvent]:
        """Delete the thread with its messages, runs and run events, in one transaction.

        Live runs of the thread end: their claims are lost. The numbered `cancelled` events that these runs
        would have got are returned, for publication to current readers. Raises `NotFound`, also on the second
        call.
        """
        ...
