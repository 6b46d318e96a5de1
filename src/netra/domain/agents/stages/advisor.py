"""Turn a question and its events into advice, stage by stage; reads no store.

Each stage's work is in its own module. This module reports progress, runs the work in threads and
passes checked data between stages. A language model, if configured, takes part in the first and the
last stage: it reads the question in addition to the local reader, and writes the answer's text.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from netra.domain.agents.language.allowance import DEFAULT_ALLOWANCE, Allowance
from netra.domain.agents.model import Briefing, Question, Stage, Watch
from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.stages import analysis, planning, reporting, survey, triage
from netra.domain.agents.stages.handover import Survey, checked_advice
from netra.domain.agents.wording.missing_data import asking
from netra.domain.offload import run_in_thread
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.result import Advice
from netra.domain.optimization.study import without_excluded
from netra.domain.workloads.columns import Events
from netra.ports.clock import Clock
from netra.ports.language_model import LanguageModel
from netra.ports.prices import PriceBook

if TYPE_CHECKING:
    from netra.domain.agents.stages.dialogue import Conversations, ModelAccess, ModelSession, Sends

ReadEvents = Callable[[], Awaitable[Events]]


class Advisor:
    """Turns a question and its events into advice; holds no data of a run or user."""

    def __init__(
        self,
        *,
        prices: PriceBook,
        clock: Clock,
        default_model: str,
        hardware: Hardware = HARDWARE,
        language_model: LanguageModel | None = None,
        conversations: "Conversations | None" = None,
        sends: "Sends" = "all",
        allowance: Allowance = DEFAULT_ALLOWANCE,
    ) -> None:
        self._prices = prices
        self._clock = clock
        self._default_model = default_model
        self._hardware = hardware
        self._model_access: ModelAccess | None = None
        if language_model is not None:
            from netra.domain.agents.stages import dialogue  # imports the guard too

            self._model_access = dialogue.ModelAccess(
                model=language_model,
                clock=clock,
                conversations=conversations,
                allowance=allowance,
                sends=sends,
            )

    async def answer_events(self, question: Question, events: Events, watch: Watch) -> Advice:
        """Return the advice on events that are in no store. Raises `WorkStopped` from `watch`."""
        await self.start_triage(watch)
        now = self._clock.now()
        goals = read_goals(question.message, question.parameters, now=now)
        briefing = Briefing(question=question, goals=goals, now=now, is_at_hand=True)
        if not len(events):
            return await self.ask_for_data(briefing, watch)

        async def read() -> Events:
            return events

        return await self.advise(briefing, read, watch)

    async def start_triage(self, watch: Watch) -> None:
        """Report the triage stage; a language model that reads the question makes it a stage with work."""
        if self._model_access is None:
            await watch.skip_stages(_TRIAGE)
        else:
            await watch.start_stage(
                agent=_TRIAGE.agent, message=_TRIAGE.message, progress=_TRIAGE.progress, until=_TRIAGE.until
            )

    async def advise(self, briefing: Briefing, read: ReadEvents, watch: Watch) -> Advice:
        """Return the advice on the events that `read` returns, at least one."""
        session = None if self._model_access is None else self._model_access.start_session(briefing.question)
        if session is not None:
            briefing = await session.read_question(briefing, watch)
        await watch.start_stage(agent=survey.AGENT, message=survey.MESSAGE, progress=10, until=35)
        return await self._advise(briefing, await read(), watch, session=session)

    async def ask_for_data(self, briefing: Briefing, watch: Watch) -> Advice:
        """Report every stage as empty, and return advice that asks for data."""
        await watch.skip_stages(*_STAGES_WITHOUT_DATA)
        advice = asking(briefing)
        return checked_advice(
            advice if self._model_access is None else self._model_access.mark_unused(advice)
        )

    async def _ask_back(self, surveyed: Survey, watch: Watch) -> Advice:
        """Report the remaining stages as empty, and return the question to answer before any advice."""
        await watch.skip_stages(*_STAGES_OF_A_QUESTION)
        advice = reporting.ask(surveyed)
        return checked_advice(
            advice if self._model_access is None else self._model_access.mark_unused(advice)
        )

    async def _advise(
        self, briefing: Briefing, events: Events, watch: Watch, *, session: "ModelSession | None"
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
        if surveyed.goals.ask_back:
            return await self._ask_back(surveyed, watch)
        await watch.start_stage(
            agent=analysis.AGENT, message=analysis.message(len(events)), progress=35, until=85
        )
        findings = await run_in_thread(partial(analysis.analyse, surveyed), checkpoint=watch.checkpoint)
        await watch.start_stage(agent=planning.AGENT, message=planning.MESSAGE, progress=85, until=95)
        plan = await run_in_thread(partial(planning.plan, findings), checkpoint=watch.checkpoint)
        await watch.start_stage(agent=reporting.AGENT, message=reporting.MESSAGE, progress=95, until=100)
        advice = reporting.report(plan)
        if session is not None:
            from netra.domain.agents.language.tools import LookUpTools

            lookups = partial(
                LookUpTools,
                events=without_excluded(events, excluded=surveyed.goals.excluded),
                analysis=findings.analysis,
                priced_as=surveyed.goals.model,
                book=self._prices,
                default_model=self._default_model,
                hardware=self._hardware,
                checkpoint=watch.checkpoint,
            )
            advice = await session.write_answer(advice, plan, events, watch, lookups=lookups)
        return checked_advice(advice)


_TRIAGE: Final = Stage(agent=triage.AGENT, message=triage.MESSAGE, progress=0, until=10)
_STAGES_WITHOUT_DATA: Final = (
    Stage(agent=survey.AGENT, message="There are no events to profile.", progress=10, until=35),
    Stage(agent=analysis.AGENT, message="Nothing to compute from.", progress=35, until=85),
    Stage(agent=planning.AGENT, message="Working out what to send...", progress=85, until=95),
    Stage(agent=reporting.AGENT, message=reporting.MESSAGE, progress=95, until=100),
)
_STAGES_OF_A_QUESTION: Final = (
    Stage(agent=analysis.AGENT, message="The question is asked back first.", progress=35, until=85),
    Stage(agent=planning.AGENT, message="Nothing to plan yet.", progress=85, until=95),
    Stage(agent=reporting.AGENT, message=reporting.MESSAGE, progress=95, until=100),
)
