"""Following a run by server-sent events: heartbeats, leaving, signing out."""

from typing import Any

import pytest

from netra.domain.errors import NotFound
from netra.domain.ids import RunId
from netra.entrypoints.http.streaming import lines

from .conftest import House, scope_of


async def test_a_quiet_run_is_kept_alive_until_it_ends(house: House) -> None:
    run_id = RunId(await house.run_id())
    quiet = b": still here\n\n"
    heard: list[bytes] = []
    async for line in lines(house.services, house.principal, run_id, after=0, heartbeat_s=0):
        if line == quiet and heard and heard[-1] != quiet:
            await house.client.post(f"/api/agent/runs/{run_id}/cancel")
        heard.append(line)
    told = [line for line in heard if line != quiet]
    assert told[0].startswith(b"id: 1\nevent: agent_update\ndata: {")
    assert len(told) < len(heard)
    assert told[-1].startswith(b"id: 2\nevent: agent_result\ndata: {")


async def test_signing_out_ends_the_stream(house: House) -> None:
    run_id = RunId(await house.run_id())
    heard = 0
    async for _ in lines(house.services, house.principal, run_id, after=0, heartbeat_s=0):
        heard += 1
        await house.services.users.sign_out(house.principal)
    assert heard == 1


async def test_a_run_that_is_not_the_readers_is_not_followed(house: House) -> None:
    with pytest.raises(NotFound):
        await anext(lines(house.services, house.principal, RunId("run-of-another"), after=0))


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
