"""Routes for workloads: create, fill, inspect and delete."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.types import ASGIApp

from netra.domain.ids import WorkloadId
from netra.domain.paging import LIMIT_DEFAULT, Page, page_request
from netra.domain.users.model import KeyScope
from netra.domain.workloads.model import Workload
from netra.domain.workloads.service import NAME_MAX, WorkloadService
from netra.entrypoints.http.accounts import Confirmation
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.entity_tags import NOT_MODIFIED, answered_if_changed
from netra.entrypoints.http.event_batches import add_events
from netra.entrypoints.http.listing import (
    Cursor,
    Limit,
    Offset,
    Pagination,
    instant,
    instant_or_none,
    pagination_of,
)
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.overview import get_overview
from netra.entrypoints.http.request import ApiRequest
from netra.entrypoints.http.what_if import explain, simulate, simulate_each
from netra.entrypoints.start_run import NAME
from netra.ports.call_outbox import Delivery

_NAME: Final = msgspec.Meta(extra_json_schema={"pattern": NAME, "minLength": 1, "maxLength": NAME_MAX})

_CREATE: Final = admits(reads=(JSON,), scope=KeyScope.INGEST) | noted(key=True)

_RENAME: Final = admits(reads=(JSON,), scope=KeyScope.INGEST)


class NewWorkload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The name of a workload."""

    name: Annotated[str, _NAME]


class WorkloadCard(msgspec.Struct, frozen=True, kw_only=True):
    """A workload and its size."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    event_count: int
    first_event_at: datetime | None
    last_event_at: datetime | None


class DeadEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An accepted event that ClickHouse rejected; it is kept separately and does not count."""

    id: str | None
    reason: str
    at: datetime


class WorkloadDetail(WorkloadCard, frozen=True, kw_only=True):
    """A workload, its size, and the delivery of its events to ClickHouse."""

    waiting_events: int
    dead_events: int
    dead_letters: Sequence[DeadEvent]


class WorkloadList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of workloads."""

    data: Sequence[WorkloadCard]
    pagination: Pagination


@post("/", status_code=200, opt=_CREATE, summary="Create a workload")
async def create_workload(
    data: JSONBody[NewWorkload], request: ApiRequest, workloads: NamedDependency[WorkloadService]
) -> WorkloadCard:
    """Create an empty workload."""
    made_as = request.exchange.name
    return _card(await workloads.create(owner_id=request.owner_id, name=data.name, made_as=made_as))


@get("/", summary="List workloads, newest first")
async def list_workloads(
    request: ApiRequest,
    workloads: NamedDependency[WorkloadService],
    limit: Limit = LIMIT_DEFAULT,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> WorkloadList:
    """Return the signed-in user's workloads."""
    asked = page_request(limit=limit, offset=offset, cursor=cursor)
    return _listed(await workloads.page(owner_id=request.owner_id, request=asked))


@get("/{workload_id:str}", opt=noted(answers={NOT_MODIFIED: None}), summary="One workload")
async def get_workload(
    workload_id: FromPath[str], request: ApiRequest, workloads: NamedDependency[WorkloadService]
) -> Response[WorkloadDetail]:
    """Return a workload, its size, and which events are waiting or were rejected by ClickHouse."""
    delivery = await workloads.delivery(WorkloadId(workload_id), owner_id=request.owner_id)
    return answered_if_changed(request, _detail(delivery))


@patch("/{workload_id:str}", opt=_RENAME, summary="Rename a workload")
async def rename_workload(
    workload_id: FromPath[str],
    data: JSONBody[NewWorkload],
    request: ApiRequest,
    workloads: NamedDependency[WorkloadService],
) -> WorkloadCard:
    """Set the name of a workload."""
    renamed = workloads.rename(WorkloadId(workload_id), owner_id=request.owner_id, name=data.name)
    return _card(await renamed)


@delete("/{workload_id:str}", status_code=200, opt=admits(scope=KeyScope.INGEST), summary="Delete a workload")
async def delete_workload(
    workload_id: FromPath[str], request: ApiRequest, workloads: NamedDependency[WorkloadService]
) -> Confirmation:
    """Delete a workload and its events."""
    await workloads.delete(WorkloadId(workload_id), owner_id=request.owner_id)
    return Confirmation(message="Workload deleted successfully")


def workloads_router(*, replayed: Callable[[ASGIApp], ASGIApp], max_events_body_bytes: int) -> Router:
    """Return the routes; `replayed` is the middleware that replays responses by idempotency key."""
    filling = Router(
        "/", route_handlers=[add_events], middleware=[replayed], request_max_body_size=max_events_body_bytes
    )
    making = Router("/", route_handlers=[create_workload], middleware=[replayed])
    managing = [list_workloads, get_workload, rename_workload, delete_workload]
    looking = [get_overview, simulate, simulate_each, explain]
    return Router("/api/workloads", route_handlers=[making, filling, *managing, *looking], tags=["Workloads"])


def _listed(page: Page[Workload]) -> WorkloadList:
    return WorkloadList(data=[_card(workload) for workload in page.items], pagination=pagination_of(page))


def _detail(delivery: Delivery) -> WorkloadDetail:
    return WorkloadDetail(
        **msgspec.structs.asdict(_card(delivery.workload)),
        waiting_events=delivery.waiting_events,
        dead_events=delivery.dead_events,
        dead_letters=[
            DeadEvent(id=letter.event_id, reason=letter.reason, at=instant(letter.at))
            for letter in delivery.dead_letters
        ],
    )


def _card(workload: Workload) -> WorkloadCard:
    return WorkloadCard(
        id=workload.id,
        name=workload.name,
        created_at=instant(workload.created_at),
        updated_at=instant(workload.updated_at),
        event_count=workload.event_count,
        first_event_at=instant_or_none(workload.first_event_at),
        last_event_at=instant_or_none(workload.last_event_at),
    )
