"""The route for the security log, for administrators."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Router, get
from litestar.params import QueryParameter

from netra.domain.audit.model import SecurityEvent, SecurityEventFilter, SecurityEventKind
from netra.domain.errors import Forbidden, ValidationFailed
from netra.domain.ids import UserId
from netra.domain.paging import LIMIT_DEFAULT, page_request
from netra.domain.users.model import KeyScope
from netra.entrypoints.http.admission import admits
from netra.entrypoints.http.listing import (
    Cursor,
    Limit,
    Offset,
    Pagination,
    Since,
    Until,
    instant,
    instant_of,
    pagination_of,
    refusing_null,
)
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.schemas import one_of
from netra.entrypoints.services import Services

_USER_ID_MAX: Final = 2**63 - 1  # the widest integer that every store holds
KindFilter = Annotated[
    str | None,
    QueryParameter(
        name="event",
        description="Only events of this kind.",
        schema_extra={"enum": sorted(SecurityEventKind)},
    ),
]
UserFilter = Annotated[
    int | None, QueryParameter(ge=1, le=_USER_ID_MAX, description="Only events of this account.")
]


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One security event; `request_id` is that of the response, empty for an operator's command."""

    id: str
    at: datetime
    event: Annotated[str, one_of(SecurityEventKind)]
    user_id: int | None
    request_id: str
    address: str
    agent: str
    details: Mapping[str, str]


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Security events, newest first."""

    data: Sequence[AuditLine]
    pagination: Pagination


@get(
    "/api/audit",
    operation_id="list_audit",
    opt=admits(scope=KeyScope.ADMIN),
    before_request=refusing_null("event", "user_id"),
    summary="List the security log, newest first",
)
async def audit(
    request: ApiRequest,
    services: InjectedServices,
    *,
    limit: Limit = LIMIT_DEFAULT,
    offset: Offset = 0,
    cursor: Cursor = None,
    kind: KindFilter = None,
    user_id: UserFilter = None,
    since: Since = None,
    until: Until = None,
) -> AuditPage:
    """Return sign-ins, rejections, revocations and links of all users; for administrators only.

    Every filter that is given applies.
    """
    await _check_admin(request, services)
    chosen = SecurityEventFilter(
        kind=_kind_of(kind),
        user_id=None if user_id is None else UserId(user_id),
        since=instant_of(since, path="since"),
        until=instant_of(until, path="until"),
    )
    asked = page_request(limit=limit, offset=offset, cursor=cursor)
    page = await services.ports().audit.page(asked, chosen=chosen)
    return AuditPage(data=[_line(event) for event in page.items], pagination=pagination_of(page))


def audit_router() -> Router:
    """Return the route."""
    return Router("/", route_handlers=[audit], tags=["Administration"])


async def _check_admin(request: ApiRequest, services: Services) -> None:
    try:
        await services.user_service().check_admin(request.principal)
    except Forbidden:
        await services.security_journal().note_once(
            SecurityEventKind.ACCESS_REFUSED,
            origin=request.origin,
            key=request.principal.session_id,
            user_id=request.owner_id,
            path="/api/audit",
        )
        raise


def _line(event: SecurityEvent) -> AuditLine:
    return AuditLine(
        id=event.id,
        at=instant(event.at),
        event=event.kind.value,
        user_id=event.user_id,
        request_id=event.origin.request_id,
        address=event.origin.address,
        agent=event.origin.agent,
        details=event.details,
    )


def _kind_of(name: str | None) -> SecurityEventKind | None:
    if name is None:
        return None
    try:
        return SecurityEventKind(name)
    except ValueError as error:
        message = f"there is no event {name!r}; the kinds are {', '.join(sorted(SecurityEventKind))}"
        raise ValidationFailed.of("event", "unknown", message) from error
