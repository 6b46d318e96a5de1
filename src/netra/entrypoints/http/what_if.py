"""Route of what-if: a proposed change, re-priced and replayed on a workload's own log."""

from typing import Final

from litestar import post
from litestar.params import FromPath

from netra.domain.ids import WorkloadId
from netra.domain.optimization.what_if.simulate import Proposal, Simulated
from netra.domain.quotas import LimitName
from netra.domain.users.model import Scope
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import Asked, InjectedServices
from netra.entrypoints.json_body import shaped, whole_numbers

# as much work as a run, and its answer shows what is stored
_TRY: Final = admits(limit=LimitName.AGENT, reads=(JSON,), scope=Scope.EXECUTE, also=Scope.READ) | noted(
    bodies={JSON: Proposal}
)


@post("/{workload_id:str}/simulate", status_code=200, opt=_TRY, summary="Try a change on a workload")
async def simulate(
    workload_id: FromPath[str],
    request: Asked,
    services: InjectedServices,
) -> Simulated:
    """Return the bill and the latency as they are and as they would be; nothing is changed."""
    service = services.what_if_service()
    # read here: the framework's own reading takes 0 for false and "5" for five
    proposal = shaped(whole_numbers(await request.json()), Proposal)
    return await service.simulate(WorkloadId(workload_id), proposal, owner_id=request.owner_id)
