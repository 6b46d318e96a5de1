"""What the rest feel of one who misbehaves: a reader that does not read, a storm of sign-ins.

Everyone else are sockets that hear a quiet run; theirs is the delay that is measured, once in peace and
once beside the trouble. A slow reader's run talks in peace too, to readers that read: what it costs to
make the events is not the slow reader's doing.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable

from loads import CountingSocket, Server, netra, opened, percentile, post, wrk_command

ELSE = 200  # sockets of everyone else
QUIET = "flood 40 200 3"  # 8 s of 5 events/s
LOUD = "flood 1200 10 1 8192"  # 100 events/s of 8 KiB: in seconds more than a system's buffers hold
FEW = 5  # readers of the loud run
STORMERS = 8

Surroundings = Callable[[Server, str], contextlib.AbstractAsyncContextManager[None]]


def slow_reader_times() -> float:
    """Return p99 of everyone else beside readers that do not read, over p99 beside readers that do."""
    return _p99_ms(trouble=_loud(reads=False)) / _p99_ms(trouble=_loud(reads=True))


def login_storm_times() -> float:
    """Return p99 of everyone else beside a storm of sign-ins, over p99 in peace."""
    return _p99_ms(trouble=_storm) / _p99_ms(trouble=_peace)


def _p99_ms(*, trouble: Surroundings) -> float:
    with netra(flood=True, registration="1") as (server, token):
        return asyncio.run(_measured(server, token, trouble=trouble))


async def _measured(server: Server, token: str, *, trouble: Surroundings) -> float:
    async with trouble(server, token):
        clients = await _listeners(server, token, message=QUIET, count=ELSE)
        while min(client.frames for client in clients) < 40:
            await asyncio.sleep(0.05)
    return percentile([delay for client in clients for delay in client.delays_ms[2:]], 0.99)


async def _listeners(server: Server, token: str, *, message: str, count: int) -> list[CountingSocket]:
    clients = await opened(f"/ws?token={token}", port=server.port, count=count)
    answer = await asyncio.to_thread(
        post, server.base + "/api/agent/execute", {"message": message}, token=token
    )
    for client in clients:
        client.send({"type": "subscribe", "data": {"run_id": answer["run_id"], "after": 0}})
    return clients


def _loud(*, reads: bool) -> Surroundings:
    @contextlib.asynccontextmanager
    async def trouble(server: Server, token: str) -> AsyncGenerator[None]:
        clients = await _listeners(server, token, message=LOUD, count=FEW)
        if not reads:
            for client in clients:
                client.transport.pause_reading()
        yield
        for client in clients:
            client.transport.abort()

    return trouble


@contextlib.asynccontextmanager
async def _storm(server: Server, token: str) -> AsyncGenerator[None]:
    del token
    body = {"email": "storm@example.com", "password": "storm-password"}
    # An account of its own: one with over fifty sessions loses its oldest, which is the listeners'.
    await asyncio.to_thread(post, server.base + "/api/auth/register", body | {"name": "Storm"})
    with wrk_command(server.base + "/api/auth/login", seconds=60, connections=STORMERS, body=body) as command:
        storm = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        yield
        storm.terminate()
        await storm.wait()


@contextlib.asynccontextmanager
async def _peace(server: Server, token: str) -> AsyncGenerator[None]:
    del server, token
    yield
