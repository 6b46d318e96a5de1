"""The service over PostgreSQL: how often it asks, and what it says while the server is away."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.conftest import PASSWORD, serving, settings_for
from tests.servers.doors import engines
from tests.servers.proxy import Proxy, proxied
from tests.waiting import PATIENCE_S, happens, until
from websockets.asyncio.client import connect

from netra.settings import Secret

pytestmark = pytest.mark.system

ACCOUNT = {"email": "ada@example.com", "password": PASSWORD}
QUESTION = {"message": "Make it cheaper"}


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A service whose database is reached by `line`, and somebody signed in to it."""

    base: str
    client: httpx.AsyncClient
    token: str
    line: Proxy

    async def execute(self) -> httpx.Response:
        return await self.client.post("/api/agent/execute", json=QUESTION)

    async def accepted(self) -> str:
        """Have a run accepted, and asked for again where a loaded machine was given up as an outage."""

        async def is_accepted() -> str | None:
            answer = await self.execute()
            return None if answer.status_code == 503 else str(answer.raise_for_status().json()["run_id"])

        return str(await until(is_accepted, "an accepted run"))


@asynccontextmanager
async def deployed(database_url: str, redis_url: Secret | None, data: Path) -> AsyncGenerator[Deployment]:
    """Serve over a database behind a proxy, and work on nothing."""
    port = httpx.URL(database_url).port
    assert port is not None
    async with proxied(port) as line:
        through = Secret(database_url.replace(f":{port}/", f":{line.port}/"))
        settings = settings_for(data, slots=0, database_url=through, redis_url=redis_url)
        with ExitStack() as stack:
            base = await asyncio.to_thread(stack.enter_context, serving(settings))
            async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_S) as client:
                (await client.post("/api/auth/register", json={**ACCOUNT, "name": "Ada"})).raise_for_status()
                answer = (await client.post("/api/auth/login", json=ACCOUNT)).raise_for_status()
                token = answer.json()["access_token"]
                client.headers["Authorization"] = f"Bearer {token}"
                yield Deployment(base=base, client=client, token=token, line=line)
            await asyncio.to_thread(stack.close)


async def fewest_turns(line: Proxy, ask: Callable[[], Awaitable[httpx.Response]]) -> int:
    """Return the round trips of a request, on a second try or a third where the first asked more.

    Once a second it asks whether the session still counts. Where this process stood still until the database
    was given up, it is asked again.
    """
    counted: list[int] = []

    async def is_counted() -> bool:
        before, answer = line.turns, await ask()
        if answer.status_code != 503:
            answer.raise_for_status()
            counted.append(line.turns - before)
        return len(counted) == 5

    await until(is_counted, "five answers")
    return min(counted)


async def test_a_run_is_accepted_in_three_round_trips_at_most_and_looked_at_in_two_while_it_waits(
    postgres_server_url, redis_url, tmp_path
):
    with engines(postgres_server_url, redis_url) as given:
        url = given["database_url"].reveal()
        async with deployed(url, given["redis_url"], tmp_path) as service:
            run_id = await service.accepted()
            status = f"/api/agent/status/{run_id}"
            # the run, and its place in the queue
            assert await fewest_turns(service.line, lambda: service.client.get(status)) == 2
            assert await fewest_turns(service.line, service.execute) in {1, 2, 3}
            again = {**QUESTION, "thread_id": "one-thread"}
            headers = {"Idempotency-Key": "k"}
            for _ in range(2):
                assert await fewest_turns(
                    service.line,
                    lambda: service.client.post("/api/agent/execute", json=again, headers=headers),
                ) in {1, 2, 3}


async def refused(asked: Awaitable[httpx.Response]) -> None:
    """See a refusal although the database never answers; `bench/faults.py` measures how soon."""
    answer = await asked
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"


async def tells_the_truth(client: httpx.AsyncClient) -> None:
    """See that the process is alive, is not ready, and says whose fault it is."""
    (await client.get("/health")).raise_for_status()
    assert (await client.get("/health/ready")).status_code == 503
    report = (await client.get("/health/dependencies")).raise_for_status().json()
    assert report["overall_status"] == "unhealthy"
    assert report["dependencies"]["postgresql"]["status"] == "unhealthy"


async def heard(socket: Any, kind: str) -> Any:
    """Return the next frame of a kind."""
    while True:
        frame = json.loads(await happens(socket.recv(), f"a frame of type {kind}"))
        if frame["type"] == kind:
            return frame["data"]


async def works_again(service: Deployment) -> None:
    async def is_well() -> bool:
        answers = [await service.execute(), await service.client.get("/health/ready")]
        return all(answer.status_code == 200 for answer in answers)

    await until(is_well, "a service that works again")


@pytest.mark.long(9)
@pytest.mark.parametrize("fault", ["killed", "frozen"])
async def test_while_the_database_is_away_everybody_is_told_to_come_back_soon(own_postgres, tmp_path, fault):
    async with deployed(own_postgres.url, None, tmp_path) as service:
        client = service.client
        run = await service.accepted()
        address = f"{service.base.replace('http', 'ws')}/ws"
        async with connect(f"{address}?token={service.token}") as socket:
            await heard(socket, "status")
            if fault == "killed":
                await asyncio.to_thread(own_postgres.crash)
            else:
                service.line.hold()
            await refused(service.execute())
            await refused(client.get(f"/api/agent/status/{run}"))
            await refused(client.post("/api/auth/login", json=ACCOUNT))
            await tells_the_truth(client)
            await socket.send(json.dumps({"type": "optimization_request", "id": "1", "data": QUESTION}))
            assert (await heard(socket, "error"))["code"] == "SERVICE_UNAVAILABLE"
            if fault == "killed":
                await asyncio.to_thread(own_postgres.start)
            else:
                service.line.release()
            await works_again(service)
            await socket.send(json.dumps({"type": "optimization_request", "id": "2", "data": QUESTION}))
            assert (await heard(socket, "agent_update"))["request_id"] == "2"
        (await client.get(f"/api/agent/status/{run}")).raise_for_status()
