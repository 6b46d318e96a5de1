"""The what-if route: a proposed change, re-priced and replayed on a workload's own log."""

from typing import Final

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from netra.domain.ids import WorkloadId
from netra.domain.optimization.what_if.simulate import Proposal, Simulated
from netra.domain.quotas import LimitName
from netra.domain.users.model import KeyScope
from netra.domain.what_if.service import WhatIfService
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import ApiRequest
from netra.entrypoints.json_body import shaped, whole_numbers
from netra.entrypoints.services import Services

# as much work as a run, and the response shows stored data
_TRY: Final = admits(
    limit=LimitName.AGENT, reads=(JSON,), scope=KeyScope.EXECUTE, also=KeyScope.READ
) | noted(bodies={JSON: Proposal})


@post("/{workload_id:str}/simulate", status_code=200, opt=_TRY, summary="Try a change on a workload")
async def simulate(
    workload_id: FromPath[str],
    request: ApiRequest,
    services: NamedDependency[Services],
) -> Simulated:
    """Return the bill and the latency before and after the change; nothing is stored."""
    service: WhatIfService = services.container.what_if_service()
    # parsed here: the framework would accept 0 for false and "5" for 5
    proposal = shaped(whole_numbers(await request.json()), Proposal)
    return await service.simulate(WorkloadId(workload_id), proposal, owner_id=request.owner_id)
