"""A run with a language model, over real HTTP on both sides: words stream, faults cost the words alone."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.conftest import PASSWORD, serving, settings_for
from tests.servers.endpoint import (
    STREAM_HEAD,
    Asked,
    BadEndpoint,
    bad_endpoint,
    event,
    replying,
    speaking_until_hung_up,
    streaming,
)
from tests.unit.domain.agents.language.scripts import form
from tests.waiting import PATIENCE_S, happens
from websockets.asyncio.client import connect

from netra.settings import Secret

pytestmark = pytest.mark.system

KEY = "sk-canary-0f6b1d7e9a"
WORDS = "Your log of 40 calls is small. Nothing in it is worth a change today."
ECHO = "Understood: no target; the answer looks for the lowest cost.\n\n"
ROWS = [
    {"timestamp": f"2026-11-16T00:{n:02}:00Z", "model": "gpt-4o", "input_tokens": 1_000, "output_tokens": 100}
    for n in range(40)
]


def said(text: str) -> bytes:
    """Return a chat completion, a word at a time."""
    deltas: list[dict[str, Any]] = [{"delta": {"content": word}} for word in re.findall(r"\S+\s*", text)]
    chunks = [*deltas, {"delta": {}, "finish_reason": "stop"}]
    events = [event({"model": "m", "choices": [{"index": 0, **chunk}]}) for chunk in chunks]
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    return b"".join([*events, event({"model": "m", "choices": [], "usage": usage}), b"data: [DONE]\n\n"])


@pytest.fixture
async def endpoint() -> AsyncGenerator[BadEndpoint]:
    async with bad_endpoint() as running:
        running.lines = [streaming(said(form())), streaming(said(WORDS))]
        yield running


@asynccontextmanager
async def client_of(url: str, tmp_path: Path) -> AsyncGenerator[tuple[httpx.AsyncClient, str]]:
    """Serve with a model at `url`, and yield a signed-in client and its workload."""
    settings = settings_for(tmp_path, language_model_url=url, language_model_key=Secret(KEY))
    with serving(settings) as address:
        async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S) as client:
            pair = {"email": "a@example.com", "password": PASSWORD}
            (await client.post("/api/auth/register", json={**pair, "name": "A"})).raise_for_status()
            token = (await client.post("/api/auth/login", json=pair)).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            made = (await client.post("/api/workloads", json={"name": "asked"})).json()["id"]
            rows = await client.post(f"/api/workloads/{made}/events", json={"events": ROWS})
            rows.raise_for_status()
            yield client, made


async def started(client: httpx.AsyncClient, workload: str) -> str:
    body = {"message": "make it cheaper", "context": {"workload_id": workload, "parameters": {}}}
    answer = (await client.post("/api/agent/execute", json=body)).raise_for_status()
    return str(answer.json()["run_id"])


async def result_of(client: httpx.AsyncClient, run: str) -> dict[str, Any]:
    (await client.get(f"/api/agent/stream/{run}")).raise_for_status()  # ends with the run
    status = (await client.get(f"/api/agent/status/{run}")).raise_for_status().json()
    assert status["status"] == "completed", status
    result: dict[str, Any] = status["result"]
    return result


async def test_words_stream_to_a_socket_as_they_are_checked(endpoint: BadEndpoint, tmp_path: Path) -> None:
    """The model says its second sentence once the socket has the first: so that was not held back."""
    first_is_told = asyncio.Event()

    async def speaking(asked: Asked) -> None:
        events = said(WORDS).split(b"\n\n")
        await asked.send(STREAM_HEAD, *(one + b"\n\n" for one in events[:9]))  # up to "Nothing in"
        await happens(first_is_told.wait(), "the first sentence at the socket")
        await asked.send(b"\n\n".join(events[9:]))

    endpoint.lines = [streaming(said(form())), speaking]
    async with client_of(endpoint.url, tmp_path) as (client, workload):
        token = client.headers["Authorization"].removeprefix("Bearer ")
        url = str(client.base_url).replace("http://", "ws://").rstrip("/")
        async with connect(f"{url}/ws?token={token}", proxy=None, max_size=None) as socket:
            data = {"message": "make it cheaper", "workload_id": workload}
            await socket.send(json.dumps({"type": "optimization_request", "data": data}))
            frames: list[dict[str, Any]] = []
            while not frames or frames[-1]["type"] != "agent_result":
                frames.append(json.loads(await happens(socket.recv(), "a frame")))
                if WORDS[:30] in frames[-1]["data"].get("text", ""):
                    first_is_told.set()
    told = [frame["data"] for frame in frames if frame["data"].get("text")]
    assert len(told) == 2
    assert "".join(data["text"] for data in told) == ECHO + WORDS
    assert [data["at"] for data in told] == [0, len(told[0]["text"])]
    assert {(data["agent"], data["attempt"]) for data in told} == {("ReportingSubAgent", 1)}
    result = frames[-1]["data"]["result"]
    assert result["report"] == ECHO + WORDS
    assert result["metrics"]["language_model"]["used"] is True
    assert result["metrics"]["usage"]["calls"] == 2
    assert result["metrics"]["usage"]["output_tokens"] == 10


async def test_the_key_is_sent_to_the_endpoint_and_stands_nowhere_else(
    endpoint: BadEndpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint.lines = [streaming(said(form())), streaming(said(f"The key is {KEY}.")), streaming(said(KEY))]
    async with client_of(endpoint.url, tmp_path) as (client, workload):
        run = await started(client, workload)
        result = await result_of(client, run)
        events = (await client.get(f"/api/agent/stream/{run}")).text
    assert {asked.headers["authorization"] for asked in endpoint.asked} == {f"Bearer {KEY}"}
    assert result["metrics"]["language_model"]["fallback_reason"] == "unverified"
    for shown in (json.dumps(result), events, caplog.text):
        assert KEY not in shown
        assert "You word the answer" not in shown
    assert all(KEY not in json.dumps(asked.body) for asked in endpoint.asked[:2])


async def test_a_cancelled_run_ends_the_stream_at_the_endpoint(endpoint: BadEndpoint, tmp_path: Path) -> None:
    endpoint.lines = [streaming(said(form())), speaking_until_hung_up]
    async with client_of(endpoint.url, tmp_path) as (client, workload):
        run = await started(client, workload)
        speaking: Asked = await endpoint.wait_for(2)
        (await client.post(f"/api/agent/runs/{run}/cancel")).raise_for_status()
        await happens(speaking.gone.wait(), "the hang-up at the endpoint")
        made = speaking.pieces
        status = await client.get(f"/api/agent/stream/{run}")
    assert '"cancelled":true' in status.text
    assert speaking.pieces == made  # nothing is made, and nothing billed, after that


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(lambda it: it.rate_limit(times=None, retry_after=3_000), "rate_limited", id="no room"),
        pytest.param(lambda it: it.corrupt(after_chunks=1, times=None), "malformed", id="nonsense"),
    ],
)
async def test_an_endpoint_with_a_fault_costs_the_words_alone(
    llmock: Any, tmp_path: Path, fault: Callable[[Any], Any], reason: str
) -> None:
    fault(llmock)
    async with client_of(llmock.base_url(), tmp_path) as (client, workload):
        result = await result_of(client, await started(client, workload))
    assert result["metrics"]["language_model"]["fallback_reason"] == reason
    assert result["metrics"]["bill_usd"] == pytest.approx(40 * 0.0035)
    assert result["report"].startswith(ECHO + "Your 40 calls cost $0.14 at list prices")


async def test_an_endpoint_that_comes_back_is_used_again(endpoint: BadEndpoint, tmp_path: Path) -> None:
    good, endpoint.lines, endpoint.script = endpoint.lines, [], replying(401, b"{}")
    async with client_of(endpoint.url, tmp_path) as (client, workload):
        down = await result_of(client, await started(client, workload))
        endpoint.lines = good
        again = await result_of(client, await started(client, workload))
    assert down["metrics"]["language_model"]["fallback_reason"] == "misconfigured"
    assert down["metrics"]["bill_usd"] == again["metrics"]["bill_usd"]
    assert again["report"] == ECHO + WORDS
