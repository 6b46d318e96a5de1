"""The worker's side of the runs in memory: claims, leases, fencing tokens and lapsed runs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from netra.adapters.memory.state import MemoryState, RunEntry, unshared
from netra.domain.errors import LeaseLost, NetraError
from netra.domain.ids import ThreadId, UserId
from netra.domain.leases import has_passed, lease_end
from netra.domain.runs.events import NewEvent, RunEvent
from netra.domain.runs.lifecycle import Ending
from netra.domain.runs.model import Claim, RunState
from netra.domain.runs.transitions import Change, claimed, finished, lapsed, postponed, recorded, released
from netra.domain.threads.model import Message
from netra.ports.clock import Clock
from netra.ports.runs import Pulse


class MemoryClaims:
    """The part of `RunStore` that workers and the reaper call."""

    def __init__(self, state: MemoryState, *, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    async def claim(self, *, lease_s: float) -> Claim | None:
        """Claim the oldest ready run of the owner with the fewest running runs."""
        now = self._clock.now()
        until = lease_end(now=now, lease_s=lease_s)
        ready = (entry for entry in self._first_in_threads() if _is_ready(entry, now))
        running = self._running_by_owner()
        entry = min(ready, key=lambda ready: (running[ready.run.owner_id], ready.number), default=None)
        if entry is None:
            return None
        self._state.put(entry, claimed(entry.run, at=now))
        entry.fence += 1
        entry.lease_until = until
        return Claim(run=unshared(entry.run), fence=entry.fence)

    async def extend(self, claim: Claim, *, lease_s: float) -> Pulse:
        """Extend the lease and return whether a cancel was requested."""
        entry = self._held(claim)
        entry.lease_until = lease_end(now=self._clock.now(), lease_s=lease_s)
        return Pulse(is_cancel_requested=entry.run.is_cancel_requested)

    async def record(self, claim: Claim, events: Sequence[NewEvent], *, progress: int) -> Sequence[RunEvent]:
        """Append events and set the progress."""
        entry = self._held(claim)
        change = recorded(entry.run, events, at=self._clock.now())
        self._state.put(entry, msgspec.structs.replace(change.run, progress=progress), change.events)
        return change.events

    async def finish(
        self, claim: Claim, ending: Ending, events: Sequence[NewEvent], *, answer: Message | None
    ) -> Sequence[RunEvent]:
        """End the run."""
        entry = self._held(claim)
        change = finished(entry.run, ending, events, at=self._clock.now())
        self._state.put(entry, change.run, change.events)
        if answer is not None:
            self._state.add_message(answer, owner_id=change.run.owner_id)
        return change.events

    async def release(self, claim: Claim) -> Sequence[RunEvent]:
        """Return the run to the queue without counting the attempt, or end it as cancelled."""
        entry = self._held(claim)
        return self._let_go(entry, released(entry.run, now=self._clock.now()))

    async def postpone(self, claim: Claim, why: NetraError, *, max_attempts: int) -> Sequence[RunEvent]:
        """Let the run rest before its next attempt, or end it."""
        entry = self._held(claim)
        change = postponed(entry.run, why=why, max_attempts=max_attempts, now=self._clock.now())
        return self._let_go(entry, change)

    async def reap(self, *, max_attempts: int, limit: int = 100) -> Sequence[RunEvent]:
        """Requeue or end runs whose lease has expired."""
        now = self._clock.now()
        late = sorted(
            (entry.lease_until, entry.number, entry)
            for entry in self._state.queue.values()
            if entry.run.state is RunState.RUNNING
            and entry.lease_until is not None
            and has_passed(entry.lease_until, now=now)
        )
        ended: list[RunEvent] = []
        for _, _, entry in late[:limit]:
            ended += self._let_go(entry, lapsed(entry.run, max_attempts=max_attempts, now=now))
        return tuple(ended)

    def _let_go(self, entry: RunEntry, change: Change) -> Sequence[RunEvent]:
        self._state.put(entry, change.run, change.events)
        entry.lease_until = change.retry_at
        return change.events

    def _first_in_threads(self) -> Iterator[RunEntry]:
        """Yield the oldest live run of each thread, oldest first."""
        seen: set[tuple[UserId, ThreadId]] = set()
        for entry in self._state.queue.values():
            if entry.thread_key not in seen:
                seen.add(entry.thread_key)
                yield entry

    def _running_by_owner(self) -> Counter[UserId]:
        live = (entry.run for entry in self._state.queue.values())
        return Counter(run.owner_id for run in live if run.state is RunState.RUNNING)

    def _held(self, claim: Claim) -> RunEntry:
        entry = self._state.runs.get(claim.run.id)
        if entry is None or entry.fence != claim.fence or entry.run.state is not RunState.RUNNING:
            raise LeaseLost(f"The claim on run {claim.run.id!r} no longer holds.")
        return entry


def _is_ready(entry: RunEntry, now: datetime) -> bool:
    return entry.run.state is RunState.QUEUED and has_passed(entry.lease_until, now=now)
