"""A question read by a language model too: the local reading stands, the model adds what was lost."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from tests.unit.domain.agents.language.scripts import PLAIN, form, model, told
from tests.unit.domain.agents.opened import words_of

from netra.domain.agents.language.hearing import (
    HISTORY_CHARACTERS,
    HISTORY_MESSAGES,
    MergedGoals,
    merge_readings,
    recent,
)
from netra.domain.agents.language.quotations import without_disputed
from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.question.heard import ModelReadGoals, QuestionReading, Quotation
from netra.domain.agents.question.mentions import KnownNames
from netra.domain.ids import MessageId, RunId, ThreadId, UserId
from netra.domain.optimization.metrics import GoalDifference, ModelReading
from netra.domain.optimization.model import Goals, Priority
from netra.domain.threads.model import Message, MessageRole

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NAMES = KnownNames(features=("checkout", "chat"), models=("gpt-4o", "house-model"))


def both(
    message: str, *, earlier: tuple[str, ...] = (), names: KnownNames = NAMES, **fields: Any
) -> MergedGoals:
    local = read_goals(message, {}, now=NOW, names=names)
    quoted = [Quotation(field=field, words=words) for field in fields for words in (message, *earlier)]
    read = ModelReadGoals(**{"quotations": tuple(quoted), **fields})
    return merge_readings(local, QuestionReading(goals=read, earlier=earlier), message=message, names=names)


def test_a_number_read_in_two_ways_is_not_used_and_asked_about() -> None:
    found = both("20 % cheaper and 2x faster; 30 % of it is chat", saving_share=0.3, speedup=2.0)
    assert (found.goals.saving_share, found.goals.speedup) == (None, 2.0)
    assert found.differences == (GoalDifference(field="saving_share", local=0.2, model=0.3),)
    assert found.taken == ()
    assert found.goals.ask_back == "Is the saving 20 % or 30 %? Your message was read in both ways."


def test_a_limit_read_in_two_ways_is_not_used_either() -> None:
    found = both("checkout within 500 ms. It took 400 ms last year.", latency_ms=400.0)
    assert (found.goals.latency_ms, found.goals.limits) == ({}, ())
    assert found.differences == (GoalDifference(field="latency_ms", local=500.0, model=400.0),)
    assert "500 ms or 400 ms" in found.goals.ask_back


def test_a_goal_without_a_quotation_from_the_question_is_refused() -> None:
    quotations = (
        Quotation(field="saving_share", words="save 40 %"),
        Quotation(field="speedup", words="flubs"),
    )
    found = both("could it be 40 % less in some way", saving_share=0.4, quotations=quotations)
    assert found.goals.saving_share is None or "saving_share" not in found.taken
    assert "saving_share" in found.refused
    assert both("could it be 40 % less in some way", saving_share=0.4, quotations=None).refused == (
        "saving_share",
    )


def test_a_number_that_is_not_in_its_quotation_is_refused_and_disputes_nothing() -> None:
    found = both("20 % cheaper and 2x faster", saving_share=0.3)
    assert (found.goals.saving_share, found.goals.ask_back) == (0.2, "")
    assert (found.refused, found.differences) == (("saving_share",), ())


def test_a_quotation_is_found_whatever_its_case_and_edges() -> None:
    quotations = (Quotation(field="analyses", words="  KASSE   billiger machen?"),)
    found = both("kannst du die Kasse billiger machen?", analyses=("batch",), quotations=quotations)
    assert found.taken == ("analyses",)
    part = (Quotation(field="analyses", words="asse"),)
    assert both("kannst du die Kasse billiger machen?", analyses=("batch",), quotations=part).taken == ()


@pytest.mark.parametrize(
    ("field", "local", "theirs", "asked"),
    [
        ("budget_usd_per_month", 5_000.0, 3_000.0, "Is the budget $5,000 a month or $3,000 a month?"),
        ("speedup", 2.0, 3.0, "Is the speed-up 2 times or 3 times?"),
        ("traffic_growth", 0.5, 0.3, "Is the growth of traffic 50 % or 30 %?"),
        ("ttft_ms_p99", 500.0, 400.0, "Is the limit on the time to first token 500 ms or 400 ms?"),
    ],
)
def test_each_disputed_number_is_asked_about(field: str, local: float, theirs: float, asked: str) -> None:
    difference = GoalDifference(field=field, local=local, model=theirs)
    goals = without_disputed(msgspec.structs.replace(Goals(), **{field: local}), [difference])
    assert getattr(goals, field) is None
    assert goals.ask_back.startswith(asked)


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("could it be 40 % in some way", {"saving_share": 0.4}),
        ("and make that 40", {"saving_share": 0.4}),
        ("we need to shave $300 of the bill", {"budget_usd_per_month": 300.0}),
        ("a time of 700 ms of it", {"latency_ms": 700.0}),
    ],
)
def test_a_number_that_was_not_understood_is_taken_from_the_model(
    message: str, fields: dict[str, Any]
) -> None:
    ((field, value),) = fields.items()
    found = both(message, earlier=("40 % and $300 and 700 ms, please",), **fields)
    assert found.taken == (field,)
    expected = {"": value} if field == "latency_ms" else value
    assert getattr(found.goals, field) == expected


def test_a_number_that_nobody_said_is_refused() -> None:
    found = both("make it cheaper somehow, by 15 flubs", budget_usd_per_month=100.0, speedup=3.0)
    assert found.goals.budget_usd_per_month is None
    assert found.refused == ("speedup", "budget_usd_per_month")


def test_a_number_with_a_use_gets_no_second_one() -> None:
    found = both("search within 500 ms", ttft_ms_p99=500.0)
    assert found.goals.ttft_ms_p99 is None


def test_where_all_was_understood_the_model_adds_nothing() -> None:
    found = both(
        "3x faster at no more money", features=("chat",), models=("gpt-4o",), analyses=("batch",),
        split_by="tool", priority="cost",
    )  # fmt: skip
    assert found.taken == ()
    assert found.goals == read_goals("3x faster at no more money", {}, now=NOW, names=NAMES)


def test_where_nothing_was_understood_the_model_chooses_from_our_lists() -> None:
    found = both(
        "kannst du die Kasse billiger machen?", features=("Checkout",), analyses=("batch",), split_by="tool",
        priority="performance",
    )  # fmt: skip
    assert found.goals.features == ("checkout",)
    assert found.goals.analyses == ("batch",)
    assert found.goals.split_by == "tool"
    assert found.goals.priority is Priority.PERFORMANCE
    assert set(found.taken) == {"features", "analyses", "split_by", "priority"}


def test_a_name_that_nobody_said_and_no_log_holds_is_refused() -> None:
    found = both("xyzzy?", features=("admin",), models=("gpt-9",))
    assert (found.goals.features, found.goals.models) == ((), ())
    assert found.refused == ("features", "models")


def test_a_model_said_before_may_be_meant_again() -> None:
    found = both("und damit?", earlier=("Would gpt-5 suit my traffic?",), models=("GPT 5",))
    assert found.goals.models == ("gpt-5",)


def test_a_target_keeps_its_priority() -> None:
    found = both("2x faster xyz 40 %", priority="cost")
    assert found.goals.priority is not Priority.COST or "priority" not in found.taken


def message(number: int, text: str, *, role: MessageRole = MessageRole.USER, run: str = "run-0") -> Message:
    return Message(
        id=MessageId(f"msg-{number}"),
        thread_id=ThreadId("thread-1"),
        role=role,
        content=text,
        created_at=NOW,
        run_id=RunId(run),
    )


def test_of_a_long_thread_the_newest_messages_are_kept() -> None:
    kept = recent([message(number, f"{number}") for number in range(40)])
    assert [one.content for one in kept] == [f"{number}" for number in range(40 - HISTORY_MESSAGES, 40)]
    long = recent([message(0, "old"), message(1, "x" * (HISTORY_CHARACTERS - 2)), message(2, "ab")])
    assert [len(one.content) for one in long] == [HISTORY_CHARACTERS - 2, 2]


class Thread:
    """One thread of Alice's."""

    def __init__(self, *messages: Message) -> None:
        self._messages = messages

    async def messages(self, thread_id: ThreadId, *, owner_id: UserId) -> tuple[Message, ...]:
        return self._messages if owner_id == UserId(1) else ()


async def test_a_follow_up_is_read_with_what_was_said_before_it(desk: Any, calls: Any) -> None:
    await desk.workload(calls(30))
    desk.conversations = Thread(
        message(1, "Would it be 20 % cheaper?"),
        message(2, "The plan saves nothing.", role=MessageRole.ASSISTANT),
        message(3, "and with 30 %?", run="run-9"),
    )
    quotations = [{"field": "saving_share", "words": "and with 30 %"}]
    desk.language_model = model(PLAIN, reads=form(saving_share=0.3, quotations=quotations))
    advice = await desk.ask("and with 30 %?", thread_id="thread-1", run_id="run-9")
    first, second = (told(prompt) for prompt in desk.language_model.prompts)
    assert [one["said"] for one in first["before"]] == [
        "Would it be 20 % cheaper?",
        "The plan saves nothing.",
    ]
    assert second["before"] == first["before"]
    assert advice.metrics.goals.saving_share == 0.3
    assert advice.metrics.language_model.reading.taken == ("saving_share",)


async def test_a_thread_without_this_run_is_read_whole(desk: Any, calls: Any) -> None:
    await desk.workload(calls(30))
    desk.conversations = Thread(message(1, "Hello"))
    desk.language_model = model()
    await desk.ask("cheaper", thread_id="thread-1")
    assert [one["said"] for one in told(desk.language_model.prompts[0])["before"]] == ["Hello"]


@pytest.mark.parametrize(
    "answer",
    [
        "no JSON", "[]", form(saving_share="much"), form(speedup=-1), form(analyses=["sell everything"]),
        form(features=["x"] * 9), form(budget=5), '{"saving_share": 1e999}',
    ],
)  # fmt: skip
async def test_a_form_filled_with_nonsense_is_thrown_away(desk: Any, calls: Any, answer: str) -> None:
    await desk.workload(calls(30))
    desk.language_model = model(PLAIN, reads=answer)
    advice = await desk.ask("make it 20 % cheaper")
    assert advice.metrics.language_model.reading == ModelReading(outcome="not_read", reason="malformed")
    assert advice.metrics.goals.saving_share == 0.2
    assert words_of(advice) == PLAIN


async def test_what_stays_unread_is_said_under_the_model_s_words(desk: Any, calls: Any) -> None:
    await desk.workload(calls(30))
    desk.language_model = model()
    advice = await desk.ask("make it cheaper, with room for 64 GB")
    assert words_of(advice).startswith(PLAIN)
    assert "Not understood" in advice.report
