"""Routes for sessions: refresh, list and end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody

from netra.domain.ids import SessionId
from netra.domain.quotas import LimitName
from netra.domain.users.model import UserSession
from netra.entrypoints.errors import Envelope
from netra.entrypoints.http.accounts import SECRET, Confirmation, LoginResponse, login_response
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.idempotency import REPLAYED, key_of
from netra.entrypoints.http.listing import Pagination, instant, instant_or_none, whole_list
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.refresh_cookie import Keep, kept_refresh_token
from netra.entrypoints.http.request import ApiRequest, InjectedServices

_PERSON: Final = admits(scope=None)
_REFRESH: Final = admits(limit=LimitName.AUTHENTICATION, public=True, reads=(JSON,)) | noted(
    answers={401: Envelope, 403: Envelope}, key=True
)


class RefreshRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The refresh token of the last sign-in or refresh; without it, the one in the cookie, which is kept."""

    refresh_token: Annotated[str, SECRET] | None = None
    keep: Keep | None = None


class SessionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A live session in the list; `is_current` marks the session of this request."""

    id: str
    created_at: datetime
    renewed_at: datetime | None
    expires_at: datetime
    address: str
    agent: str
    is_current: bool


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    """The user's live sessions, newest first."""

    data: Sequence[SessionLine]
    total: int
    pagination: Pagination


@post("/refresh", status_code=200, opt=_REFRESH, summary="Get new tokens for a refresh token")
async def refresh(
    data: JSONBody[RefreshRequest], request: ApiRequest, services: InjectedServices
) -> LoginResponse:
    """Return new tokens; a refresh token that is used twice ends its session.

    The same token with the same `Idempotency-Key` gets the same refresh token again for a minute.
    """
    headers = request.scope["headers"]
    is_kept = data.refresh_token is None
    fresh = await services.sign_in_desk().refresh(
        data.refresh_token or kept_refresh_token(headers, services),
        request.exchange,
        origin=request.origin,
        key=key_of(headers),
        may_race=is_kept,
    )
    if fresh.is_replay:
        request.exchange.headers.append(REPLAYED)
    return login_response(fresh, request, services, keep="cookie" if is_kept else data.keep)


@get("/sessions", opt=_PERSON, summary="List live sessions")
async def list_sessions(request: ApiRequest, services: InjectedServices) -> SessionList:
    """Return the signed-in user's live sessions."""
    current = request.principal.session_id
    live = await services.session_service().all_of(request.owner_id)
    return SessionList(
        data=[_line(one, current=current) for one in live], total=len(live), pagination=whole_list(live)
    )


@delete("/sessions", status_code=200, opt=_PERSON, summary="Sign out everywhere")
async def end_sessions(request: ApiRequest, services: InjectedServices) -> Confirmation:
    """End every session of the user, including this one; their sockets are closed."""
    ended = await services.session_service().end_all(request.owner_id, origin=request.origin)
    return Confirmation(message=f"Signed out everywhere; sessions ended: {ended}")


@delete("/sessions/{session_id:str}", status_code=200, opt=_PERSON, summary="End one session")
async def end_session(
    session_id: FromPath[str], request: ApiRequest, services: InjectedServices
) -> Confirmation:
    """End one of the user's sessions; its sockets are closed."""
    await services.session_service().end(
        SessionId(session_id), user_id=request.owner_id, origin=request.origin
    )
    return Confirmation(message="Session ended")


def sessions_router() -> Router:
    """Return the routes."""
    handlers = [refresh, list_sessions, end_sessions, end_session]
    return Router("/api/auth", route_handlers=handlers, tags=["Authentication"])


def _line(session: UserSession, *, current: SessionId) -> SessionLine:
    return SessionLine(
        id=session.id,
        created_at=instant(session.created_at),
        renewed_at=instant_or_none(session.renewed_at),
        expires_at=instant(session.expires_at),
        address=session.address,
        agent=session.agent,
        is_current=session.id == current,
    )
