"""Follow a run once per process and fan its events out to all listeners.

A follower buffers the most recent events. A listener has a cursor: it reads buffered events from there,
reads older ones from the store, and once it has caught up receives each event live. So a slow listener
does not delay others, and joining causes neither gaps nor repeats. The module knows no wire format.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Final, Protocol

from netra.domain.ids import RunId, UserId
from netra.domain.runs.events import RunEvent
from netra.ports.feed import RunFeed
from netra.ports.runs import RunStore

POLL_S: Final = 0.9  # polling interval, s; without wake-ups, listeners lag by at most this plus one read
KEPT_MAX: Final = 256  # most buffered events per follower; older ones are read from the store
KEPT_BYTES_MAX: Final = 1 << 20
READ_MAX: Final = 256  # most events per read; bounds the memory that a slow listener holds


class RunListener(Protocol):
    """Receives the events of a run."""

    def receive(self, event: RunEvent) -> bool:
        """Take the next event without blocking or raising; return whether to pause for `wait_until_ready`."""
        ...

    async def wait_until_ready(self) -> None:
        """Return when more events may be sent."""
        ...


class RunFollower:
    """The live events of one owner's run after `after`, while the run has listeners."""

    def __init__(self, run_id: RunId, *, owner_id: UserId, after: int, runs: RunStore, feed: RunFeed) -> None:
        self._run_id = run_id
        self._owner_id = owner_id
        self._runs = runs
        self._feed = feed
        self._last = after  # number of the newest event read
        self._kept: deque[RunEvent] = deque()
        self._kept_bytes = 0
        self._live: set[_LiveListener] = set()
        self._changed = asyncio.Event()
        self._failure: BaseException | None = None
        self.listeners = 0
        self.is_over = False
        self._task = asyncio.create_task(self._follow())
        self._task.add_done_callback(self._end)

    async def events_after(self, seq: int) -> Sequence[RunEvent]:
        """Return the events above `seq` in order, waiting for at least one; empty after the last event.

        Raises `NotFound`, and any error that keeps the store from being read.
        """
        while self._last <= seq:
            if self._failure is not None:
                # several listeners raise it: drop the others' frames
                raise self._failure.with_traceback(None)
            if self.is_over:
                return ()
            await self._changed.wait()
        if self._kept and self._kept[0].seq <= seq + 1:
            return [event for event in self._kept if event.seq > seq]
        return await self._stored(seq) or ()

    async def deliver_to(self, listener: RunListener, *, after: int) -> int:
        """Deliver live events to `listener`; return the last number delivered, once the listener is ready.

        Returns immediately if `events_after` has events for it.
        """
        if self._last > after or self.is_over:
            return after
        live = _LiveListener(listener, after)
        self._live.add(live)
        try:
            await live.is_done
        finally:
            self._live.discard(live)
        if live.is_full:
            await listener.wait_until_ready()
        return live.seq

    async def close(self) -> None:
        """Stop following the run."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _follow(self) -> None:
        async with self._feed.subscribe(self._run_id) as subscription:
            batch = await self._stored(self._last)
            while batch is not None:
                for event in batch:
                    if event.seq > self._last:
                        self._take(event)
                    if event.is_last:
                        return
                self._wake_all()
                # the store may hold more, for which no wake-up will come
                may_have_more = len(batch) >= READ_MAX
                batch = () if may_have_more else await subscription.next(timeout_s=POLL_S)
                if not _is_next(batch, self._last):
                    batch = await self._stored(self._last)

    async def _stored(self, after: int) -> Sequence[RunEvent] | None:
        """Return stored events after `after`; None if the run has ended and has no more."""
        events = await self._runs.events(self._run_id, owner_id=self._owner_id, after=after, limit=READ_MAX)
        if events:
            return events
        run = await self._runs.get(self._run_id, owner_id=self._owner_id)
        return None if run.state.is_terminal and run.last_seq <= after else ()

    def _take(self, event: RunEvent) -> None:
        self._last = event.seq
        self._kept.append(event)
        self._kept_bytes += len(event.data)
        while len(self._kept) > KEPT_MAX or (self._kept_bytes > KEPT_BYTES_MAX and len(self._kept) > 1):
            self._kept_bytes -= len(self._kept.popleft().data)
        full = [live for live in self._live if live.receive(event)]
        self._live.difference_update(full)

    def _end(self, task: asyncio.Task[None]) -> None:
        self.is_over = True
        self._failure = None if task.cancelled() else task.exception()
        for live in self._live:
            live.release()
        self._wake_all()

    def _wake_all(self) -> None:
        self._changed.set()
        self._changed.clear()


class RunFollowers:
    """The followers of this process, one per run and owner with listeners."""

    def __init__(self, *, runs: RunStore, feed: RunFeed) -> None:
        self._runs = runs
        self._feed = feed
        self._followers: dict[tuple[UserId, RunId], RunFollower] = {}

    @asynccontextmanager
    async def join(self, run_id: RunId, *, owner_id: UserId, after: int) -> AsyncGenerator[RunFollower]:
        """Share the run's follower until the block ends; the first listener starts it at `after`."""
        # keyed by owner, so that the store refuses a follower of another owner's run
        key = owner_id, run_id
        follower = self._followers.get(key)
        if follower is None or follower.is_over:
            follower = RunFollower(run_id, owner_id=owner_id, after=after, runs=self._runs, feed=self._feed)
            self._followers[key] = follower
        follower.listeners += 1
        try:
            yield follower
        finally:
            follower.listeners -= 1
            if not follower.listeners:
                if self._followers.get(key) is follower:
                    del self._followers[key]
                await follower.close()


class _LiveListener:
    """A listener that has caught up."""

    __slots__ = ("_listener", "is_done", "is_full", "seq")

    def __init__(self, listener: RunListener, seq: int) -> None:
        self._listener = listener
        self.seq = seq
        self.is_full = False
        self.is_done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def receive(self, event: RunEvent) -> bool:
        """Deliver the event unless it was delivered before; return whether the listener must pause."""
        if event.seq <= self.seq:
            return False
        self.seq = event.seq
        self.is_full = self._listener.receive(event)
        if self.is_full:
            self.release()
        return self.is_full

    def release(self) -> None:
        """Make `RunFollower.deliver_to` return."""
        if not self.is_done.done():
            self.is_done.set_result(None)


def _is_next(batch: Sequence[RunEvent], seq: int) -> bool:
    """Return whether `batch` continues from `seq` without a gap."""
    follows = all(later.seq == earlier.seq + 1 for earlier, later in pairwise(batch))
    return bool(batch) and batch[0].seq <= seq + 1 and follows
