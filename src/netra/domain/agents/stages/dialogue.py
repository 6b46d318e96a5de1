"""Use of a language model by one run: it reads the question, writes the answer, and the result records both.

Without a configured model this is unused. If the model fails, the result keeps the local answer and says why.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final, Literal, Protocol

import msgspec

from netra.domain.agents.language.allowance import DEFAULT_ALLOWANCE, Allowance, MeteredModel
from netra.domain.agents.language.briefing import model_payload, without_sentences
from netra.domain.agents.language.cancellation import unless_stopped
from netra.domain.agents.language.hearing import read_with_model, recent, shown
from netra.domain.agents.language.masks import Mask
from netra.domain.agents.language.tongues import tongue_of
from netra.domain.agents.language.tools import LookUpTools
from netra.domain.agents.language.writing import AnswerWriter, WritingTask, WrittenAnswer
from netra.domain.agents.model import Briefing, Question, Watch
from netra.domain.agents.question.heard import QuestionReading
from netra.domain.agents.question.mentions import names_of
from netra.domain.agents.stages.handover import Plan, Survey
from netra.domain.agents.stages.opening import WithOpening
from netra.domain.agents.wording.echo import echo_text
from netra.domain.ids import ThreadId, UserId
from netra.domain.offload import run_in_thread
from netra.domain.optimization.metrics import LanguageModelUse, LookUp, ModelReading, ModelUsage
from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.result import Advice
from netra.domain.threads.model import Message
from netra.domain.workloads.columns import Events
from netra.ports.clock import Clock
from netra.ports.language_model import LanguageModel

Sends = Literal["all", "numbers"]
NUMBERS_ONLY: Final = "numbers_only"  # reason in the result: the model did not read the question
NOTHING_TO_WORD: Final = "nothing_to_compute"


class Conversations(Protocol):
    """Reads the earlier messages of a thread."""

    async def messages(self, thread_id: ThreadId, *, owner_id: UserId) -> Sequence[Message]:
        """Return all messages, oldest first; empty for an unknown thread and for another owner's."""
        ...


class ModelAccess(msgspec.Struct, frozen=True, kw_only=True):
    """A language model, its limits and what may be sent to it; holds no data of a run or user."""

    model: LanguageModel
    clock: Clock
    conversations: Conversations | None = None
    allowance: Allowance = DEFAULT_ALLOWANCE
    sends: Sends = "all"

    def start_session(self, question: Question) -> "ModelSession":
        """Start the use of the model by one run."""
        return ModelSession(self, question)

    def mark_unused(self, advice: Advice) -> Advice:
        """Return `advice` with a record that it needed no model."""
        use = LanguageModelUse(used=False, model=self.model.name, outcome="not_asked", reason=NOTHING_TO_WORD)
        return msgspec.structs.replace(
            advice, metrics=msgspec.structs.replace(advice.metrics, language_model=use)
        )


class ModelSession:
    """The use of a model by one run."""

    def __init__(self, access: ModelAccess, question: Question) -> None:
        self._model_access = access
        self._question = question
        self._began_s = access.clock.monotonic_s()
        self._metered = MeteredModel(
            model=access.model, allowance=access.allowance, clock=access.clock, question=question
        )
        self._earlier: tuple[Message, ...] = ()

    async def read_question(self, briefing: Briefing, watch: Watch) -> Briefing:
        """Return the briefing with the model's reading of the question. Raises what `watch` raises."""
        if self._model_access.sends == "numbers":
            return msgspec.structs.replace(briefing, reading=QuestionReading(reason=NUMBERS_ONLY))
        self._earlier = await self._before()
        reading = await unless_stopped(
            read_with_model(self._question.message, self._earlier, metered=self._metered), watch
        )
        return msgspec.structs.replace(briefing, reading=reading)

    async def write_answer(
        self,
        advice: Advice,
        plan: Plan,
        events: Events,
        watch: Watch,
        *,
        lookups: "partial[LookUpTools]",
    ) -> Advice:
        """Return the advice with the model's text, or with the local text if the model's fails the checks."""
        task = await run_in_thread(
            partial(self._task, advice, plan, events, lookups), checkpoint=watch.checkpoint
        )
        opening = f"{echo_text(plan.findings.survey.goals)}\n\n"
        writer = AnswerWriter(task, metered=self._metered, watch=WithOpening(watch, opening))
        written = await unless_stopped(writer.write(), watch)
        metrics = msgspec.structs.replace(
            advice.metrics,
            language_model=self._use(plan, written),
            usage=ModelUsage(**msgspec.structs.asdict(self._metered.usage), seconds=self._seconds()),
        )
        report = advice.report
        if written.text is not None:
            report = f"{opening}{written.text}"
        return msgspec.structs.replace(advice, metrics=metrics, report=report)

    async def _before(self) -> tuple[Message, ...]:
        """Return the thread's messages before this run, bounded by `recent`."""
        question, found = self._question, self._model_access.conversations
        if question.thread_id is None or found is None:
            return ()
        messages = await found.messages(question.thread_id, owner_id=question.owner_id)
        mine = [place for place, one in enumerate(messages) if one.run_id == question.run_id]
        return recent(messages[: mine[0]] if mine else messages)

    def _task(
        self,
        advice: Advice,
        plan: Plan,
        events: Events,
        lookups: "partial[LookUpTools]",
        *,
        checkpoint: Checkpoint,
    ) -> WritingTask:
        checkpoint(0.0, "Choosing what the answer speaks of")
        numbers_only = self._model_access.sends == "numbers"
        workload = plan.findings.survey.briefing.workload
        others = () if workload is None else (workload.name,)
        mask = Mask.of(names_of(events), others, all_of_them=numbers_only)
        payload = model_payload(advice, mask=mask)
        if numbers_only:
            bare = without_sentences(payload, mask=mask)
            return WritingTask(payload=bare, question={}, mask=mask, tongue=tongue_of(self._question.message))
        question = {"question": self._question.message, "before": shown(self._earlier)}
        return WritingTask(
            payload=payload,
            question=question,
            mask=mask,
            tongue=tongue_of(self._question.message),
            lookups=lookups(mask=mask),
        )

    def _use(self, plan: Plan, written: WrittenAnswer) -> LanguageModelUse:
        """Return the record of the model's use for the result."""
        return LanguageModelUse(
            used=written.text is not None,
            model=self._metered.model,
            outcome="worded" if written.text is not None else "fallback",
            fallback_reason=written.reason,
            repairs=written.repairs,
            refused_numbers=written.refused,
            faults=written.faults,
            reading=_reading_of(plan.findings.survey),
            looks=tuple(LookUp(**msgspec.structs.asdict(look)) for look in written.looks),
        )

    def _seconds(self) -> float:
        return round(self._model_access.clock.monotonic_s() - self._began_s, 3)


def _reading_of(survey: Survey) -> ModelReading:
    reading, merged = survey.briefing.reading, survey.merged
    if merged is None or reading is None or reading.goals is None:
        return ModelReading(outcome="not_read", reason=None if reading is None else reading.reason)
    return ModelReading(
        outcome="read", taken=merged.taken, differences=merged.differences, refused=merged.refused
    )
