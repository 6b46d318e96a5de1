"""Following a run by server-sent events without a server: heartbeats, ends, slow readers, event ids."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.conftest import SteppedClock

from netra.domain.errors import NotFound, ValidationFailed
from netra.domain.ids import RunId
from netra.domain.runs.events import updated
from netra.domain.runs.model import StopRun
from netra.domain.runs.service import RunService
from netra.domain.users.model import Principal
from netra.entrypoints.http.event_reader import (
    ENDED_CHECKS_MAX,
    HEARTBEAT_S,
    STUCK_CHECKS_MAX,
    WAITING_MAX,
    EventReader,
)
from netra.entrypoints.http.streaming import seq_of
from netra.entrypoints.live_connections import LiveConnections

from .conftest import House, scope_of

QUIET = b": still here\n\n"


@dataclass
class Wire:
    """The server's side of one answer: takes what is sent while `takes` is set."""

    chunks: list[bytes] = field(default_factory=list)
    takes: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    has_news: asyncio.Event = field(default_factory=asyncio.Event)
    is_complete: bool = False
    is_aborted: bool = False

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.takes.wait()
        if message["type"] == "http.response.body":
            self.chunks.append(message["body"])
            self.is_complete = not message["more_body"]
            self.has_news.set()

    def abort(self) -> None:
        self.is_aborted = True
        self.left.set()

    async def until(self, count: int) -> None:
        """Return once so many chunks were sent."""
        async with asyncio.timeout(10):
            while len(self.chunks) < count:
                self.has_news.clear()
                await self.has_news.wait()


@dataclass
class Reading:
    """A reader that is being served."""

    reader: EventReader
    wire: Wire
    task: asyncio.Task[None]
    clock: SteppedClock

    async def over(self) -> None:
        async with asyncio.timeout(10):
            await self.task


@asynccontextmanager
async def reading(
    house: House, run_id: str, *, after: int = 0, heartbeat_s: float = HEARTBEAT_S, lasts_s: float = 3_600
) -> AsyncGenerator[Reading]:
    clock, wire = SteppedClock(), Wire()
    wire.takes.set()
    principal: Principal = msgspec.structs.replace(
        house.principal, expires_at=clock.now() + timedelta(seconds=lasts_s)
    )
    reader = EventReader(
        principal,
        RunId(run_id),
        after=after,
        runs=runs_of(house),
        clock=clock,
        heartbeat_s=heartbeat_s,
    )
    task = asyncio.create_task(reader.serve(wire.receive, wire.send, abort=wire.abort))
    yield Reading(reader, wire, task, clock)
    wire.left.set()
    await asyncio.wait({task})


def runs_of(house: House) -> RunService:
    return house.app._switchboard.services.run_service()  # the application's own, with its tails


async def stop(house: House, run_id: str) -> None:
    await runs_of(house).stop(StopRun(owner_id=house.principal.user_id, run_id=RunId(run_id)))


async def test_a_quiet_run_is_kept_alive_until_it_ends(house: House) -> None:
    run_id = await house.run_id()
    async with reading(house, run_id, heartbeat_s=0) as one:
        await one.wire.until(3)
        await stop(house, run_id)
        await one.over()
    told = [chunk for chunk in one.wire.chunks if chunk not in {QUIET, b""}]
    assert told[0].startswith(b"id: 1\nevent: agent_update\ndata: {")
    assert QUIET in one.wire.chunks
    assert told[-1].startswith(b"id: 2\nevent: agent_result\ndata: {")
    assert one.wire.is_complete


@pytest.mark.parametrize("way", ["end_session", "drain"])
async def test_a_stream_that_is_told_to_end_does_so_completely(house: House, way: str) -> None:
    async with reading(house, await house.run_id()) as one:
        await one.wire.until(1)
        getattr(one.reader, way)()
        await one.over()
        assert one.wire.is_complete
        assert not one.wire.is_aborted


async def test_a_stream_ends_at_the_end_of_its_token_and_not_before(house: House) -> None:
    async with reading(house, await house.run_id(), lasts_s=2) as one:
        await one.wire.until(1)
        one.clock.turn(1)
        one.reader.check()
        await asyncio.sleep(0)
        assert not one.wire.is_complete
        one.clock.turn(1)
        one.reader.check()
        await one.over()
        assert one.wire.is_complete


async def test_a_reader_that_takes_nothing_is_dropped_after_a_bounded_number_of_checks(house: House) -> None:
    async with reading(house, await house.run_id()) as one:
        one.wire.takes.clear()
        for _ in range(STUCK_CHECKS_MAX):
            await asyncio.sleep(0)
            one.reader.check()
        assert not one.wire.is_aborted
        for _ in range(2):
            one.reader.check()
        await one.over()
        assert one.wire.is_aborted


async def test_a_reader_that_takes_nothing_does_not_outlive_its_session(house: House) -> None:
    async with reading(house, await house.run_id()) as one:
        one.wire.takes.clear()
        await asyncio.sleep(0)
        one.reader.end_session()
        for _ in range(ENDED_CHECKS_MAX + 2):
            await asyncio.sleep(0)
            one.reader.check()
        await one.over()
        assert one.wire.is_aborted


async def test_a_reader_that_goes_on_taking_is_never_dropped(house: House) -> None:
    async with reading(house, await house.run_id(), heartbeat_s=0) as one:
        for count in range(1, 2 * STUCK_CHECKS_MAX):
            await one.wire.until(count)
            one.reader.check()
        assert not one.wire.is_aborted


async def test_events_for_a_slow_reader_are_bounded_and_reach_it_all_once_it_reads(house: House) -> None:
    run_id = await house.run_id()
    ports = house.app._switchboard.services.ports()
    claim = await ports.runs.claim(lease_s=60)
    while claim is not None and claim.run.id != run_id:
        claim = await ports.runs.claim(lease_s=60)
    assert claim is not None
    async with reading(house, run_id) as one:
        await one.wire.until(1)
        one.wire.takes.clear()
        count = 4 * WAITING_MAX
        for number in range(count):
            events = [updated(claim.run, agent="A", message=f"m{number}", progress=1)]
            await ports.feed.publish(await ports.runs.record(claim, events, progress=1))
            await asyncio.sleep(0)
        assert len(one.reader._waiting) <= WAITING_MAX
        one.wire.takes.set()
        await one.wire.until(count + 1)
        ids = [int(chunk.split(b"\n")[0][4:]) for chunk in one.wire.chunks]
        assert ids == list(range(1, count + 2))


async def test_a_run_that_is_not_the_readers_is_not_followed(house: House) -> None:
    async with reading(house, "run-of-another") as one:
        with pytest.raises(ExceptionGroup) as raised:
            await one.over()
        assert raised.group_contains(NotFound)


async def test_a_reader_who_leaves_leaves_nothing_behind(house: House) -> None:
    run_id = await house.run_id()
    sent: list[Any] = []
    waiting = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        return next(waiting, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    token = house.client.headers["Authorization"].encode()
    scope = scope_of("GET", f"/api/agent/stream/{run_id}", [(b"authorization", token)])
    await house.app(scope, receive, send)
    assert sent[0]["status"] == 200
    assert house.incidents.errors == []


async def test_a_drain_ends_streams_and_waits_for_them(house: House) -> None:
    connections = LiveConnections(most=9, most_per_user=1)
    async with reading(house, await house.run_id()) as one:

        async def held() -> None:
            with connections.holding(one.reader):
                connections.seat(one.reader, one.reader.principal)
                await one.over()

        async with asyncio.TaskGroup() as group:
            group.create_task(held())
            await one.wire.until(1)
            assert len(connections) == 1
            await connections.drain()
            assert len(connections) == 0
    assert one.wire.is_complete


@pytest.mark.parametrize(("text", "seq"), [(None, 0), ("0", 0), ("7", 7), ("007", 7), ("0000000007", 7)])
def test_an_event_id_is_a_decimal_number(text: str | None, seq: int) -> None:
    assert seq_of(text, most=7) == seq


@pytest.mark.parametrize(
    "text",
    [
        "8",
        "-1",
        "+1",
        "1.0",
        "1e0",
        "0x1",
        "1_0",
        "",
        " ",
        " 1",
        "1\n",
        "²",
        "١",
        "１",
        "00000000001",
        "9" * 400,
    ],
)
def test_what_is_no_decimal_number_of_an_event_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed):
        seq_of(text, most=7)
