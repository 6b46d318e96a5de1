"""Start, follow and stop runs; used by HTTP and WebSocket."""

from collections.abc import AsyncGenerator
from typing import Final

from netra.domain.errors import AmbiguousRun
from netra.domain.ids import MessageId, RunId, ThreadId, UserId
from netra.domain.paging import Page, PageRequest
from netra.domain.quotas import Quotas
from netra.domain.runs.events import RunEvent, updated
from netra.domain.runs.follow import RunFollowers, RunListener
from netra.domain.runs.listing import EVERY_RUN, RunFilter
from netra.domain.runs.model import Accepted, Run, RunState, StartRun, StopRun
from netra.domain.runs.rules import check_question, title_of
from netra.domain.threads.model import Message, MessageRole
from netra.ports.clock import Clock
from netra.ports.feed import RunBell, RunFeed
from netra.ports.ids import IdSource
from netra.ports.runs import NewRun, RunStore

FIRST_AGENT: Final = "TriageSubAgent"


class RunService:
    """Manages runs; every call names the owner."""

    def __init__(
        self,
        *,
        runs: RunStore,
        feed: RunFeed,
        bell: RunBell,
        clock: Clock,
        ids: IdSource,
        quotas: Quotas,
    ) -> None:
        self._runs = runs
        self._feed = feed
        self._bell = bell
        self._clock = clock
        self._ids = ids
        self._quotas = quotas
        self._followers = RunFollowers(runs=runs, feed=feed)

    async def start(self, command: StartRun) -> Accepted:
        """Accept a run durably. Raises `ValidationFailed` and what `RunStore.accept` raises."""
        check_question(command, quotas=self._quotas)
        accepted = await self._runs.accept(self._new_run(command), quotas=self._quotas)
        if not accepted.is_replay:
            await self._bell.notify()
        return accepted

    async def get(self, run_id: RunId, *, owner_id: UserId) -> Run:
        """Return the run. Raises `NotFound`."""
        return await self._runs.get(run_id, owner_id=owner_id)

    async def history(
        self, *, owner_id: UserId, request: PageRequest, chosen: RunFilter = EVERY_RUN
    ) -> Page[Run]:
        """Return the owner's runs that `chosen` admits, newest first, without their results."""
        return await self._runs.page(owner_id=owner_id, request=request, chosen=chosen)

    async def queue_position(self, run: Run) -> int | None:
        """Return the run's position among all queued runs, 1 for the oldest; None unless it is queued.

        An estimate of its turn: workers take runs fairly between owners, see `RunStore.claim`.
        """
        if run.state is not RunState.QUEUED:
            return None
        return await self._runs.queue_position(run.id, owner_id=run.owner_id)

    async def stop(self, command: StopRun) -> Run:
        """Cancel a run and return its new state; a run that has ended is unchanged.

        Raises `NotFound`; without an id `AmbiguousRun` unless exactly one run is live.
        """
        run_id = command.run_id or await self._only_live(command.owner_id)
        run, events = await self._runs.stop(run_id, owner_id=command.owner_id)
        await self._feed.publish(events)
        return run

    async def follow(self, run_id: RunId, *, owner_id: UserId, after: int = 0) -> AsyncGenerator[RunEvent]:
        """Yield the run's events above `after`, in order, without gap or repeat, up to the last.

        Live events come from one shared follower per run. Events that the feed lost are read from the store
        within `follow.POLL_S`. Ends immediately if no more events can follow. Raises `NotFound` at the first
        step.
        """
        seq = after
        async with self._followers.join(run_id, owner_id=owner_id, after=after) as follower:
            while batch := await follower.events_after(seq):
                for event in batch:
                    seq = event.seq
                    yield event
                    if event.is_last:
                        return

    async def deliver(self, listener: RunListener, run_id: RunId, *, owner_id: UserId, after: int) -> None:
        """Deliver the events of `follow` to `listener`; return after the last event.

        Events are delivered by the task that reads them, without a wake-up per event and listener.
        """
        seq = after
        async with self._followers.join(run_id, owner_id=owner_id, after=after) as follower:
            while batch := await follower.events_after(seq):
                for event in batch:
                    seq = event.seq
                    if listener.receive(event):
                        await listener.wait_until_ready()
                    if event.is_last:
                        return
                seq = await follower.deliver_to(listener, after=seq)

    async def _only_live(self, owner_id: UserId) -> RunId:
        live = await self._runs.live(owner_id=owner_id)
        if len(live) != 1:
            raise AmbiguousRun(
                f"{len(live)} runs are live; name the one to stop with run_id.", live_runs=len(live)
            )
        return live[0]

    def _new_run(self, command: StartRun) -> NewRun:
        now = self._clock.now()
        run = Run(
            id=RunId(self._ids.new("run")),
            owner_id=command.owner_id,
            thread_id=command.thread_id or ThreadId(self._ids.new("thread")),
            message=command.message,
            created_at=now,
            workload_id=command.workload_id,
            parameters=command.parameters,
            client_ref=command.client_ref,
        )
        question = Message(
            id=MessageId(self._ids.new("msg")),
            thread_id=run.thread_id,
            role=MessageRole.USER,
            content=command.message,
            created_at=now,
            run_id=run.id,
        )
        return NewRun(
            run=run,
            thread_title=title_of(command.message),
            question=question,
            first_event=updated(
                run, agent=FIRST_AGENT, message="Accepted; waiting for a worker.", progress=0
            ),
            idempotency_key=command.idempotency_key,
            fingerprint=command.fingerprint,
        )
