"""The route of a workload's overview: sums for charts and tables, in one answer that knows if it changed."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from netra.domain.errors import ValidationFailed
from netra.domain.ids import WorkloadId
from netra.domain.overview.model import DIMENSIONS, Bin, Dimension, Money, Overview, OverviewQuery
from netra.entrypoints.http.entity_tags import NOT_MODIFIED, answered_or_unchanged
from netra.entrypoints.http.events import VALUES_MAX, Names, Since, Until, checked_values
from netra.entrypoints.http.listing import instant_of
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import ApiRequest, InjectedServices

ZONE_MAX: Final = 64  # characters of a zone's name; the longest of the database has 32

Width = Annotated[
    Bin, QueryParameter(name="bin", description="The length of a bin; auto makes at most 240 of them.")
]
Zone = Annotated[
    str,
    QueryParameter(
        description="The time zone of days and hours, by its IANA name.",
        schema_extra={"minLength": 1, "maxLength": ZONE_MAX, "pattern": "^[A-Za-z0-9_+/-]+$"},
    ),
]
By = Annotated[Dimension, QueryParameter(description="The column whose names are series and rows.")]
Dollars = Annotated[
    Money, QueryParameter(description="Dollars as paid where costs are logged, or at list prices.")
]


@get("/{workload_id:str}/overview", opt=noted(answers={NOT_MODIFIED: None}), summary="A workload's overview")
async def get_overview(
    workload_id: FromPath[str],
    request: ApiRequest,
    services: InjectedServices,
    *,
    since: Since = None,
    until: Until = None,
    width: Width = "auto",
    tz: Zone = "UTC",
    by: By = "model",
    model: Names = None,
    provider: Names = None,
    feature: Names = None,
    template: Names = None,
    tool: Names = None,
    status: Names = None,
    money: Dollars = "billed",
) -> Response[Overview]:
    """Return sums over time, by name and by hour of the week; values of one filter are alternatives."""
    query = OverviewQuery(
        since=instant_of(since, path="from"),
        until=instant_of(until, path="to"),
        bin=width,
        zone=zone_of(tz),
        by=by,
        filters=filters_of((model, provider, feature, template, tool, status)),
        money=money,
    )
    service = services.overview_service()
    state = services.workload_service().delivery(WorkloadId(workload_id), owner_id=request.owner_id)
    delivery = await state
    return await answered_or_unchanged(
        request,
        tag=service.tag(delivery, query, tz=tz),
        compute=lambda: service.overview(delivery, query, tz=tz),
    )


def filters_of(asked: tuple[list[str] | None, ...]) -> Mapping[Dimension, tuple[str | None, ...]]:
    """Return the filters that are given; an empty value stands for calls without a name.

    Raises `ValidationFailed` for too many values.
    """
    return {
        name: tuple(value or None for value in checked_values(name, values, most=VALUES_MAX))
        for name, values in zip(DIMENSIONS, asked, strict=True)
        if values
    }


def zone_of(name: str) -> tzinfo:
    """Return the zone. Raises `ValidationFailed` for a name that the database does not have.

    >>> zone_of("Europe/Berlin"), zone_of("UTC")
    (zoneinfo.ZoneInfo(key='Europe/Berlin'), datetime.timezone.utc)
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"there is no time zone {name!r}; use a name such as Europe/Berlin"
        raise ValidationFailed.of("tz", "unknown", message) from error
