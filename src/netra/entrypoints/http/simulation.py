"""Route of what-if: a proposed change, re-priced and replayed on a workload's own log."""

from typing import Final

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from netra.domain.agents.service import WhatIfService
from netra.domain.ids import WorkloadId
from netra.domain.optimization.simulate import Proposal, Simulated
from netra.domain.quotas import LimitName
from netra.domain.users.model import Scope
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.request import Asked
from netra.entrypoints.switchboard import Services

_TRY: Final = admits(limit=LimitName.AGENT, reads=(JSON,), scope=Scope.EXECUTE)  # as much work as a run


@post("/{workload_id:str}/simulate", status_code=200, opt=_TRY, summary="Try a change on a workload")
async def simulate(
    workload_id: FromPath[str],
    data: JSONBody[Proposal],
    request: Asked,
    services: NamedDependency[Services],
) -> Simulated:
    """Return the bill and the latency as they are and as they would be; nothing is changed."""
    service: WhatIfService = services.container.what_if_service()
    return await service.simulate(WorkloadId(workload_id), data, owner_id=request.owner_id)
