"""Routes about changes of a workload: one proposed, which is simulated, and one made, which is explained."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from litestar import post
from litestar.params import FromPath

from netra.domain.ids import WorkloadId
from netra.domain.json_values import is_array, is_object
from netra.domain.optimization.explain.explanation import Explanation
from netra.domain.optimization.explain.periods import PeriodTexts
from netra.domain.optimization.what_if.simulate import Proposal, Simulated
from netra.domain.quotas import LimitName
from netra.domain.users.model import KeyScope
from netra.domain.what_if.trial import Tried
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.attendance import while_connected
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.json_body import shaped, whole_numbers

PROPOSALS_MAX: Final = 24  # in one request: the points of a slider


class Proposals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to try, each by itself on the same log."""

    proposals: Annotated[list[Proposal], msgspec.Meta(min_length=1, max_length=PROPOSALS_MAX)]


class SimulationError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a proposal cannot be: what the error of a single simulation says."""

    code: str
    message: str
    details: Mapping[str, Any]  # Any: as in the error envelope


class SimulationLine(msgspec.Struct, frozen=True, kw_only=True):
    """One proposal's outcome: exactly one of the two is not null."""

    simulated: Simulated | None
    error: SimulationError | None


class SimulationGrid(msgspec.Struct, frozen=True, kw_only=True):
    """The outcomes, in the order of the proposals."""

    results: Sequence[SimulationLine]


# more work than other requests, and the response shows stored data
_WORK: Final = admits(
    limit=LimitName.SIMULATE, reads=(JSON,), scope=KeyScope.EXECUTE, also=KeyScope.READ, compressed=True
)
_TRY: Final = _WORK | noted(bodies={JSON: Proposal})
_TRY_EACH: Final = _WORK | noted(bodies={JSON: Proposals})
_COMPARE: Final = _WORK | noted(bodies={JSON: PeriodTexts})


@post(
    "/{workload_id:str}/simulate",
    operation_id="simulate_workload",
    status_code=200,
    opt=_TRY,
    summary="Try a change on a workload",
)
async def simulate(
    workload_id: FromPath[str],
    request: ApiRequest,
    services: InjectedServices,
) -> Simulated:
    """Return the bill and the latency before and after the change; nothing is stored."""
    service = services.what_if_service()
    # parsed here: the framework would accept 0 for false and "5" for 5
    proposal = shaped(whole_numbers(await request.json()), Proposal)
    return await service.simulate(WorkloadId(workload_id), proposal, owner_id=request.owner_id)


@post(
    "/{workload_id:str}/simulations",
    operation_id="simulate_workload_each",
    status_code=200,
    opt=_TRY_EACH,
    summary="Try several changes on a workload",
)
async def simulate_each(
    workload_id: FromPath[str],
    request: ApiRequest,
    services: InjectedServices,
) -> SimulationGrid:
    """Return what each proposal would bring, in order, or why it cannot be; nothing is stored.

    The work stops when the client leaves.
    """
    service = services.what_if_service()
    proposals = shaped(_with_whole_numbers(await request.json()), Proposals).proposals
    work = service.simulate_each(WorkloadId(workload_id), proposals, owner_id=request.owner_id)
    return SimulationGrid(results=[_line(tried) for tried in await while_connected(request, work)])


@post(
    "/{workload_id:str}/explain",
    operation_id="explain_workload",
    status_code=200,
    opt=_COMPARE,
    summary="Explain a change of the bill",
)
async def explain(
    workload_id: FromPath[str],
    request: ApiRequest,
    services: InjectedServices,
) -> Explanation:
    """Return the effects that make the difference between two periods' bills; nothing is stored."""
    service = services.what_if_service()
    periods = shaped(await request.json(), PeriodTexts)
    return await service.explain(WorkloadId(workload_id), periods, owner_id=request.owner_id)


def _with_whole_numbers(body: Mapping[str, Any]) -> Mapping[str, Any]:  # Any: JSON as it was sent
    given = body.get("proposals")
    if not is_array(given):
        return body
    return {**body, "proposals": [whole_numbers(one) if is_object(one) else one for one in given]}


def _line(tried: Tried) -> SimulationLine:
    refused = tried.refused
    return SimulationLine(
        simulated=tried.simulated,
        error=None
        if refused is None
        else SimulationError(code=refused.code, message=refused.message, details=refused.details),
    )
