"""Idempotency keys: the first answer again, and nothing kept of what failed."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from netra.adapters.local.clock import SystemClock
from netra.adapters.memory.call_log import MemoryEventLog
from netra.adapters.memory.replays import MemoryReplayBook
from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.domain.errors import Unavailable

from .conftest import House, opened

KEY = {"Idempotency-Key": "key-1"}


class FailsOnce(MemoryWorkloadStore):
    """A store whose first write has a fault."""

    is_broken = True

    async def add(self, workload: Any, *, max_per_user: int) -> Any:
        if self.is_broken:
            self.is_broken = False
            raise KeyError("no such column")
        return await super().add(workload, max_per_user=max_per_user)


class LosesAnAnswer(MemoryWorkloadStore):
    """A store that commits its first write and then loses the connection."""

    lost = 1

    async def add(self, workload: Any, *, max_per_user: int) -> Any:
        added = await super().add(workload, max_per_user=max_per_user)
        lose(self)
        return added


class LogLosesAnAnswer(MemoryEventLog):
    """A log that commits its first write and then loses the connection."""

    lost = 1

    async def append(self, *args: Any, **options: Any) -> Any:
        appended = await super().append(*args, **options)
        lose(self)
        return appended


class KeepsNothing(MemoryReplayBook):
    """The book of a process that is killed before it can keep its first answer."""

    lost = 1

    async def keep(self, *args: Any, **options: Any) -> None:
        lose(self)
        await super().keep(*args, **options)


def lose(losing: Any) -> None:
    if losing.lost:
        losing.lost -= 1
        raise Unavailable("The database cannot do this now.")


class TurnedClock(SystemClock):
    """The system's clock, put forward by the test."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


def event(event_id: str | None = None) -> dict[str, object]:
    named = {} if event_id is None else {"id": event_id}
    return {"timestamp": "2026-11-20T14:00:00Z", "model": "m", "input_tokens": 1, "output_tokens": 1, **named}


async def filled(house: House, workload_id: str, *events: Any, key: str = "fill") -> httpx.Response:
    path, headers = f"/api/workloads/{workload_id}/events", {"Idempotency-Key": key}
    return await house.client.post(path, json={"events": events}, headers=headers)


async def made(house: House, *, name: str = "A", key: str = "make") -> httpx.Response:
    headers = {"Idempotency-Key": key}
    return await house.client.post("/api/workloads", json={"name": name}, headers=headers)


async def event_count(house: House, workload_id: str) -> int:
    answer = await house.client.get(f"/api/workloads/{workload_id}")
    return int(answer.json()["event_count"])


async def test_the_first_answer_comes_again_to_the_letter(house: House) -> None:
    first = await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
    again = await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await house.client.get("/api/workloads")).json()["pagination"]["total"] == 1


async def test_a_key_belongs_to_one_path(house: House) -> None:
    await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
    run_id = await house.run_id()
    answer = await house.client.post(f"/api/agent/runs/{run_id}/cancel", headers=KEY)
    assert answer.json()["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_request_that_broke_may_be_tried_again_under_its_key() -> None:
    async with opened(workloads=FailsOnce(clock=SystemClock())) as house:
        first = await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
        again = await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
        assert (first.status_code, again.status_code) == (500, 200)
        assert "Idempotency-Replayed" not in again.headers


async def test_a_body_over_the_limit_is_refused_before_it_is_kept(house: House) -> None:
    parts = [b" " * 65_536] * 17

    async def body() -> Any:
        for part in parts:
            yield part

    headers = {**KEY, "Content-Type": "application/json"}
    answer = await house.client.post("/api/workloads", content=body(), headers=headers)
    assert answer.status_code == 413
    retry = await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
    assert retry.status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("", b" " * 1_048_577, 413),
        ("", b"{", 400),
        ("", b"", 400),
        ("", b'{"name": "A"}', 422),
        ("/wl-1/events", b"\n", 400),
        ("/wl-1/events", b"{}", 422),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_before_its_key(
    house: House, path: str, body: bytes, status: int
) -> None:
    kind = "application/x-ndjson" if path else "application/json"
    headers = {"Idempotency-Key": "k" * 256, "Content-Type": kind}
    answer = await house.client.post(f"/api/workloads{path}", content=body, headers=headers)
    assert answer.status_code == status


async def test_a_key_that_cannot_be_is_refused_where_no_body_is_read(house: House) -> None:
    answer = await house.client.post("/api/agent/runs/run-1/cancel", headers={"Idempotency-Key": "k" * 256})
    assert answer.status_code == 422


async def test_execute_keeps_its_key_with_the_run(house: House) -> None:
    body = {"message": "Optimize"}
    first = await house.client.post("/api/agent/execute", json=body, headers=KEY)
    again = await house.client.post("/api/agent/execute", json=body, headers=KEY)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_a_workload_is_made_once_though_the_answer_of_its_commit_was_lost() -> None:
    async with opened(workloads=LosesAnAnswer(clock=SystemClock())) as house:
        first, again, replayed = [await made(house) for _ in range(3)]
        assert (first.status_code, again.status_code) == (503, 200)
        assert replayed.content == again.content
        listed = (await house.client.get("/api/workloads")).json()["data"]
        assert [workload["id"] for workload in listed] == [again.json()["id"]]
        assert (await made(house, key="another")).json()["id"] != again.json()["id"]


async def test_events_are_stored_once_though_the_answer_of_their_commit_was_lost() -> None:
    workloads = MemoryWorkloadStore(clock=SystemClock())
    async with opened(workloads=workloads, event_log=LogLosesAnAnswer(workloads)) as house:
        workload_id = (await made(house)).json()["id"]
        batch = event("a"), event(), event()
        first, again = [await filled(house, workload_id, *batch) for _ in range(2)]
        assert (first.status_code, again.status_code) == (503, 200)
        assert (again.json()["accepted"], again.json()["duplicates"]) == (0, 3)
        assert [result.get("id") for result in again.json()["results"]] == ["a", None, None]
        assert await event_count(house, workload_id) == 3
        other = await filled(house, workload_id, *batch, key="another")
        assert (other.json()["accepted"], await event_count(house, workload_id)) == (2, 5)


async def test_what_was_done_by_a_process_that_died_is_not_done_again() -> None:
    clock = TurnedClock()
    workloads = MemoryWorkloadStore(clock=clock)
    plugs: dict[str, Any] = {"workloads": workloads, "event_log": MemoryEventLog(workloads)}
    async with opened(**plugs, replays=KeepsNothing(clock=clock)) as house:
        await made(house)
        assert (await made(house)).status_code == 409
        clock.ahead += timedelta(minutes=1)
        workload_id = (await made(house)).json()["id"]
        house.services.ports().replays.lost = 1  # type: ignore[attr-defined]
        await filled(house, workload_id, event())
        clock.ahead += timedelta(minutes=1)
        assert (await filled(house, workload_id, event())).json()["duplicates"] == 1
        assert await event_count(house, workload_id) == 1
        assert (await house.client.get("/api/workloads")).json()["pagination"]["total"] == 1


async def test_a_key_that_is_a_day_old_makes_another_workload() -> None:
    clock = TurnedClock()
    async with opened(replays=MemoryReplayBook(clock=clock)) as house:
        first = await made(house)
        clock.ahead = timedelta(days=1)
        assert (await made(house)).json()["id"] != first.json()["id"]


async def test_another_request_may_have_the_key_of_one_that_failed() -> None:
    async with opened(workloads=LosesAnAnswer(clock=SystemClock())) as house:
        await made(house)
        other = await made(house, name="B")
        assert other.json()["name"] == "B"
        assert "Idempotency-Replayed" not in other.headers
