"""Run the five agents in order on a stored workload."""

from functools import partial

from netra.domain.agents.model import Question, Watch
from netra.domain.agents.stages import triage
from netra.domain.agents.stages.advisor import Advisor
from netra.domain.agents.stages.deciding import with_decisions
from netra.domain.optimization.result import Advice
from netra.domain.quotas import DEFAULT_QUOTAS, Quotas
from netra.domain.workloads.sizes import check_readable, limits_of
from netra.ports.clock import Clock
from netra.ports.decisions import DecisionStore
from netra.ports.workloads import EventLog, WorkloadStore


class AgentPipeline:
    """Answers questions about stored workloads; holds no data of a run or user."""

    def __init__(
        self,
        *,
        advisor: Advisor,
        workloads: WorkloadStore,
        decisions: DecisionStore,
        log: EventLog,
        clock: Clock,
        quotas: Quotas = DEFAULT_QUOTAS,
    ) -> None:
        self._advisor = advisor
        self._workloads = workloads
        self._decisions = decisions
        self._log = log
        self._clock = clock
        self._limits = limits_of(quotas)

    async def answer(self, question: Question, watch: Watch) -> Advice:
        """Return the advice on the named workload, or on the owner's only one.

        Without data the advice says what to send. Raises `WorkStopped` from `watch`,
        `ValidationFailed` for a workload above the limits, and what the stores raise.
        """
        await self._advisor.start_triage(watch)
        briefing = await triage.triage(question, workloads=self._workloads, now=self._clock.now())
        workload = briefing.workload
        if workload is None or workload.event_count == 0:
            return await self._advisor.ask_for_data(briefing, watch)
        check_readable(workload, limits=self._limits)
        read = partial(self._log.read, workload.id, owner_id=question.owner_id)
        made = await self._decisions.all_of(workload.id, owner_id=question.owner_id)
        advice = await self._advisor.advise(briefing, read, watch)
        return with_decisions(advice, made, now=briefing.now)
