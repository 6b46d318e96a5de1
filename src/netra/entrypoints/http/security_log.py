"""The route for the security log, for administrators."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, get

from netra.domain.audit.model import SecurityEvent, SecurityEventKind
from netra.domain.errors import Forbidden
from netra.domain.paging import LIMIT_DEFAULT, page_request
from netra.domain.users.model import KeyScope
from netra.entrypoints.http.admission import admits
from netra.entrypoints.http.listing import Cursor, Limit, Offset, Pagination, instant, pagination_of
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.schemas import one_of
from netra.entrypoints.services import Services


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
    summary="List the security log, newest first",
)
async def audit(
    request: ApiRequest,
    services: InjectedServices,
    limit: Limit = LIMIT_DEFAULT,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> AuditPage:
    """Return sign-ins, rejections, revocations and links of all users; for administrators only."""
    await _check_admin(request, services)
    page = await services.ports().audit.page(page_request(limit=limit, offset=offset, cursor=cursor))
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
