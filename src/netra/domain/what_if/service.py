"""Simulate a change on a stored workload, explain one that its log shows, or verify an adopted one."""

from collections.abc import Sequence
from functools import partial

from netra.domain.decisions.model import DecisionKey, DecisionState
from netra.domain.errors import Conflict, NotFound
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
from netra.domain.what_if.verification import Verification, verified
from netra.domain.workloads.columns import Events
from netra.domain.workloads.sizes import check_readable, limits_of
from netra.ports.decisions import DecisionStore
from netra.ports.prices import PriceBook
from netra.ports.workloads import EventLog, WorkloadStore


class WhatIfService:
    """Simulates proposed changes on workloads, explains changes of their bills, verifies adopted ones."""

    def __init__(
        self,
        *,
        workloads: WorkloadStore,
        decisions: DecisionStore,
        log: EventLog,
        prices: PriceBook,
        default_model: str,
        hardware: Hardware = HARDWARE,
        quotas: Quotas = DEFAULT_QUOTAS,
    ) -> None:
        self._workloads = workloads
        self._decisions = decisions
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

    async def verify(self, workload_id: WorkloadId, key: DecisionKey, *, owner_id: UserId) -> Verification:
        """Return what an adopted recommendation brought since it is in force.

        Raises `NotFound` for the workload or a key without a decision, `Conflict` for one that is not
        adopted, and `ValidationFailed` for a workload above the limits.
        """
        decision = await self._decisions.find(workload_id, key, owner_id=owner_id)
        if decision is None:
            raise NotFound("decision", key)
        if decision.state is not DecisionState.ADOPTED or decision.effective_at is None:
            raise Conflict("Only an adopted recommendation can be verified.", state=decision.state.value)
        events = await self._events(workload_id, owner_id=owner_id)
        work = partial(
            verified,
            events,
            at=decision.effective_at,
            book=self._prices,
            default_model=self._default_model,
            hardware=self._hardware,
        )
        return Verification(
            decision=decision, effective_at=decision.effective_at, realised=await run_in_thread(work)
        )

    async def _events(self, workload_id: WorkloadId, *, owner_id: UserId) -> Events:
        workload = await self._workloads.get(workload_id, owner_id=owner_id)
        check_readable(workload, limits=self._limits)
        return await self._log.read(workload_id, owner_id=owner_id)
