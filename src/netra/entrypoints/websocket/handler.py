"""The socket's Litestar route.

Litestar's own frame handling is bypassed: `pump` speaks ASGI with the server.
"""

from collections.abc import Callable
from typing import cast

from litestar import WebSocket, websocket
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

from netra.domain.errors import NetraError
from netra.domain.users.model import Principal
from netra.entrypoints.asgi import Scope, exchange_of, wire_of
from netra.entrypoints.credentials import origin_of
from netra.entrypoints.live_connections import LiveConnections
from netra.entrypoints.websocket.close_audit import note_end
from netra.entrypoints.websocket.handshake import Ticket, check_origin, proof_in
from netra.entrypoints.websocket.pump import LINGER_S, Connection, Services
from netra.settings import Settings


class WebSocketDoor:
    """The socket of one application; `services` is called once the application has started."""

    def __init__(
        self,
        settings: Settings,
        *,
        services: Callable[[], Services],
        connections: LiveConnections,
        linger_s: float = LINGER_S,
    ) -> None:
        self._services = services
        self._linger_s = linger_s
        self._origins = frozenset(settings.websocket_origins)
        self._connections = connections

    @property
    def handlers(self) -> list[ControllerRouterHandler]:
        """The route handlers."""

        @websocket("/ws")
        async def connect(socket: WebSocket[None, None, State]) -> None:
            await self._serve(cast("Scope", socket.scope))

        return [connect]

    async def _serve(self, scope: Scope) -> None:
        """Accept, then authenticate: a rejection before the accept reaches a browser only as a bare 1006."""
        services = self._services()
        receive, send = wire_of(scope)
        shown = dict(scope)
        scope["query_string"] = b""  # servers log the query at the accept, and it holds the proof
        await receive()
        await send({"type": "websocket.accept", "headers": exchange_of(scope).headers})
        connection = Connection(services, receive=receive, send=send, linger_s=self._linger_s)

        async def sign_in() -> Principal:
            check_origin(shown, allowed=self._origins)
            self._connections.check_room()
            principal = await _proven(shown, services)
            self._connections.seat(connection, principal)
            return principal

        with self._connections.holding(connection):
            await connection.run(sign_in)
        origin = origin_of(exchange_of(scope), scope["headers"])
        try:
            await note_end(
                services.journal, code=connection.closed_with, principal=connection.principal, origin=origin
            )
        except NetraError as error:  # the store is down, and there is no client to inform
            services.incidents.report(error, where="security log", request_id=origin.request_id)


async def _proven(shown: Scope, services: Services) -> Principal:
    proof = proof_in(shown)
    if isinstance(proof, Ticket):
        return await services.users.redeem_ticket(proof.text)
    return await services.users.authenticate(proof.text)
