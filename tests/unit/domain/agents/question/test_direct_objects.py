"""A number belongs to its own object: a cut of nothing named is the bill's, what others pay is no goal."""

from datetime import UTC, datetime

import pytest

from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.question.mentions import KnownNames
from netra.domain.optimization.model import Goals

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
NAMES = KnownNames(
    features=("support_chat", "code_review", "doc_search", "tagging"),
    tools=("web_search", "fetch_url"),
    models=("gpt-4o", "claude-sonnet-4-5"),
)


def read(message: str) -> Goals:
    return read_goals(message, {}, now=NOW, names=NAMES)


@pytest.mark.parametrize(
    "message",
    [
        "20% off, and a bit faster if that comes for free",
        "quick one: finance wants 20 % less",
        "the answers are quick enough, minus 20 % please",
        "make it twice as fast. actually no, speed is fine, just cut 20 %",
        "users like the speed, 20 % less overall",
        "the speed is great, -20%",
    ],
)
def test_a_cut_of_nothing_named_is_one_of_the_bill(message: str) -> None:
    goals = read(message)
    assert (goals.saving_share, goals.speedup) in ((0.2, None), (0.2, 1.0))


@pytest.mark.parametrize(
    "message",
    [
        "TTFT is too high and should go down 20 %",
        "Latency: 20 % less",
        "answers are slow, cut it by 20 %",
        "cut latency by 20 %",
        "response times are bad, get 20 % lower latency",
        "want lower latency, at least 20 % less",
        "answers are slow. By 20 %.",
    ],
)
def test_a_cut_of_a_latency_stays_one(message: str) -> None:
    goals = read(message)
    assert (goals.saving_share, goals.speedup) == (None, 1.25)


@pytest.mark.parametrize(
    "message",
    ["responses are too slow, we need 20% less", "a bit faster, 20% off", "It is slow. 20 % off."],
)
def test_a_cut_after_a_wish_for_speed_is_asked_back(message: str) -> None:
    goals = read(message)
    assert (goals.saving_share, goals.speedup) == (None, None)
    assert "20" in goals.ask_back


def test_a_share_of_what_is_paid_is_what_is_left() -> None:
    assert read("it should cost three quarters of what we pay now").saving_share == 0.25
    goals = read("code_review: half price. doc_search: a quarter cheaper.")
    assert {one.feature: one.saving_share for one in goals.per_feature} == {
        "code_review": 0.5,
        "doc_search": 0.25,
    }


def test_the_later_value_replaces_the_corrected_one() -> None:
    assert read("budget is $5k a month, no wait, they lowered it to $4k").budget_usd_per_month == 4_000
    assert [one.value_ms for one in read("TTFT below 500ms... hmm, let's be realistic: 800ms").limits] == [
        800
    ]
    limits = read("we don't need p99 under 2 s any more, p95 under 3 s is enough").limits
    assert [(one.percentile, one.value_ms) for one in limits] == [(95, 3_000)]


def test_hmm_between_two_wishes_corrects_nothing() -> None:
    assert read("20 % cheaper hmm or 30 % cheaper").ask_back


def test_what_others_moved_without_a_correction_is_a_fact() -> None:
    goals = read("the budget is $5k a month, last year they lowered it to $4k")
    assert goals.budget_usd_per_month == 5_000


def test_a_corrected_name_needs_no_other_words() -> None:
    goals = read("optimise code_review – no, I mean doc_search")
    assert (goals.features, goals.ask_back) == (("doc_search",), "")
    assert read("leave code_review alone – no, I mean doc_search").ask_back


@pytest.mark.parametrize(
    "message",
    [
        "web_search is off-limits, so is fetch_url. How do we save $500 a month?",
        "don't touch web_search and the same goes for fetch_url, save $500 a month",
    ],
)
def test_so_is_continues_an_exclusion(message: str) -> None:
    goals = read(message)
    assert (goals.excluded, goals.features) == (("web_search", "fetch_url"), ())
    assert goals.saving_usd_per_month == 500


def test_so_is_continues_nothing_else() -> None:
    assert read("web_search is slow, so is fetch_url. Save $500 a month").excluded == ()


@pytest.mark.parametrize(
    ("message", "features"),
    [
        ("20% cheaper, and support_chat must not get slower", ()),
        ("support_chat must not get slower, 20 % cheaper", ()),
        ("20% cheaper without making support_chat slower", ()),
        ("support_chat must not get slower", ("support_chat",)),
        ("don't make support_chat slower, but make code_review 20 % cheaper", ("code_review",)),
        ("why not make support_chat 20 % cheaper?", ("support_chat",)),
        ("38 % of the spend is code_review. The goal is minus 20 % overall.", ()),
        ("38 % of the spend is code_review. Make it 20 % cheaper.", ("code_review",)),
        ("Why is it that 38 % of the spend is code_review?", ("code_review",)),
    ],
)
def test_a_name_beside_the_goal_is_no_scope(message: str, features: tuple[str, ...]) -> None:
    assert read(message).features == features


@pytest.mark.parametrize(
    ("message", "fact"),
    [
        ("The last consultant promised 60% savings and delivered 8. What can you find?", "60%"),
        ("a friend's company runs the same thing for a third of our price. how?", "a third"),
        ("our competitor pays half of what we pay, how?", "half"),
    ],
)
def test_what_others_promise_or_pay_is_a_fact(message: str, fact: str) -> None:
    goals = read(message)
    assert goals.saving_share is None
    assert any(fact in one for one in goals.facts)


@pytest.mark.parametrize(
    "message",
    [
        "if an H100 costs $2.49 an hour, does hosting beat our API bill?",
        "H100 at $2.49 an hour, what about hosting?",
        "H100: $2.49 an hour, does hosting beat our API bill?",
        "at $2.49 an hour per H100, does hosting beat our API bill?",
    ],
)
def test_the_price_of_a_gpu_is_no_budget(message: str) -> None:
    goals = read(message)
    assert goals.budget_usd_per_month is None
    assert [one.count for one in goals.fleets] == [None]


def test_a_sum_an_hour_of_nothing_named_is_a_budget() -> None:
    assert read("our budget: $10 an hour").budget_usd_per_month == pytest.approx(7_305)


def test_a_name_that_may_not_pass_a_time_has_a_limit() -> None:
    goals = read("tagging must not become slower than 2 s, 10 % cheaper")
    assert [(one.feature, one.value_ms) for one in goals.limits] == [("tagging", 2_000)]


def test_a_priced_gpu_is_not_ours() -> None:
    assert not read("an H100 costs $2.49 an hour, does hosting beat our API bill?").fleets[0].is_owned
    assert read("we own 4 H100, budget $5k a month").fleets[0].is_owned


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        ("Time to first token: 99% under 1.5 seconds", ("ttft", 99, 1_500, "")),
        (
            "we promise a response start within 1.2 sec to 99 % of our support_chat users",
            ("ttft", 99, 1_200, "support_chat"),
        ),
        ("calls should be over within 8 s at p95", ("latency", 95, 8_000, "")),
        ("Max. TTFT (p90): 0.45s; feature: doc_search", ("ttft", 90, 450, "doc_search")),
    ],
)
def test_limits_in_short_forms(message: str, limit: tuple[str, float, float, str]) -> None:
    found = [(one.metric, one.percentile, one.value_ms, one.feature) for one in read(message).limits]
    assert found == [limit]


def test_a_cut_within_a_time_is_no_percentile() -> None:
    assert read("TTFT p95 below 2 s; cut retries by 95 % within 2 s").limits[0].percentile == 95


def test_sums_that_no_cent_may_be_added_to_and_sums_a_quarter() -> None:
    goals = read("we have $4,500 a month for this and not a cent more")
    assert goals.budget_usd_per_month == 4_500
    goals = read("Finance gives us $30k a quarter. Does that hold with 20 % more traffic?")
    assert (goals.budget_usd_per_month, goals.traffic_growth) == (10_000, 0.2)


def test_models_that_should_go_to_another() -> None:
    goals = read("Everything that runs on claude-sonnet-4-5 should go to gpt-4o. What does that save?")
    assert (goals.from_models, goals.models) == (("claude-sonnet-4-5",), ("gpt-4o",))


def test_traffic_that_doubles_in_spanish() -> None:
    assert read("¿Qué pasa con la factura si el tráfico se duplica?").traffic_growth == 1
