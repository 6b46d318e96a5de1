"""Simulate a change on a stored workload, or explain one that its log shows."""

from collections.abc import Sequence
from functools import partial

from netra.domain.ids import UserId, WorkloadId
from netra.domain.offload import run_in_thread
from netra.domain.optimization.explain.explanation import Explanation
from netra.domain.optimization.explain.periods import PeriodTexts, periods_of
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.what_if.simulate import Proposal, Simulated
from netra.domain.quotas import DEFAULT_QUOTAS, Quotas
from netra.domain.what_if.comparison import compared
from netra.domain.what_if.trial import Tried, what_if, what_if_each
from netra.domain.workloads.columns import Events
from netra.domain.workloads.sizes import check_readable, limits_of
from netra.ports.prices import PriceBook
from netra.ports.workloads import EventLog, WorkloadStore


class WhatIfService:
    """Simulates proposed changes on workloads, and explains changes of their bills."""

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
        """Return the workload's log before and after the change; a cancel takes effect within a step.

        Raises `NotFound` for a workload of another owner, and `ValidationFailed` for an unknown model or GPU,
        a combination that does not fit, or a workload above the limits.
        """
        events = await self._events(workload_id, owner_id=owner_id)
        work = partial(
            what_if,
            events,
            proposal,
            book=self._prices,
            default_model=self._default_model,
            hardware=self._hardware,
        )
        return await run_in_thread(work)

    async def simulate_each(
        self, workload_id: WorkloadId, proposals: Sequence[Proposal], *, owner_id: UserId
    ) -> tuple[Tried, ...]:
        """Return the effect of each proposal on the workload's log; a cancel takes effect within a step.

        Raises `NotFound` for a workload of another owner, and `ValidationFailed` for one above the limits.
        """
        events = await self._events(workload_id, owner_id=owner_id)
        work = partial(
            what_if_each,
            events,
            proposals,
            book=self._prices,
            default_model=self._default_model,
            hardware=self._hardware,
        )
        return await run_in_thread(work)

    async def explain(
        self, workload_id: WorkloadId, periods: PeriodTexts, *, owner_id: UserId
    ) -> Explanation:
        """Return why the bill of the one period differs from that of the other.

        Raises `NotFound` for a workload of another owner, and `ValidationFailed` for texts that are no
        periods, a period without calls of known price, or a workload above the limits.
        """
        events = await self._events(workload_id, owner_id=owner_id)
        work = partial(
            compared,
            events,
            periods_of(periods.before, periods.after),
            book=self._prices,
            default_model=self._default_model,
        )
        return await run_in_thread(work)

    async def _events(self, workload_id: WorkloadId, *, owner_id: UserId) -> Events:
        workload = await self._workloads.get(workload_id, owner_id=owner_id)
        check_readable(workload, limits=self._limits)
        return await self._log.read(workload_id, owner_id=owner_id)
