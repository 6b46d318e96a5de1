"""A question read by a language model too: the local reading stands, the model adds what was lost."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.domain.agents.language.scripts import PLAIN, form, model, told

from netra.domain.agents.language.hearing import (
    HISTORY_CHARACTERS,
    HISTORY_MESSAGES,
    MergedGoals,
    merge_readings,
    recent,
)
from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.question.heard import ModelReadGoals, QuestionReading
from netra.domain.agents.question.mentions import KnownNames
from netra.domain.ids import MessageId, RunId, ThreadId, UserId
from netra.domain.optimization.metrics import GoalDifference, ModelReading
from netra.domain.optimization.model import Priority
from netra.domain.threads.model import Message, MessageRole

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NAMES = KnownNames(features=("checkout", "chat"), models=("gpt-4o", "house-model"))


def both(
    message: str, *, earlier: tuple[str, ...] = (), names: KnownNames = NAMES, **fields: Any
) -> MergedGoals:
    local = read_goals(message, {}, now=NOW, names=names)
    return merge_readings(
        local, QuestionReading(goals=ModelReadGoals(**fields), earlier=earlier), message=message, names=names
    )


def test_on_a_number_the_local_reading_wins_and_the_difference_is_told() -> None:
    found = both("20 % cheaper and 2x faster", saving_share=0.3, speedup=2.0)
    assert (found.goals.saving_share, found.goals.speedup) == (0.2, 2.0)
    assert found.differences == (GoalDifference(field="saving_share", local=0.2, model=0.3),)
    assert found.taken == ()


def test_limits_of_features_are_a_local_reading_of_latency() -> None:
    found = both("checkout within 500 ms", latency_ms=400.0)
    assert found.goals.latency_ms == {"checkout": 500.0}
    assert found.differences == (GoalDifference(field="latency_ms", local=500.0, model=400.0),)


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("could it be 40 % less in some way", {"saving_share": 0.4}),
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
    desk.language_model = model(PLAIN, reads=form(saving_share=0.3))
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
    assert advice.report == PLAIN


async def test_what_stays_unread_is_said_under_the_model_s_words(desk: Any, calls: Any) -> None:
    await desk.workload(calls(30))
    desk.language_model = model()
    advice = await desk.ask("make it 5 \N{EURO SIGN} cheaper")
    assert advice.report.startswith(PLAIN)
    assert "Not understood in the question" in advice.report
