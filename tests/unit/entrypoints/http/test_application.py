"""The application in process: what happens when something inside it breaks, is down, or ends."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from netra.adapters.local.clock import SystemClock
from netra.adapters.memory.state import MemoryState
from netra.adapters.memory.threads import MemoryThreadStore
from netra.domain.errors import Unavailable
from netra.domain.ids import ThreadId
from netra.entrypoints.services import Switchboard

from .conftest import SETTINGS, House, opened, scope_of


class BrokenThreads(MemoryThreadStore):
    """A store with a fault in it."""

    async def get(self, thread_id: ThreadId, **_: Any) -> Any:
        raise KeyError(f"the row of {thread_id} has no such column")


class AbsentThreads(MemoryThreadStore):
    """A store that cannot be reached."""

    async def get(self, thread_id: ThreadId, **_: Any) -> Any:
        raise Unavailable("The database does not answer.", retry_after_s=3)


class FullThreads(MemoryThreadStore):
    """A store whose engine says why it cannot."""

    async def get(self, thread_id: ThreadId, **_: Any) -> Any:
        raise Unavailable("The database cannot do this now.") from OSError("no space left on device")


async def test_a_fault_inside_is_500_and_leaks_nothing() -> None:
    async with opened(threads=BrokenThreads(MemoryState(), clock=SystemClock())) as house:
        answer = await house.client.get("/api/threads/thread-1")
        assert answer.status_code == 500
        assert answer.json()["error"] == {
            "code": "INTERNAL_ERROR",
            "message": "Internal error; quote the request id when you report it.",
            "details": {},
        }
        assert "X-RateLimit-Remaining" in answer.headers
        (error,) = house.incidents.errors
        assert "no such column" in str(error)


async def test_a_dependency_that_is_down_is_503_and_says_when_to_come_back() -> None:
    async with opened(threads=AbsentThreads(MemoryState(), clock=SystemClock())) as house:
        answer = await house.client.get("/api/threads/thread-1")
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
        assert answer.headers["Retry-After"] == "3"
        assert house.incidents.errors == []


async def test_the_engines_own_word_for_an_outage_is_the_operators_and_not_the_clients() -> None:
    async with opened(threads=FullThreads(MemoryState(), clock=SystemClock())) as house:
        answer = await house.client.get("/api/threads/thread-1")
        assert answer.status_code == 503
        assert "space" not in answer.text
        (error,) = house.incidents.errors
        assert "no space left" in str(error.__cause__)


async def test_a_process_that_is_about_to_end_is_not_ready() -> None:
    async with opened() as house:
        assert (await house.client.get("/health/ready")).status_code == 200
        await house.app.drain()
        answer = await house.client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["ready"] is False
        assert (await house.client.get("/health")).status_code == 200


async def test_a_process_that_is_about_to_end_begins_no_run() -> None:
    async with opened(replace(SETTINGS, slots=1)) as house:
        await house.app.drain()
        run_id = await house.run_id()
        for _ in range(200):  # many more turns of the loop than it takes a worker to answer its bell
            await asyncio.sleep(0)
        assert (await house.client.get(f"/api/agent/status/{run_id}")).json()["phase"] == "queued"


async def test_services_before_the_start_are_a_fault_of_ours() -> None:
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = Switchboard(SETTINGS).services


async def test_a_queued_run_is_cancelled_at_once(house: House) -> None:
    run_id = await house.run_id()
    answer = await house.client.post(f"/api/agent/runs/{run_id}/cancel")
    assert (answer.json()["status"], answer.json()["phase"]) == ("cancelled", "cancelled")
    assert answer.json()["result"] is None


async def test_a_waiting_run_says_so(house: House) -> None:
    run = (await house.client.get(f"/api/agent/status/{await house.run_id()}")).json()
    assert (run["status"], run["phase"], run["progress"]) == ("processing", "queued", 0)
    assert (run["result"], run["error"], run["started_at"], run["completed_at"]) == (None,) * 4


@pytest.mark.parametrize("key", [[], [(b"idempotency-key", b"key-1")]], ids=["plain", "with a key"])
async def test_a_client_who_leaves_in_the_middle_of_a_body_started_nothing(house: House, key: Any) -> None:
    messages = iter([{"type": "http.request", "body": b'{"name": "A"}', "more_body": True}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    token = house.client.headers["Authorization"].encode()
    await house.app(scope_of("POST", "/api/workloads", [(b"authorization", token), *key]), receive, send)
    assert sent[0]["status"] == 400
    assert house.incidents.errors == []
    assert (await house.client.get("/api/workloads")).json()["pagination"]["total"] == 0


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/docs", "/openapi.json", "/api/config"])
async def test_options_and_a_wrong_method_name_the_same_methods(house: House, path: str) -> None:
    told = await house.client.options(path)
    wrong = await house.client.put(path)
    assert (told.status_code, wrong.status_code) == (204, 405)
    assert told.headers["Allow"] == wrong.headers["Allow"] == "GET, HEAD, OPTIONS"
