"""Carries out calls and streams with httpx2, blocking; safe for many threads."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
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


class Transport:
    """One service, one credential, one pool of connections."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | None,
        *,
        options: Options,
        idle_timeout: float = IDLE_S,
        http_client: httpx2.Client | None = None,
        headers: Mapping[str, str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url
        self.credentials = credentials
        self.options = options
        self.idle_timeout = idle_timeout
        self.http = http_client or httpx2.Client(follow_redirects=False)
        self._owns_http = http_client is None
        self._headers = {"user-agent": USER_AGENT, "accept": "application/json", **(headers or {})}
        self._sleep = sleep
        self._lock = threading.Lock()
        self._journal = Journal()

    def close(self) -> None:
        """Close the connections, unless the caller made them."""
        if self._owns_http:
            self.http.close()

    def call(self, call: Call[T], options: Options | None = None) -> Response[T]:
        """Carry out a call. Raises the errors of `errors`."""
        running = steps(call, options or self.options, headers=self._headers)
        try:
            step = next(running)
            while True:
                step = running.send(self._do(step))
        except StopIteration as end:
            answer: Response[T] = end.value
            return answer

    def _do(self, step: Sign | Send | Sleep) -> str | Answer | Lost | None:
        match step:
            case Sign(stale=stale):
                return self.authorization(stale=stale)
            case Send():
                return self._send(step)
            case Sleep(seconds=pause, reason=reason):
                self._journal.repeat(reason, pause)
                self._sleep(pause)
                return None

    def authorization(self, *, stale: str | None = None) -> str | None:
        """Return the header, renewed if need be, None if `stale` cannot be renewed; one renewal for all."""
        credentials = self.credentials
        if credentials is None or (stale is not None and not credentials.can_renew):
            return None
        if credentials.needs_renewal(stale=stale):
            with self._lock:
                if credentials.needs_renewal(stale=stale):
                    self.renew()
        return credentials.authorization()

    def renew(self) -> None:
        """Exchange the refresh token. Raises `SessionLostError` when it is refused."""
        tokens = self.credentials.tokens if self.credentials else None
        if self.credentials is None or tokens is None or tokens.refresh_token is None:
            raise errors.SessionLostError("there is no refresh token; sign in again")
        try:
            fresh = self.call(_calls.refresh(tokens.refresh_token)).value
        except errors.UnauthorizedError as error:
            raise errors.SessionLostError(f"the refresh was refused; sign in again: {error}") from error
        self.credentials.take(fresh)

    def _send(self, step: Send) -> Answer | Lost:
        began = time.monotonic()
        timeout = httpx2.Timeout(step.timeout, connect=min(CONNECT_S, step.timeout))
        try:
            with self.http.stream(
                step.method,
                self.base_url + step.path,
                params=dict(step.params) or None,
                headers=dict(step.headers),
                content=step.body,
                timeout=timeout,
            ) as response:
                parts: list[bytes] = []
                for chunk in response.iter_bytes():
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


class EventStream:
    """A run's events over any number of connections: an iterator and a context manager.

    `close` may be called from another thread: the reader then gets `StreamBrokenError`.
    """

    def __init__(
        self,
        transport: Transport,
        run_id: str,
        *,
        after: int = 0,
        idle_timeout: float | None = None,
        gives_up_when_idle: bool = False,
        deadline: float | None = None,
    ) -> None:
        self._transport = transport
        self._deadline = deadline  # of the monotonic clock; a read never waits beyond it
        self._run_id = run_id
        self._idle_s = transport.idle_timeout if idle_timeout is None else idle_timeout
        self._gives_up_when_idle = gives_up_when_idle
        options = transport.options
        self._cursor = Cursor(after=after, chance=random.random, max_retry_after=options.max_retry_after)
        self._events = self._read()
        self._response: httpx2.Response | None = None
        self._is_closed = False
        self.is_idle = False  # whether it ended because nothing came for `idle_timeout`

    @property
    def last_seq(self) -> int:
        """The number of the last event that was read; resume after it."""
        return self._cursor.after

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[RunEvent]:
        return self

    def __next__(self) -> RunEvent:
        return next(self._events)

    def close(self) -> None:
        """End the stream."""
        self._is_closed = True
        response = self._response
        if response is not None:
            network = response.extensions.get("network_stream")
            connection = network.get_extra_info("socket") if network is not None else None
            if isinstance(connection, socket.socket):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)  # wakes a reader in another thread

    def _read(self) -> Iterator[RunEvent]:
        cursor, authorization = self._cursor, self._transport.authorization()
        while not cursor.is_over:
            why = "the stream ended"
            try:
                with self._opened(authorization) as response:
                    self._response = response
                    if self._is_closed:
                        raise errors.StreamBrokenError("the stream was closed", last_seq=cursor.after)
                    if cursor.opened(response.status_code):
                        for chunk in response.iter_bytes():
                            yield from cursor.feed(chunk)
                            if cursor.is_over:
                                return
                    elif not cursor.is_over:
                        response.read()
                        got = Answer(
                            status=response.status_code, headers=response.headers, body=response.content
                        )
                        pause = cursor.refused(got)
                        if pause is None:
                            renewed = self._transport.authorization(stale=authorization)
                            authorization = renewed or authorization
                        else:
                            time.sleep(pause)
                        continue
            except httpx2.ReadTimeout:
                if self._deadline is not None and time.monotonic() >= self._deadline:
                    raise errors.StreamBrokenError("the time is over", last_seq=cursor.after) from None
                why = f"nothing came for {self._idle_s:g} s"
                if self._gives_up_when_idle:
                    self.is_idle = True
                    return
            except httpx2.HTTPError as error:
                why = str(error) or type(error).__name__
            finally:
                self._response = None
            if self._is_closed and not cursor.is_over:
                raise errors.StreamBrokenError("the stream was closed", last_seq=cursor.after)
            if not cursor.is_over:
                time.sleep(cursor.broken(why))

    def _opened(self, authorization: str | None) -> contextlib.AbstractContextManager[httpx2.Response]:
        transport = self._transport
        signed = {"authorization": authorization} if authorization else {}
        left = self._idle_s if self._deadline is None else max(0.01, self._deadline - time.monotonic())
        return transport.http.stream(
            "GET",
            transport.base_url + _calls.stream_path(self._run_id),
            headers={"user-agent": USER_AGENT, **self._cursor.headers(), **signed},
            timeout=httpx2.Timeout(CONNECT_S, read=min(self._idle_s, left)),
        )
