"""The stages from events to advice, for events of any source: it reads no store.

Each stage's work is in its own module. A language model, where there is one, adds to the first stage and
the last: what the question means beside the local reading, and other words for the same answer.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from netra.domain.agents.language.allowance import DEFAULT_ALLOWANCE, Allowance
from netra.domain.agents.language.tools import Bench
from netra.domain.agents.model import Briefing, Question, Stage, Watch
from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.stages import analysis, planning, reporting, survey, triage
from netra.domain.agents.stages.dialogue import Conversations, Sends, Speech, Voice
from netra.domain.agents.stages.handover import checked_advice
from netra.domain.agents.wording.missing_data import asking
from netra.domain.offload import worked
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.result import Advice
from netra.domain.workloads.columns import Events
from netra.ports.clock import Clock
from netra.ports.language_model import LanguageModel
from netra.ports.prices import PriceBook

ReadEvents = Callable[[], Awaitable[Events]]


class Advisor:
    """Turns a question and its events into advice, stage by stage."""

    def __init__(
        self,
        *,
        prices: PriceBook,
        clock: Clock,
        default_model: str,
        hardware: Hardware = HARDWARE,
        language_model: LanguageModel | None = None,
        conversations: Conversations | None = None,
        sends: Sends = "all",
        allowance: Allowance = DEFAULT_ALLOWANCE,
    ) -> None:
        self._prices = prices
        self._clock = clock
        self._default_model = default_model
        self._hardware = hardware
        self._voice: Voice | None = None
        if language_model is not None:
            self._voice = Voice(
                model=language_model,
                clock=clock,
                conversations=conversations,
                allowance=allowance,
                sends=sends,
            )

    async def answer_events(self, question: Question, events: Events, watch: Watch) -> Advice:
        """Return the advice on events that are in no store. Raises `WorkStopped` from `watch`."""
        await self.begin(watch)
        now = self._clock.now()
        goals = read_goals(question.message, question.parameters, now=now)
        briefing = Briefing(question=question, goals=goals, now=now, is_at_hand=True)
        if not len(events):
            return await self.ask_back(briefing, watch)

        async def at_hand() -> Events:
            return events

        return await self.advise(briefing, at_hand, watch)

    async def begin(self, watch: Watch) -> None:
        """Report the triage: with its own step where a language model reads too, which takes a while."""
        if self._voice is None:
            await watch.pass_through(_TRIAGE)
        else:
            await watch.enter(
                agent=_TRIAGE.agent, message=_TRIAGE.message, progress=_TRIAGE.progress, until=_TRIAGE.until
            )

    async def advise(self, briefing: Briefing, read: ReadEvents, watch: Watch) -> Advice:
        """Return the advice on the events that `read` returns, of which there is at least one."""
        speech = None if self._voice is None else self._voice.begin(briefing.question)
        if speech is not None:
            briefing = await speech.heard(briefing, watch)
        await watch.enter(agent=survey.AGENT, message=survey.MESSAGE, progress=10, until=35)
        return await self._advised(briefing, await read(), watch, speech=speech)

    async def ask_back(self, briefing: Briefing, watch: Watch) -> Advice:
        """Return what to send, where there are no events; every stage reports that it has no work."""
        await watch.pass_through(*_EMPTY_HANDED)
        advice = asking(briefing)
        return checked_advice(advice if self._voice is None else self._voice.unused(advice))

    async def _advised(
        self, briefing: Briefing, events: Events, watch: Watch, *, speech: Speech | None
    ) -> Advice:
        work = partial(
            survey.survey,
            briefing,
            events,
            book=self._prices,
            default_model=self._default_model,
            hardware=self._hardware,
        )
        surveyed = await worked(work, checkpoint=watch.checkpoint)
        await watch.enter(agent=analysis.AGENT, message=analysis.message(len(events)), progress=35, until=85)
        findings = await worked(partial(analysis.analyse, surveyed), checkpoint=watch.checkpoint)
        await watch.enter(agent=planning.AGENT, message=planning.MESSAGE, progress=85, until=95)
        plan = await worked(partial(planning.plan, findings), checkpoint=watch.checkpoint)
        await watch.enter(agent=reporting.AGENT, message=reporting.MESSAGE, progress=95, until=100)
        advice = reporting.report(plan)
        if speech is not None:
            bench = partial(
                Bench,
                events=events,
                analysis=findings.analysis,
                priced_as=surveyed.goals.model,
                book=self._prices,
                default_model=self._default_model,
                hardware=self._hardware,
                checkpoint=watch.checkpoint,
            )
            advice = await speech.worded(advice, plan, events, watch, bench=bench)
        return checked_advice(advice)


_TRIAGE: Final = Stage(agent=triage.AGENT, message=triage.MESSAGE, progress=0, until=10)
_EMPTY_HANDED: Final = (
    Stage(agent=survey.AGENT, message="There are no events to profile.", progress=10, until=35),
    Stage(agent=analysis.AGENT, message="Nothing to compute from.", progress=35, until=85),
    Stage(agent=planning.AGENT, message="Working out what to send...", progress=85, until=95),
    Stage(agent=reporting.AGENT, message=reporting.MESSAGE, progress=95, until=100),
)
