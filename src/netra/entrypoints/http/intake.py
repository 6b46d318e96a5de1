"""Routes for what came in by telemetry: the intake report of a workload, and LiteLLM's callback."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from netra.domain.ids import WorkloadId
from netra.domain.json_values import is_array
from netra.domain.telemetry.litellm import NotACall, event_of_row
from netra.domain.telemetry.reports import Emitter, Report, advice_on
from netra.domain.telemetry.service import TelemetryService
from netra.domain.users.model import KeyScope
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.intake import Taken, check_size, wrong_with
from netra.domain.workloads.intake_report import outcomes
from netra.domain.workloads.model import Event, RowFault
from netra.entrypoints.http.admission import JSON, NDJSON, admits
from netra.entrypoints.http.event_batches import EVENTS_MAX, EventsTaken
from netra.entrypoints.http.listing import instant
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import ApiRequest, InjectedServices

_PAYLOAD: Final = {"type": "object", "description": "LiteLLM's StandardLoggingPayload."}
_CALLBACK: Final = admits(
    limit=None,  # LiteLLM does not repeat what is refused
    reads=(JSON, NDJSON),
    scope=KeyScope.INGEST,
    takes_key_header=True,
) | noted(bodies={JSON: {"type": "array", "items": _PAYLOAD, "maxItems": EVENTS_MAX}, NDJSON: _PAYLOAD})


class EmitterLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one instrumentation scope sent; `calls` are those whose counts come from it."""

    scope: str
    version: str | None
    calls: int
    failed_calls: int
    merged_records: int
    calls_without_usage: int
    corrected_calls: Mapping[str, int]
    sampled_calls_stand_for: float | None
    surrounding_spans: int
    agent_spans: int
    ignored_records: int
    untimed_calls: int
    unread_attributes: Sequence[str]
    last_seen_at: datetime | None


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of the calls taken, and what counters of the same emitters say, where they send any."""

    input_tokens: int
    output_tokens: int
    counted_input_tokens: float | None
    counted_output_tokens: float | None


class IntakeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came in for a workload by telemetry, and what to change so that more is known."""

    workload_id: str
    emitters: Sequence[EmitterLine]
    completeness: Completeness
    late_records: int
    refused_calls: int
    advice: Sequence[str]


@get("/{workload_id:str}/intake", summary="What came in by telemetry")
async def get_intake(
    workload_id: FromPath[str], request: ApiRequest, telemetry: NamedDependency[TelemetryService]
) -> IntakeAnswer:
    """Return what each emitter sent: calls, merged and corrected ones, those without usage, and advice."""
    report = await telemetry.report(WorkloadId(workload_id), owner_id=request.owner_id)
    return answer_of(workload_id, report)


@post("/{workload_id:str}/litellm", status_code=200, opt=_CALLBACK, summary="Add calls from LiteLLM")
async def add_litellm_calls(
    workload_id: FromPath[str],
    request: ApiRequest,
    services: InjectedServices,
) -> EventsTaken:
    """Take payloads of LiteLLM's generic API callback; a repeated call counts once."""
    body = await request.body()
    key = services.ports().prompt_keys.key_of(WorkloadId(workload_id))
    most = services.settings().quotas.max_events_per_batch
    taken = await asyncio.to_thread(payloads_taken, body, content_key=key, max_rows=most)
    is_new = await services.workload_service().append(
        WorkloadId(workload_id), taken.events, owner_id=request.owner_id
    )
    accepted = int(is_new.sum())
    return EventsTaken(
        workload_id=workload_id,
        accepted=accepted,
        duplicates=len(is_new) - accepted,
        rejected=len(taken.faults),
        results=outcomes(taken, is_new=is_new),
        notes=taken.notes,
    )


def intake_router(*, max_body_bytes: int) -> Router:
    """Return the routes."""
    return Router(
        "/api/workloads",
        route_handlers=[get_intake, add_litellm_calls],
        tags=["Telemetry"],
        request_max_body_size=max_body_bytes,
    )


def answer_of(workload_id: str, report: Report) -> IntakeAnswer:
    """Return a report as it is sent."""
    emitters = sorted(report.emitters.values(), key=lambda each: (-each.taken, each.scope))
    has_counters = bool(report.counters)
    return IntakeAnswer(
        workload_id=workload_id,
        emitters=[_line(emitter) for emitter in emitters],
        completeness=Completeness(
            input_tokens=report.input_tokens,
            output_tokens=report.output_tokens,
            counted_input_tokens=report.counted("input") if has_counters else None,
            counted_output_tokens=report.counted("output") if has_counters else None,
        ),
        late_records=report.late,
        refused_calls=report.refused,
        advice=advice_on(report),
    )


def payloads_taken(body: bytes, *, content_key: bytes | None, max_rows: int) -> Taken:
    """Return the events of a body: a list, one payload, or one a line.

    Raises `ValidationFailed` for too many rows.
    """
    rows = _rows_of(body)
    check_size(len(rows), max_rows=max_rows)
    events: list[Event] = []
    lines: list[int] = []
    faults: list[RowFault] = []
    for line, row in enumerate(rows, 1):
        try:
            event = event_of_row(row, content_key=content_key)
        except NotACall as error:
            faults.append(RowFault(line=line, code="invalid_row", message=str(error)))
            continue
        wrong = wrong_with(event)
        if wrong is not None:
            faults.append(RowFault(line=line, code="invalid_row", message=wrong))
            continue
        events.append(event)
        lines.append(line)
    return Taken(events=columns_of(events), lines=np.array(lines, np.int64), faults=tuple(faults))


def _rows_of(body: bytes) -> list[Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _lines_of(body)
    return found if is_array(found) else [found]


def _lines_of(body: bytes) -> list[object]:
    """Return the payload of each line; a line that is no JSON is a row that is rejected alone."""
    return [_payload_of(line) for line in body.splitlines() if line.strip()]


def _payload_of(line: bytes) -> object:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _line(emitter: Emitter) -> EmitterLine:
    seen_at = datetime.fromtimestamp(emitter.last_seen_s, UTC) if emitter.last_seen_s else None
    return EmitterLine(
        scope=emitter.scope,
        version=emitter.version or None,
        calls=emitter.taken,
        failed_calls=emitter.failed,
        merged_records=emitter.merged,
        calls_without_usage=emitter.without_usage,
        corrected_calls=emitter.corrected,
        sampled_calls_stand_for=emitter.sampled or None,
        surrounding_spans=emitter.context,
        agent_spans=emitter.agents,
        ignored_records=emitter.ignored,
        untimed_calls=emitter.untimed,
        unread_attributes=emitter.token_names,
        last_seen_at=None if seen_at is None else instant(seen_at),
    )
