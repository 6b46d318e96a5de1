"""Trying a change on a stored workload: its events read for their owner, the rest is `what_if`'s."""

from functools import partial

from netra.domain.ids import UserId, WorkloadId
from netra.domain.offload import run_in_thread
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.what_if.simulate import Proposal, Simulated
from netra.domain.quotas import DEFAULT_QUOTAS, Quotas
from netra.domain.what_if.trial import what_if
from netra.domain.workloads.sizes import check_readable, limits_of
from netra.ports.prices import PriceBook
from netra.ports.workloads import EventLog, WorkloadStore


class WhatIfService:
    """What a proposed change would come to on a workload."""

    def __init__(
        self,
        *,
        workloads: WorkloadStore,
        log: EventLog,
        prices: PriceBook,
        default_model: str,
        hardware: Hardware = HARDWARE,
        quotas: Quotas = DEFAULT_QUOTAS,
    ) -> None:
        self._workloads = workloads
        self._log = log
        self._prices = prices
        self._default_model = default_model
        self._hardware = hardware
        self._limits = limits_of(quotas)

    async def simulate(self, workload_id: WorkloadId, proposal: Proposal, *, owner_id: UserId) -> Simulated:
        """Return the workload's log as it is and as it would be; cancelled, it ends within a step.

        Raises `NotFound` for a workload that is not the owner's, and `ValidationFailed` for a model, a
        GPU or a combination that is not known or does not fit, and for a workload larger than the limits.
        """
        workload = await self._workloads.get(workload_id, owner_id=owner_id)
        check_readable(workload, limits=self._limits)
        events = await self._log.read(workload_id, owner_id=owner_id)
        work = partial(
            what_if,
            events,
            proposal,
            book=self._prices,
            default_model=self._default_model,
            hardware=self._hardware,
        )
        return await run_in_thread(work)
