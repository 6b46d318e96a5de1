"""The route that streams a run's events as server-sent events, numbered as on the socket."""

import re
from typing import Annotated, Any, Final, cast

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from netra.domain.audit.model import SecurityEventKind
from netra.domain.errors import ValidationFailed
from netra.domain.ids import RunId
from netra.entrypoints.asgi import ABORT
from netra.entrypoints.asgi import Receive as PlainReceive
from netra.entrypoints.asgi import Send as PlainSend
from netra.entrypoints.errors import TooManyConnections
from netra.entrypoints.http.event_reader import EventReader
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.openapi_responses import EVENT_STREAM
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.live_connections import LiveConnections
from netra.entrypoints.rate_limiting import user_key
from netra.entrypoints.services import Services

EVENT_ID: Final = "^[0-9]{1,10}$"

LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        description="The `seq` of the last event received; later events follow.",
        schema_extra={"maxLength": 10, "pattern": EVENT_ID},
    ),
]


@get(
    "/stream/{run_id:str}",
    media_type=EVENT_STREAM,
    opt=noted(answers={200: EVENT_STREAM, 204: None}),
    summary="Follow a run by server-sent events",
)
async def stream(
    run_id: FromPath[str],
    request: ApiRequest,
    services: InjectedServices,
    connections: NamedDependency[LiveConnections],
    last_event_id: LastEventId = None,
) -> Response[None]:
    """Send every event after `Last-Event-ID`, then live events until the last; 204 if no event can follow."""
    run = await services.run_service().get(RunId(run_id), owner_id=request.owner_id)
    after = seq_of(last_event_id, most=run.last_seq)
    if run.state.is_terminal and after >= run.last_seq:
        return Response(None, status_code=204)  # 204 stops an EventSource from reconnecting
    reader = EventReader(
        request.principal, run.id, after=after, runs=services.run_service(), clock=services.ports().clock
    )
    return EventStream(reader, request=request, services=services, connections=connections)


class EventStream(Response[None]):
    """A response that lasts until its reader leaves or the run ends."""

    def __init__(
        self, reader: EventReader, *, request: ApiRequest, services: Services, connections: LiveConnections
    ) -> None:
        self._sent = _Streamed(reader, request=request, services=services, connections=connections)

    def to_asgi_response(self, *_: object, **__: object) -> ASGIResponse:
        """Return the ASGI application of the response."""
        return self._sent


class _Streamed(ASGIResponse):
    """The response being sent, counted as a live connection."""

    def __init__(
        self, reader: EventReader, *, request: ApiRequest, services: Services, connections: LiveConnections
    ) -> None:
        self._reader = reader
        self._request = request
        self._services = services
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response. Raises `TooManyConnections` before anything is sent."""
        with self._connections.holding(self._reader):
            await self._take_seat()
            await self._reader.serve(
                cast("PlainReceive", receive),
                cast("PlainSend", send),
                abort=cast("dict[str, Any]", scope).get(ABORT),
            )

    async def _take_seat(self) -> None:
        principal = self._reader.principal
        try:
            self._connections.check_room()
            self._connections.seat(self._reader, principal)
        except TooManyConnections:
            await self._services.security_journal().note_once(
                SecurityEventKind.ACCESS_REFUSED,
                origin=self._request.origin,
                key=f"stream {user_key(principal.user_id)}",
                user_id=principal.user_id,
                path=self._request.scope["path"],
            )
            raise


def seq_of(text: str | None, *, most: int) -> int:
    """Return the number in `Last-Event-ID`; 0 without the header.

    Raises `ValidationFailed` when it is not a decimal number from 0 to `most`.
    """
    if text is None:
        return 0
    if re.fullmatch(EVENT_ID, text) is None or int(text) > most:
        raise ValidationFailed.of(
            "Last-Event-ID", "out_of_range", f"Last-Event-ID must be a number from 0 to {most}"
        )
    return int(text)
