"""The route that shows a run as it happens: server-sent events, the same numbered ones as on the socket."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Final

import msgspec
from anyio import CancelScope
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter
from litestar.response import Stream

from netra.domain.errors import ValidationFailed
from netra.domain.ids import RunId
from netra.domain.runs.events import RunEvent
from netra.domain.users.model import Principal
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import Asked
from netra.entrypoints.services import Services

_EVENT_ID: Final = re.compile("[0-9]{1,10}")
HEARTBEAT_S: Final = 15.0  # under the idle time-outs of common proxies

LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        description="The `seq` of the last event seen; later ones follow.",
        schema_extra={"maxLength": 10, "pattern": f"^{_EVENT_ID.pattern}$"},
    ),
]


class SentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One server-sent event: its fields as the stream's lines spell them."""

    id: str  # the event's `seq`
    event: str  # the frame's type on the socket
    data: str  # the frame's data, numbered, as JSON text


@get(
    "/stream/{run_id:str}",
    media_type="text/event-stream",
    opt=noted(answers={200: SentEvent, 204: None}),
    summary="Follow a run by server-sent events",
)
async def stream(
    run_id: FromPath[str],
    request: Asked,
    services: NamedDependency[Services],
    last_event_id: LastEventId = None,
) -> Response[Any]:
    """Send every event after `Last-Event-ID`, then live ones, to the last; 204 when none can follow."""
    run = await services.runs.get(RunId(run_id), owner_id=request.owner_id)
    after = _seq(last_event_id, most=run.last_seq)
    if run.state.is_terminal and after >= run.last_seq:
        return Response(None, status_code=204)  # tells an EventSource to stop coming back
    return Stream(lines(services, request.principal, run.id, after=after), media_type="text/event-stream")


def frame_of(event: RunEvent) -> bytes:
    """Return an event in the words of the HTML standard, section 9.2."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (event.seq, event.kind.value.encode(), event.numbered())


async def lines(
    services: Services,
    principal: Principal,
    run_id: RunId,
    *,
    after: int,
    heartbeat_s: float = HEARTBEAT_S,
) -> AsyncGenerator[bytes]:
    """Yield frames and, when nothing happens, heartbeats, for as long as the reader's session lives."""
    async with aclosing(services.runs.follow(run_id, owner_id=principal.user_id, after=after)) as events:
        coming = asyncio.ensure_future(anext(events, None))
        try:
            while await services.users.is_signed_in(principal):
                await asyncio.wait({coming}, timeout=heartbeat_s)
                if not coming.done():
                    yield b": still here\n\n"
                    continue
                event = coming.result()
                if event is None:
                    return
                yield frame_of(event)
                coming = asyncio.ensure_future(anext(events, None))
        finally:
            coming.cancel()
            with CancelScope(shield=True):  # a reader that leaves cancels this too, again and again
                await asyncio.wait({coming})


def _seq(text: str | None, *, most: int) -> int:
    if text is None:
        return 0
    if _EVENT_ID.fullmatch(text) is None or int(text) > most:
        raise ValidationFailed.of(
            "Last-Event-ID", "out_of_range", f"Last-Event-ID must be a number from 0 to {most}"
        )
    return int(text)
