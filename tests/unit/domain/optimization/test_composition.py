"""What pieces of advice are worth alone and together."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import Composition, compose, worth_alone
from netra.domain.optimization.model import Goals, Grade, Stance, never_stop
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.traffic import Traffic, batched, capped, dropped, hosted, routed, total_usd
from netra.domain.optimization.uncertainty.level import month_range
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]
Say = Callable[..., Finding]


def pick(*indexes: int, of: int) -> np.ndarray:
    return np.isin(np.arange(of), indexes)


def composed(study: Study, findings: Sequence[Finding]) -> Composition:
    return compose(study, findings, checkpoint=never_stop)


def test_savings_of_the_same_token_are_counted_once(
    study: Make, call: Call, tariff: Price, finding: Say
) -> None:
    log = study([call(tokens=(1000, 0)), call(1, tokens=(1000, 0))], tariff(batch=tariff(usd=0.5e-6)))
    waste = finding("waste", change=partial(dropped, where=pick(0, of=2)))
    batch = finding("batch", change=partial(batched, where=pick(0, 1, of=2)))
    found = composed(log, [batch, waste])
    assert [worth.finding.kind for worth in found.plan] == ["waste", "batch"]
    assert [worth.saved_usd for worth in found.plan] == pytest.approx([1e-3, 1e-3])
    assert [worth.marginal_usd for worth in found.plan] == pytest.approx([1e-3, 0.5e-3])
    assert [worth.cumulative_usd_per_month for worth in found.plan] == pytest.approx([1e-3, 1.5e-3])
    assert [worth.leave_one_out_usd_per_month for worth in found.plan] == pytest.approx([0.5e-3, 0.5e-3])
    assert found.planned_usd == pytest.approx(0.5e-3)


@pytest.mark.parametrize("count", [3, 6])
def test_the_work_can_be_stopped_before_any_change_is_applied(
    study: Make, call: Call, finding: Say, count: int
) -> None:
    log, done = study([call(n) for n in range(8)]), list[str]()

    def change(traffic: Traffic, *, index: int) -> Traffic:
        done.append("applied")
        return dropped(traffic, pick(index, of=8))

    said = [finding("waste", change=partial(change, index=index)) for index in range(count)]
    said.append(finding("batch", stance=Stance.EVALUATE, change=partial(change, index=7)))
    compose(log, said, checkpoint=lambda _, __: done.append("heard"))
    assert done.count("applied") > 2 * count
    runs = "".join("a" if what == "applied" else " " for what in done).split()
    assert max(map(len, runs)) == 1


def test_a_change_that_only_costs_is_left_out(study: Make, call: Call, finding: Say) -> None:
    log = study([call()])
    host = finding("self_hosting", change=partial(hosted, where=pick(0, of=1), hosting_usd_in_window=1.0))
    found = composed(log, [host])
    assert found.plan == ()
    assert found.others[0].saved_usd == pytest.approx(1.4e-3 - 1.0)


def test_what_needs_an_evaluation_is_outside_the_plan_and_counted_apart(
    study: Make, call: Call, tariff: Price, finding: Say
) -> None:
    log = study([call(tokens=(1000, 0))])
    move = finding(
        "right_sizing",
        stance=Stance.EVALUATE,
        change=partial(routed, where=pick(0, of=1), to=tariff("small", usd=1e-7)),
    )
    found = composed(log, [move])
    assert (found.plan, found.planned_usd) == ((), pytest.approx(1e-3))
    assert found.evaluated_usd_per_month == pytest.approx(1e-4)


def test_an_evaluation_that_would_not_help_is_not_counted(study: Make, call: Call, finding: Say) -> None:
    log = study([call(tokens=(1000, 0)), call(tokens=(1000, 0))])
    waste = finding("waste", change=partial(dropped, where=pick(0, 1, of=2)))
    host = finding(
        "self_hosting",
        stance=Stance.EVALUATE,
        change=partial(hosted, where=pick(0, 1, of=2), hosting_usd_in_window=1e-3),
    )
    assert composed(log, [waste, host]).evaluated_usd_per_month == 0


def test_a_finding_without_a_change_moves_no_money(study: Make, call: Call, finding: Say) -> None:
    worth = worth_alone(study([call()]), finding("rate_limits", change=None))
    assert (worth.saved_usd, worth.touched_usd, worth.touched_calls) == (0.0, 0.0, 0)


def test_the_interval_is_a_point_where_every_call_saves_the_same_share(
    study: Make, call: Call, tariff: Price, finding: Say
) -> None:
    log = study([call(n * 60.0, session=f"s{n}") for n in range(40)], tariff(batch=tariff(usd=0.5e-6)))
    worth = worth_alone(log, finding("batch", change=partial(batched, where=np.ones(40, np.bool_))))
    assert (worth.low_usd, worth.high_usd) == (pytest.approx(worth.saved_usd), pytest.approx(worth.saved_usd))


def test_the_interval_widens_where_only_some_stretches_of_the_log_save(
    study: Make, call: Call, finding: Say
) -> None:
    log = study([call(n * 10.0, session=f"s{n}") for n in range(400)])
    worth = worth_alone(log, finding("waste", change=partial(dropped, where=np.arange(400) < 40)))
    assert worth.low_usd < worth.saved_usd == worth.high_usd == worth.touched_usd


def test_the_analysers_own_bounds_win(study: Make, call: Call, finding: Say) -> None:
    drop = partial(dropped, where=pick(0, of=1))
    worth = worth_alone(study([call()]), finding("waste", change=drop, low_share=0.0))
    assert (worth.low_usd, worth.high_usd) == (0.0, None)  # one call shows no more


def test_what_no_sample_bounds_has_no_interval_and_says_why(study: Make, call: Call, finding: Say) -> None:
    worth = worth_alone(study([call()]), finding("waste", change=partial(dropped, where=pick(0, of=1))))
    assert (worth.low_usd, worth.high_usd, worth.monthly.low_usd) == (None, None, None)
    assert (worth.share.low, worth.share.basis) == (None, "fewer than 30 sessions or minutes of calls")


def test_the_low_end_of_a_judgement_is_nothing(study: Make, call: Call, finding: Say) -> None:
    drop = partial(dropped, where=np.ones(40, np.bool_))
    log = study([call(n * 3600.0, session=f"s{n}") for n in range(40)])
    worth = worth_alone(log, finding("waste", change=drop, grade=Grade.JUDGEMENT))
    assert (worth.low_usd, worth.share.low, worth.monthly.low_usd) == (0.0, 0.0, 0.0)
    assert worth.high_usd == pytest.approx(worth.saved_usd)


def test_a_months_saving_is_as_uncertain_as_its_traffic(study: Make, call: Call, finding: Say) -> None:
    # all of 40 calls over 39 h, so its share is certain, and all of the interval is the month's level
    drop = partial(dropped, where=np.ones(40, np.bool_))
    log = study([call(n * 3600.0, session=f"s{n}") for n in range(40)])
    worth = worth_alone(log, finding("waste", change=drop))
    high = month_range(worth.monthly.saved_usd, seconds=39 * 3600.0, swing=log.month.swing)[1]
    assert worth.monthly.high_usd == pytest.approx(high)


def test_a_change_that_makes_no_call_dearer_loses_nothing(study: Make, call: Call, finding: Say) -> None:
    log = study([call(n * 10.0, session=f"s{n}") for n in range(400)])
    worth = worth_alone(log, finding("waste", change=partial(dropped, where=np.arange(400) < 40)))
    assert worth.low_usd == 0.0


def test_a_log_without_a_bill_has_no_share(study: Make, call: Call, finding: Say) -> None:
    change = partial(hosted, where=np.ones(1, np.bool_), hosting_usd_in_window=4e-3)
    worth = worth_alone(
        study([call(model="mystery")]), finding("self_hosting", change=change, rent_shares=(1.0, 2.0))
    )
    assert (worth.low_usd, worth.share.low) == (pytest.approx(-8e-3), None)


def test_bounds_of_a_rent_are_taken_off_what_the_calls_save(study: Make, call: Call, finding: Say) -> None:
    """A rent is fixed: after a change its bounds stay, however much the calls of the month save."""
    calls = [call(n * 60.0, tokens=(1000, 0)) for n in range(10)]
    log = study(calls, goals=Goals(change_at=calls[5].timestamp))
    change = partial(hosted, where=np.ones(10, np.bool_), hosting_usd_in_window=4e-3)
    worth = worth_alone(log, finding("self_hosting", change=change, rent_shares=(0.5, 2.0)))
    window = (worth.low_usd, worth.saved_usd, worth.high_usd)
    assert window == pytest.approx((10e-3 - 8e-3, 10e-3 - 4e-3, 10e-3 - 2e-3))
    calls_usd, rent_usd = 5e-3 * log.month.per_call, 4e-3 * log.month.per_hosting
    month = (worth.monthly.low_usd, worth.monthly.saved_usd, worth.monthly.high_usd)
    assert month == pytest.approx((calls_usd - 2 * rent_usd, calls_usd - rent_usd, calls_usd - rent_usd / 2))


def test_progress_is_told_while_composing(study: Make, call: Call, finding: Say) -> None:
    told: list[float] = []
    compose(study([call()]), [finding("waste")], checkpoint=lambda done, _: told.append(done))
    assert told == sorted(told)
    assert len(told) >= 3


CHANGES = ("waste", "exact_duplicates", "output_length", "right_sizing", "batch", "self_hosting")


@st.composite
def findings_over(draw: st.DrawFn, *, calls: int, say: Say, price: Price, most: int = 6) -> list[Finding]:
    """Draw findings of different kinds, each over some of the calls."""
    kinds = draw(st.lists(st.sampled_from(CHANGES), unique=True, max_size=most))
    found = []
    for kind in kinds:
        where = np.array(draw(st.lists(st.booleans(), min_size=calls, max_size=calls)))
        changes: dict[str, Callable[[Traffic], Traffic]] = {
            "waste": partial(dropped, where=where),
            "exact_duplicates": partial(dropped, where=where),
            "output_length": partial(capped, where=where, output_tokens=draw(st.integers(0, 300))),
            "right_sizing": partial(routed, where=where, to=price("small", usd=draw(st.floats(1e-8, 3e-6)))),
            "batch": partial(batched, where=where),
            "self_hosting": partial(hosted, where=where, hosting_usd_in_window=draw(st.floats(0, 5e-3))),
        }
        found.append(say(kind, change=changes[kind]))
    return found


@st.composite
def logs(draw: st.DrawFn, *, make: Make, one: Call, price: Price) -> Study:
    sizes = draw(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 500)), min_size=1, max_size=6))
    models = draw(
        st.lists(st.sampled_from(["big", "huge", "mystery"]), min_size=len(sizes), max_size=len(sizes))
    )
    events = [
        one(second, model, tokens) for second, (model, tokens) in enumerate(zip(models, sizes, strict=True))
    ]
    return make(events, price(batch=price(usd=0.5e-6)), price("huge", usd=5e-6))


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_marginals_sum_to_the_cumulative_and_no_saving_exceeds_what_it_touches(
    data: st.DataObject, study: Make, call: Call, tariff: Price, finding: Say
) -> None:
    log = data.draw(logs(make=study, one=call, price=tariff))
    found = composed(log, data.draw(findings_over(calls=len(log.events), say=finding, price=tariff)))
    marginals = [worth.marginal_usd or 0.0 for worth in found.plan]
    assert sum(marginals) == pytest.approx(total_usd(log.traffic) - found.planned_usd, abs=1e-15)
    for worth in (*found.plan, *found.others):
        assert worth.saved_usd <= worth.touched_usd + 1e-15
        assert worth.low_usd is None or worth.low_usd <= worth.saved_usd
        assert worth.high_usd is None or worth.saved_usd <= worth.high_usd
    assert found.evaluated_usd_per_month <= found.planned_usd + 1e-15


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_taking_a_choice_away_never_makes_the_plan_cheaper(
    data: st.DataObject, study: Make, call: Call, tariff: Price, finding: Say
) -> None:
    log = data.draw(logs(make=study, one=call, price=tariff))
    findings = data.draw(findings_over(calls=len(log.events), say=finding, price=tariff, most=4))
    whole = composed(log, findings).planned_usd
    for fewer in combinations(findings, max(len(findings) - 1, 0)):
        assert composed(log, fewer).planned_usd >= whole - 1e-15


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_plan_never_costs_more_than_doing_nothing(
    data: st.DataObject, study: Make, call: Call, tariff: Price, finding: Say
) -> None:
    log = data.draw(logs(make=study, one=call, price=tariff))
    found = composed(log, data.draw(findings_over(calls=len(log.events), say=finding, price=tariff)))
    assert found.planned_usd <= total_usd(log.traffic) + 1e-15
