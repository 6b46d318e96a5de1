"""Routes for workloads: create, fill, inspect and delete."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.types import ASGIApp

from netra.domain.errors import InvalidRequest
from netra.domain.ids import WorkloadId
from netra.domain.paging import LIMIT_DEFAULT, Page, page_request
from netra.domain.quotas import LimitName, Quotas
from netra.domain.users.model import KeyScope
from netra.domain.workloads.intake import Taken, read_batch, read_ndjson, read_rows
from netra.domain.workloads.intake_report import RowOutcome, outcomes
from netra.domain.workloads.model import Event, Workload
from netra.domain.workloads.service import NAME_MAX, WorkloadService
from netra.entrypoints.http.accounts import Confirmation
from netra.entrypoints.http.admission import JSON, NDJSON, admits, media_type
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
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.http.what_if import explain, simulate, simulate_each
from netra.entrypoints.json_body import read_as
from netra.entrypoints.schemas import PUBLISHED, REF
from netra.entrypoints.start_run import NAME
from netra.ports.call_outbox import Delivery

_EVENT: Final = {"$ref": REF.format(name=Event.__name__)}
_EVENTS: Final = {
    "type": "array",
    "items": _EVENT,
    "description": "An invalid event is rejected individually; the others are stored.",
}
_LINES: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": 33_554_432,  # bytes, by default
    "pattern": r"\S",
    "description": "One event per line; an invalid line is rejected individually.",
    "x-ndjson-item": _EVENT,
}
_NAME: Final = msgspec.Meta(extra_json_schema={"pattern": NAME, "minLength": 1, "maxLength": NAME_MAX})

EVENTS_MAX: Final = Quotas().max_events_per_batch  # not configurable

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


class EventBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events as sent; each is validated individually."""

    events: Annotated[list[Any], msgspec.Meta(extra={PUBLISHED: {**_EVENTS, "maxItems": EVENTS_MAX}})]


class _UnreadBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    events: list[msgspec.Raw]


_FILL: Final = admits(limit=LimitName.INGEST, reads=(JSON, NDJSON), scope=KeyScope.INGEST) | noted(
    bodies={JSON: EventBatch, NDJSON: _LINES}, key=True
)


class EventsTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a batch: counts, and the result of every event."""

    workload_id: str
    accepted: int
    duplicates: int
    rejected: int
    results: Sequence[RowOutcome]
    notes: Sequence[str]


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


@get("/{workload_id:str}", summary="One workload")
async def get_workload(
    workload_id: FromPath[str], request: ApiRequest, workloads: NamedDependency[WorkloadService]
) -> WorkloadDetail:
    """Return a workload, its size, and which events are waiting or were rejected by ClickHouse."""
    return _detail(await workloads.delivery(WorkloadId(workload_id), owner_id=request.owner_id))


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


@post("/{workload_id:str}/events", status_code=200, opt=_FILL, summary="Add events")
async def add_events(
    workload_id: FromPath[str], request: ApiRequest, services: InjectedServices
) -> EventsTaken:
    """Add events. A repeated event id counts once; an invalid event does not affect the others."""
    body = await request.body()
    quotas = services.settings().quotas
    is_ndjson = media_type(request.scope["headers"]) == NDJSON
    taken = await asyncio.to_thread(_read, body, is_ndjson=is_ndjson, quotas=quotas)
    is_new = await services.workload_service().append(
        WorkloadId(workload_id), taken.events, owner_id=request.owner_id, made_as=request.exchange.name
    )
    return await asyncio.to_thread(_taken, workload_id, taken, is_new)


def workloads_router(*, replayed: Callable[[ASGIApp], ASGIApp], max_events_body_bytes: int) -> Router:
    """Return the routes; `replayed` is the middleware that replays responses by idempotency key."""
    filling = Router(
        "/", route_handlers=[add_events], middleware=[replayed], request_max_body_size=max_events_body_bytes
    )
    making = Router("/", route_handlers=[create_workload], middleware=[replayed])
    managing = [list_workloads, get_workload, rename_workload, delete_workload]
    looking = [get_overview, simulate, simulate_each, explain]
    return Router("/api/workloads", route_handlers=[making, filling, *managing, *looking], tags=["Workloads"])


def _read(body: bytes, *, is_ndjson: bool, quotas: Quotas) -> Taken:
    max_rows, max_hashes = quotas.max_events_per_batch, quotas.max_prefix_hashes_per_batch
    if not is_ndjson:
        taken = read_batch(body, max_rows=max_rows, max_hashes=max_hashes)
        if taken is not None:
            return taken
        return read_rows(read_as(body, _UnreadBatch).events, max_rows=max_rows, max_hashes=max_hashes)
    if not body.strip():
        raise InvalidRequest("A body with one event per line is required.")
    return read_ndjson(body, max_rows=max_rows, max_hashes=max_hashes)


def _taken(workload_id: str, taken: Taken, is_new: npt.NDArray[np.bool_]) -> EventsTaken:
    accepted = int(is_new.sum())
    return EventsTaken(
        workload_id=workload_id,
        accepted=accepted,
        duplicates=len(is_new) - accepted,
        rejected=len(taken.faults),
        results=outcomes(taken, is_new=is_new),
        notes=taken.notes,
    )


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
