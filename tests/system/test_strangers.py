"""Two users and crossed ids: a stranger gets nothing, on any route and by any message of the socket."""

import asyncio
import contextlib
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.api.conftest import ended, settings_for, sign_up_at
from tests.servers.doors import Doors
from tests.waiting import PATIENCE_S
from websockets.asyncio.client import connect

from netra.entrypoints.app import create_app
from netra.entrypoints.http.documents import openapi_document as document

pytestmark = pytest.mark.system

SECRET_WORDS = "a plan of the victim's alone"
EVENT = {"timestamp": "2026-01-01T00:00:00Z", "model": "gpt-4o", "input_tokens": 777_123, "output_tokens": 5}


def operations() -> list[tuple[str, str]]:
    """Return every operation whose path holds an id, from the document itself: none can be forgotten."""
    paths = document(create_app(settings_for(Path("never-opened"))).litestar)["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods if "{" in path]


@pytest.fixture(scope="module")
def netra(doors: Doors) -> str:
    """Where the stranger knocks."""
    return doors.second


@pytest.fixture(scope="module")
def victim(doors: Doors) -> Iterator[httpx.Client]:
    with sign_up_at(doors.first, f"victim-{uuid4().hex}@example.com") as client:
        yield client


@pytest.fixture(scope="module")
def stranger(netra: str) -> Iterator[httpx.Client]:
    with sign_up_at(netra, f"stranger-{uuid4().hex}@example.com") as client:
        yield client


@pytest.fixture(scope="module")
def things(victim: httpx.Client) -> dict[str, str]:
    """Return one id of each kind of thing that the victim has."""
    workload = victim.post("/api/workloads", json={"name": SECRET_WORDS}).json()["id"]
    victim.post(f"/api/workloads/{workload}/events", json={"events": [EVENT]}).raise_for_status()
    question = {"message": SECRET_WORDS, "workload_id": workload}
    run = victim.post("/api/agent/execute", json=question).raise_for_status().json()
    ended(victim, run["run_id"])
    key = victim.post("/api/keys", json={"name": SECRET_WORDS, "scopes": ["read"]}).json()["key"]
    return {
        "run": run["run_id"],
        "thread": run["thread_id"],
        "workload": workload,
        "key": key["id"],
        "session": victim.get("/api/auth/sessions").json()["data"][0]["id"],
    }


def leaks(text: str) -> bool:
    return SECRET_WORDS in text or "777123" in text


BODIES: list[Any] = [
    *(None, {}, {"events": [EVENT]}, {"name": "x"}, {"title": "x"}, {"before": "2026-01"}),
    {"proposals": [{}]},
    {"state": "planned"},
]
IDS = ["run", "thread", "workload", "key", "session"]


@pytest.mark.parametrize(("operation", "kind"), list(itertools.product(operations(), IDS)), ids=str)
def test_every_route_with_an_id_knows_nothing_of_it(
    stranger: httpx.Client,
    victim: httpx.Client,
    things: dict[str, str],
    operation: tuple[str, str],
    kind: str,
) -> None:
    method, path = operation
    there = re.sub(r"\{[^}]+\}", things[kind], path)
    made_up = re.sub(r"\{[^}]+\}", things[kind][:-1] + "!", path)
    statuses: set[int] = set()
    for body in BODIES:
        answer = stranger.request(method, there, json=body)
        nothing = stranger.request(method, made_up, json=body)
        assert answer.status_code in {400, 404, 415, 422}, answer.text
        statuses.add(answer.status_code)
        assert answer.status_code == nothing.status_code, "what is somebody else's is as what is not"
        assert not leaks(answer.text)
    assert 404 in statuses, "no body got as far as the thing itself"
    assert victim.get("/api/auth/me").status_code == 200


def test_nothing_of_the_victims_was_touched(
    stranger: httpx.Client, victim: httpx.Client, things: dict[str, str]
) -> None:
    assert victim.get(f"/api/threads/{things['thread']}").status_code == 200
    assert victim.get(f"/api/workloads/{things['workload']}").json()["event_count"] == 1
    assert [key["id"] for key in victim.get("/api/keys").json()["data"]] == [things["key"]]


@pytest.mark.parametrize(
    "path", ["/api/threads", "/api/agent/history", "/api/workloads", "/api/keys", "/api/auth/sessions"]
)
def test_no_list_shows_what_is_somebody_elses(
    stranger: httpx.Client, things: dict[str, str], path: str
) -> None:
    filters = [{}, {"thread_id": things["thread"]}] if path.endswith("history") else [{}]
    for query in filters:
        text = stranger.get(path, params=query).text
        assert not leaks(text)
        assert not any(one in text for one in things.values())


def test_a_question_about_somebody_elses_workload_learns_nothing(
    stranger: httpx.Client, victim: httpx.Client, things: dict[str, str]
) -> None:
    """A chosen thread id is the stranger's own thread; the workload does not exist for them."""
    ask = {"message": "cheaper", "workload_id": things["workload"], "thread_id": things["thread"]}
    answer = stranger.post("/api/agent/execute", json=ask)
    if answer.status_code == 200:
        told = ended(stranger, answer.json()["run_id"])
        assert not leaks(json.dumps(told))
        own = stranger.get(f"/api/threads/{things['thread']}")
        assert not leaks(own.text)
        stranger.delete(f"/api/threads/{things['thread']}")
    assert victim.get(f"/api/threads/{things['thread']}").json()["message_count"] == 2


def messages(things: dict[str, str]) -> list[dict[str, Any]]:
    """Return every message that names a thing, with every kind of id in it."""
    found: list[dict[str, Any]] = []
    for one in things.values():
        found.append({"type": "stop_processing", "data": {"run_id": one}})
        found += [{"type": "subscribe", "data": {"run_id": one, "after": seq}} for seq in (0, 3)]
    found.append({"type": "watch", "data": {"workload_id": things["workload"]}})
    return found


async def heard(url: str, message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the socket says after `message`, until it has refused it and then been silent a moment."""
    told: list[dict[str, Any]] = []
    async with connect(url, proxy=None) as socket:
        await socket.recv()
        await socket.send(json.dumps(message))
        await socket.send('{"type": "ping"}')
        async with asyncio.timeout(PATIENCE_S):
            while {"error", "pong"} - {frame["type"] for frame in told}:
                told.append(json.loads(await socket.recv()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                while True:
                    told.append(json.loads(await socket.recv()))
    return told


def test_every_message_of_the_socket_knows_nothing_of_it(
    netra: str, stranger: httpx.Client, things: dict[str, str]
) -> None:
    token = stranger.headers["Authorization"].removeprefix("Bearer ")
    url = f"{netra.replace('http', 'ws', 1)}/ws?token={token}"

    async def all_heard() -> list[list[dict[str, Any]]]:
        return await asyncio.gather(*(heard(url, message) for message in messages(things)))

    for told in asyncio.run(all_heard()):
        assert sorted(frame["type"] for frame in told) == ["error", "pong"]
        assert [frame["data"]["code"] for frame in told if frame["type"] == "error"] == ["NOT_FOUND"]
        assert not leaks(json.dumps(told))


def test_a_socket_question_about_somebody_elses_workload_learns_nothing(
    netra: str, stranger: httpx.Client, things: dict[str, str]
) -> None:
    token = stranger.headers["Authorization"].removeprefix("Bearer ")
    url = f"{netra.replace('http', 'ws', 1)}/ws?token={token}"
    ask = {
        "type": "optimization_request",
        "data": {"message": "cheaper", "workload_id": things["workload"], "thread_id": things["thread"]},
    }

    async def answered() -> list[str]:
        told: list[str] = []
        async with connect(url, proxy=None) as socket, asyncio.timeout(PATIENCE_S):
            await socket.send(json.dumps(ask))
            while not told or json.loads(told[-1])["type"] not in {"agent_result", "error"}:
                told.append(str(await socket.recv()))
        return told

    assert not leaks(" ".join(asyncio.run(answered())))
