"""Read and delete threads; runs add their messages."""

from collections.abc import Sequence
from typing import Final

from netra.domain.errors import ValidationFailed
from netra.domain.ids import ThreadId, UserId
from netra.domain.paging import Page, PageRequest
from netra.domain.texts import check_plain
from netra.domain.threads.model import Message, Thread
from netra.ports.feed import RunFeed
from netra.ports.threads import ThreadStore

TITLE_MAX: Final = 200  # characters


class ThreadService:
    """Reads and deletes threads; every call names the owner."""

    def __init__(self, *, threads: ThreadStore, feed: RunFeed) -> None:
        self._threads = threads
        self._feed = feed

    async def page(self, *, owner_id: UserId, request: PageRequest) -> Page[Thread]:
        """Return the owner's threads, newest first."""
        return await self._threads.page(owner_id=owner_id, request=request)

    async def get(self, thread_id: ThreadId, *, owner_id: UserId) -> tuple[Thread, Sequence[Message]]:
        """Return the thread and all its messages, oldest first. Raises `NotFound`."""
        thread = await self._threads.get(thread_id, owner_id=owner_id)
        return thread, await self._threads.messages(thread_id, owner_id=owner_id)

    async def rename(self, thread_id: ThreadId, *, owner_id: UserId, title: str) -> Thread:
        """Set the title and return the thread. Raises `NotFound`, and `ValidationFailed` for a bad title."""
        if not title.strip() or len(title) > TITLE_MAX:
            raise ValidationFailed.of("title", "length", f"title must have 1 to {TITLE_MAX} characters")
        check_plain(title, path="title")
        return await self._threads.rename(thread_id, owner_id=owner_id, title=title)

    async def delete(self, thread_id: ThreadId, *, owner_id: UserId) -> None:
        """Delete the thread and its messages, and cancel its live runs. Raises `NotFound`."""
        await self._feed.publish(await self._threads.delete(thread_id, owner_id=owner_id))
