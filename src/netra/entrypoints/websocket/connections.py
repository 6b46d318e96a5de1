"""All connections of this process: how many there may be, whose time is over, and how they end together."""

import asyncio
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from netra.domain.errors import NetraError
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Principal
from netra.entrypoints.errors import TooManyConnections
from netra.entrypoints.websocket import session, signals
from netra.entrypoints.websocket.pump import Connection, Services

CHECK_S: Final = 1.0  # a session that was ended elsewhere keeps its sockets for about this long
DRAIN_S: Final = 5.0  # how long the end of the process waits for clients to hear of it


class Connections:
    """The open connections, counted in all and by user."""

    def __init__(self, *, most: int, most_per_user: int) -> None:
        self._most = most
        self._most_per_user = most_per_user
        self._open: set[Connection] = set()
        self._by_user: Counter[UserId] = Counter()
        self._seats: dict[Connection, UserId] = {}
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def holding(self, connection: Connection) -> Generator[None]:
        """Count the connection until the block ends."""
        self._open.add(connection)
        self._is_empty.clear()
        try:
            yield
        finally:
            self._open.discard(connection)
            self._stand_up(connection)
            if not self._open:
                self._is_empty.set()

    def check_room(self) -> None:
        """Raise `TooManyConnections` when there are more connections than may be."""
        if len(self._open) > self._most:
            raise TooManyConnections(f"This server holds {self._most} connections, and all are taken.")

    def seat(self, connection: Connection, principal: Principal) -> None:
        """Count the connection as this user's. Raises `TooManyConnections` when they have too many."""
        if self._by_user[principal.user_id] >= self._most_per_user:
            raise TooManyConnections(f"A user may have {self._most_per_user} connections at once.")
        self._by_user[principal.user_id] += 1
        self._seats[connection] = principal.user_id

    async def watch(self, services: Services) -> None:
        """Every second, close what has expired, was signed out or is stuck; runs until cancelled."""
        while True:
            await services.clock.pause(CHECK_S)
            for connection in tuple(self._open):
                connection.check()
            for principal in self._sessions().values():
                if not await _is_signed_in(services, principal):
                    self._end_session(principal.session_id)

    async def drain(self) -> None:
        """Close every connection with 1001 and return once all are closed, or after `DRAIN_S`."""
        for connection in tuple(self._open):
            connection.tell(signals.Drained())
        try:
            async with asyncio.timeout(DRAIN_S):
                await self._is_empty.wait()
        except TimeoutError:
            return  # the server drops who does not listen

    def _stand_up(self, connection: Connection) -> None:
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
                connection.tell(signals.Refused(session.signed_out()))


async def _is_signed_in(services: Services, principal: Principal) -> bool:
    try:
        return await services.users.is_signed_in(principal)
    except NetraError:
        return True  # the store is down: nobody was signed out by that, the next round asks again
