"""The report in words: what it says of each result, and that it holds no number of its own."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.agents.guard.guard import unsupported
from netra.domain.agents.wording.echo import echo_text
from netra.domain.agents.wording.replies import reply
from netra.domain.optimization.metrics import Metrics
from netra.domain.optimization.model import Action, Evidence, Goals, Grade, Savings, Stance
from netra.domain.optimization.result import Advice, Recommendation
from netra.domain.optimization.supply_config import NOTHING_TO_SUPPLY
from netra.domain.optimization.wording import cost_change

UNBOUNDED = "-8.2% of the bill; no interval: too few sessions"
METRICS: Mapping[str, Any] = {
    "input_tokens": 1_000,
    "output_tokens": 100,
    "prefix_reuse": [],
    "arrivals": {"rate_per_s": 0.0, "gap_cv": None, "peak_to_mean_1s": None, "peak_to_mean_60s": None},
    "duplicates": {},
    "failures": {},
    "data_sufficiency": {"sufficient": True, "reason": ""},
    "bill_usd_per_month": {"value": 1_217.5, "low": 900.0, "high": 1_600.0},
    "requests": 1_200,
    "bill_usd": 40.0,
    "requests_unpaid": 0,
    "unpaid_usd": 0.0,
    "verdict": "Nothing here is worth more than 1 % of the bill.",
    "span": {
        "seconds": 86_400.0,
        "per_month": 30.4,
        "scaled": True,
        "is_month_known": True,
        "notes": ["A month is 30.4 days."],
    },
    "plan": {
        "now_usd_per_month": 1_217.5,
        "now_usd_in_window": 40.58,
        "planned_usd_per_month": 1_217.5,
        "planned_usd_in_window": 40.58,
        "saved_usd_per_month": 0.0,
        "saved_usd_in_window": 0,
        "saved_share": 0.0,
        "if_evaluations_pass_usd_per_month": 1_217.5,
        "if_evaluations_pass_usd_in_window": 40.58,
        "if_evaluations_pass_saved_share": 0.0,
    },
    "growth": {
        "traffic_growth": 0.0,
        "bill_usd_per_month": 1_217.5,
        "planned_usd_per_month": 1_217.5,
        "planned_usd_in_window": 40.58,
        "bill_usd_in_window": 40.58,
    },
    "targets": [],
    "latency": {"ttft_ms_p99": None, "tpot_ms_p99": None, "latency_ms_p99": None, "by_feature": []},
    "gaps": [],
    "models_assumed": {},
}


def recommendation(
    usd: float,
    *,
    low: float | None = None,
    high: float | None = None,
    marginal: float | None = None,
    **changes: Any,
) -> Recommendation:
    made = Recommendation(
        id="rec-1",
        kind="batch",
        stance=Stance.DO,
        action="send the nightly calls in batches",
        impact="120 calls can wait",
        cost_change=cost_change(usd / 1_217.5),
        savings=Savings(
            usd_per_month=usd,
            low=usd if low is None else low,
            high=usd if high is None else high,
            usd_in_window=usd / 30.4,
            share_of_bill=usd / 1_217.5,
            interval="too few sessions",
            marginal_usd_per_month=marginal,
            applied_as=None if marginal is None else 1,
        ),
        grade=Grade.EXACT,
        formula="",
        inputs={},
        assumptions=(),
        evidence=Evidence(rows=0, of_rows=0, sample_events=()),
        how_to_verify="compare the next bill",
        effort="low",
        risk="",
    )
    return msgspec.structs.replace(made, **changes)


def said(
    *found: Recommendation, actions: tuple[Action, ...] = (), goals: Goals | None = None, **metrics: Any
) -> str:
    advice = Advice(
        recommendations=found,
        metrics=msgspec.convert({**METRICS, **metrics}, Metrics),
        actions=actions,
        supply_config=NOTHING_TO_SUPPLY,
    )
    opening = f"{echo_text(goals or Goals())}\n\n"
    report = reply(advice, goals=goals or Goals())
    assert report.startswith(opening)
    report = report.removeprefix(opening)
    held = {
        "recommendations": advice.recommendations,
        "metrics": advice.metrics,
        "actions": actions,
        "unread": (goals or Goals()).unread,
    }
    assert unsupported(report, held) == ()
    return report


def test_a_log_with_nothing_to_gain_says_so() -> None:
    assert said() == (
        "Your 1,200 calls cost $40.00 at list prices, which is $1,218 a month at this rate, between $900.00 "
        "and $1,600. Nothing here is worth more than 1 % of the bill of $1,218 a month.\n\n"
        "A month is 30.4 days."
    )


def test_why_the_bill_changed_is_told_where_the_question_asks() -> None:
    bill = {"calls": 10, "hours": 1.0, "usd": 0.1, "usd_per_hour": 0.1}
    explanation = {
        "before_usd": 0.1,
        "after_usd": 0.1,
        "effects": [],
        "before": {"since": "2026-11-02T00:00:00Z", "until": "2026-11-02T01:00:00Z", **bill},
        "after": {"since": "2026-11-02T01:00:00Z", "until": "2026-11-02T02:00:00Z", **bill},
        "compared": {
            "before_usd": 0.1,
            "after_usd": 0.1,
            "change_usd": 0.0,
            "change_share": 0.0,
            "is_hourly": False,
        },
        "by_kind": [],
        "not_known": [],
        "calls_without_price": 0,
        "models_without_price": [],
    }
    assert "Costs are the same in both periods: $0.10." in said(explanation=explanation)


def test_what_was_refused_and_never_paid_is_told_beside_the_bill() -> None:
    told = "Of the bill, $2.50 is the list price of 3 calls that were refused and not charged"
    assert told in said(requests_unpaid=3, unpaid_usd=2.5)


def test_the_plan_is_the_headline() -> None:
    plan = {
        **METRICS["plan"],
        "planned_usd_per_month": 913.1,
        "planned_usd_in_window": 30.44,
        "saved_usd_per_month": 304.4,
        "saved_usd_in_window": 10.15,
        "saved_share": 0.25,
        "if_evaluations_pass_usd_per_month": 608.75,
        "if_evaluations_pass_usd_in_window": 20.29,
        "if_evaluations_pass_saved_share": 0.5,
    }
    text = said(plan=plan)
    assert "$304.40 of $1,218 a month can be saved: 25.0 % of the bill." in text
    assert "If what needs an evaluation passes it, the bill is $608.75 a month: 50.0 % less." in text


def test_the_interval_of_the_share_stands_beside_it() -> None:
    found = recommendation(100.0, marginal=90.0)
    bounded = msgspec.structs.replace(found.savings, share_low=0.05, share_high=0.1)
    text = said(msgspec.structs.replace(found, savings=bounded))
    assert "(-8.2% of the bill, between 5.0 % and 10.0 %)" in text
    point = msgspec.structs.replace(found.savings, share_low=0.082, share_high=0.082)
    assert "(-8.2% of the bill)." in said(msgspec.structs.replace(found, savings=point))


def test_a_saving_without_an_interval_is_a_point_in_words() -> None:
    found = recommendation(100.0)
    unbounded = msgspec.structs.replace(found.savings, low=None, high=None)
    assert "Would save $100.00 a month (" in said(msgspec.structs.replace(found, savings=unbounded))


def test_a_log_too_short_to_scale_speaks_for_itself_only() -> None:
    text = said(recommendation(4.0, marginal=4.0), span={**METRICS["span"], "is_month_known": False})
    assert "a month at this rate" not in text
    assert "Saves $4.00 over the log" in text


@pytest.mark.parametrize(
    ("found", "worth"),
    [
        (recommendation(100.0, marginal=90.0), f"Saves $100.00 a month ({UNBOUNDED})."),
        (recommendation(100.0), f"Would save $100.00 a month ({UNBOUNDED})."),
        (
            recommendation(100.0, low=80.0, high=110.0),
            f"$100.00 a month, between $80.00 and $110.00 ({UNBOUNDED}).",
        ),
        (recommendation(-50.0, marginal=-50.0), "Costs $50.00 a month"),
        (recommendation(-50.0, low=-60.0, high=-40.0), "cost $50.00 a month, between $40.00 and $60.00"),
        (recommendation(5.0, low=-10.0, high=20.0), "between a loss of $10.00 and a gain of $20.00"),
        (recommendation(0.0), "120 calls can wait. Grade A: exact arithmetic"),
    ],
)  # fmt: skip
def test_a_recommendation_says_what_it_is_worth_and_how_sure_that_is(
    found: Recommendation, worth: str
) -> None:
    text = said(found)
    assert worth in text
    assert "Send the nightly calls in batches. 120 calls can wait." in text
    assert (
        "Grade A: exact arithmetic on your counts and list prices. To check: Compare the next bill." in text
    )


def test_a_name_that_opens_a_sentence_keeps_its_case() -> None:
    text = said(recommendation(0.0, action="gpt-4o first", impact=""))
    assert "gpt-4o first. Grade A" in text


def test_three_recommendations_are_told_in_full() -> None:
    text = said(*(recommendation(float(usd), action=f"step {usd}") for usd in (4, 3, 2, 1)))
    assert "step 2" in text.lower()
    assert "step 1" not in text.lower()


@pytest.mark.parametrize(
    ("target", "asked", "sentence"),
    [
        ("saving_share", 0.2, "The saving asked for (20.0 %) is met: Because."),
        ("saving_share", 0.0, "The saving asked for (no more money than now) is met: Because."),
        ("budget_usd_per_month", 5_000.0, "The budget ($5,000 a month) is met: Because."),
        ("speedup", 2.0, "The speed-up asked for (2 times as fast) is met: Because."),
        ("speedup", 1.0, "The speed-up asked for (no slower than now) is met: Because."),
        ("ttft_ms_p99", 300.0, "The limit on the time to first token (300 ms) is met: Because."),
        ("gpu_memory_gib", 80.0, "The GPU memory limit (80 GiB) is met: Because."),
    ],
)
def test_a_target_is_judged(target: str, asked: float, sentence: str) -> None:
    row = {"target": target, "asked": asked, "reached": None, "met": True, "why": "Because."}
    assert sentence in said(targets=[row])
    assert "is not met: " in said(targets=[{**row, "met": False}])
    assert "cannot be judged: " in said(targets=[{**row, "met": None}])


def test_more_traffic_is_priced() -> None:
    growth = {
        "traffic_growth": 0.5,
        "bill_usd_per_month": 1_826.0,
        "planned_usd_per_month": 900.0,
        "planned_usd_in_window": 30,
        "bill_usd_in_window": 60.87,
    }
    assert (
        "With 50.0 % more traffic, billed by the token as now, the month costs $1,826 as it is and $900.00"
        in said(growth=growth)
    )
    less = {
        **growth,
        "traffic_growth": -0.25,
        "planned_usd_per_month": 1_826.0,
        "planned_usd_in_window": 60.87,
    }
    assert "With 25.0 % less traffic, billed by the token as now, the month costs $1,826 as it is." in said(
        growth=less
    )


def test_a_feature_is_held_against_its_limit() -> None:
    row = {
        "feature": "search",
        "calls": 9,
        "latency_ms_p50": 100.0,
        "latency_ms_p99": 542.3,
        "limit_ms": 500.0,
        "calls_over_limit": 1,
        "met": False,
    }
    chat = {**row, "feature": "chat", "calls_over_limit": 0, "met": True}
    text = said(latency={**METRICS["latency"], "by_feature": [row, chat]})
    assert (
        "search has a p99 latency of 542 ms against the limit of 500 ms, so the log breaks it (1 call over)."
        in text
    )
    assert "so the log keeps it." in text


def test_the_first_step_comes_with_its_way_back() -> None:
    action = Action(
        order=1,
        recommendation_id="rec-1",
        title="batch it",
        steps=("use the batch interface",),
        verify="",
        roll_back="stop",
    )
    assert "Do this first: Batch it. Use the batch interface. To undo it: Stop." in said(actions=(action,))
    bare = msgspec.structs.replace(action, steps=(), roll_back="")
    assert said(actions=(bare,)).endswith("Do this first: Batch it.\n\nA month is 30.4 days.")


def test_what_is_missing_for_what_was_asked_comes_first() -> None:
    gaps = [
        {
            "kind": kind,
            "missing": ["status"] if kind != "batch" else [],
            "reason": f"no {kind}",
            "would_add": "more",
        }
        for kind in ("waste", "prices", "cache", "batch")
    ]
    text = said(gaps=gaps, goals=Goals(analyses=("batch",)))
    assert "What is missing: No batch. More. No waste. status would add: More. No prices." in text
    assert "No cache" not in text


def test_what_was_taken_for_granted_and_what_was_not_understood_is_said() -> None:
    goals = Goals(unread=("“40 %”: of what?",))
    text = said(models_assumed={"prod": "gpt-4o"}, goals=goals)
    assert "Calls labelled prod are priced as gpt-4o." in text
    assert "Not understood, and therefore left out: “40 %”: of what?." in echo_text(goals)


def test_an_answer_about_a_part_names_it() -> None:
    assert said(scope={"features": ["rank", "sort"], "unknown": [], "requests": 9}).startswith(
        "Your 1,200 calls of rank and sort cost"
    )


MONEY = st.floats(min_value=-1e7, max_value=1e7)
SHARE = st.floats(min_value=-2, max_value=0.999)


@given(
    usd=MONEY,
    width=st.floats(min_value=0, max_value=1e6),
    is_planned=st.booleans(),
    share=SHARE,
    bill_usd=st.floats(min_value=0, max_value=1e9),
    growth=st.floats(min_value=-0.99, max_value=10),
    asked=st.floats(min_value=0.001, max_value=1e6),
    target=st.sampled_from(
        ["saving_share", "budget_usd_per_month", "speedup", "ttft_ms_p99", "gpu_memory_gib"]
    ),
)
def test_no_number_of_the_report_is_its_own(
    usd: float,
    width: float,
    is_planned: bool,
    share: float,
    bill_usd: float,
    growth: float,
    asked: float,
    target: str,
) -> None:
    plan = dict.fromkeys(METRICS["plan"], bill_usd) | {"saved_share": share}
    said(
        recommendation(usd, low=usd - width, high=usd + width, marginal=usd if is_planned else None),
        plan=plan | {"if_evaluations_pass_saved_share": share + 0.1},
        bill_usd=bill_usd,
        growth={
            "traffic_growth": growth,
            "bill_usd_per_month": bill_usd,
            "planned_usd_per_month": 0.0,
            "planned_usd_in_window": 0.0,
            "bill_usd_in_window": bill_usd,
        },
        targets=[{"target": target, "asked": asked, "reached": None, "met": None, "why": "Because."}],
    )
