"""Stores conversations in the shared memory."""

from collections.abc import Sequence

import msgspec

from netra.adapters.memory.paging import page_of
from netra.adapters.memory.state import MemoryState
from netra.domain.errors import NotFound
from netra.domain.ids import ThreadId, UserId
from netra.domain.paging import Page, PageRequest
from netra.domain.runs.events import RunEvent
from netra.domain.runs.transitions import removed
from netra.domain.threads.model import Message, Thread
from netra.ports.clock import Clock


class MemoryThreadStore:
    """`ThreadStore` over the state shared with `MemoryRunStore`."""

    def __init__(self, state: MemoryState, *, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    async def get(self, thread_id: ThreadId, *, owner_id: UserId) -> Thread:
        """Return the thread."""
        thread = self._state.threads.get((owner_id, thread_id))
        if thread is None:
            raise NotFound("thread", thread_id)
        return thread

    async def page(self, *, owner_id: UserId, request: PageRequest) -> Page[Thread]:
        """Return threads, newest first."""
        owned = (thread for thread in self._state.threads.values() if thread.owner_id == owner_id)
        return page_of(owned, request, key=lambda thread: (thread.created_at, thread.id))

    async def rename(self, thread_id: ThreadId, *, owner_id: UserId, title: str) -> Thread:
        """Set the title."""
        thread = await self.get(thread_id, owner_id=owner_id)
        renamed = self._state.threads[owner_id, thread_id] = msgspec.structs.replace(thread, title=title)
        return renamed

    async def messages(self, thread_id: ThreadId, *, owner_id: UserId) -> Sequence[Message]:
        """Return all messages, oldest first."""
        messages = self._state.messages.get((owner_id, thread_id), [])
        return tuple(sorted(messages, key=lambda message: message.created_at))

    async def delete(self, thread_id: ThreadId, *, owner_id: UserId) -> Sequence[RunEvent]:
        """Delete the thread and its contents; return the terminal events of its live runs."""
        key = owner_id, thread_id
        if key not in self._state.threads:
            raise NotFound("thread", thread_id)
        entries = [entry for entry in self._state.runs.values() if entry.thread_key == key]
        now = self._clock.now()
        ended = [event for entry in entries for event in removed(entry.run, at=now)]
        for entry in entries:
            self._state.forget(entry)
        del self._state.threads[key]
        del self._state.messages[key]
        return tuple(ended)
