"""Long-lived connections of every transport: limits on their number, and when they end.

WebSockets and streams of server-sent events share the same limits and end by the same checks. Each transport
closes its own connections.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Protocol

from netra.domain.errors import NetraError
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Principal
from netra.domain.users.service import UserService
from netra.entrypoints.errors import TooManyConnections
from netra.ports.clock import Clock

# seconds between two checks: how long a connection may outlive its token, session or key
CHECK_S: Final = 1.0
DRAIN_S: Final = 5.0  # seconds that a shutdown waits for connections to close


class LiveConnection(Protocol):
    """One connection, as the checks see it. Its methods neither wait nor raise."""

    @property
    def principal(self) -> Principal | None:
        """The connected principal; None before sign-in."""
        ...

    def check(self) -> None:
        """Close if the token has expired or the reader is stuck; called every `CHECK_S`."""
        ...

    def end_session(self) -> None:
        """Close because the session was ended or the API key revoked."""
        ...

    def drain(self) -> None:
        """Close because the server is shutting down."""
        ...


class LiveConnections:
    """The open connections, counted in total and by user."""

    def __init__(self, *, most: int, most_per_user: int) -> None:
        self._most = most
        self._most_per_user = most_per_user
        self._open: set[LiveConnection] = set()
        self._by_user: Counter[UserId] = Counter()
        self._seats: dict[LiveConnection, UserId] = {}
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def holding(self, connection: LiveConnection) -> Generator[None]:
        """Count the connection until the block ends."""
        self._open.add(connection)
        self._is_empty.clear()
        try:
            yield
        finally:
            self._open.discard(connection)
            self._free_seat(connection)
            if not self._open:
                self._is_empty.set()

    def check_room(self) -> None:
        """Raise `TooManyConnections` when more connections are open than the server may hold."""
        if len(self._open) > self._most:
            raise TooManyConnections(
                f"This server already has {self._most} connections, its limit; try again in a moment."
            )

    def seat(self, connection: LiveConnection, principal: Principal) -> None:
        """Count the connection as this user's. Raises `TooManyConnections` when they have too many."""
        if self._by_user[principal.user_id] >= self._most_per_user:
            raise TooManyConnections(f"A user may have at most {self._most_per_user} concurrent connections.")
        self._by_user[principal.user_id] += 1
        self._seats[connection] = principal.user_id

    @asynccontextmanager
    async def watched(self, *, users: UserService, clock: Clock) -> AsyncGenerator[None]:
        """Check the connections while the block runs, and close them when it ends."""
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self.watch(users=users, clock=clock))
            yield
            await self.drain()
            watch.cancel()

    async def watch(self, *, users: UserService, clock: Clock) -> None:
        """Close connections that expired, were signed out or are stuck, every `CHECK_S` until cancelled."""
        while True:
            await clock.pause(CHECK_S)
            for connection in tuple(self._open):
                connection.check()
            for principal in self._sessions().values():
                if not await _is_signed_in(users, principal):
                    self._end_session(principal.session_id)

    async def drain(self) -> None:
        """Close every connection and return once all are closed, or after `DRAIN_S`."""
        for connection in tuple(self._open):
            connection.drain()
        try:
            async with asyncio.timeout(DRAIN_S):
                await self._is_empty.wait()
        except TimeoutError:
            return  # the server drops clients that do not react

    def _free_seat(self, connection: LiveConnection) -> None:
        user_id = self._seats.pop(connection, None)
        if user_id is None:
            return
        self._by_user[user_id] -= 1
        if self._by_user[user_id] <= 0:
            del self._by_user[user_id]

    def _sessions(self) -> dict[SessionId, Principal]:
        principals = (connection.principal for connection in self._open)
        return {one.session_id: one for one in principals if one is not None}

    def _end_session(self, session_id: SessionId) -> None:
        for connection in tuple(self._open):
            if connection.principal is not None and connection.principal.session_id == session_id:
                connection.end_session()


async def _is_signed_in(users: UserService, principal: Principal) -> bool:
    try:
        return await users.is_signed_in(principal)
    except NetraError:
        return True  # the store is down, which ends no session; the next check asks again
