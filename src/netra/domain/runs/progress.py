"""Report the agents' progress on a run, and stop them."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from netra.domain.agents.model import Stage
from netra.domain.errors import NetraError, Unavailable, WorkStopped
from netra.domain.runs.events import NewEvent, text_emitted, updated
from netra.domain.runs.model import Claim
from netra.ports.feed import RunFeed
from netra.ports.runs import RunStore


class RunWatch:
    """The watch of one claim: stages become stored events, checkpoints become progress at the next heartbeat.

    Events are recorded in order, one write at a time. Progress never decreases, neither within an attempt,
    where a heartbeat and a stage may report concurrently, nor between attempts.

    `checkpoint` may be called from another thread: it only reads and writes single attributes.
    """

    def __init__(self, *, claim: Claim, runs: RunStore, feed: RunFeed) -> None:
        self._claim = claim
        self._runs = runs
        self._feed = feed
        self._agent = ""
        self._span = (0, 0)
        self._progress = claim.run.progress
        self._seen: tuple[float, str] | None = None
        self._message = ""
        self._pending: list[NewEvent] = []
        self._record_lock = asyncio.Lock()
        self._stop: NetraError | None = None
        self._stopping = asyncio.Event()
        self.is_handed_back = False
        self.is_store_down = False  # the store failed; this claim must not write again

    @property
    def is_stopping(self) -> bool:
        """Return whether the work must stop."""
        return self._stop is not None

    def stop(self, reason: NetraError) -> None:
        """Make the next `start_stage` or `checkpoint` raise `reason`; later reasons are ignored."""
        if self._stop is None:
            self._stop = reason
            self._stopping.set()

    def hand_back(self) -> None:
        """Stop because this process shuts down; the run is released to the queue."""
        if self._stop is None:
            self.is_handed_back = True
            self._stop = WorkStopped("The worker is ending; the run goes back to the queue.")
            self._stopping.set()

    def raise_if_stopping(self) -> None:
        """Raise the reason to stop, if any."""
        if self._stop is not None:
            raise self._stop

    async def start_stage(self, *, agent: str, message: str, progress: int, until: int) -> None:
        """Store and publish the start of `agent`'s stage."""
        self.raise_if_stopping()
        self._agent, self._span, self._seen, self._message = agent, (progress, until), None, message
        await self._report(message, progress)

    async def skip_stages(self, *stages: Stage) -> None:
        """Buffer events of stages without work; they are stored with the next event."""
        self.raise_if_stopping()
        last = stages[-1]
        self._agent, self._span, self._seen = last.agent, (last.progress, last.until), None
        self._pending += [self._at(one.progress, agent=one.agent, message=one.message) for one in stages]

    def take_pending(self) -> Sequence[NewEvent]:
        """Return and clear the buffered events; the caller stores them."""
        pending, self._pending = self._pending, []
        return pending

    async def emit_text(self, text: str, *, attempt: int, at: int) -> None:
        """Store and publish the next part of the answer."""
        self.raise_if_stopping()
        event = text_emitted(
            self._claim.run,
            agent=self._agent,
            message=self._message,
            progress=self._progress,
            text=text,
            attempt=attempt,
            at=at,
        )
        await self._record(event)

    async def wait_for_stop(self) -> None:
        """Return when the work must stop."""
        await self._stopping.wait()

    def checkpoint(self, done: float, doing: str) -> None:
        """Keep the progress for the next heartbeat."""
        if self._stop is not None:
            raise self._stop
        self._seen = (done, doing)

    async def beat(self, *, lease_s: float) -> None:
        """Extend the lease, check for a cancel request, and report progress since the last heartbeat."""
        with self._noting_outage():
            pulse = await self._runs.extend(self._claim, lease_s=lease_s)
        if pulse.is_cancel_requested:
            self.stop(WorkStopped("The run was cancelled."))
            return
        seen = self._seen
        if (
            seen is None or self._record_lock.locked()
        ):  # a write is under way: skip, the next heartbeat follows soon
            return
        begin, end = self._span
        progress = begin + int((end - begin) * min(max(seen[0], 0.0), 1.0))
        if progress > self._progress:
            await self._report(seen[1], progress)

    async def _report(self, message: str, progress: int) -> None:
        await self._record(self._at(progress, agent=self._agent, message=message))

    def _at(self, progress: int, *, agent: str, message: str) -> NewEvent:
        self._progress = max(self._progress, progress)
        return updated(self._claim.run, agent=agent, message=message, progress=self._progress)

    async def _record(self, event: NewEvent) -> None:
        new, progress = [*self.take_pending(), event], self._progress
        async with self._record_lock:
            with self._noting_outage():
                stored = await self._runs.record(self._claim, new, progress=progress)
            await self._feed.publish(stored)

    @contextmanager
    def _noting_outage(self) -> Generator[None]:
        try:
            yield
        except Unavailable:
            self.is_store_down = True
            raise
