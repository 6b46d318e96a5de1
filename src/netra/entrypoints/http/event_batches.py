"""The route that adds events: JSON, lines or a table, compressed or not, each event judged by itself."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from litestar import post
from litestar.params import FromPath, QueryParameter

from netra.domain.errors import InvalidRequest
from netra.domain.ids import WorkloadId
from netra.domain.quotas import LimitName, Quotas
from netra.domain.users.model import KeyScope
from netra.domain.workloads.intake import Taken, read_batch, read_ndjson, read_rows
from netra.domain.workloads.intake_report import RowOutcome, outcomes
from netra.domain.workloads.model import Event
from netra.domain.workloads.sizes import check_hashes, size_of
from netra.entrypoints.credentials import Headers, header
from netra.entrypoints.http.admission import JSON, NDJSON, admits, media_type
from netra.entrypoints.http.inflating import GZIP, inflated
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.json_body import read_as
from netra.entrypoints.schemas import PUBLISHED, REF
from netra.entrypoints.services import Services

CSV: Final = "text/csv"
RATIO_MAX: Final = 100  # of a body after decompression to the body; tables shrink to a tenth

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
_TABLE: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": 33_554_432,  # bytes, by default
    "pattern": r"\S",
    "description": (
        "A table whose first line names its columns, as in a file: those of an event, or of the Azure LLM "
        "trace. An invalid line is rejected individually."
    ),
}

EVENTS_MAX: Final = Quotas().max_events_per_batch  # not configurable


class EventBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events as sent; each is validated individually."""

    events: Annotated[list[Any], msgspec.Meta(extra={PUBLISHED: {**_EVENTS, "maxItems": EVENTS_MAX}})]


class _UnreadBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    events: list[msgspec.Raw]


_FILL: Final = admits(
    limit=LimitName.INGEST,
    reads=(JSON, NDJSON, CSV),
    scope=KeyScope.INGEST,
    encodings=(GZIP,),
    compressed=True,
) | noted(bodies={JSON: EventBatch, NDJSON: _LINES, CSV: _TABLE}, key=True, codes=("UNREADABLE_FILE",))

Results = Annotated[
    Literal["all", "exceptions"],
    QueryParameter(description="Which events the answer lists; exceptions leaves accepted ones out."),
]


class EventsTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a batch: counts, and the result of every event."""

    workload_id: str
    accepted: int
    duplicates: int
    rejected: int
    results: Sequence[RowOutcome]
    notes: Sequence[str]


@post("/{workload_id:str}/events", status_code=200, opt=_FILL, summary="Add events")
async def add_events(
    workload_id: FromPath[str],
    request: ApiRequest,
    services: InjectedServices,
    results: Results = "all",
) -> EventsTaken:
    """Add events. A repeated event id counts once; an invalid event does not affect the others."""
    body = await request.body()
    taken = await asyncio.to_thread(_read, body, headers=request.scope["headers"], services=services)
    is_new = await services.workload_service().append(
        WorkloadId(workload_id), taken.events, owner_id=request.owner_id, made_as=request.exchange.name
    )
    return await asyncio.to_thread(_taken, workload_id, taken, is_new, lists_all=results == "all")


def _read(body: bytes, *, headers: Headers, services: Services) -> Taken:
    settings = services.settings()
    text = inflated(
        body,
        encoding=header(headers, b"content-encoding"),
        most=settings.max_events_body_bytes,
        ratio=RATIO_MAX,
    )
    kind, quotas = media_type(headers), settings.quotas
    if kind == JSON:
        return _read_json(text, quotas)
    if not text.strip():
        raise InvalidRequest("A body with one event per line is required.")
    if kind == NDJSON and not _is_trace(text):
        return read_ndjson(
            text, max_rows=quotas.max_events_per_batch, max_hashes=quotas.max_prefix_hashes_per_batch
        )
    taken = services.ports().log_files.read_body(text, max_rows=quotas.max_events_per_batch)
    check_hashes(size_of(taken.events).prefix_hashes, most=quotas.max_prefix_hashes_per_batch)
    return taken


def _read_json(text: bytes, quotas: Quotas) -> Taken:
    max_rows, max_hashes = quotas.max_events_per_batch, quotas.max_prefix_hashes_per_batch
    taken = read_batch(text, max_rows=max_rows, max_hashes=max_hashes)
    if taken is not None:
        return taken
    return read_rows(read_as(text, _UnreadBatch).events, max_rows=max_rows, max_hashes=max_hashes)


def _is_trace(text: bytes) -> bool:
    """Return whether the first line is one of the Mooncake trace format."""
    first = text.lstrip().partition(b"\n")[0]
    return all(key in first for key in (b'"timestamp"', b'"input_length"', b'"output_length"'))


def _taken(workload_id: str, taken: Taken, is_new: npt.NDArray[np.bool_], *, lists_all: bool) -> EventsTaken:
    accepted = int(is_new.sum())
    shown = np.ones(len(is_new), np.bool_) if lists_all else ~is_new
    return EventsTaken(
        workload_id=workload_id,
        accepted=accepted,
        duplicates=len(is_new) - accepted,
        rejected=len(taken.faults),
        results=outcomes(taken.at(shown), is_new=is_new[shown]),
        notes=taken.notes,
    )
