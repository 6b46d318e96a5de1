"""Findings with their money, ranked, numbered and turned into steps and settings."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec
import numpy as np
import pytest

from netra.domain.optimization.advice.actions import actions_of
from netra.domain.optimization.advice.recommendations import recommendations_of, verdict
from netra.domain.optimization.advice.supply import supply_config
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import Composition, compose
from netra.domain.optimization.model import Goals, Stance, never_stop
from netra.domain.optimization.result import Recommendation
from netra.domain.optimization.supply_config import CallGroup, Retries, RouteRule, SupplySettings
from netra.domain.optimization.traffic import Traffic, dropped, hosted
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Say = Callable[..., Finding]


def ranked(study: Study, findings: Sequence[Finding]) -> tuple[Composition, tuple[Recommendation, ...]]:
    composition = compose(study, findings, checkpoint=never_stop)
    return composition, recommendations_of(composition, span=study.span)


def first(count: int, *, of: int) -> partial[Traffic]:
    return partial(dropped, where=np.arange(of) < count)


def test_the_plan_comes_first_largest_step_first_then_by_stance(
    study: Make, call: Call, finding: Say
) -> None:
    log = study([call(n) for n in range(10)])
    _, found = ranked(
        log,
        [
            finding("rate_limits", stance=Stance.INFORM),
            finding(
                "self_hosting",
                stance=Stance.AVOID,
                change=partial(hosted, where=np.ones(10, np.bool_), hosting_usd_in_window=1.0),
            ),
            finding("right_sizing", stance=Stance.EVALUATE, change=first(9, of=10)),
            finding("waste", change=first(1, of=10)),
            finding("exact_duplicates", change=first(5, of=10)),
        ],
    )
    assert [one.kind for one in found] == [
        "exact_duplicates",
        "waste",
        "right_sizing",
        "self_hosting",
        "rate_limits",
    ]
    assert [one.cost_change for one in found[:2]] == ["-50%", "-10%"]
    assert found[3].cost_change.startswith("+")


def test_what_saves_nothing_more_is_left_out_and_says_so(study: Make, call: Call, finding: Say) -> None:
    log = study([call(n) for n in range(4)])
    composition, found = ranked(
        log, [finding("waste", change=first(3, of=4)), finding("exact_duplicates", change=first(2, of=4))]
    )
    assert [worth.finding.kind for worth in composition.plan] == ["waste"]
    assert "left out of the plan" in found[1].impact
    assert found[1].savings.marginal_usd_per_month is None


def test_the_marginal_is_what_the_step_adds(study: Make, call: Call, finding: Say) -> None:
    log = study([call(n * 36_000.0) for n in range(4)])
    _, found = ranked(
        log, [finding("waste", change=first(2, of=4)), finding("exact_duplicates", change=first(3, of=4))]
    )
    (only,) = [one for one in found if one.savings.marginal_usd_per_month is not None]
    assert only.savings.marginal_usd_per_month == pytest.approx(3 * 1.4e-3 * log.span.per_month)
    assert only.savings.applied_as == 1
    assert only.savings.leave_one_out_usd_per_month == pytest.approx(only.savings.usd_per_month - 0.0)


def test_a_log_without_a_bill_has_nothing_to_lower(study: Make, call: Call, finding: Say) -> None:
    log = study([call(model="mystery")])
    composition, (found,) = ranked(log, [finding("waste", change=first(1, of=1))])
    assert verdict(composition, span=log.span) == "There is no bill to lower."
    assert (found.cost_change, found.savings.share_of_bill) == ("0%", 0.0)


def test_steps_come_most_valuable_first_and_evaluations_last(study: Make, call: Call, finding: Say) -> None:
    composition, found = ranked(
        study([call(n) for n in range(10)]),
        [
            finding("waste", change=partial(dropped, where=np.arange(10) == 9), effort="low"),
            finding("exact_duplicates", change=first(3, of=10), effort="high"),
            finding("right_sizing", stance=Stance.EVALUATE, change=first(9, of=10)),
            finding("output_length", stance=Stance.EVALUATE),  # saves nothing: asks nothing of anybody
            finding("burst_shaping", stance=Stance.INFORM),
        ],
    )
    steps = actions_of(composition, found)
    assert [one.title for one in steps] == ["do exact_duplicates", "do waste", "do right_sizing"]
    assert [one.order for one in steps] == [1, 2, 3]
    assert {one.recommendation_id for one in steps} <= {one.id for one in found}


def test_nobody_is_told_to_begin_with_a_step_worth_next_to_nothing(
    study: Make, call: Call, finding: Say
) -> None:
    composition, found = ranked(
        study([call(n) for n in range(500)]),
        [
            finding("waste", change=first(1, of=500), effort="low"),  # 0.2 %
            finding("right_sizing", stance=Stance.EVALUATE, change=first(470, of=500), effort="high"),
        ],
    )
    assert [one.title for one in actions_of(composition, found)] == ["do right_sizing", "do waste"]


@pytest.mark.parametrize("efforts", [("low", "high"), ("high", "low")])
def test_of_equal_steps_the_easier_comes_first(
    study: Make, call: Call, finding: Say, efforts: tuple[str, str]
) -> None:
    composition, found = ranked(
        study([call(n) for n in range(10)]),
        [
            finding("waste", change=partial(dropped, where=np.arange(10) == 9), effort=efforts[0]),
            finding("exact_duplicates", change=partial(dropped, where=np.arange(10) == 8), effort=efforts[1]),
        ],
    )
    easy = ("waste", "exact_duplicates")[efforts.index("low")]
    assert actions_of(composition, found)[0].title == f"do {easy}"


TWICE, THRICE = (Retries(max_attempts=times, retry_only_failed=True) for times in (2, 3))
RULE = RouteRule(to="small")
GROUPS = (CallGroup(by="tool", match="a"), CallGroup(by="tool", match="b"))


def test_settings_of_several_findings_are_joined(study: Make, call: Call, finding: Say) -> None:
    log = study([call(n) for n in range(4)])
    composition = compose(
        log,
        [
            finding(
                "waste", change=first(1, of=4), supply=SupplySettings(retries=TWICE, route_rules=(RULE,))
            ),
            finding(
                "rate_limits", stance=Stance.INFORM, supply=SupplySettings(retries=THRICE, batch=(GROUPS[0],))
            ),
            finding("burst_shaping", stance=Stance.INFORM, supply=SupplySettings(batch=(GROUPS[1],))),
        ],
        checkpoint=never_stop,
    )
    config = supply_config(log, composition)
    assert config.retries == THRICE
    assert config.route_rules == (RULE,)
    assert config.batch == GROUPS
    assert config.after_evaluation is msgspec.UNSET


def test_routes_count_only_calls_still_made(study: Make, call: Call, finding: Say) -> None:
    log = study([call(0), call(1), call(2, model="mystery")])
    composition = compose(log, [finding("waste", change=first(1, of=3))], checkpoint=never_stop)
    routes = supply_config(log, composition).routes
    assert {(route.from_model, route.calls) for route in routes} == {("big", 1), ("mystery", 1)}
    assert all(route.share == 0.5 for route in routes)


def test_routes_are_those_of_the_calls_that_recur(study: Make, call: Call, finding: Say) -> None:
    calls = [
        call(60 * n, model="old" if n < 5 else "big", status="429" if n == 7 else "200") for n in range(10)
    ]
    calls[7] = msgspec.structs.replace(calls[7], output_tokens=0)
    log = study(calls, goals=Goals(change_at=calls[5].timestamp))
    composition = compose(log, [finding("waste", change=first(1, of=10))], checkpoint=never_stop)
    (route,) = supply_config(log, composition).routes
    assert (route.from_model, route.calls, route.share) == ("big", 4, 1.0)
