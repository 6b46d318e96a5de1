"""Many runs on one WebSocket: ask, stop, follow; needs `netra-sdk[live]`.

A question goes over HTTP, where it has an idempotency key, and its events come over the socket. When the
socket breaks, it is opened again and every run goes on after its last event.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from netra_sdk import _calls, errors
from netra_sdk._async_transport import AsyncTransport
from netra_sdk._policy import Answer, error_of
from netra_sdk._transport import Transport
from netra_sdk._wire import LOG
from netra_sdk.events import AgentResult, RunEvent, event_of
from netra_sdk.runs import RunHandle
from netra_sdk.types import Advice, RunStatus

T = TypeVar("T")

FRAME_MAX = 64 * 1024 * 1024  # bytes: a result is one frame
BACKOFF_FIRST_S = 0.25
BACKOFF_MAX_S = 5.0
BARREN_MAX = 30  # connections in a row without a frame of a run
PING_S = 25.0  # of silence, and as long for its answer
EARLY_S = 60.0  # an access token is renewed on the open socket so long before its end
SIGN_IN = frozenset({4000, 4001})
WAIT = 4003
DEFECTS = frozenset({1002, 1003, 1007, 1009, 4002})  # the client broke a rule: repeating does not help


class _Frame(msgspec.Struct):
    type: str
    data: msgspec.Raw = msgspec.Raw(b"{}")


class _Named(msgspec.Struct):
    run_id: str | None = None
    seq: int | None = None
    code: str | None = None
    message: str = ""
    phase: str | None = None
    last_seq: int | None = None
    context: dict[str, Any] = {}


class LiveRun(RunHandle):
    """A run followed on the socket: iterate its events, or wait for its result."""

    def __init__(self, live: AsyncLive, run_id: str, **known: Any) -> None:
        super().__init__(run_id, **known)
        self._live = live
        self._queue: asyncio.Queue[RunEvent | errors.NetraError | None] = asyncio.Queue()
        self.last_seq = self._after
        self.is_over = False

    async def events(self) -> AsyncIterator[RunEvent]:
        """Yield the events in order, each once, to the last."""
        while True:
            event = await self._queue.get()
            if isinstance(event, errors.NetraError):
                raise event
            if event is None:
                return
            yield event
            if isinstance(event, AgentResult):
                return

    async def wait(self) -> Advice:
        """Return the result once the run has ended, or raise why there is none."""
        async for event in self.events():
            if isinstance(event, AgentResult):
                return self.concluded(event)
        status = await self._live.status(self.id)
        advice = self.concluded_by(status)
        if advice is None:
            raise errors.StreamBrokenError("the events ended before the run", last_seq=self.last_seq)
        return advice

    async def stop(self) -> RunStatus:
        """Cancel the run."""
        return await self._live.stop(self.id)

    def take(self, event: RunEvent) -> None:
        """Queue an event that is new; a thinned stream may skip updates, never the result."""
        if event.seq > self.last_seq and not self.is_over:
            self.last_seq = event.seq
            self.is_over = isinstance(event, AgentResult)
            self._queue.put_nowait(event)

    def end(self, error: errors.NetraError | None = None) -> None:
        """End the events, with an error or without."""
        if not self.is_over:
            self.is_over = True
            self._queue.put_nowait(error)


class AsyncLive:
    """One socket; use it with `async with`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self._runs: dict[str, LiveRun] = {}
        self._socket: ClientConnection | None = None
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._barren = 0
        self._renewed = False
        self._wait_s: float | None = None
        self._error: errors.NetraError | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Open the socket. Raises `UnauthorizedError` and `ConnectionFailedError`."""
        self._task = asyncio.create_task(self._run(), name="netra-live")
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._error is not None:
            raise self._error

    async def close(self) -> None:
        """Close the socket; runs go on without it."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for run in self._runs.values():
            run.end()

    async def ask(
        self,
        message: str,
        *,
        workload_id: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        thread_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> LiveRun:
        """Ask a question and follow its run here."""
        call = _calls.execute(
            message, workload_id=workload_id, parameters=parameters, thread_id=thread_id, key=idempotency_key
        )
        accepted = (await self._transport.call(call)).value
        return await self.subscribe(accepted.run_id, thread_id=accepted.thread_id)

    async def subscribe(self, run_id: str, after: int = 0, **known: Any) -> LiveRun:
        """Follow a run here, from the event after number `after` on."""
        run = self._runs[run_id] = LiveRun(self, run_id, after=after, **known)
        if self._error is not None:
            raise self._error
        await self._send({"type": "subscribe", "data": {"run_id": run_id, "after": after}})
        return run

    async def status(self, run_id: str) -> RunStatus:
        """Return a run's state."""
        return (await self._transport.call(_calls.status(run_id))).value

    async def stop(self, run_id: str) -> RunStatus:
        """Cancel a run."""
        return (await self._transport.call(_calls.cancel(run_id, key=None))).value

    async def ping(self) -> None:
        """Send a ping."""
        await self._send({"type": "ping"})

    async def _send(self, frame: Mapping[str, Any]) -> None:
        socket = self._socket
        if socket is not None:  # otherwise the next connection subscribes to every run
            with contextlib.suppress(ConnectionClosed):
                await socket.send(msgspec.json.encode(frame).decode())

    async def _run(self) -> None:
        try:
            while True:
                pause = await self._connected()
                LOG.warning("the socket is gone; again in %.1f s", pause)
                await asyncio.sleep(pause)
        except errors.NetraError as error:
            self._error = error
            for run in self._runs.values():
                run.end(error)

    async def _connected(self) -> float:
        """Serve one connection; return the pause before the next. Raises what repeating does not mend."""
        headers = {"Authorization": await self._transport.authorization() or ""}
        address, code = _socket_url(self._transport.base_url), 1006
        self._wait_s = None
        try:
            async with connect(
                address,
                additional_headers=headers,
                max_size=FRAME_MAX,
                ping_interval=PING_S,
                ping_timeout=PING_S,
            ) as socket:
                self._socket = socket
                renewing = asyncio.create_task(self._renewing(socket))
                try:
                    async for message in socket:
                        await self._take(message)
                finally:
                    renewing.cancel()
                code = socket.close_code or 1006
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
        except (OSError, InvalidHandshake, TimeoutError) as error:
            LOG.debug("the socket could not be opened: %s", error)
        finally:
            self._socket = None
        return await self._pause_after(code, headers["Authorization"])

    async def _pause_after(self, code: int, authorization: str) -> float:
        if code in DEFECTS:
            raise errors.UnexpectedAnswerError(
                f"the service closed the socket with {code}: a defect of this SDK"
            )
        if code in SIGN_IN:
            renewed = None if self._renewed else await self._transport.authorization(stale=authorization)
            self._renewed = True
            if renewed is None:
                raise _unauthorized(f"the service closed the socket with {code}; sign in again")
            return 0.0
        self._barren += 1
        if self._barren > BARREN_MAX:
            raise errors.ConnectionFailedError(f"{BARREN_MAX} sockets in a row brought nothing ({code})")
        backoff = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** (self._barren - 1)) * (
            0.5 + random.random() / 2
        )
        return max(backoff, self._wait_s or 0.0) if code == WAIT else backoff

    async def _take(self, message: str | bytes) -> None:
        frame = msgspec.json.decode(message, type=_Frame)
        named = msgspec.json.decode(frame.data, type=_Named)
        run = self._runs.get(named.run_id or "")
        if frame.type == "status" and named.run_id is None:
            await self._begun()
        elif frame.type == "status" and run is not None:
            if named.phase in {"completed", "failed", "cancelled"} and run.last_seq >= (named.last_seq or 0):
                run.end()
        elif frame.type == "error" and named.seq is None:
            self._refused(named, run)
        elif run is not None and frame.type != "pong":
            self._barren = 0
            run.take(event_of(frame.type, bytes(frame.data), seq=named.seq or 0))

    async def _begun(self) -> None:
        """Follow every run that has not ended; the first frame says that the proof was accepted."""
        self._renewed = False
        if not self._ready.is_set():
            self._barren = 0
            self._ready.set()
        for run in self._runs.values():
            if not run.is_over:
                data = {"run_id": run.id, "after": run.last_seq}
                await self._send({"type": "subscribe", "data": data})

    def _refused(self, named: _Named, run: LiveRun | None) -> None:
        self._wait_s = named.context.get("retry_after_s", self._wait_s)
        LOG.debug("the service refused: %s (%s)", named.message, named.code)
        lost = [one for one in self._runs.values() if one.id == named.context.get("id")]
        for one in [run] if run is not None else lost:
            status = {"NOT_FOUND": 404, "FORBIDDEN": 403}.get(named.code or "", 400)
            one.end(_refusal(status, named.code or "ERROR", named.message))

    async def _renewing(self, socket: ClientConnection) -> None:
        """Send the new access token before the present one ends."""
        credentials = self._transport.credentials
        while credentials is not None and credentials.tokens is not None:
            expires_at = credentials.tokens.expires_at
            if expires_at is None or not credentials.can_renew:
                return
            await asyncio.sleep(max(1.0, credentials.seconds_left() - EARLY_S))
            await self._transport.authorization()
            token = credentials.tokens.access_token
            await socket.send(
                msgspec.json.encode({"type": "authenticate", "data": {"token": token}}).decode()
            )


def _socket_url(base_url: str) -> str:
    parts = urlsplit(base_url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, f"{parts.path}/ws", "", ""))


def _refusal(status: int, code: str, message: str) -> errors.NetraError:
    body = msgspec.json.encode({"error": {"code": code, "message": message, "details": {}}})
    return error_of(Answer(status=status, headers={}, body=body))


def _unauthorized(message: str) -> errors.NetraError:
    return _refusal(401, "UNAUTHORIZED", message)


class BlockingRun(RunHandle):
    """A run followed on the socket of `Live`."""

    def __init__(self, live: Live, run: LiveRun) -> None:
        super().__init__(run.id, thread_id=run.thread_id)
        self._live = live
        self._run = run

    def events(self) -> Iterator[RunEvent]:
        """Yield the events in order, each once, to the last."""
        events = self._run.events()
        while True:
            try:
                yield self._live.result(_next(events))
            except _Ended:
                return

    def wait(self) -> Advice:
        """Return the result once the run has ended, or raise why there is none."""
        return self._live.result(self._run.wait())

    def stop(self) -> RunStatus:
        """Cancel the run."""
        return self._live.result(self._run.stop())


class _Ended(Exception):
    """The events have ended."""


async def _next(events: AsyncIterator[RunEvent]) -> RunEvent:
    try:
        return await anext(events)
    except StopAsyncIteration:
        raise _Ended from None


class Live:
    """One socket, served by a thread of its own; use it with `with`."""

    def __init__(self, transport: Transport) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="netra-live", daemon=True)
        self._thread.start()
        self._transport = AsyncTransport(transport.base_url, transport.credentials, options=transport.options)
        self._live = self.result(self._made())
        try:
            self.result(self._live.open())
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def result(self, work: Coroutine[Any, Any, T]) -> T:
        """Run work of the socket's thread and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def ask(self, message: str, **question: Any) -> BlockingRun:
        """Ask a question and follow its run here."""
        return BlockingRun(self, self.result(self._live.ask(message, **question)))

    def subscribe(self, run_id: str, after: int = 0) -> BlockingRun:
        """Follow a run here, from the event after number `after` on."""
        return BlockingRun(self, self.result(self._live.subscribe(run_id, after)))

    def stop(self, run_id: str) -> RunStatus:
        """Cancel a run."""
        return self.result(self._live.stop(run_id))

    def ping(self) -> None:
        """Send a ping."""
        self.result(self._live.ping())

    def close(self) -> None:
        """Close the socket; runs go on without it."""
        if not self._loop.is_closed():
            self.result(self._live.close())
            self.result(self._transport.close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _made(self) -> AsyncLive:
        return AsyncLive(self._transport)
