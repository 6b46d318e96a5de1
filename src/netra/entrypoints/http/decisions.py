"""Routes for decisions about recommendations: list them, and decide."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, put
from litestar.params import FromPath, HeaderParameter, JSONBody

from netra.domain.decisions.model import (
    Decide,
    DecidedSavings,
    Decision,
    DecisionState,
    DismissalReason,
    checked_key,
)
from netra.domain.decisions.rules import NOTE_MAX, SOME_VERSION, is_lapsed
from netra.domain.ids import RunId, WorkloadId
from netra.domain.quotas import LimitName
from netra.domain.users.model import KeyScope
from netra.domain.what_if.verification import Realised
from netra.entrypoints.errors import Envelope
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.listing import Pagination, instant, instant_or_none, whole_list
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.schemas import WELL_FORMED

_DECIDE: Final = admits(reads=(JSON,), scope=KeyScope.INGEST) | noted(
    answers={412: Envelope}, codes=("PRECONDITION_FAILED",)
)
_VERIFY: Final = admits(limit=LimitName.SIMULATE) | noted(answers={409: Envelope}, codes=("CONFLICT",))
_TAG: Final = re.compile(r'"([1-9][0-9]{0,8})"')
_NO_VERSION: Final = 0  # what a tag that no decision ever had names

# Documentation only: `decisions.rules` validates, with its own messages.
_NOTE: Final = msgspec.Meta(extra_json_schema={"maxLength": NOTE_MAX})
_RUN: Final = msgspec.Meta(extra_json_schema={"pattern": WELL_FORMED})

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="The `etag` of the decision as it was read, or `*`; then 412 if it was changed since.",
        schema_extra={"maxLength": 64, "pattern": "^[ -~]+$"},
    ),
]


class NewDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is decided about a recommendation; `run_id` may be left out where a decision is changed."""

    state: DecisionState
    run_id: Annotated[str, _RUN] | None = None
    reason: DismissalReason | None = None
    note: Annotated[str, _NOTE] | None = None
    effective_at: datetime | None = None
    until: datetime | None = None


class DecisionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A decision, and the recommendation as its run showed it."""

    key: str
    state: DecisionState
    reason: DismissalReason | None
    note: str | None
    effective_at: datetime | None
    until: datetime | None
    is_lapsed: bool
    at: datetime
    by_user_id: int
    run_id: str
    kind: str
    action: str
    savings_at_decision: DecidedSavings
    etag: str


class DecisionVerification(Realised, frozen=True, kw_only=True):
    """What an adopted recommendation brought, and the decision with the saving that its run showed."""

    workload_id: str
    decision: DecisionLine
    effective_at: datetime


class DecisionList(msgspec.Struct, frozen=True, kw_only=True):
    """All decisions on a workload, latest first."""

    data: Sequence[DecisionLine]
    pagination: Pagination


@get("/{workload_id:str}/decisions", summary="List decisions, latest first")
async def list_decisions(
    workload_id: FromPath[str], request: ApiRequest, services: InjectedServices
) -> DecisionList:
    """Return what was decided about the recommendations on a workload."""
    made = await services.decision_service().all_of(WorkloadId(workload_id), owner_id=request.owner_id)
    now = services.ports().clock.now()
    return DecisionList(data=[line_of(one, now=now) for one in made], pagination=whole_list(made))


@get(
    "/{workload_id:str}/decisions/{key:str}/verification",
    opt=_VERIFY,
    summary="What an adopted recommendation brought",
)
async def verify_decision(
    workload_id: FromPath[str], key: FromPath[str], request: ApiRequest, services: InjectedServices
) -> DecisionVerification:
    """Return the calls before an adoption against those since, with a ruling; 409 if it is not adopted."""
    found = await services.what_if_service().verify(
        WorkloadId(workload_id), checked_key(key), owner_id=request.owner_id
    )
    return DecisionVerification(
        workload_id=workload_id,
        decision=line_of(found.decision, now=services.ports().clock.now()),
        effective_at=instant(found.effective_at),
        **msgspec.structs.asdict(found.realised),
    )


@put("/{workload_id:str}/decisions/{key:str}", opt=_DECIDE, summary="Decide about a recommendation")
async def put_decision(
    workload_id: FromPath[str],
    key: FromPath[str],
    data: JSONBody[NewDecision],
    request: ApiRequest,
    services: InjectedServices,
    *,
    if_match: IfMatch = None,
) -> Response[DecisionLine]:
    """Plan, adopt, dismiss or reopen a recommendation, named by its `key`; the next result shows it."""
    command = Decide(
        workload_id=WorkloadId(workload_id),
        owner_id=request.owner_id,
        key=checked_key(key),
        state=data.state,
        reason=data.reason,
        note=data.note,
        effective_at=data.effective_at,
        until=data.until,
        run_id=None if data.run_id is None else RunId(data.run_id),
        if_version=None if if_match is None else version_of(if_match),
    )
    made = await services.decision_service().decide(command)
    line = line_of(made, now=services.ports().clock.now())
    return Response(line, media_type=JSON, headers={"ETag": line.etag})


def decisions_router() -> Router:
    """Return the routes."""
    return Router(
        "/api/workloads", route_handlers=[list_decisions, put_decision, verify_decision], tags=["Decisions"]
    )


def version_of(if_match: str) -> int:
    """Return the version that an `If-Match` header names.

    >>> version_of('"3"'), version_of("*"), version_of("x")
    (3, -1, 0)
    """
    if if_match.strip() == "*":
        return SOME_VERSION
    found = _TAG.fullmatch(if_match.strip())
    return _NO_VERSION if found is None else int(found[1])


def line_of(decision: Decision, *, now: datetime) -> DecisionLine:
    """Return a decision as it is sent."""
    return DecisionLine(
        key=decision.key,
        state=decision.state,
        reason=decision.reason,
        note=decision.note,
        effective_at=instant_or_none(decision.effective_at),
        until=instant_or_none(decision.until),
        is_lapsed=is_lapsed(decision, now=now),
        at=instant(decision.at),
        by_user_id=decision.owner_id,
        run_id=decision.on.run_id,
        kind=decision.on.kind,
        action=decision.on.action,
        savings_at_decision=decision.on.savings,
        etag=f'"{decision.version}"',
    )
