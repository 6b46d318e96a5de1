"""Carries out calls and streams with httpx2 and asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import Self, TypeVar

import httpx2

from netra_sdk import _calls, errors
from netra_sdk._cursor import IDLE_S, Cursor
from netra_sdk._policy import CONNECT_S, Answer, Call, Lost, Options, Response, Send, Sign, Sleep, steps
from netra_sdk._tokens import Credentials
from netra_sdk._wire import USER_AGENT, Journal, is_sent
from netra_sdk.events import RunEvent

T = TypeVar("T")
UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


class AsyncTransport:
    """One service, one credential, one pool of connections of one event loop."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | None,
        *,
        options: Options,
        idle_timeout: float = IDLE_S,
        http_client: httpx2.AsyncClient | None = None,
        headers: Mapping[str, str] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.base_url = base_url
        self.credentials = credentials
        self.options = options
        self.idle_timeout = idle_timeout
        self.http = http_client or httpx2.AsyncClient(follow_redirects=False)
        self._owns_http = http_client is None
        self._headers = {"user-agent": USER_AGENT, "accept": "application/json", **(headers or {})}
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._journal = Journal()

    async def close(self) -> None:
        """Close the connections, unless the caller made them."""
        if self._owns_http:
            await self.http.aclose()

    async def call(self, call: Call[T], options: Options | None = None) -> Response[T]:
        """Carry out a call. Raises the errors of `errors`."""
        running = steps(call, options or self.options, headers=self._headers)
        try:
            step = next(running)
            while True:
                step = running.send(await self._do(step))
        except StopIteration as end:
            answer: Response[T] = end.value
            return answer

    async def _do(self, step: Sign | Send | Sleep) -> str | Answer | Lost | None:
        match step:
            case Sign(stale=stale):
                return await self.authorization(stale=stale)
            case Send():
                return await self._send(step)
            case Sleep(seconds=pause, reason=reason):
                self._journal.repeat(reason, pause)
                await self._sleep(pause)
                return None

    async def authorization(self, *, stale: str | None = None) -> str | None:
        """Return the header, renewed if need be, None if `stale` cannot be renewed; one renewal for all."""
        credentials = self.credentials
        if credentials is None or (stale is not None and not credentials.can_renew):
            return None
        if credentials.needs_renewal(stale=stale):
            async with self._lock:
                if credentials.needs_renewal(stale=stale):
                    await self.renew()
        return credentials.authorization()

    async def renew(self) -> None:
        """Exchange the refresh token. Raises `SessionLostError` when it is refused."""
        tokens = self.credentials.tokens if self.credentials else None
        if self.credentials is None or tokens is None or tokens.refresh_token is None:
            raise errors.SessionLostError("there is no refresh token; sign in again")
        try:
            fresh = (await self.call(_calls.refresh(tokens.refresh_token))).value
        except errors.UnauthorizedError as error:
            raise errors.SessionLostError(f"the refresh was refused; sign in again: {error}") from error
        self.credentials.take(fresh)

    async def _send(self, step: Send) -> Answer | Lost:
        began = time.monotonic()
        timeout = httpx2.Timeout(step.timeout, connect=min(CONNECT_S, step.timeout))
        try:
            async with self.http.stream(
                step.method,
                self.base_url + step.path,
                params=dict(step.params) or None,
                headers=dict(step.headers),
                content=step.body,
                timeout=timeout,
            ) as response:
                parts: list[bytes] = []
                async for chunk in response.aiter_bytes():
                    parts.append(chunk)
                    if time.monotonic() - began > step.timeout:
                        return Lost(why=f"the answer took over {step.timeout:g} s", was_sent=True)
                got = Answer(status=response.status_code, headers=response.headers, body=b"".join(parts))
        except httpx2.HTTPError as error:
            self._journal.request(
                step, status=type(error).__name__, seconds=time.monotonic() - began, headers={}
            )
            return is_sent(error, UNSENT)
        self._journal.request(step, status=got.status, seconds=time.monotonic() - began, headers=got.headers)
        return got


class AsyncEventStream:
    """A run's events over any number of connections: an asynchronous iterator and context manager."""

    def __init__(
        self,
        transport: AsyncTransport,
        run_id: str,
        *,
        after: int = 0,
        idle_timeout: float | None = None,
        gives_up_when_idle: bool = False,
    ) -> None:
        self._transport = transport
        self._run_id = run_id
        self._idle_s = transport.idle_timeout if idle_timeout is None else idle_timeout
        self._gives_up_when_idle = gives_up_when_idle
        options = transport.options
        self._cursor = Cursor(after=after, chance=random.random, max_retry_after=options.max_retry_after)
        self._events = self._read()
        self.is_idle = False  # whether it ended because nothing came for `idle_timeout`

    @property
    def last_seq(self) -> int:
        """The number of the last event that was read; resume after it."""
        return self._cursor.after

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[RunEvent]:
        return self

    async def __anext__(self) -> RunEvent:
        return await anext(self._events)

    async def close(self) -> None:
        """End the stream."""
        await self._events.aclose()

    async def _read(self) -> AsyncGenerator[RunEvent]:
        cursor, authorization = self._cursor, await self._transport.authorization()
        while not cursor.is_over:
            why = "the stream ended"
            try:
                async with self._opened(authorization) as response:
                    if cursor.opened(response.status_code):
                        async for chunk in response.aiter_bytes():
                            for event in cursor.feed(chunk):
                                yield event
                            if cursor.is_over:
                                return
                    elif not cursor.is_over:
                        await response.aread()
                        got = Answer(
                            status=response.status_code, headers=response.headers, body=response.content
                        )
                        pause = cursor.refused(got)
                        if pause is None:
                            renewed = await self._transport.authorization(stale=authorization)
                            authorization = renewed or authorization
                        else:
                            await asyncio.sleep(pause)
                        continue
            except httpx2.ReadTimeout:
                why = f"nothing came for {self._idle_s:g} s"
                if self._gives_up_when_idle:
                    self.is_idle = True
                    return
            except httpx2.HTTPError as error:
                why = str(error) or type(error).__name__
            if not cursor.is_over:
                await asyncio.sleep(cursor.broken(why))

    def _opened(self, authorization: str | None) -> contextlib.AbstractAsyncContextManager[httpx2.Response]:
        transport = self._transport
        signed = {"authorization": authorization} if authorization else {}
        return transport.http.stream(
            "GET",
            transport.base_url + _calls.stream_path(self._run_id),
            headers={"user-agent": USER_AGENT, **self._cursor.headers(), **signed},
            timeout=httpx2.Timeout(CONNECT_S, read=self._idle_s),
        )
