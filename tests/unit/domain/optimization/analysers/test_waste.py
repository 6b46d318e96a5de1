"""Calls that were billed and gave nothing."""

from collections.abc import Callable

import msgspec
import pytest

from netra.domain.optimization.analysers import waste
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import worth_alone
from netra.domain.optimization.model import Gap, Goals, Grade, never_stop
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
PRICE = pytest.approx(1.4e-3)


def said(study: Study) -> tuple[Finding | Gap, ...]:
    return waste.analyse(study, checkpoint=never_stop)


def only(study: Study) -> Finding:
    (found,) = said(study)
    assert isinstance(found, Finding)
    return found


def test_a_timeout_that_was_billed_is_waste(study: Make, call: Call) -> None:
    log = study([call(status="ok", id="a"), call(1, status="timeout", id="b")])
    found = only(log)
    assert worth_alone(log, found).saved_usd == PRICE
    assert found.evidence.sample_events == ("b",)
    assert msgspec.to_builtins(found.inputs.by_status) == {"timeout": {"calls": 1, "usd_in_window": PRICE}}
    assert found.grade is Grade.MODEL


def test_a_call_refused_at_the_door_is_not_billed(study: Make, call: Call) -> None:
    assert said(study([call(), call(status="429", tokens=(1000, 0))])) == ()


def test_the_logged_cost_decides_what_was_billed(study: Make, call: Call) -> None:
    log = study([call(status="error", cost=0.0), call(status="error", cost=0.1), call(status="429")])
    found = only(log)
    assert found.inputs.billed_failures == 2  # the refused one has output, so it did work
    assert found.grade is Grade.EXACT


def test_a_retry_of_a_success_is_waste_and_a_retry_of_a_failure_is_not(study: Make, call: Call) -> None:
    log = study(
        [
            call(0, id="good"),
            call(1, retry_of="good"),
            call(2, id="bad", status="timeout"),
            call(3, retry_of="bad"),
        ]
    )
    found = only(log)
    worth = worth_alone(log, found)
    assert (found.inputs.needless_retries, found.inputs.billed_failures) == (1, 1)
    assert worth.saved_usd == pytest.approx(2.8e-3)
    assert worth.low_usd == pytest.approx(2.8e-3)  # both were surely avoidable


def test_a_failure_that_nobody_repeated_saves_nothing_for_sure(study: Make, call: Call) -> None:
    log = study([call(status="error")])
    assert worth_alone(log, only(log)).low_usd == 0


def test_a_failure_without_ids_is_never_counted_as_repeated(study: Make, call: Call) -> None:
    log = study([call(status="error"), call(1, retry_of="elsewhere")])
    assert only(log).inputs.surely_avoidable_usd_in_window == 0


def test_retries_are_found_without_a_status(study: Make, call: Call) -> None:
    log = study([call(id="a"), call(1, id="b", retry_of="a")])
    assert only(log).inputs.by_status == {}


def test_a_log_without_failures_has_no_waste(study: Make, call: Call) -> None:
    assert said(study([call(status="ok")])) == ()


def test_without_status_and_retries_the_gap_is_named(study: Make, call: Call) -> None:
    (gap,) = said(study([call()]))
    assert isinstance(gap, Gap)
    assert gap.missing == ("status", "retry_of")


def test_all_failed_is_all_waste(study: Make, call: Call) -> None:
    log = study([call(second, status="500") for second in range(3)])
    assert worth_alone(log, only(log)).saved_usd == pytest.approx(3 * 1.4e-3)


def test_answers_that_end_in_a_tool_call_are_no_waste(study: Make, call: Call) -> None:
    assert said(study([call(n, status="tool_calls") for n in range(40)])) == ()


def test_a_word_nobody_knows_is_a_gap_and_no_failure(study: Make, call: Call) -> None:
    (gap,) = said(study([call(status="fine"), call(1, status="ok"), call(2, status="so-so")]))
    assert isinstance(gap, Gap)
    assert gap.missing == ("status",)
    assert "2 calls have a status" in gap.reason
    assert "“fine”; “so-so”" in gap.reason


def test_what_is_known_to_fail_is_waste_beside_a_word_nobody_knows(study: Make, call: Call) -> None:
    found, gap = said(study([call(status="fine"), call(1, status="timeout")]))
    assert isinstance(found, Finding)
    assert isinstance(gap, Gap)
    assert found.inputs.failed_calls == 1


def test_a_retry_of_nobody_knows_what_is_not_needless(study: Make, call: Call) -> None:
    (gap,) = said(study([call(id="a", status="fine"), call(1, retry_of="a")]))
    assert isinstance(gap, Gap)


def test_a_needless_retry_that_was_refused_cost_nothing(study: Make, call: Call) -> None:
    again = [call(1, retry_of="a"), call(2, retry_of="a", status="429", tokens=(1000, 0))]
    log = study([call(id="a"), *again])
    found = only(log)
    assert found.inputs.needless_retries == 1
    assert found.inputs.wasted_usd_in_window == PRICE
    assert worth_alone(log, found).saved_usd == PRICE


def test_needless_retries_that_were_all_refused_are_no_waste(study: Make, call: Call) -> None:
    assert said(study([call(id="a"), call(1, retry_of="a", status="429", tokens=(1000, 0))])) == ()


def test_failures_that_ended_with_a_change_are_nothing_to_stop_any_more(study: Make, call: Call) -> None:
    calls = [call(60 * n, status="timeout" if n < 5 else "ok", id=str(n)) for n in range(10)]
    assert said(study(calls, goals=Goals(change_at=calls[5].timestamp))) == ()
    found = only(study(calls, goals=Goals(change_at=calls[4].timestamp)))
    assert (found.inputs.calls, found.inputs.failed_calls, found.evidence.rows) == (6, 1, 1)
    assert found.inputs.failed_share == pytest.approx(1 / 6)
    assert "since the change" in found.impact
