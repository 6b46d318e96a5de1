"""Run the five agents in order, on a stored workload or on events passed by the caller.

Each stage's work is in its own module. This module reports progress, runs the work in threads and
passes checked data between stages. A language model, if configured, takes part in the first and the
last stage: it reads the question in addition to the local reader, and writes the answer's text.
"""

from functools import partial
from typing import Final

from netra.domain.agents.language.allowance import DEFAULT_ALLOWANCE, Allowance
from netra.domain.agents.language.tools import LookUpTools
from netra.domain.agents.model import Briefing, Question, Stage, Watch
from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.stages import analysis, planning, reporting, survey, triage
from netra.domain.agents.stages.dialogue import Conversations, ModelAccess, ModelSession, Sends
from netra.domain.agents.stages.handover import checked_advice
from netra.domain.agents.wording.missing_data import asking
from netra.domain.offload import run_in_thread
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.result import Advice
from netra.domain.quotas import DEFAULT_QUOTAS, Quotas
from netra.domain.workloads.columns import Events
from netra.domain.workloads.sizes import check_readable, limits_of
from netra.ports.clock import Clock
from netra.ports.language_model import LanguageModel
from netra.ports.prices import PriceBook
from netra.ports.workloads import EventLog, WorkloadStore


class AgentPipeline:
    """Answers questions; holds no data of a run or user."""

    def __init__(
        self,
        *,
        workloads: WorkloadStore,
        log: EventLog,
        prices: PriceBook,
        clock: Clock,
        default_model: str,
        hardware: Hardware = HARDWARE,
        quotas: Quotas = DEFAULT_QUOTAS,
        language_model: LanguageModel | None = None,
        conversations: Conversations | None = None,
        sends: Sends = "all",
        allowance: Allowance = DEFAULT_ALLOWANCE,
    ) -> None:
        self._workloads = workloads
        self._log = log
        self._prices = prices
        self._clock = clock
        self._default_model = default_model
        self._hardware = hardware
        self._limits = limits_of(quotas)
        self._model_access: ModelAccess | None = None
        if language_model is not None:
            self._model_access = ModelAccess(
                model=language_model,
                clock=clock,
                conversations=conversations,
                allowance=allowance,
                sends=sends,
            )

    async def answer(self, question: Question, watch: Watch) -> Advice:
        """Return the advice on the named workload, or on the owner's only one.

        Without data the advice says what to send. Raises `WorkStopped` from `watch`,
        `ValidationFailed` for a workload above the limits, and what the stores raise.
        """
        await self._start_triage(watch)
        briefing = await triage.triage(question, workloads=self._workloads, now=self._clock.now())
        workload = briefing.workload
        if workload is None or workload.event_count == 0:
            return await self._ask_for_data(briefing, watch)
        check_readable(workload, limits=self._limits)
        session = None if self._model_access is None else self._model_access.start_session(question)
        if session is not None:
            briefing = await session.read_question(briefing, watch)
        await watch.start_stage(agent=survey.AGENT, message=survey.MESSAGE, progress=10, until=35)
        events = await self._log.read(workload.id, owner_id=question.owner_id)
        return await self._advise(briefing, events, watch, session=session)

    async def answer_events(self, question: Question, events: Events, watch: Watch) -> Advice:
        """Return the advice on events that no store holds, by the same stages."""
        await self._start_triage(watch)
        now = self._clock.now()
        goals = read_goals(question.message, question.parameters, now=now)
        briefing = Briefing(question=question, goals=goals, now=now, is_at_hand=True)
        if not len(events):
            return await self._ask_for_data(briefing, watch)
        session = None if self._model_access is None else self._model_access.start_session(question)
        if session is not None:
            briefing = await session.read_question(briefing, watch)
        await watch.start_stage(agent=survey.AGENT, message=survey.MESSAGE, progress=10, until=35)
        return await self._advise(briefing, events, watch, session=session)

    async def _start_triage(self, watch: Watch) -> None:
        """Report the triage stage; a language model that reads the question makes it a stage with work."""
        if self._model_access is None:
            await watch.skip_stages(_TRIAGE)
        else:
            await watch.start_stage(
                agent=_TRIAGE.agent, message=_TRIAGE.message, progress=_TRIAGE.progress, until=_TRIAGE.until
            )

    async def _advise(
        self, briefing: Briefing, events: Events, watch: Watch, *, session: ModelSession | None
    ) -> Advice:
        work = partial(
            survey.survey,
            briefing,
            events,
            book=self._prices,
            default_model=self._default_model,
            hardware=self._hardware,
        )
        surveyed = await run_in_thread(work, checkpoint=watch.checkpoint)
        await watch.start_stage(
            agent=analysis.AGENT, message=analysis.message(len(events)), progress=35, until=85
        )
        findings = await run_in_thread(partial(analysis.analyse, surveyed), checkpoint=watch.checkpoint)
        await watch.start_stage(agent=planning.AGENT, message=planning.MESSAGE, progress=85, until=95)
        plan = await run_in_thread(partial(planning.plan, findings), checkpoint=watch.checkpoint)
        await watch.start_stage(agent=reporting.AGENT, message=reporting.MESSAGE, progress=95, until=100)
        advice = reporting.report(plan)
        if session is not None:
            lookups = partial(
                LookUpTools,
                events=events,
                analysis=findings.analysis,
                priced_as=surveyed.goals.model,
                book=self._prices,
                default_model=self._default_model,
                hardware=self._hardware,
                checkpoint=watch.checkpoint,
            )
            advice = await session.write_answer(advice, plan, events, watch, lookups=lookups)
        return checked_advice(advice)

    async def _ask_for_data(self, briefing: Briefing, watch: Watch) -> Advice:
        """Report every stage as empty, and return advice that asks for data."""
        await watch.skip_stages(*_STAGES_WITHOUT_DATA)
        advice = asking(briefing)
        return checked_advice(
            advice if self._model_access is None else self._model_access.mark_unused(advice)
        )


_TRIAGE: Final = Stage(agent=triage.AGENT, message=triage.MESSAGE, progress=0, until=10)
_STAGES_WITHOUT_DATA: Final = (
    Stage(agent=survey.AGENT, message="There are no events to profile.", progress=10, until=35),
    Stage(agent=analysis.AGENT, message="Nothing to compute from.", progress=35, until=85),
    Stage(agent=planning.AGENT, message="Working out what to send...", progress=85, until=95),
    Stage(agent=reporting.AGENT, message=reporting.MESSAGE, progress=95, until=100),
)
