"""Sockets at two processes: a workload that is filled elsewhere, and a question that is sent twice."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from tests.servers.doors import Doors
from tests.waiting import PATIENCE_S
from websockets.asyncio.client import ClientConnection, connect

from .conftest import sign_up_at

EMAILS = (f"watching-{n}@example.com" for n in range(1_000))
EVENT = {"timestamp": "2026-11-20T14:00:00Z", "model": "m", "input_tokens": 1, "output_tokens": 1}


@pytest.fixture
def client(doors: Doors) -> Iterator[httpx.Client]:
    """Somebody new, signed in at the first process."""
    with sign_up_at(doors.first, next(EMAILS)) as signed_in:
        yield signed_in


@asynccontextmanager
async def socket_at(door: str, client: httpx.Client) -> AsyncGenerator[ClientConnection]:
    url = f"{door.replace('http', 'ws', 1)}/ws"
    headers = {"Authorization": client.headers["Authorization"]}
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        assert (await said(socket))["type"] == "status"
        yield socket


async def said(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        frame: dict[str, Any] = json.loads(await socket.recv())
    return frame


async def ended(socket: ClientConnection) -> list[dict[str, Any]]:
    """Return the frames up to the result of a run."""
    frames = [await said(socket)]
    while frames[-1]["type"] != "agent_result":
        frames.append(await said(socket))
    return frames


async def asked(door: str, client: httpx.Client, method: str, path: str, body: Any = None) -> Any:
    """Return the answer of a process to a request of the client's user."""
    headers = {"Authorization": client.headers["Authorization"]}
    async with httpx.AsyncClient(base_url=door, headers=headers, timeout=PATIENCE_S) as there:
        return (await there.request(method, path, json=body)).raise_for_status().json()


async def add(door: str, client: httpx.Client, workload_id: str, event_id: str) -> None:
    body = {"events": [{**EVENT, "id": event_id}]}
    await asked(door, client, "POST", f"/api/workloads/{workload_id}/events", body)


def watch(workload_id: str, kind: str = "watch") -> str:
    return json.dumps({"type": kind, "id": kind, "data": {"workload_id": workload_id}})


async def test_a_watched_workload_that_is_filled_at_the_other_process(
    doors: Doors, client: httpx.Client
) -> None:
    workload_id = (await asked(doors.first, client, "POST", "/api/workloads", {"name": "A"}))["id"]
    async with socket_at(doors.first, client) as socket:
        await socket.send(watch(workload_id))
        first = await said(socket)
        assert (first["type"], first["data"]["request_id"]) == ("workload_update", "watch")
        assert (first["data"]["event_count"], first["data"]["last_event_at"]) == (0, None)
        await add(doors.second, client, workload_id, "a")
        second = (await said(socket))["data"]
        assert (second["event_count"], second["last_event_at"]) == (1, "2026-11-20T14:00:00Z")
        await socket.send(watch(workload_id, "unwatch"))
        assert (await said(socket))["type"] == "status"
        await add(doors.second, client, workload_id, "b")
        await socket.send(watch(workload_id))
        assert (await said(socket))["data"]["event_count"] == 2


async def test_a_workload_of_somebody_else_cannot_be_watched(doors: Doors, client: httpx.Client) -> None:
    with sign_up_at(doors.first, next(EMAILS)) as other:
        workload_id = (await asked(doors.first, other, "POST", "/api/workloads", {"name": "A"}))["id"]
    async with socket_at(doors.second, client) as socket:
        for name in (workload_id, "wl-nope"):
            await socket.send(watch(name))
            told = await said(socket)
            assert (told["data"]["code"], told["data"]["message"]) == (
                "NOT_FOUND",
                f"workload {name!r} does not exist",
            )


async def test_a_question_that_is_sent_again_at_the_other_process_starts_no_second_run(
    doors: Doors, client: httpx.Client
) -> None:
    ask = {"type": "optimization_request", "id": "mine-1", "data": {"message": "Make it cheaper"}}
    async with socket_at(doors.first, client) as socket:
        await socket.send(json.dumps(ask))
        begun = await said(socket)
    async with socket_at(doors.second, client) as socket:
        await socket.send(json.dumps(ask))
        frames = await ended(socket)
        assert [frame["data"]["seq"] for frame in frames] == list(range(1, len(frames) + 1))
        assert {frame["data"]["run_id"] for frame in frames} == {begun["data"]["run_id"]}
        assert {frame["data"]["request_id"] for frame in frames} == {"mine-1"}
        await socket.send(json.dumps({**ask, "data": {"message": "Another question"}}))
        told = await said(socket)
        assert (told["data"]["code"], told["data"]["context"]) == ("IDEMPOTENCY_KEY_REUSED", {"id": "mine-1"})
    assert (await asked(doors.first, client, "GET", "/api/agent/history"))["total"] == 1
