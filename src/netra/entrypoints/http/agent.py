"""Routes for runs: start, inspect, list and cancel."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ASGIApp

from netra.domain.ids import RunId, ThreadId, WorkloadId
from netra.domain.paging import LIMIT_DEFAULT, Page, page_request
from netra.domain.quotas import LimitName
from netra.domain.runs.listing import TEXT_MAX, RunFilter
from netra.domain.runs.model import Accepted, Headline, Run, RunState, StopRun
from netra.domain.runs.service import RunService
from netra.domain.texts import check_can_be_kept
from netra.domain.users.model import KeyScope
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.entity_tags import NOT_MODIFIED, answered_if_changed
from netra.entrypoints.http.idempotency import REPLAYED, fingerprint, key_of
from netra.entrypoints.http.listing import (
    Cursor,
    Limit,
    Offset,
    Pagination,
    Since,
    Until,
    instant,
    instant_of,
    instant_or_none,
    pagination_of,
    refusing_null,
)
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.report import get_report
from netra.entrypoints.http.request import ApiRequest
from netra.entrypoints.run_events import RESULT, RunError
from netra.entrypoints.schemas import WELL_FORMED, one_of
from netra.entrypoints.start_run import Ask, start_run

_EXECUTE: Final = admits(limit=LimitName.AGENT, reads=(JSON,), scope=KeyScope.EXECUTE) | noted(
    key=True, codes=("THREAD_BUSY",)
)

_CANCEL: Final = admits(scope=KeyScope.EXECUTE, compressed=True) | noted(key=True)

_RunStatusWord = Annotated[str, one_of(state.status for state in RunState)]
_RunPhase = Annotated[str, one_of([*RunState, "cancelling"])]

ThreadFilter = Annotated[
    str | None, QueryParameter(pattern=WELL_FORMED, description="Only runs of this thread.")
]
WorkloadFilter = Annotated[
    str | None, QueryParameter(pattern=WELL_FORMED, description="Only runs on this workload.")
]
StatusFilter = Annotated[
    Literal["processing", "completed", "failed", "cancelled"] | None,
    QueryParameter(description="Only runs with this status."),
]
QuestionFilter = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=TEXT_MAX,
        description="Only runs whose question contains this text; A-Z match a-z.",
        schema_extra={"minLength": 1, "maxLength": TEXT_MAX},
    ),
]


class RunAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """An accepted run; it is durable and will end."""

    run_id: str
    thread_id: str
    status: _RunStatusWord
    created_at: datetime
    thread_created: bool


class RunStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The current state of a run; `result` is null until it has completed.

    `queue_position` is 1 for the oldest of all queued runs, and null for a run that is not queued.
    """

    run_id: str
    thread_id: str
    status: _RunStatusWord
    phase: _RunPhase
    progress: int
    result: Annotated[msgspec.Raw | None, RESULT]
    error: RunError | None
    message: str
    workload_id: str | None
    parameters: Mapping[str, Any]
    last_seq: int
    queue_position: int | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


class RunHeadline(msgspec.Struct, frozen=True, kw_only=True):
    """The bill, the plan and the share saved; null where the result does not have the figure."""

    bill_usd_per_month: float | None
    plan_usd_per_month: float | None
    saved_share: float | None


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """A run in a list; `headline` is null until it has completed, and for a result without a bill."""

    run_id: str
    thread_id: str
    status: _RunStatusWord
    phase: _RunPhase
    progress: int
    message: str
    workload_id: str | None
    headline: RunHeadline | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


class RunHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Runs, in both documented shapes."""

    runs: Sequence[RunLine]
    total: int
    limit: int
    offset: int
    data: Sequence[RunLine]
    pagination: Pagination


@post("/execute", status_code=200, opt=_EXECUTE, summary="Start an optimization run")
async def execute(data: JSONBody[Ask], request: ApiRequest, runs: NamedDependency[RunService]) -> RunAccepted:
    """Accept a question durably; it is answered asynchronously."""
    key = key_of(request.scope["headers"])
    printed = fingerprint("POST", request.scope["path"], await request.body()) if key else ""
    command = start_run(data, owner_id=request.owner_id, idempotency_key=key, fingerprint=printed)
    accepted = await runs.start(command)
    if accepted.is_replay:
        request.exchange.headers.append(REPLAYED)
    return _accepted(accepted)


@get("/status/{run_id:str}", opt=noted(answers={NOT_MODIFIED: None}), summary="Get the state of a run")
async def status(
    run_id: FromPath[str], request: ApiRequest, runs: NamedDependency[RunService]
) -> Response[RunStatus]:
    """Return the run, with its result once it has completed."""
    run = await runs.get(RunId(run_id), owner_id=request.owner_id)
    return answered_if_changed(request, _status(run, queue_position=await runs.queue_position(run)))


@get(
    "/history",
    before_request=refusing_null("status"),
    summary="List runs, newest first",
)
async def history(
    request: ApiRequest,
    runs: NamedDependency[RunService],
    *,
    limit: Limit = LIMIT_DEFAULT,
    offset: Offset = 0,
    cursor: Cursor = None,
    thread_id: ThreadFilter = None,
    workload_id: WorkloadFilter = None,
    status: StatusFilter = None,
    q: QuestionFilter = None,
    since: Since = None,
    until: Until = None,
) -> RunHistory:
    """Return the signed-in user's runs; every filter that is given applies."""
    check_can_be_kept(q, path="q")
    chosen = RunFilter(
        thread_id=None if thread_id is None else ThreadId(thread_id),
        workload_id=None if workload_id is None else WorkloadId(workload_id),
        status=status,
        text=q,
        since=instant_of(since, path="since"),
        until=instant_of(until, path="until"),
    )
    asked = page_request(limit=limit, offset=offset, cursor=cursor)
    return _history(await runs.history(owner_id=request.owner_id, request=asked, chosen=chosen))


@post("/runs/{run_id:str}/cancel", status_code=200, opt=_CANCEL, summary="Cancel a run")
async def cancel(run_id: FromPath[str], request: ApiRequest, runs: NamedDependency[RunService]) -> RunStatus:
    """Cancel the run and return its current state; a run that has ended is unchanged.

    An API key without the scope `read` gets neither the result nor the error of a run that has ended.
    """
    answer = _status(await runs.stop(StopRun(owner_id=request.owner_id, run_id=RunId(run_id))))
    return answer if request.principal.may_read else msgspec.structs.replace(answer, result=None, error=None)


def agent_router(*, replayed: Callable[[ASGIApp], ASGIApp], stream: HTTPRouteHandler) -> Router:
    """Return the routes; `replayed` is the middleware that replays responses by idempotency key."""
    cancelling = Router("/", route_handlers=[cancel], middleware=[replayed])
    return Router(
        "/api/agent",
        route_handlers=[execute, status, history, get_report, stream, cancelling],
        tags=["Agent"],
    )


def _accepted(accepted: Accepted) -> RunAccepted:
    run = accepted.run
    return RunAccepted(
        run_id=run.id,
        thread_id=run.thread_id,
        status="processing",  # also for a replayed key: the first response, not the run's current state
        created_at=instant(run.created_at),
        thread_created=accepted.thread_created,
    )


def _status(run: Run, *, queue_position: int | None = None) -> RunStatus:
    failure = run.failure
    return RunStatus(
        run_id=run.id,
        thread_id=run.thread_id,
        status=run.state.status,
        phase=run.phase,
        progress=run.progress,
        result=run.result,
        error=None if failure is None else RunError(code=failure.code, message=failure.message),
        message=run.message,
        workload_id=run.workload_id,
        parameters=run.parameters,
        last_seq=run.last_seq,
        queue_position=queue_position,
        created_at=instant(run.created_at),
        started_at=instant_or_none(run.started_at),
        completed_at=instant_or_none(run.completed_at),
    )


def _line(run: Run) -> RunLine:
    return RunLine(
        run_id=run.id,
        thread_id=run.thread_id,
        status=run.state.status,
        phase=run.phase,
        progress=run.progress,
        message=run.message,
        workload_id=run.workload_id,
        headline=None if run.headline is None else _headline(run.headline),
        created_at=instant(run.created_at),
        started_at=instant_or_none(run.started_at),
        completed_at=instant_or_none(run.completed_at),
    )


def _headline(figures: Headline) -> RunHeadline:
    return RunHeadline(
        bill_usd_per_month=figures.bill_usd_per_month,
        plan_usd_per_month=figures.plan_usd_per_month,
        saved_share=figures.saved_share,
    )


def _history(page: Page[Run]) -> RunHistory:
    lines = [_line(run) for run in page.items]
    return RunHistory(
        runs=lines,
        total=page.total,
        limit=page.limit,
        offset=page.offset,
        data=lines,
        pagination=pagination_of(page),
    )
