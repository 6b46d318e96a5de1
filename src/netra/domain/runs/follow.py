"""One follower a run in this process, however many listen: an event is read once and handed to each.

A follower keeps the last events that it read. A listener has a cursor: it takes what the follower still has
from there, reads what is older from the store, and once it has caught up is handed each event as it
comes. So nobody's pace touches another's, and joining leaves neither gap nor repeat. What an event
looks like on a wire is not known here.
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

POLL_S: Final = 0.9  # when every wake-up is lost, listeners are late by this and a look: within a second
KEPT_MAX: Final = 256  # events a follower holds for those who join or fall behind; the rest is in the store
KEPT_BYTES_MAX: Final = 1 << 20
READ_MAX: Final = 256  # events read from the store at once, which a listener that rests may hold for long


class RunListener(Protocol):
    """Who wants to hear of a run."""

    def receive(self, event: RunEvent) -> bool:
        """Take the next event, without waiting and without fail; return whether to be left to `wait_until_ready`."""
        ...

    async def wait_until_ready(self) -> None:
        """Return when more may be heard."""
        ...


class RunFollower:
    """The events of one owner's run as they come, from `after` on, for as long as anybody listens."""

    def __init__(self, run_id: RunId, *, owner_id: UserId, after: int, runs: RunStore, feed: RunFeed) -> None:
        self._run_id = run_id
        self._owner_id = owner_id
        self._runs = runs
        self._feed = feed
        self._last = after  # the newest event known here
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
        """Return events above `seq`, in order and at once more than none, or none when nothing can follow.

        Raises `NotFound`, and whatever keeps the store from being read.
        """
        while self._last <= seq:
            if self._failure is not None:
                raise self._failure.with_traceback(None)  # many raise it: none wants the others' frames
            if self.is_over:
                return ()
            await self._changed.wait()
        if self._kept and self._kept[0].seq <= seq + 1:
            return [event for event in self._kept if event.seq > seq]
        return await self._stored(seq) or ()

    async def deliver_to(self, listener: RunListener, *, after: int) -> int:
        """Let `listener` hear each event as it comes; return the last it heard after it has rested.

        Returns at once when there is something to take from `events_after` first.
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
        """Stop following."""
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
                may_have_more = len(batch) >= READ_MAX  # so there may be more, of which nothing will be heard
                batch = () if may_have_more else await subscription.next(timeout_s=POLL_S)
                if not _is_next(batch, self._last):
                    batch = await self._stored(self._last)

    async def _stored(self, after: int) -> Sequence[RunEvent] | None:
        """Return what the store holds beyond `after`, or None when nothing can follow any more."""
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
    """The tails of this process, one for each run of each owner that anybody listens to."""

    def __init__(self, *, runs: RunStore, feed: RunFeed) -> None:
        self._runs = runs
        self._feed = feed
        self._followers: dict[tuple[UserId, RunId], RunFollower] = {}

    @asynccontextmanager
    async def join(self, run_id: RunId, *, owner_id: UserId, after: int) -> AsyncGenerator[RunFollower]:
        """Share the run's follower until the block ends; the first to come starts it at `after`."""
        key = (
            owner_id,
            run_id,
        )  # with the owner: a stranger's follower asks the store by itself, and is refused
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
        """Hand the event on unless it is known; return whether the listener wants to rest."""
        if event.seq <= self.seq:
            return False
        self.seq = event.seq
        self.is_full = self._listener.receive(event)
        if self.is_full:
            self.release()
        return self.is_full

    def release(self) -> None:
        """Let `RunFollower.deliver_to` return."""
        if not self.is_done.done():
            self.is_done.set_result(None)


def _is_next(batch: Sequence[RunEvent], seq: int) -> bool:
    """Return whether `batch` goes on from `seq` without a hole."""
    follows = all(later.seq == earlier.seq + 1 for earlier, later in pairwise(batch))
    return bool(batch) and batch[0].seq <= seq + 1 and follows
