"""Work on runs: claim one, let the agents answer, end it; stop as soon as the claim is lost.

The store decides every transition. `LeaseLost` means that another worker, a cancel or the reaper came
first.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Final, Protocol

import msgspec

from netra.domain.agents.model import Question, Watch
from netra.domain.errors import DeadlineExceeded, LeaseLost, NetraError, Unavailable, WorkStopped
from netra.domain.ids import MessageId
from netra.domain.optimization.result import Advice
from netra.domain.quotas import Quotas
from netra.domain.runs import events
from netra.domain.runs.headline import headline_of
from netra.domain.runs.lifecycle import Ending, RunMove
from netra.domain.runs.model import Claim
from netra.domain.runs.progress import RunWatch
from netra.domain.threads.model import Message, MessageRole
from netra.ports.clock import Clock
from netra.ports.feed import RunBell, RunFeed
from netra.ports.ids import IdSource
from netra.ports.incidents import Incidents
from netra.ports.runs import RunStore


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Intervals and timeouts of a worker, in seconds."""

    lease_s: float = 8.0  # bounds, with `reap_every_s`, the wait of a run whose worker was killed
    heartbeat_s: float = 0.5  # bounds the delay of a cancel
    poll_s: float = 1.0  # bounds the delay of a run's start when all wake-ups are lost
    reap_every_s: float = 2.0
    stop_grace_s: float = 1.0  # time for stopped work to end by itself
    drain_s: float = 5.0  # time for running work to complete during a shutdown
    outage_pause_s: float = 0.5


DEFAULT_PACE: Final = Pace()


class Agents(Protocol):
    """Answers questions."""

    async def answer(self, question: Question, watch: Watch) -> Advice:
        """Return the advice. Raises a `NetraError` that states the reason when there is no answer."""
        ...


class RunWorker:
    """Works on up to `concurrency` runs concurrently until stopped."""

    def __init__(
        self,
        *,
        runs: RunStore,
        feed: RunFeed,
        bell: RunBell,
        agents: Agents,
        clock: Clock,
        ids: IdSource,
        incidents: Incidents,
        quotas: Quotas,
        concurrency: int,
        pace: Pace = DEFAULT_PACE,
    ) -> None:
        self._runs = runs
        self._feed = feed
        self._bell = bell
        self._agents = agents
        self._clock = clock
        self._ids = ids
        self._incidents = incidents
        self._quotas = quotas
        self._concurrency = concurrency
        self._pace = pace

    async def serve(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set; then stop claiming, and finish or release the current runs."""
        ending = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            lanes = [group.create_task(self._lane(stopping, ending)) for _ in range(self._concurrency)]
            reaper = group.create_task(self._reap())
            await stopping.wait()
            for _ in lanes:
                await self._bell.notify()
            _, busy = await asyncio.wait(lanes, timeout=self._pace.drain_s) if lanes else ((), ())
            ending.set()
            if busy:
                await asyncio.wait(busy)
            reaper.cancel()

    async def run_once(self) -> bool:
        """Work on one queued run to its end; return whether there was one."""
        claim = await self._runs.claim(lease_s=self._pace.lease_s)
        if claim is None:
            return False
        await self._work(claim, asyncio.Event())
        return True

    async def _lane(self, stopping: asyncio.Event, ending: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                claim = await self._runs.claim(lease_s=self._pace.lease_s)
                if claim is None:
                    await self._bell.wait(timeout_s=self._pace.poll_s)
                else:
                    await self._work(claim, ending)
            except Exception as error:  # noqa: BLE001  # the outermost frame of a lane: it outlives every fault
                self._incidents.report(error, where="claiming a run")
                await self._clock.pause(self._pace.outage_pause_s)

    async def _reap(self) -> None:
        while True:
            try:
                ended = await self._runs.reap(max_attempts=self._quotas.max_run_attempts)
                await self._feed.publish(ended)
                if await self._runs.waiting():
                    await self._bell.notify()
            except Exception as error:  # noqa: BLE001  # the outermost frame of the reaper
                self._incidents.report(error, where="reaping runs")
            await self._clock.pause(self._pace.reap_every_s)

    async def _work(self, claim: Claim, ending: asyncio.Event) -> None:
        watch = RunWatch(claim=claim, runs=self._runs, feed=self._feed)
        try:
            advice = await self._supervised(claim, watch, ending)
            await self._complete(claim, advice, watch)
        except LeaseLost:
            return  # another worker holds the run or it has ended: do not write
        except WorkStopped:
            await self._stopped(claim, watch)
        except Unavailable as error:
            self._incidents.report(error, where="working on a run", run_id=claim.run.id)
            if not watch.is_store_down:  # else the lease expires and the reaper retries the run
                await self._postpone(claim, error)
        except NetraError as error:
            await self._fail(claim, error, watch)
        except Exception as error:  # noqa: BLE001  # the outermost frame of a run
            self._incidents.report(error, where="working on a run", run_id=claim.run.id)
            await self._fail(
                claim, NetraError("The run failed unexpectedly; its id finds the log entry."), watch
            )

    async def _supervised(self, claim: Claim, watch: RunWatch, ending: asyncio.Event) -> Advice:
        run = claim.run
        question = Question(
            owner_id=run.owner_id,
            message=run.message,
            run_id=run.id,
            thread_id=run.thread_id,
            workload_id=run.workload_id,
            parameters=run.parameters,
        )
        work = asyncio.ensure_future(self._agents.answer(question, watch))
        deadline_s = self._clock.monotonic_s() + self._quotas.run_deadline_s
        try:
            while True:
                done, _ = await asyncio.wait({work}, timeout=self._pace.heartbeat_s)
                if done:
                    return work.result()
                if ending.is_set():
                    watch.hand_back()
                elif self._clock.monotonic_s() > deadline_s:
                    watch.stop(DeadlineExceeded(f"The run took longer than {self._quotas.run_deadline_s} s."))
                else:
                    await watch.beat(lease_s=self._pace.lease_s)
                if watch.is_stopping:
                    await asyncio.wait({work}, timeout=self._pace.stop_grace_s)
                    watch.raise_if_stopping()
        finally:
            watch.stop(LeaseLost("The work on this run is over."))
            await _ended(work)

    async def _complete(self, claim: Claim, advice: Advice, watch: RunWatch) -> None:
        result = msgspec.Raw(msgspec.json.encode(advice))
        answer = Message(
            id=MessageId(self._ids.new("msg")),
            thread_id=claim.run.thread_id,
            role=MessageRole.ASSISTANT,
            content=advice.report,
            created_at=self._clock.now(),
            run_id=claim.run.id,
        )
        ending = Ending(move=RunMove.COMPLETE, result=result, headline=headline_of(advice.metrics))
        last_events = [*watch.take_pending(), events.completed(claim.run, result)]
        await self._end(claim, ending, last_events, answer=answer)

    async def _fail(self, claim: Claim, error: NetraError, watch: RunWatch) -> None:
        ending = Ending(move=RunMove.FAIL, code=error.code, message=error.message)
        await self._end(claim, ending, [*watch.take_pending(), *events.failed(claim.run, error)], answer=None)

    async def _stopped(self, claim: Claim, watch: RunWatch) -> None:
        if watch.is_handed_back:
            await self._write_last(claim, self._runs.release(claim), where="handing a run back")
        else:
            last_events = [*watch.take_pending(), events.cancelled(claim.run)]
            await self._end(claim, Ending(move=RunMove.CANCEL), last_events, answer=None)

    async def _postpone(self, claim: Claim, why: Unavailable) -> None:
        postponing = self._runs.postpone(claim, why, max_attempts=self._quotas.max_outage_attempts)
        await self._write_last(claim, postponing, where="putting a run off")

    async def _end(
        self, claim: Claim, ending: Ending, new: Sequence[events.NewEvent], *, answer: Message | None
    ) -> None:
        finishing = self._runs.finish(claim, ending, new, answer=answer)
        await self._write_last(claim, finishing, where="ending a run")

    async def _write_last(
        self, claim: Claim, last_write: Awaitable[Sequence[events.RunEvent]], *, where: str
    ) -> None:
        try:
            await self._feed.publish(await last_write)
            await self._bell.notify()  # others may take it, or what waited for its thread
        except LeaseLost:
            return
        except Unavailable as error:  # the lease expires and the reaper retries the run
            self._incidents.report(error, where=where, run_id=claim.run.id)


async def _ended(work: "asyncio.Future[Advice]") -> None:
    """Cancel `work` and wait until it ends; its outcome is ignored."""
    if not work.done():
        work.cancel()
        await asyncio.wait({work})
    if not work.cancelled():
        work.exception()
