"""Routes for telemetry: OTLP over HTTP for the owner's services, or for one workload."""

import asyncio
from typing import Any, Final

from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from netra.domain.ids import WorkloadId
from netra.domain.telemetry.records import Signal
from netra.domain.telemetry.service import Export, TelemetryService
from netra.domain.users.model import KeyScope
from netra.entrypoints.credentials import header
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.inflating import BODY_BYTES_MAX, GZIP, inflated
from netra.entrypoints.http.otlp_answers import PROTOBUF, answer_of, is_json_request
from netra.entrypoints.http.request import ApiRequest

_EXPORT: Final = admits(
    limit=None,  # counted in records and bytes instead
    reads=(PROTOBUF, JSON),
    scope=KeyScope.INGEST,
    encodings=(GZIP,),
    takes_key_header=True,
)


@post("/otlp/v1/traces", status_code=200, opt=_EXPORT, summary="Send spans")
async def send_traces(request: ApiRequest, telemetry: NamedDependency[TelemetryService]) -> Response[Any]:
    """Take spans in; `x-netra-workload`, or the resource's service.name, chooses the workload."""
    return await _taken(request, telemetry, Signal.TRACES)


@post("/otlp/v1/logs", status_code=200, opt=_EXPORT, summary="Send log records")
async def send_logs(request: ApiRequest, telemetry: NamedDependency[TelemetryService]) -> Response[Any]:
    """Take log records in; `x-netra-workload`, or the resource's service.name, chooses the workload."""
    return await _taken(request, telemetry, Signal.LOGS)


@post("/otlp/v1/metrics", status_code=200, opt=_EXPORT, summary="Send metrics")
async def send_metrics(request: ApiRequest, telemetry: NamedDependency[TelemetryService]) -> Response[Any]:
    """Take counters of tokens in, which show how complete the calls are; other metrics are not read."""
    return await _taken(request, telemetry, Signal.METRICS)


@post("/{workload_id:str}/otlp/v1/traces", status_code=200, opt=_EXPORT, summary="Send a workload's spans")
async def send_workload_traces(
    workload_id: FromPath[str], request: ApiRequest, telemetry: NamedDependency[TelemetryService]
) -> Response[Any]:
    """Take spans in for one workload, whatever their resource says."""
    return await _taken(request, telemetry, Signal.TRACES, workload_id)


@post("/{workload_id:str}/otlp/v1/logs", status_code=200, opt=_EXPORT, summary="Send a workload's logs")
async def send_workload_logs(
    workload_id: FromPath[str], request: ApiRequest, telemetry: NamedDependency[TelemetryService]
) -> Response[Any]:
    """Take log records in for one workload, whatever their resource says."""
    return await _taken(request, telemetry, Signal.LOGS, workload_id)


@post("/{workload_id:str}/otlp/v1/metrics", status_code=200, opt=_EXPORT, summary="Send a workload's metrics")
async def send_workload_metrics(
    workload_id: FromPath[str], request: ApiRequest, telemetry: NamedDependency[TelemetryService]
) -> Response[Any]:
    """Take counters of tokens in for one workload, whatever their resource says."""
    return await _taken(request, telemetry, Signal.METRICS, workload_id)


def otlp_router() -> Router:
    """Return the routes, whose requests and answers OTLP defines: they are not in the API's own document."""
    for_all = Router("/api", route_handlers=[send_traces, send_logs, send_metrics])
    for_one = Router(
        "/api/workloads",
        route_handlers=[send_workload_traces, send_workload_logs, send_workload_metrics],
    )
    return Router(
        "/", route_handlers=[for_all, for_one], include_in_schema=False, request_max_body_size=BODY_BYTES_MAX
    )


async def _taken(
    request: ApiRequest, telemetry: TelemetryService, signal: Signal, workload_id: str | None = None
) -> Response[Any]:
    headers = request.scope["headers"]
    body = await request.wire_body()
    encoding = header(headers, b"content-encoding")
    named = header(headers, b"x-netra-workload")
    is_json = is_json_request(headers)
    export = Export(
        body=await asyncio.to_thread(inflated, body, encoding=encoding),
        signal=signal,
        is_json=is_json,
        workload_id=None if workload_id is None else WorkloadId(workload_id),
        workload=None if named is None else named.decode("utf-8", "replace").strip() or None,
    )
    outcome = await telemetry.take(export, owner_id=request.owner_id)
    answer, media_type = answer_of(outcome, signal, is_json=is_json)
    return Response(answer, media_type=media_type)
