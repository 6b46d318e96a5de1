"""A reading needs evidence: what may mean something else is asked back; what was corrected is not used."""

from datetime import UTC, datetime

import pytest

from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.question.mentions import KnownNames
from netra.domain.optimization.model import Goals

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
NAMES = KnownNames(
    features=("support_chat", "code_review", "doc_search", "tagging"),
    tools=("run_sql",),
    models=("gpt-4o", "gpt-4o-mini", "claude-haiku-4-5", "claude-sonnet-4-5"),
)


def read(message: str) -> Goals:
    return read_goals(message, {}, now=NOW, names=NAMES)


@pytest.mark.parametrize(
    "message",
    [
        "H100: quantity six, ours",  # a count that belongs to the GPUs or to something else
        "TTFT below 500 ms, sorry, 900000",  # no unit of the number before fits
        "my boss would kill me if tagging changed",
        "pretend tagging is on fire, 20 % off the others",
        "tagging twice as fast, doc_search likewise",
        "each answer needs 3 ms for the whole call",  # no whole call is that fast
        "get me $500",  # a budget or a saving?
        "leave billing alone, 10 % cheaper",  # no feature of the log
        "cut it down by 2000",
        "either 20 % cheaper or 2x faster",
        "errors are at 2 %, get it to 1",  # no goal has a share of errors
        "make it 30 % cheaper, no wait, 150",  # no share can be 150 %
        "a cluster of 16 H100 somewhere in town",  # owned or to be rented?
        "support_chat users give up after 2 s; the first word matters",
    ],
)
def test_what_may_mean_something_else_is_asked_back(message: str) -> None:
    assert read(message).ask_back


def test_a_question_that_is_certain_is_not_asked_back() -> None:
    assert read("20 % cheaper, but leave tagging alone; TTFT p95 below 800 ms").ask_back == ""


@pytest.mark.parametrize(
    ("message", "speedup", "saving"),
    [
        ("20% cheaper. Sorry, I meant 20% faster.", 1.2, None),
        ("20% cheaper. Actually, also 2x faster", 2.0, 0.2),
        ("I'd rather have 50% lower latency than 30% lower cost", 2.0, None),
        ("faster, please. 1.5x.", 1.5, None),
        ("make it 30% cheaper. no wait, 20, not 30", None, 0.2),
        ("latency may double for all I care, so long as cost goes down 45 %", None, 0.45),
        ("five percent cheaper is too little, 10 % cheaper please", None, 0.1),
        ("don't make support_chat slower, 20 % cheaper", None, 0.2),
    ],
)
def test_a_goal_that_is_corrected_or_only_allowed_is_not_used(
    message: str, speedup: float | None, saving: float | None
) -> None:
    goals = read(message)
    assert (None if goals.speedup == 1 else goals.speedup, goals.saving_share) == (speedup, saving)


@pytest.mark.parametrize(
    ("message", "budget"),
    [
        ("our bill is $9k a month, get it to 6", 6_000.0),
        ("we're $2k over budget, bring it down to $6k a month", 6_000.0),
        ("lol 12k/mo?? must be 8k", 8_000.0),
        ("annual envelope: 96 000 USD", 8_000.0),
        ("60k USD p.a. is the ceiling", 5_000.0),
    ],
)
def test_a_statement_before_a_wish_is_no_budget(message: str, budget: float) -> None:
    assert read(message).budget_usd_per_month == budget


@pytest.mark.parametrize(
    ("message", "day"),
    [
        ("costs are up since the first of this week, did the release do it?", 30),
        ("since the start of this month the deploy costs us more", 1),
        ("the release in calendar week 47: cheaper?", 16),
    ],
)
def test_a_date_in_words_is_that_of_the_change(message: str, day: int) -> None:
    found = read(message).change_at
    assert found is not None
    assert found.day == day


def test_the_start_of_the_year_and_a_week_still_to_come_are_dates() -> None:
    assert read("the deploy at the beginning of the year, was it worth it?").change_at == datetime(
        2026, 1, 1, tzinfo=UTC
    )
    past = read("the release in week 50, was it worth it?").change_at
    assert past is not None
    assert past.year == 2025


def test_a_year_is_no_sum() -> None:
    goals = read("the budget plan for 2027 is due, cut 10%")
    assert (goals.saving_share, goals.budget_usd_per_month) == (0.1, None)
    assert len(goals.unread) == 1


@pytest.mark.parametrize("message", ["the top 5 calls", "two teams want to know: which feature is dearest?"])
def test_words_of_counting_are_not_listed_as_left_out(message: str) -> None:
    assert read(message).unread == ()


def test_a_sum_of_nothing_is_asked_back() -> None:
    assert read("save 0 on the bill").saving_usd_per_month is None


def test_numbers_that_are_told_off_one_by_one_go_to_their_features() -> None:
    goals = read("support_chat and doc_search have to reply in 4 and 7 seconds respectively")
    assert {one.feature: one.value_ms for one in goals.limits} == {"support_chat": 4_000, "doc_search": 7_000}
    assert read("support_chat and doc_search should take 4 s respectively").limits


def test_a_sum_that_only_says_what_is_now_is_named() -> None:
    assert any("$8k" in one for one in read("a fraction of today's $8k").unread)


def test_a_model_that_has_to_go_is_left() -> None:
    goals = read("claude-sonnet-4-5 has to go, what is the replacement?")
    assert (goals.from_models, goals.models) == (("claude-sonnet-4-5",), ())


def test_a_nickname_needs_one_model_of_the_log() -> None:
    assert read("move tagging from mini to Haiku").from_models == ("gpt-4o-mini",)
    assert read("move tagging to flash").models == ()


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("GPUs: we sold our 16 A100 in May, was that a mistake?", ()),
        ("Scratch what I wrote about H100s, what we have is L40S, eight of them", ("L40S",)),
        ("not a single H100 to be had, so no self-hosting", ()),
    ],
)
def test_gpus_of_the_past_are_no_fleet(message: str, left: tuple[str, ...]) -> None:
    assert tuple(fleet.name for fleet in read(message).fleets) == left


def test_settings_are_read_as_they_are_pasted() -> None:
    goals = read('slo:\n  ttft_ms_p95: 550\n{"metric": "latency", "p": 90, "max_s": 12}')
    assert {(one.metric, one.percentile, one.value_ms) for one in goals.limits} == {
        ("ttft", 95.0, 550.0),
        ("latency", 90.0, 12_000.0),
    }


def test_a_second_date_is_named_as_another() -> None:
    goals = read("the deploy of 3 November against that of 10 November: better?")
    assert goals.change_at == datetime(2026, 11, 3, tzinfo=UTC)
    assert any("10 November" in one for one in goals.unread)


def test_a_feature_with_a_goal_is_not_doubted_for_what_is_said_of_the_others() -> None:
    goals = read("I want to halve what code_review costs and leave the other features in peace")
    assert (goals.saving_share, goals.features, goals.ask_back) == (0.5, ("code_review",), "")
