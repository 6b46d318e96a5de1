"""Whether what was asked for is reached."""

import msgspec
import pytest

from netra.domain.optimization.advice.targets import Bill, growth_bill, plan_bill, targets_of
from netra.domain.optimization.metrics import TargetOutcome
from netra.domain.optimization.model import Goals, Option, Priority
from netra.domain.optimization.pareto import pick

NOW = Option(name="as it is", usd_in_window=100.0, usd_per_month=100.0, ttft_ms_p99=900.0)
NOW_UNMEASURED = Option(name="as it is", usd_in_window=100.0)
FLEET = Option(name="2 x H100", usd_in_window=1.0, kind="self_hosting", replicas=2)
FAST = Option(name="fast", usd_in_window=300.0, usd_per_month=300.0, ttft_ms_p99=300.0, needs_evaluation=True)


def only(goals: Goals, *, bill: Bill | None = None, options: tuple[Option, ...] = (NOW,)) -> TargetOutcome:
    bill = bill or Bill(now_usd=100.0, planned_usd=70.0, evaluated_usd=40.0)
    (found,) = targets_of(goals, bill=bill, current=options[0], pick=pick(options, goals=goals))
    return found


def test_a_saving_within_the_plan_is_met() -> None:
    assert only(Goals(saving_share=0.2)).met is True


def test_a_saving_within_reach_of_evaluations_says_so() -> None:
    found = only(Goals(saving_share=0.5))
    assert found.met is False
    assert "the changes that could reach the target need an evaluation first" in found.why
    assert "60" not in found.why


def test_a_saving_out_of_reach_says_so() -> None:
    assert "60.0 % even if every evaluation passes" in only(Goals(saving_share=0.9)).why


def test_a_budget_of_a_month_is_not_judged_by_less_than_a_day() -> None:
    bill = Bill(now_usd=1.0, planned_usd=0.7, evaluated_usd=0.4, is_monthly=False)
    found = only(Goals(budget_usd_per_month=100.0), bill=bill)
    assert (found.reached, found.met) == (None, None)
    assert "in its own time the plan costs $0.70 of $1.00" in found.why


def test_a_budget_is_held_against_the_plan_with_the_growth_asked() -> None:
    bill = Bill(now_usd=100.0, planned_usd=70.0, evaluated_usd=40.0, growth=0.5)
    found = only(Goals(budget_usd_per_month=100.0), bill=bill)
    assert (found.reached, found.met) == (105.0, False)
    assert "50.0 % more traffic" in found.why
    assert only(Goals(budget_usd_per_month=100.0)).met is True


def test_a_speedup_is_met_by_nothing_but_an_evaluated_option() -> None:
    found = only(Goals(speedup=3.0), options=(NOW, FAST))
    assert (found.reached, found.reached_if_evaluations_pass, found.met) == (1.0, 3.0, False)


def test_a_speedup_without_latencies_is_not_known() -> None:
    silent = Option(name="as it is", usd_in_window=100.0, usd_per_month=100.0)
    assert only(Goals(speedup=3.0), options=(silent,)).met is None
    assert only(Goals(speedup=3.0), options=(silent, FAST)).met is None


def test_a_speedup_with_no_option_left_is_no_speedup() -> None:
    goals = Goals(speedup=3.0, budget_usd_per_month=10.0)
    chosen = pick((NOW,), goals=goals)
    bill = Bill(now_usd=100.0, planned_usd=100.0, evaluated_usd=100.0)
    _, found = targets_of(goals, bill=bill, current=NOW, pick=chosen)
    assert found.met is None


def test_limits_are_met_broken_or_not_known() -> None:
    assert only(Goals(ttft_ms_p99=1000.0)).met is True
    assert only(Goals(ttft_ms_p99=100.0)).met is False
    assert only(Goals(tpot_ms_p99=100.0)).met is None


@pytest.mark.parametrize(
    ("goals", "option", "why"),
    [
        (Goals(ttft_ms_p99=100.0), NOW_UNMEASURED, ": the log has no ttft_ms of these calls."),
        (Goals(tpot_ms_p99=9.0), NOW, ": the log has no ttft_ms and latency_ms of these calls."),
        (Goals(latency_ms={"": 9.0}), NOW, ": the log has no latency_ms of these calls."),
        (Goals(gpu_memory_gib=80.0), NOW, ": a provider's GPUs serve these calls."),
        (Goals(latency_ms={"": 9.0}), FLEET, " for 2 x H100: neither the log nor a replay shows it."),
    ],
)
def test_what_is_not_known_is_said_with_its_reason(goals: Goals, option: Option, why: str) -> None:
    assert only(goals, options=(option,)).why.endswith(f" is not known{why}")


def test_a_month_that_is_not_known_is_in_no_bill() -> None:
    bill = Bill(now_usd=1.0, planned_usd=0.7, evaluated_usd=0.4, is_monthly=False, growth=0.5)
    plan, growth = plan_bill(bill), growth_bill(bill)
    assert (plan.now_usd_per_month, plan.planned_usd_per_month, plan.saved_usd_per_month) == (None,) * 3
    assert (plan.now_usd, plan.planned_usd, plan.evaluated_usd) == (1.0, 0.7, 0.4)
    assert plan.saved_usd == pytest.approx(0.3)
    assert (growth.bill_usd_per_month, growth.bill_usd, growth.planned_usd) == (
        None,
        1.5,
        pytest.approx(1.05),
    )


def test_a_month_that_is_known_stands_with_the_log_s_own_dollars() -> None:
    bill = Bill(now_usd=100.0, planned_usd=70.0, evaluated_usd=40.0, in_window=0.1)
    plan, growth = plan_bill(bill), growth_bill(bill)
    assert (plan.now_usd, plan.planned_usd, plan.saved_usd, plan.evaluated_usd) == (100.0, 70.0, 30.0, 40.0)
    assert (plan.now_usd_in_window, growth.bill_usd_in_window) == (10.0, 10.0)
    assert (growth.bill_usd, growth.planned_usd) == (100.0, 70.0)


def test_no_bill_has_no_share() -> None:
    assert Bill(now_usd=0.0, planned_usd=0.0, evaluated_usd=0.0).share(0.0) == 0.0


def test_a_modelled_latency_is_told_as_its_range() -> None:
    modelled = msgspec.structs.replace(FAST, needs_evaluation=False, ttft_ms_p99_range=(250.0, 420.0))
    goals = Goals(speedup=2.0, ttft_ms_p99=1_000.0, priority=Priority.PERFORMANCE)
    bill = Bill(now_usd=100.0, planned_usd=70.0, evaluated_usd=40.0)
    speedup, limit = targets_of(goals, bill=bill, current=NOW, pick=pick([NOW, modelled], goals=goals))
    assert speedup.why.startswith("The pick's p99 is 250 to 420 ms against 900 ms now")
    assert limit.why == (
        "Time to first token at the 99th percentile of “fast” is 250 to 420 ms; the limit is 1,000 ms."
    )


def test_a_saving_in_dollars_is_met_by_the_month_and_not_judged_without_one() -> None:
    goals = Goals(saving_usd_per_month=20.0)
    bill = Bill(now_usd=100.0, planned_usd=70.0, evaluated_usd=40.0)
    (month,) = targets_of(goals, bill=bill, current=NOW, pick=pick([NOW, FAST], goals=goals))
    assert (month.reached, month.reached_if_evaluations_pass, month.met) == (30.0, 60.0, True)
    window = msgspec.structs.replace(bill, is_monthly=False)
    (short,) = targets_of(goals, bill=window, current=NOW, pick=pick([NOW, FAST], goals=goals))
    assert (short.reached, short.met) == (None, None)
    assert short.why.endswith("in its own time the plan saves $30.00.")
