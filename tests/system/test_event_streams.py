"""Server-sent events over a real server: when a stream ends, and how many there may be."""

import asyncio
import dataclasses
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from tests.system.test_websocket import ASK, QUIET, Served, heard, say, serving, until_close
from tests.waiting import PATIENCE_S

from netra.adapters.local.clock import SystemClock
from netra.domain.ids import KeyId, SessionId, UserId
from netra.domain.users.model import ApiKey, KeyScope, NewUser, Role
from netra.domain.users.rules import KEY_PREFIX, key_digest
from netra.plugboard import Ports

pytestmark = pytest.mark.system

OPEN = msgspec.structs.replace(QUIET, limit_general=0)


async def run_of(served: Served, *, user: int = 1) -> str:
    """Start a run that stays queued."""
    async with served.signed_in(user=user) as client:
        await say(client, ASK)
        return str((await heard(client))["data"]["run_id"])


@asynccontextmanager
async def streaming(served: Served, run_id: str, token: str) -> AsyncGenerator[httpx.Response]:
    """Open a stream, whatever the answer is."""
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
        url = f"http://127.0.0.1:{served.port}/api/agent/stream/{run_id}"
        async with http.stream("GET", url, headers={"Authorization": f"Bearer {token}"}) as answer:
            yield answer


async def until_end(answer: httpx.Response) -> str:
    """Return what comes before the stream ends, well before a heartbeat would look for a reason."""
    assert answer.status_code == 200
    async with asyncio.timeout(PATIENCE_S):
        return (await answer.aread()).decode()


async def until_there_is_room(served: Served, run_id: str) -> None:
    """Return once a stream is accepted: the server learns at its own pace that another one has ended."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with streaming(served, run_id, await served.token()) as answer:
                if answer.status_code == 200:
                    return
            await asyncio.sleep(0.01)


async def refused(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of an answer in the envelope."""
    envelope = json.loads(await answer.aread())
    assert set(envelope) == {"error", "request_id"}
    return answer.status_code, envelope["error"]["code"]


async def an_api_key(served: Served, *scopes: KeyScope) -> tuple[str, ApiKey]:
    """Store a key of user 1 and return its secret too."""
    now = datetime.now(UTC)
    owner = await served.ports.users.add(
        NewUser(email="a@example.com", name="A", password_hash=None, role=Role.ADMIN, created_at=now)
    )
    assert owner.id == 1
    secret = KEY_PREFIX + "".join(sorted(scopes))
    key = ApiKey(
        id=KeyId(f"key-{secret}"),
        owner_id=UserId(1),
        name="k",
        scopes=frozenset(scopes),
        hint="",
        created_at=now,
        expires_at=now + timedelta(days=1),
    )
    await served.ports.api_keys.add(key, digest=key_digest(secret), max_per_user=10)
    return secret, key


async def test_a_stream_ends_when_its_token_expires() -> None:
    async with serving(OPEN) as served:
        run_id = await run_of(served)
        token = await served.token(lasts=timedelta(seconds=2))
        async with streaming(served, run_id, token) as answer:
            assert (await until_end(answer)).startswith("id: 1\n")
        async with streaming(served, run_id, token) as answer:
            assert await refused(answer) == (401, "UNAUTHORIZED")


async def test_signing_out_ends_the_sessions_streams_and_no_others() -> None:
    async with serving(OPEN) as served:
        run_id, token = await run_of(served), await served.token(session="ses-out")
        async with (
            streaming(served, run_id, token) as answer,
            streaming(served, run_id, await served.token()) as other,
        ):
            lines = other.aiter_lines()
            assert await anext(lines) == "id: 1"
            await served.ports.sessions.end(SessionId("ses-out"), at=datetime.now(UTC))
            await until_end(answer)
            run = await served.ports.runs.stop(run_id, owner_id=UserId(1))
            await served.ports.feed.publish(run[1])
            assert "agent_result" in "".join([line async for line in lines])


async def test_revoking_an_api_key_ends_its_streams_and_sockets() -> None:
    async with serving(OPEN) as served:
        run_id = await run_of(served)
        secret, key = await an_api_key(served, KeyScope.READ)
        async with streaming(served, run_id, secret) as answer, served.connect(f"?token={secret}") as client:
            assert (await heard(client))["type"] == "status"
            await served.ports.api_keys.revoke(key.id, owner_id=UserId(1), at=datetime.now(UTC))
            await until_end(answer)
            assert (await until_close(client))[1] == 4001


async def test_a_server_that_ends_ends_its_streams() -> None:
    async with serving(OPEN) as served:
        run_id = await run_of(served)
        async with streaming(served, run_id, await served.token()) as answer:
            served.server.should_exit = True
            await until_end(answer)


async def test_streams_and_sockets_of_a_user_share_one_bound() -> None:
    settings = msgspec.structs.replace(OPEN, max_connections_per_user=2)
    async with serving(settings) as served, AsyncExitStack() as stack:
        run_id = await run_of(served)
        await stack.enter_async_context(served.signed_in())
        first = AsyncExitStack()
        await first.enter_async_context(streaming(served, run_id, await served.token()))
        async with streaming(served, run_id, await served.token()) as answer:
            assert await refused(answer) == (503, "SERVICE_UNAVAILABLE")
            assert answer.headers["Retry-After"]
        async with served.connect(f"?token={await served.token()}") as client:
            assert (await until_close(client))[1] == 1008
        await stack.enter_async_context(served.signed_in(user=2))
        await first.aclose()
        await until_there_is_room(served, run_id)


async def test_streams_and_sockets_of_all_users_share_one_bound() -> None:
    settings = msgspec.structs.replace(OPEN, max_connections=2)
    async with serving(settings) as served:
        run_id = await run_of(served)
        async with (
            served.signed_in(user=2),
            served.signed_in(user=3),
            streaming(served, run_id, await served.token()) as answer,
        ):
            assert await refused(answer) == (503, "SERVICE_UNAVAILABLE")


async def test_head_of_a_stream_holds_no_place() -> None:
    settings = msgspec.structs.replace(OPEN, max_connections_per_user=1)
    async with serving(settings) as served:
        run_id, token = await run_of(served), await served.token()
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
            url = f"http://127.0.0.1:{served.port}/api/agent/stream/{run_id}"
            answer = await http.head(url, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200
        await until_there_is_room(served, run_id)


class HurriedClock(SystemClock):
    """A clock on which a second passes in ten milliseconds for those who pause."""

    async def pause(self, seconds: float) -> None:
        await super().pause(seconds / 100)


async def test_a_reader_that_takes_nothing_is_dropped_and_its_place_is_free() -> None:
    def hurried(ports: Ports) -> Ports:
        return dataclasses.replace(ports, clock=HurriedClock())

    settings = msgspec.structs.replace(OPEN, max_connections_per_user=1)
    async with serving(settings, adjust=hurried, send_buffer=16_384) as served:
        run_id = await run_of(served)
        claim = await served.claim()
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
            deaf.connect(("127.0.0.1", served.port))
            head = f"GET /api/agent/stream/{run_id} HTTP/1.1\r\nHost: a\r\n"
            deaf.sendall(f"{head}Authorization: Bearer {await served.token()}\r\n\r\n".encode())
            for _ in range(40):
                await served.progress(claim, *range(1, 100))
            await until_there_is_room(served, run_id)
            deaf.setblocking(False)
            taken = b""
            async with asyncio.timeout(PATIENCE_S):
                while chunk := await asyncio.get_running_loop().sock_recv(deaf, 65_536):
                    taken += chunk
            assert taken.startswith(b"HTTP/1.1 200")
            assert not taken.endswith(b"0\r\n\r\n")  # the answer says that it is incomplete


@pytest.mark.parametrize("scope", [KeyScope.EXECUTE, KeyScope.INGEST, KeyScope.ADMIN])
async def test_a_key_without_the_scope_read_reads_no_events(scope: KeyScope) -> None:
    async with serving(OPEN) as served:
        run_id = await run_of(served)
        secret, _ = await an_api_key(served, scope)
        async with streaming(served, run_id, secret) as answer:
            assert await refused(answer) == (403, "FORBIDDEN")


async def test_a_key_with_the_scope_execute_alone_learns_only_how_its_run_stands() -> None:
    async with serving(OPEN) as served:
        secret, _ = await an_api_key(served, KeyScope.EXECUTE)
        async with served.connect(f"?token={secret}") as client:
            assert (await heard(client))["type"] == "status"
            await say(client, ASK)
            told: dict[str, Any] = await heard(client)
            assert (told["type"], told["data"]["request_id"]) == ("status", "c-1")
            claim = await served.claim()
            assert told["data"]["run_id"] == claim.run.id
            await served.progress(claim, 10)
            await say(client, {"type": "stop_processing", "data": {"run_id": claim.run.id}})
            assert (await heard(client))["type"] == "status"
            await served.progress(claim, 20)
            await say(client, {"type": "ping"})
            assert (await heard(client))["type"] == "pong"
