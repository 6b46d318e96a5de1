"""The route that reads a workload's events back."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from netra.domain.browsing.selection import (
    FILTERS,
    IDS_MAX,
    Selection,
    Sort,
    cursor_of_place,
    place_of,
)
from netra.domain.browsing.service import EventPage, UnitPrices
from netra.domain.errors import ValidationFailed
from netra.domain.ids import WorkloadId
from netra.domain.paging import LIMIT_MAX
from netra.domain.workloads.model import Event
from netra.entrypoints.http.listing import INSTANT, Cursor, instant_of
from netra.entrypoints.http.request import ApiRequest, InjectedServices

LIMIT_DEFAULT: Final = 50
VALUES_MAX: Final = 50  # of one filter

_Some = list[str] | None
Names = Annotated[
    _Some,
    QueryParameter(
        description="Values to show; several may be given, empty for none.",
        schema_extra={"maxItems": VALUES_MAX},
    ),
]
Ids = Annotated[
    _Some,
    QueryParameter(
        name="id",
        description=f"Ids of events to show, at most {IDS_MAX}.",
        schema_extra={"maxItems": IDS_MAX},
    ),
]
Since = Annotated[
    str | None,
    QueryParameter(
        name="from",
        description="The first instant to show.",
        schema_extra=INSTANT,
    ),
]
Until = Annotated[
    str | None,
    QueryParameter(
        name="to",
        description="The instant at which to stop.",
        schema_extra=INSTANT,
    ),
]
Order = Annotated[Sort, QueryParameter(description="The order: newest, dearest or slowest first.")]
Most = Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX, description="Maximum number of events to return.")]


class ListedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A stored event, its cost at list prices, and the prices that applied; null where unknown."""

    event: Event
    usd: float | None
    unit_prices: UnitPrices | None


class EventsPagination(msgspec.Struct, frozen=True, kw_only=True):
    """The position of a page among the events that match."""

    total: int
    limit: int
    has_more: bool
    next_cursor: str | None


class EventList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of events."""

    data: Sequence[ListedEvent]
    pagination: EventsPagination


@get("/{workload_id:str}/events", summary="Read events back")
async def list_events(
    workload_id: FromPath[str],
    request: ApiRequest,
    services: InjectedServices,
    *,
    ids: Ids = None,
    since: Since = None,
    until: Until = None,
    model: Names = None,
    provider: Names = None,
    feature: Names = None,
    template: Names = None,
    tool: Names = None,
    session: Names = None,
    status: Names = None,
    sort: Order = "-timestamp",
    limit: Most = LIMIT_DEFAULT,
    cursor: Cursor = None,
) -> EventList:
    """Return stored events with their cost; values of one filter are alternatives, filters all apply."""
    asked = dict(zip(FILTERS, (model, provider, feature, template, tool, session, status), strict=True))
    selection = Selection(
        ids=checked_values("id", ids, most=IDS_MAX),
        labels={
            name: tuple(value or None for value in checked_values(name, values, most=VALUES_MAX))
            for name, values in asked.items()
            if values
        },
        sort=sort,
        limit=limit,
        after=None if cursor is None else place_of(cursor, sort=sort),
    )
    page = await services.event_browser().page(
        WorkloadId(workload_id),
        selection,
        owner_id=request.owner_id,
        since=instant_of(since, path="from"),
        until=instant_of(until, path="to"),
    )
    return _listed(page, limit=limit)


def events_router() -> Router:
    """Return the route."""
    return Router("/api/workloads", route_handlers=[list_events], tags=["Workloads"])


def checked_values(name: str, values: Sequence[str] | None, *, most: int) -> tuple[str, ...]:
    """Return the values that were given. Raises `ValidationFailed` for more than `most`."""
    if values is not None and len(values) > most:
        raise ValidationFailed.of(
            name, "too_many", f"{len(values)} values were given; at most {most} go in one"
        )
    return tuple(values or ())


def _listed(page: EventPage, *, limit: int) -> EventList:
    return EventList(
        data=[
            ListedEvent(event=each.event, usd=each.usd, unit_prices=each.unit_prices) for each in page.events
        ],
        pagination=EventsPagination(
            total=page.total,
            limit=limit,
            has_more=page.last is not None,
            next_cursor=None if page.last is None else cursor_of_place(page.last),
        ),
    )
