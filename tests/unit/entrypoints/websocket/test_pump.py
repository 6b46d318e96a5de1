"""A connection in motion, over memory: what the client hears for what it says."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest
from tests.faults.virtual import virtually
from tests.waiting import until

from netra.domain.errors import NetraError, Unauthorized, Unavailable
from netra.domain.ids import RunId
from netra.domain.quotas import RequestRateLimits
from netra.domain.runs.events import EventKind, RunEvent
from netra.domain.runs.follow import RunListener
from netra.domain.runs.model import Run, StartRun
from netra.domain.users.model import Principal
from netra.entrypoints.websocket.pump import STUCK_CHECKS_MAX, Connection

ASK = {"type": "optimization_request", "id": "c-1", "data": {"message": "Make it cheaper"}}


def refusing(error: BaseException) -> Callable[[], Awaitable[Principal]]:
    async def sign_in() -> Principal:
        raise error

    return sign_in


async def refused(stack: Any, wire: Any, error: BaseException) -> list[dict[str, Any]]:
    connection = Connection(stack.services, receive=wire.receive, send=wire.send)
    await connection.run(refusing(error))
    frames: list[dict[str, Any]] = await wire.heard_until_close()
    return frames


async def test_a_refused_sign_in_is_told_and_closed(stack: Any, wire: Any) -> None:
    told, closed = await refused(stack, wire, Unauthorized("Who are you?"))
    assert (told["data"]["code"], closed["code"]) == ("UNAUTHORIZED", 4000)
    assert stack.incidents.heard == []


@virtually
async def test_a_sign_in_that_takes_too_long_is_closed(stack: Any, wire: Any) -> None:
    connection = Connection(stack.services, receive=wire.receive, send=wire.send)
    await connection.run(asyncio.Event().wait)  # type: ignore[arg-type]
    told, closed = await wire.heard_until_close()
    assert (told["data"]["code"], closed["code"]) == ("TIMEOUT", 1011)


async def test_a_database_that_is_away_closes_with_1011_and_is_no_refusal(stack: Any, wire: Any) -> None:
    told, closed = await refused(stack, wire, Unavailable("The database does not answer."))
    assert (told["data"]["code"], closed["code"]) == ("SERVICE_UNAVAILABLE", 1011)


async def test_a_fault_of_ours_is_reported_and_closes_with_1011_without_its_text(
    stack: Any, wire: Any
) -> None:
    told, closed = await refused(stack, wire, ZeroDivisionError("secret"))
    assert (told["data"]["code"], closed["code"]) == ("INTERNAL_ERROR", 1011)
    assert "secret" not in str(told) + str(closed)
    assert len(stack.incidents.heard) == 1


async def test_a_fault_of_ours_after_the_client_has_left_is_reported_all_the_same(
    stack: Any, wire: Any
) -> None:
    wire.fault = OSError("gone")
    connection = Connection(stack.services, receive=wire.receive, send=wire.send)
    await connection.run(refusing(ZeroDivisionError()))
    assert len(stack.incidents.heard) == 1


async def test_a_run_is_heard_from_its_first_event_to_its_result(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say(ASK)
        first = await wire.heard()
        claim = await stack.claim()
        await stack.progress(claim, 10, 20)
        await stack.complete(claim)
        frames = [first, *[await wire.heard() for _ in range(3)]]
    assert [frame["type"] for frame in frames] == ["agent_update"] * 3 + ["agent_result"]
    assert [frame["data"]["seq"] for frame in frames] == [1, 2, 3, 4]
    assert first["data"]["progress"] == 0
    assert all(frame["data"]["request_id"] == "c-1" for frame in frames)
    assert {frame["data"]["run_id"] for frame in frames} == {claim.run.id}
    assert {frame["data"]["thread_id"] for frame in frames} == {claim.run.thread_id}


async def test_reading_goes_on_while_a_run_does(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say(ASK)
        await wire.heard()
        wire.say({"type": "ping"})
        assert (await wire.heard())["type"] == "pong"


async def test_two_runs_are_heard_on_one_connection(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say({**ASK, "id": "one"})
        wire.say({**ASK, "id": "two"})
        first = [await wire.heard() for _ in range(2)]
        for _ in range(2):
            await stack.complete(await stack.claim())
        last = [await wire.heard() for _ in range(2)]
    assert {frame["data"]["request_id"] for frame in first} == {"one", "two"}
    assert {frame["data"]["request_id"] for frame in last} == {"one", "two"}
    assert {frame["type"] for frame in last} == {"agent_result"}


async def test_leaving_cancels_nothing(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say(ASK)
        await wire.heard()
    await stack.complete(await stack.claim())
    assert stack.incidents.heard == []


async def test_coming_back_tells_what_was_missed_without_gap_or_repeat(stack: Any) -> None:
    who = await stack.principal()
    async with stack.connected(who) as (wire, _):
        wire.say(ASK)
        await wire.heard()
        claim = await stack.claim()
        await stack.progress(claim, 10)
        assert (await wire.heard())["data"]["seq"] == 2
    await stack.progress(claim, 20, 30)
    async with stack.connected(who) as (wire, _):
        wire.say({"type": "subscribe", "data": {"run_id": claim.run.id, "after": 2}})
        missed = [(await wire.heard())["data"]["seq"] for _ in range(2)]
        await stack.complete(claim)
        last = await wire.heard()
    assert missed == [3, 4]
    assert (last["type"], last["data"]["seq"]) == ("agent_result", 5)


async def test_subscribing_again_begins_again(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say(ASK)
        first = await wire.heard()
        wire.say({"type": "subscribe", "data": {"run_id": first["data"]["run_id"]}})
        assert await wire.heard() == first
        await stack.complete(await stack.claim())
        assert (await wire.heard())["type"] == "agent_result"
        wire.say({"type": "ping"})
        assert (await wire.heard())["type"] == "pong"


async def test_a_strangers_run_does_not_exist(stack: Any) -> None:
    async with stack.connected(await stack.principal(1)) as (wire, _):
        wire.say(ASK)
        run_id = (await wire.heard())["data"]["run_id"]
    async with stack.connected(await stack.principal(2, session="ses-2")) as (wire, _):
        for kind in ("subscribe", "stop_processing"):
            wire.say({"type": kind, "id": "c-2", "data": {"run_id": run_id}})
            told = await wire.heard()
            assert (told["type"], told["data"]["code"]) == ("error", "NOT_FOUND")
            assert (told["data"]["run_id"], told["data"]["request_id"]) == (run_id, "c-2")


async def test_stopping_a_waiting_run_ends_it_at_once(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say(ASK)
        await wire.heard()
        wire.say({"type": "stop_processing"})
        last = await wire.heard()
    assert last["type"] == "agent_result"
    assert (last["data"]["success"], last["data"]["cancelled"]) == (False, True)


async def test_stopping_without_a_name_when_none_or_several_run_is_ambiguous(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say({"type": "stop_processing", "data": {}})
        assert (await wire.heard())["data"]["code"] == "AMBIGUOUS_RUN"
        wire.say(ASK)
        wire.say({**ASK, "id": "c-2"})
        await wire.heard()
        await wire.heard()
        wire.say({"type": "stop_processing", "data": {}})
        assert (await wire.heard())["data"]["code"] == "AMBIGUOUS_RUN"


async def test_a_question_over_a_limit_is_refused_and_the_connection_stays(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say({"type": "optimization_request", "id": "c-9", "data": {"message": "x" * 10_001}})
        told = await wire.heard()
        assert (told["data"]["code"], told["data"]["request_id"]) == ("VALIDATION_ERROR", "c-9")
        assert told["data"]["details"].startswith("message: ")
        wire.say({"type": "ping"})
        assert (await wire.heard())["type"] == "pong"


async def test_the_last_frames_are_heard_before_the_close(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say({"type": "ping"})
        wire.say_text("nonsense")
        wire.say({"type": "ping"})
        frames = await wire.heard_until_close()
    assert [frame["type"] for frame in frames] == ["pong", "error", "websocket.close"]
    assert frames[-1]["code"] == 4002


async def test_bytes_close_with_1003(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say_bytes(b"{}")
        assert (await wire.heard_until_close())[-1]["code"] == 1003


class TestLimits:
    @pytest.fixture
    def limits(self) -> RequestRateLimits:
        return RequestRateLimits(agent=1, websocket=3)

    async def test_one_message_too_many_is_told_and_closes_with_4003(self, stack: Any) -> None:
        async with stack.connected(await stack.principal()) as (wire, _):
            for _ in range(4):
                wire.say({"type": "ping"})
            frames = await wire.heard_until_close()
        assert [frame["type"] for frame in frames] == ["pong"] * 3 + ["error", "websocket.close"]
        assert (frames[-2]["data"]["code"], frames[-1]["code"]) == ("RATE_LIMITED", 4003)

    async def test_the_limit_is_the_users_over_all_their_connections(self, stack: Any) -> None:
        who = await stack.principal()
        async with stack.connected(who) as (one, _), stack.connected(who) as (other, _):
            for _ in range(3):
                one.say({"type": "ping"})
                await one.heard()
            other.say({"type": "ping"})
            assert (await other.heard_until_close())[-1]["code"] == 4003

    async def test_questions_have_their_own_limit(self, stack: Any) -> None:
        async with stack.connected(await stack.principal()) as (wire, _):
            wire.say(ASK)
            await wire.heard()
            wire.say(ASK)
            frames = await wire.heard_until_close()
        assert (frames[-2]["data"]["code"], frames[-1]["code"]) == ("RATE_LIMITED", 4003)


async def test_a_connection_ends_when_its_token_does(stack: Any) -> None:
    async with stack.connected(await stack.principal(lasts_s=60)) as (wire, connection):
        connection.check()
        assert wire.is_silent()
        stack.clock.turn(60)
        connection.check()
        frames = await wire.heard_until_close()
    assert (frames[0]["data"]["code"], frames[-1]["code"]) == ("UNAUTHORIZED", 4001)


async def test_from_the_moment_of_signing_out_nothing_is_carried_out(stack: Any) -> None:
    who = await stack.principal()
    async with stack.connected(who) as (wire, _):
        await stack.sessions.end(who.session_id)
        wire.say(ASK)
        assert (await wire.heard_until_close())[-1]["code"] == 4001
    assert await stack.store.claim(lease_s=60) is None


@virtually
async def test_a_reader_that_falls_too_far_behind_is_closed_and_nothing_is_lost(stack: Any) -> None:
    who = await stack.principal()
    async with stack.connected(who) as (wire, connection):
        wire.say(ASK)
        first = await wire.heard()
        wire.reads.clear()
        for _ in range(400):
            wire.say({"type": "ping"})
        wire.say({"type": "subscribe", "data": {"run_id": first["data"]["run_id"]}})
        claim = await stack.claim()
        for _ in range(3):
            await stack.progress(claim, 1)
        await stack.complete(claim)
        await until(lambda: connection.closed_with, "the close of a reader that is behind")
        wire.reads.set()
        frames = await wire.heard_until_close()
    assert frames[-1]["code"] == 1008
    async with stack.connected(who) as (wire, _):
        wire.say({"type": "subscribe", "data": {"run_id": claim.run.id, "after": 1}})
        assert [(await wire.heard())["data"]["seq"] for _ in range(4)] == [2, 3, 4, 5]


@virtually
async def test_results_that_a_reader_does_not_take_close_it_too(stack: Any, run: Run, events: Any) -> None:
    errors = [msgspec.structs.replace(event, kind=EventKind.ERROR) for event in events[:300]]
    stack.services = dataclasses.replace(stack.services, runs=TalkingRuns(run, errors))
    async with stack.connected(await stack.principal()) as (wire, connection):
        wire.reads.clear()
        wire.say({"type": "subscribe", "data": {"run_id": run.id}})
        await until(lambda: connection.closed_with, "the close of a reader that is behind")
        wire.reads.set()
        assert (await wire.heard_until_close())[-1]["code"] == 1008


async def test_a_reader_that_takes_nothing_for_long_is_closed(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, connection):
        wire.reads.clear()
        for _ in range(3):
            wire.say({"type": "ping"})
        for _ in range(STUCK_CHECKS_MAX + 20):
            connection.check()
            await asyncio.sleep(0)
        wire.reads.set()
        assert (await wire.heard_until_close())[-1]["code"] == 1008


async def test_a_long_history_reaches_a_good_reader_whole(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say(ASK)
        first = await wire.heard()
        claim = await stack.claim()
        await stack.progress(claim, *[1] * 600)
        await stack.complete(claim)
        frames = [first]
        while frames[-1]["type"] != "agent_result":
            frames.append(await wire.heard())
    assert [frame["data"]["seq"] for frame in frames] == list(range(1, 603))


@virtually
async def test_a_client_that_ignores_its_close_is_left(stack: Any, wire: Any) -> None:
    wire.reads.clear()
    connection = Connection(stack.services, receive=wire.receive, send=wire.send)
    await connection.run(refusing(Unauthorized("Who are you?")))
    assert wire.is_silent()
    assert stack.incidents.heard == []


async def test_a_client_that_vanishes_while_it_is_written_to_is_no_incident(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.fault = OSError("gone")
        wire.say({"type": "ping"})
    assert stack.incidents.heard == []


class TalkingRuns:
    """A run service that tells all at once."""

    def __init__(self, run: Run, events: Sequence[RunEvent]) -> None:
        self._run = run
        self._events = events

    async def get(self, run_id: RunId, *, owner_id: int) -> Run:
        return self._run

    async def deliver(self, listener: RunListener, run_id: RunId, *, owner_id: int, after: int) -> None:
        for event in self._events:
            if listener.receive(event):
                await listener.wait_until_ready()


class DownRuns:
    """A run service whose store is down once a run is followed."""

    def __init__(self, run: Run, error: NetraError) -> None:
        self._run = run
        self._error = error

    async def start(self, command: StartRun) -> Any:
        raise self._error

    async def get(self, run_id: RunId, *, owner_id: int) -> Run:
        return self._run

    async def deliver(self, listener: RunListener, run_id: RunId, *, owner_id: int, after: int) -> None:
        raise self._error


async def test_a_store_that_is_down_is_told_and_the_connection_stays(stack: Any, run: Run) -> None:
    down: Any = DownRuns(run, Unavailable("The store is down."))
    stack.services = dataclasses.replace(stack.services, runs=down)
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say(ASK)
        assert (await wire.heard())["data"]["code"] == "SERVICE_UNAVAILABLE"
        wire.say({"type": "subscribe", "data": {"run_id": run.id}})
        told = await wire.heard()
        assert (told["data"]["code"], told["data"]["run_id"]) == ("SERVICE_UNAVAILABLE", run.id)
        wire.say({"type": "ping"})
        assert (await wire.heard())["type"] == "pong"


async def test_the_engines_own_word_for_an_outage_is_the_operators_and_not_the_clients(
    stack: Any, run: Run
) -> None:
    full = Unavailable("The database cannot do this now.")
    full.__cause__ = OSError("no space left on device")
    down: Any = DownRuns(run, full)
    stack.services = dataclasses.replace(stack.services, runs=down)
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say(ASK)
        assert "space" not in str(await wire.heard())
        wire.say({"type": "subscribe", "data": {"run_id": run.id}})
        assert "space" not in str(await wire.heard())
    assert stack.incidents.heard == [full, full]
