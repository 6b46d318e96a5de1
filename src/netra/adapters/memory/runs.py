"""Stores runs in the shared memory: acceptance, reading and stopping here, the rest in `claims`."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from netra.adapters.memory.claims import MemoryClaims
from netra.adapters.memory.paging import page_of
from netra.adapters.memory.state import MemoryState, RunEntry, unshared
from netra.domain.errors import NotFound
from netra.domain.idempotency import check_fingerprint, has_expired
from netra.domain.ids import RunId, ThreadId, UserId
from netra.domain.paging import Page, PageRequest
from netra.domain.quotas import Quotas
from netra.domain.runs.admission import RunLoad, check_room
from netra.domain.runs.events import RunEvent
from netra.domain.runs.listing import EVERY_RUN, RunFilter
from netra.domain.runs.model import Accepted, Run, RunState
from netra.domain.runs.transitions import recorded, stopped
from netra.domain.threads.model import Thread
from netra.ports.clock import Clock
from netra.ports.runs import NewRun


class MemoryRunStore(MemoryClaims):
    """`RunStore` over the state shared with `MemoryThreadStore`; leases are timed by `clock`."""

    def __init__(self, state: MemoryState, *, clock: Clock) -> None:
        super().__init__(state, clock=clock)

    async def accept(self, new: NewRun, *, quotas: Quotas) -> Accepted:
        """Store run, thread, question and first event, or return the earlier run of the same key."""
        first = self._first_with_key(new)
        if first is not None:
            return Accepted(run=unshared(first.run), thread_created=first.has_made_thread, is_replay=True)
        check_room(self._load(new.run), quotas=quotas)
        return self._store(new)

    async def get(self, run_id: RunId, *, owner_id: UserId) -> Run:
        """Return the run."""
        return unshared(self._owned(run_id, owner_id).run)

    async def page(
        self, *, owner_id: UserId, request: PageRequest, chosen: RunFilter = EVERY_RUN
    ) -> Page[Run]:
        """Return the runs that `chosen` admits, without their results, newest first."""
        runs = (
            msgspec.structs.replace(unshared(entry.run), result=None)
            for entry in self._state.runs.values()
            if entry.run.owner_id == owner_id and chosen.admits(entry.run)
        )
        return page_of(runs, request, key=lambda run: (run.created_at, run.id))

    async def live(self, *, owner_id: UserId, thread_id: ThreadId | None = None) -> Sequence[RunId]:
        """Return the ids of runs that have not ended, oldest first."""
        return tuple(
            entry.run.id
            for entry in self._state.queue.values()
            if entry.run.owner_id == owner_id and thread_id in {None, entry.run.thread_id}
        )[:100]

    async def events(
        self, run_id: RunId, *, owner_id: UserId, after: int, limit: int = 1_000
    ) -> Sequence[RunEvent]:
        """Return events with `seq` above `after`, in order."""
        first = max(after, 0)
        return tuple(self._owned(run_id, owner_id).events[first : first + limit])

    async def stop(self, run_id: RunId, *, owner_id: UserId) -> tuple[Run, Sequence[RunEvent]]:
        """Cancel the run, or request that its worker cancels it."""
        entry = self._owned(run_id, owner_id)
        change = stopped(entry.run, lease_until=entry.lease_until, now=self._clock.now())
        self._state.put(entry, change.run, change.events)
        return unshared(change.run), change.events

    async def queue_position(self, run_id: RunId, *, owner_id: UserId) -> int | None:
        """Return the run's position among all queued runs, or None."""
        entry = self._state.find(run_id, owner_id=owner_id)
        if entry is None or entry.run.state is not RunState.QUEUED:
            return None
        queued = (one for one in self._state.queue.values() if one.run.state is RunState.QUEUED)
        return sum(one.number <= entry.number for one in queued)

    async def waiting(self) -> int:
        """Return how many runs are queued."""
        return sum(entry.run.state is RunState.QUEUED for entry in self._state.queue.values())

    async def clock(self) -> datetime:
        """Return the store's current time, by which leases are judged."""
        return self._clock.now()

    def _first_with_key(self, new: NewRun) -> RunEntry | None:
        if new.idempotency_key is None:
            return None
        run_id = self._state.keys.get((new.run.owner_id, new.idempotency_key))
        if run_id is None:
            return None
        entry = self._state.runs[run_id]
        if has_expired(entry.run.created_at, now=new.run.created_at):
            del self._state.keys[new.run.owner_id, new.idempotency_key]
            entry.idempotency_key = None
            return None
        check_fingerprint(entry.fingerprint, key=new.idempotency_key, fingerprint=new.fingerprint)
        return entry

    def _load(self, run: Run) -> RunLoad:
        key = run.owner_id, run.thread_id
        live = [entry for entry in self._state.queue.values() if entry.run.owner_id == run.owner_id]
        in_thread = [entry for entry in live if entry.thread_key == key]
        return RunLoad(
            thread_messages=len(self._state.messages.get(key, ())),
            thread_live_runs=len(in_thread),
            thread_waiting_runs=sum(entry.run.state is RunState.QUEUED for entry in in_thread),
            owner_live_runs=len(live),
            all_live_runs=len(self._state.queue),
        )

    def _store(self, new: NewRun) -> Accepted:
        state, key = self._state, (new.run.owner_id, new.run.thread_id)
        has_made_thread = key not in state.threads
        if has_made_thread:
            state.threads[key] = Thread(
                id=new.run.thread_id,
                owner_id=new.run.owner_id,
                title=new.thread_title,
                created_at=new.run.created_at,
                updated_at=new.run.created_at,
            )
            state.messages[key] = []
        state.add_message(new.question, owner_id=new.run.owner_id)
        change = recorded(unshared(new.run), [new.first_event], at=new.run.created_at)
        state.accepted += 1
        entry = RunEntry(
            run=change.run,
            number=state.accepted,
            has_made_thread=has_made_thread,
            events=list(change.events),
            fingerprint=new.fingerprint,
            idempotency_key=new.idempotency_key,
        )
        state.runs[entry.run.id] = state.queue[entry.run.id] = entry
        if new.idempotency_key is not None:
            state.keys[new.run.owner_id, new.idempotency_key] = entry.run.id
        return Accepted(run=unshared(entry.run), thread_created=has_made_thread)

    def _owned(self, run_id: RunId, owner_id: UserId) -> RunEntry:
        entry = self._state.find(run_id, owner_id=owner_id)
        if entry is None:
            raise NotFound("run", run_id)
        return entry
