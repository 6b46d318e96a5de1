"""Say what an adopted recommendation brought, from the workload's own log."""

from datetime import datetime
from functools import partial

from netra.domain.decisions.model import DecisionKey, DecisionState
from netra.domain.errors import Conflict, NotFound
from netra.domain.ids import UserId, WorkloadId
from netra.domain.offload import run_in_thread
from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.quotas import DEFAULT_QUOTAS, Quotas
from netra.domain.realised.verification import Realised, Verification, realised_since
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import Events
from netra.domain.workloads.sizes import check_readable, limits_of
from netra.ports.decisions import DecisionStore
from netra.ports.prices import PriceBook
from netra.ports.workloads import EventLog, WorkloadStore


class RealisedService:
    """Compares a workload's calls before an adoption with those since."""

    def __init__(
        self,
        *,
        decisions: DecisionStore,
        workloads: WorkloadStore,
        log: EventLog,
        prices: PriceBook,
        default_model: str,
        hardware: Hardware = HARDWARE,
        quotas: Quotas = DEFAULT_QUOTAS,
    ) -> None:
        self._decisions = decisions
        self._workloads = workloads
        self._log = log
        self._prices = prices
        self._default_model = default_model
        self._hardware = hardware
        self._limits = limits_of(quotas)

    async def verify(self, workload_id: WorkloadId, key: DecisionKey, *, owner_id: UserId) -> Verification:
        """Return what the recommendation brought since it is in force.

        Raises `NotFound` for the workload or a key without a decision, `Conflict` for one that is not
        adopted, and `ValidationFailed` for a workload above the limits.
        """
        workload = await self._workloads.get(workload_id, owner_id=owner_id)
        decision = await self._decisions.find(workload_id, key, owner_id=owner_id)
        if decision is None:
            raise NotFound("decision", key)
        if decision.state is not DecisionState.ADOPTED or decision.effective_at is None:
            raise Conflict("Only an adopted recommendation can be verified.", state=decision.state.value)
        check_readable(workload, limits=self._limits)
        events = await self._log.read(workload_id, owner_id=owner_id)
        realised = await run_in_thread(partial(self._realised, events, at=decision.effective_at))
        return Verification(
            workload_id=workload_id,
            key=key,
            decision=decision,
            effective_at=decision.effective_at,
            realised=realised,
        )

    def _realised(self, events: Events, *, at: datetime, checkpoint: Checkpoint) -> Realised:
        prices = price_list(events, self._prices, default_model=self._default_model)
        return realised_since(events, at=at, prices=prices, hardware=self._hardware, checkpoint=checkpoint)
