"""Connections over memory adapters: their services, and both ends of a wire without a socket."""

import asyncio
import json
from collections.abc import AsyncGenerator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.waiting import happens

from netra.adapters.local.bell import LocalRunBell
from netra.adapters.local.feed import LocalRunFeed
from netra.adapters.local.ids import RandomIdSource
from netra.adapters.local.rate_limiter import LocalRateLimiter
from netra.adapters.memory.audit_trail import MemoryAuditTrail
from netra.adapters.memory.call_log import MemoryEventLog
from netra.adapters.memory.runs import MemoryRunStore
from netra.adapters.memory.state import MemoryState
from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.domain.audit.journal import SecurityJournal
from netra.domain.ids import RunId, SessionId, ThreadId, UserId
from netra.domain.quotas import Quotas, RequestRateLimits
from netra.domain.runs.events import RunEvent, completed, updated
from netra.domain.runs.lifecycle import Ending, RunMove
from netra.domain.runs.model import Claim, Run, RunState
from netra.domain.runs.service import RunService
from netra.domain.users.model import Principal
from netra.domain.workloads.service import WorkloadService
from netra.domain.workloads.watching import WorkloadWatch
from netra.entrypoints.websocket.pump import Connection, Services

NOW = datetime(2024, 1, 1, tzinfo=UTC)


class Sessions:
    """The users of these tests: signed in until their session is ended."""

    def __init__(self) -> None:
        self._ended: set[SessionId] = set()

    async def end(self, session_id: SessionId) -> None:
        self._ended.add(session_id)

    async def is_signed_in(self, principal: Principal) -> bool:
        return principal.session_id not in self._ended


class HeardIncidents:
    """Keeps what was reported."""

    def __init__(self) -> None:
        self.heard: list[BaseException] = []

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        self.heard.append(error)


class Wire:
    """The server's side of ASGI: what the client says goes in, what it would hear comes out."""

    def __init__(self) -> None:
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.reads = asyncio.Event()
        self.reads.set()
        self.fault: Exception | None = None

    async def receive(self) -> dict[str, Any]:
        return await self._said.get()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        await self.reads.wait()
        if self.fault is not None:
            raise self.fault
        self._heard.put_nowait(dict(message))
        if message["type"] == "websocket.close":
            self._said.put_nowait({"type": "websocket.disconnect", "code": message["code"]})

    def say(self, message: object) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    def say_text(self, text: str) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": text})

    def say_bytes(self, data: bytes) -> None:
        self._said.put_nowait({"type": "websocket.receive", "bytes": data})

    def leave(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1005})

    async def heard(self) -> dict[str, Any]:
        """Return the next frame, decoded; a close comes as it is."""
        message = await happens(self._heard.get(), "a frame")
        return json.loads(message["text"]) if message["type"] == "websocket.send" else message

    async def heard_until_close(self) -> list[dict[str, Any]]:
        frames = [await self.heard()]
        while frames[-1]["type"] != "websocket.close":
            frames.append(await self.heard())
        return frames

    def is_silent(self) -> bool:
        return self._heard.empty()


class Stack:
    """Services over memory, and the hands of a worker."""

    def __init__(self, clock: Any, limits: RequestRateLimits) -> None:
        self.clock = clock
        self.feed = LocalRunFeed()
        self.store = MemoryRunStore(MemoryState(), clock=clock)
        users: Any = Sessions()
        self.sessions = users
        self.incidents = HeardIncidents()
        ids = RandomIdSource(clock=clock)
        runs = RunService(
            runs=self.store, feed=self.feed, bell=LocalRunBell(), clock=clock, ids=ids, quotas=Quotas()
        )
        self.workload_store = MemoryWorkloadStore(clock=clock)
        self.event_log = MemoryEventLog(self.workload_store)
        self.workloads = WorkloadService(
            workloads=self.workload_store,
            log=self.event_log,
            outbox=None,
            clock=clock,
            ids=ids,
            quotas=Quotas(),
            incidents=self.incidents,
        )
        limiter = LocalRateLimiter(limits, clock=clock)
        journal = SecurityJournal(trail=MemoryAuditTrail(), clock=clock, ids=ids)
        self.services = Services(
            runs=runs,
            watch=WorkloadWatch(workloads=self.workloads, clock=clock),
            users=users,
            limiter=limiter,
            clock=clock,
            incidents=self.incidents,
            journal=journal,
        )

    async def principal(self, user: int = 1, *, session: str = "ses-1", lasts_s: int = 3600) -> Principal:
        """Return someone who is signed in."""
        expires_at = self.clock.now() + timedelta(seconds=lasts_s)
        return Principal(user_id=UserId(user), session_id=SessionId(session), expires_at=expires_at)

    @asynccontextmanager
    async def connected(self, principal: Principal) -> AsyncGenerator[tuple[Wire, Connection]]:
        """Serve a connection whose status has been heard until the block ends."""
        wire = Wire()
        connection = Connection(self.services, receive=wire.receive, send=wire.send)

        async def sign_in() -> Principal:
            return principal

        async with asyncio.TaskGroup() as group:
            task = group.create_task(connection.run(sign_in))
            assert (await wire.heard())["type"] == "status"
            yield wire, connection
            wire.leave()
            await task

    def new_wire(self) -> Wire:
        return Wire()

    async def claim(self) -> Claim:
        """Take the next run as its worker."""
        claim = await self.store.claim(lease_s=60)
        assert claim is not None
        return claim

    async def progress(self, claim: Claim, *percents: int) -> None:
        """Record and publish one update a percentage, all at once."""
        events = [updated(claim.run, agent="A", message="m", progress=percent) for percent in percents]
        await self.feed.publish(await self.store.record(claim, events, progress=percents[-1]))

    async def complete(self, claim: Claim) -> None:
        """End the run with an empty result."""
        result = msgspec.Raw(b"{}")
        ending = Ending(move=RunMove.COMPLETE, result=result)
        ended = await self.store.finish(claim, ending, [completed(claim.run, result)], answer=None)
        await self.feed.publish(ended)


@pytest.fixture
def limits() -> RequestRateLimits:
    """Return limits that most tests never meet."""
    return RequestRateLimits(agent=1_000, websocket=10_000)


@pytest.fixture
def stack(clock: Any, limits: RequestRateLimits) -> Stack:
    """Return fresh services."""
    return Stack(clock, limits)


@pytest.fixture
def wire() -> Wire:
    """Return a wire nobody is on yet."""
    return Wire()


@pytest.fixture
def run() -> Run:
    """Return a run of user 1 that works, three events old."""
    return Run(
        id=RunId("run-1"),
        owner_id=UserId(1),
        thread_id=ThreadId("thread-1"),
        message="m",
        created_at=NOW,
        state=RunState.RUNNING,
        last_seq=3,
        client_ref="ref-1",
    )


@pytest.fixture
def events(run: Run) -> Sequence[RunEvent]:
    """Return a thousand numbered updates of `run`."""
    return [
        RunEvent(run_id=run.id, seq=seq, kind=event.kind, at=NOW, data=event.data)
        for seq in range(1, 1_001)
        for event in [updated(run, agent="A", message=f"m{seq}", progress=1)]
    ]
