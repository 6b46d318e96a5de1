"""Routes about changes of a workload: one proposed, which is simulated, and one made, which is explained."""

from typing import Final

from litestar import post
from litestar.params import FromPath

from netra.domain.ids import WorkloadId
from netra.domain.optimization.explain.explanation import Explanation
from netra.domain.optimization.explain.periods import PeriodTexts
from netra.domain.optimization.what_if.simulate import Proposal, Simulated
from netra.domain.quotas import LimitName
from netra.domain.users.model import KeyScope
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.json_body import shaped, whole_numbers

# as much work as a run, and the response shows stored data
_WORK: Final = admits(limit=LimitName.AGENT, reads=(JSON,), scope=KeyScope.EXECUTE, also=KeyScope.READ)
_TRY: Final = _WORK | noted(bodies={JSON: Proposal})
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
