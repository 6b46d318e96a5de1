"""A socket that watches workloads, and one whose question is sent twice."""

from datetime import UTC, datetime
from typing import Any

from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event

ASK = {"type": "optimization_request", "id": "c-1", "data": {"message": "Optimize"}}
OWNER = UserId(1)


async def made(stack: Any, *, owner: int = 1) -> WorkloadId:
    workload_id: WorkloadId = (await stack.workloads.create(owner_id=UserId(owner), name="chat")).id
    return workload_id


async def fill(stack: Any, workload_id: WorkloadId, event_id: str) -> None:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    event = Event(timestamp=at, model="m", input_tokens=1, output_tokens=1, id=event_id)
    await stack.workloads.append(workload_id, columns_of([event]), owner_id=OWNER)


def watch(workload_id: str, kind: str = "watch", **fields: object) -> dict[str, object]:
    return {"type": kind, "data": {"workload_id": workload_id}, **fields}


async def test_a_watched_workload_is_shown_now_and_when_it_has_changed(stack: Any) -> None:
    workload_id = await made(stack)
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say(watch(workload_id, id="w-1"))
        first = await wire.heard()
        assert (first["type"], first["data"]["request_id"]) == ("workload_update", "w-1")
        assert first["data"]["event_count"] == 0
        await fill(stack, workload_id, "a")
        await stack.clock.step(1)
        second = await wire.heard()
        assert (second["data"]["event_count"], "request_id" in second["data"]) == (1, False)
        wire.say(watch(workload_id, "unwatch", id="u-1"))
        assert (await wire.heard())["data"]["request_id"] == "u-1"
        await fill(stack, workload_id, "b")
        await stack.clock.step(1)
        wire.say(watch(workload_id, "unwatch", id="u-2"))
        assert (await wire.heard())["data"]["request_id"] == "u-2"
        assert wire.is_silent()


async def test_watching_again_replaces_the_first_watch(stack: Any) -> None:
    workload_id = await made(stack)
    async with stack.connected(await stack.principal()) as (wire, _):
        for request_id in ("w-1", "w-2"):
            wire.say(watch(workload_id, id=request_id))
            assert (await wire.heard())["data"]["request_id"] == request_id
        await fill(stack, workload_id, "a")
        await stack.clock.step(1)
        assert (await wire.heard())["data"]["event_count"] == 1
        wire.say({"type": "ping"})
        assert (await wire.heard())["type"] == "pong"


async def test_a_strangers_workload_does_not_exist_and_neither_does_a_deleted_one(stack: Any) -> None:
    workload_id = await made(stack)
    async with stack.connected(await stack.principal(2, session="ses-2")) as (wire, _):
        for name in (workload_id, "wl-nope"):
            wire.say(watch(name, id="w-1"))
            told = await wire.heard()
            assert (told["data"]["code"], told["data"]["request_id"]) == ("NOT_FOUND", "w-1")
            assert told["data"]["message"] == f"workload {name!r} does not exist"
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say(watch(workload_id, id="w-2"))
        await wire.heard()
        await stack.workloads.delete(workload_id, owner_id=OWNER)
        await stack.clock.step(1)
        told = await wire.heard()
        assert (told["data"]["code"], told["data"]["request_id"]) == ("NOT_FOUND", "w-2")
        wire.say({"type": "ping"})
        assert (await wire.heard())["type"] == "pong"


async def test_a_question_that_is_sent_again_follows_the_run_of_the_first(stack: Any) -> None:
    who = await stack.principal()
    async with stack.connected(who) as (wire, _):
        wire.say(ASK)
        first = await wire.heard()
    async with stack.connected(who) as (wire, _):
        wire.say(ASK)
        again = await wire.heard()
        assert again == first
        claim = await stack.claim()
        await stack.complete(claim)
        assert (await wire.heard())["type"] == "agent_result"
        wire.say(ASK)
        frames = [await wire.heard() for _ in range(2)]
        assert [frame["data"]["seq"] for frame in frames] == [1, 2]
        assert {frame["data"]["run_id"] for frame in frames} == {claim.run.id}
    assert await stack.store.claim(lease_s=60) is None


async def test_another_question_under_the_same_id_is_refused_and_another_users_is_not(stack: Any) -> None:
    async with stack.connected(await stack.principal()) as (wire, _):
        wire.say(ASK)
        await wire.heard()
        wire.say({**ASK, "data": {"message": "Another question"}})
        told = await wire.heard()
        assert (told["type"], told["data"]["code"]) == ("error", "IDEMPOTENCY_KEY_REUSED")
        assert (told["data"]["request_id"], told["data"]["context"]) == ("c-1", {"id": "c-1"})
    async with stack.connected(await stack.principal(2, session="ses-2")) as (wire, _):
        wire.say({**ASK, "data": {"message": "Another question"}})
        assert (await wire.heard())["data"]["seq"] == 1
