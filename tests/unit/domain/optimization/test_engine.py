"""The engine's door: what comes back for a log, for any order of it, and for logs that lack nearly all."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from netra.domain.errors import WorkStopped
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import compose
from netra.domain.optimization.engine import Analysis, advise, analyse, measure, optimise, options_of
from netra.domain.optimization.metrics import AnalysisScope
from netra.domain.optimization.model import Goals, Option, Priority, never_stop
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.supply_config import NOTHING_TO_SUPPLY
from netra.domain.optimization.traffic import hosted, routed
from netra.domain.optimization.wording import money
from netra.domain.workloads.columns import Events, Labels, Prefixes, columns_of, empty_events
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
NONE = Hardware(gpus=(), models=())
MOONCAKE = Path("../shared/data/mooncake_synthetic.jsonl")


def ran(calls: list[Event] | Events, *tariffs: Tariff, **goals: Any) -> Analysis:
    candidates = tuple(tariff for tariff in tariffs if tariff.model.startswith("candidate"))
    return analyse(
        calls if isinstance(calls, Events) else columns_of(calls),
        goals=Goals(**goals),
        prices=PriceList(
            tariffs={tariff.model: tariff for tariff in tariffs if tariff not in candidates},
            candidates=candidates,
        ),
        hardware=NONE,
    )


def busy_log(call: Call) -> list[Event]:
    """Return an hour of calls with something for most analysers."""
    return [
        call(
            n * 6.0,
            tokens=(2048, 100 if n % 150 else 4000),
            id=f"e{n}",
            template="chat" if n % 3 else "report",
            offline=n % 3 == 0,
            status="timeout" if n % 50 == 7 else "ok",
            latency_ms=500.0 + n % 10,
            ttft_ms=100.0,
            prefix_hashes=[n % 5, n % 5 + 10, n % 5 + 20, 1000 + n],
            cached_input_tokens=0,
        )
        for n in range(600)
    ]


@pytest.fixture
def prices(tariff: Price) -> tuple[Tariff, ...]:
    return (tariff(batch=tariff(usd=0.5e-6)), tariff("candidate-small", usd=0.25e-6))


def test_an_analysis_says_what_to_do_in_numbered_recommendations(
    call: Call, prices: tuple[Tariff, ...]
) -> None:
    advice = advise(ran(busy_log(call), *prices))
    assert [found.id for found in advice.recommendations] == [
        f"rec-{n + 1}" for n in range(len(advice.recommendations))
    ]
    kinds = {found.kind for found in advice.recommendations}
    assert {"prompt_caching", "batch", "waste", "right_sizing", "rate_limits"} <= kinds


def test_marginals_sum_to_the_plans_saving(call: Call, prices: tuple[Tariff, ...]) -> None:
    advice = advise(ran(busy_log(call), *prices))
    savings = [found.savings for found in advice.recommendations]
    marginals = [saving.marginal_usd or 0.0 for saving in savings]
    assert sum(marginals) == pytest.approx(advice.metrics.plan.saved_usd)
    assert {saving.usd_per_month for saving in savings} == {None}  # an hour tells no month
    assert advice.metrics.bill_usd_per_month is None
    assert "the log covers 1.00 h" in advice.metrics.bill_usd_per_month_basis


def test_the_documented_metrics_are_there(call: Call, prices: tuple[Tariff, ...]) -> None:
    metrics = ran(busy_log(call), *prices).metrics
    assert metrics.requests == 600
    assert metrics.bill_usd == pytest.approx(
        sum(2048e-6 + (100 if n % 150 else 4000) * 4e-6 for n in range(600))
    )
    assert {row.ttl_s for row in metrics.prefix_reuse} >= {60, 300, None}
    for name in (
        "input_tokens",
        "output_tokens",
        "arrivals",
        "duplicates",
        "data_sufficiency",
        "gaps",
        "verdict",
    ):
        assert getattr(metrics, name) is not msgspec.UNSET


def test_the_result_is_json(call: Call, prices: tuple[Tariff, ...]) -> None:
    advice = advise(ran(busy_log(call), *prices, saving_share=0.2, speedup=2.0))
    assert json.loads(msgspec.json.encode(advice))["metrics"]["requests"] == 600


def test_every_action_belongs_to_a_recommendation_and_can_be_taken_back(
    call: Call, prices: tuple[Tariff, ...]
) -> None:
    advice = advise(ran(busy_log(call), *prices))
    ids = {found.id for found in advice.recommendations}
    assert [action.order for action in advice.actions] == list(range(1, len(advice.actions) + 1))
    assert all(action.recommendation_id in ids for action in advice.actions)
    assert all(action.steps and action.verify and action.roll_back for action in advice.actions)


def test_the_supply_configuration_routes_every_call_that_is_still_made(
    call: Call, prices: tuple[Tariff, ...]
) -> None:
    config = advise(ran(busy_log(call), *prices)).supply_config
    assert sum(route.share for route in config.routes) == pytest.approx(1.0)
    assert {route.interface for route in config.routes} == {"standard", "batch"}
    assert config.caching[0].enabled is True
    assert config.after_evaluation.route_rules[0].to == "candidate-small"
    assert config.rate_limits.requests_per_minute > 0


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_order_of_the_rows_changes_nothing(seed: int, call: Call, tariff: Price) -> None:
    calls = busy_log(call)[:120]
    shuffled = [calls[index] for index in np.random.default_rng(seed).permutation(len(calls))]
    priced = tariff(batch=tariff(usd=0.5e-6))
    assert msgspec.json.encode(advise(ran(calls, priced))) == msgspec.json.encode(
        advise(ran(shuffled, priced))
    )


@settings(max_examples=5, deadline=None)
@given(factor=st.sampled_from([0.5, 2.0, 16.0]))
def test_scaling_all_prices_scales_all_savings(factor: float, call: Call, tariff: Price) -> None:
    def saved(times: float) -> list[float]:
        priced = tariff(usd=times * 1e-6, batch=tariff(usd=times * 0.5e-6))
        found = ran(busy_log(call), priced).recommendations
        return [one.savings.usd for one in found if one.savings.usd]  # what saves nothing may go unsaid

    assert saved(factor) == pytest.approx([factor * usd for usd in saved(1.0)])


def test_an_empty_log_gets_no_advice_and_is_told_what_to_send(tariff: Price) -> None:
    advice = advise(ran(empty_events(), tariff()))
    assert (advice.recommendations, advice.actions, advice.supply_config) == ((), (), NOTHING_TO_SUPPLY)
    assert advice.metrics.requests == 0
    assert advice.metrics.gaps[0].missing == ("timestamp", "model", "input_tokens", "output_tokens")
    assert advice.metrics.verdict == "There is no bill to lower."


def test_one_call_is_answered_without_a_month(call: Call, tariff: Price) -> None:
    metrics = ran([call()], tariff()).metrics
    assert metrics.bill_usd_per_month is None
    assert metrics.span.scaled is False


def test_a_log_of_unknown_models_says_which(call: Call, tariff: Price) -> None:
    analysis = ran([call(model="mystery"), call(100, model="mystery")], tariff())
    assert analysis.metrics.models_unpriced == ("mystery",)
    assert any(gap.missing == ("a price of mystery",) for gap in analysis.gaps)
    assert analysis.metrics.bill_usd == 0


def test_an_all_failed_log_is_all_waste(call: Call, tariff: Price) -> None:
    analysis = ran([call(n * 10.0, status="error") for n in range(30)], tariff())
    assert analysis.recommendations[0].kind == "waste"
    assert analysis.recommendations[0].cost_change == "-100%"
    assert analysis.metrics.plan.planned_usd_in_window == 0


def test_currencies_are_never_added_up(call: Call, tariff: Price) -> None:
    calls = [call(cost=1.0, currency="EUR"), call(1, cost=2.0), call(2, cost=4.0, currency="USD"), call(3)]
    billed = ran(calls, tariff()).metrics.billed
    assert billed is not msgspec.UNSET
    assert billed.by_currency == {"EUR": 1.0, "USD": 6.0}
    assert billed.source == "mixed"
    alone = ran([call(cost=2.0)], tariff()).metrics
    assert alone.billed is not msgspec.UNSET
    assert (alone.billed.by_currency, alone.billed.source, alone.bill_usd) == ({"USD": 2.0}, "invoice", 2.0)


def test_nothing_worth_one_percent_is_an_answer(call: Call, tariff: Price) -> None:
    analysis = ran([call(n * 10.0) for n in range(30)], tariff())
    assert "Nothing here is worth more than 1 %" in analysis.metrics.verdict


def test_a_plan_worth_having_is_summed_up(call: Call, prices: tuple[Tariff, ...]) -> None:
    assert ran(busy_log(call), *prices).metrics.verdict.startswith("The plan lowers")


def test_the_plan_for_a_log_too_short_to_scale_is_summed_up_as_that_of_the_log(
    call: Call, tariff: Price
) -> None:
    metrics = ran([call(n, status="timeout" if n % 2 else "ok") for n in range(10)], tariff()).metrics
    said = f"{money(metrics.bill_usd)} to {money(metrics.plan.planned_usd)}"
    assert metrics.verdict == f"The plan lowers the bill from {said} over the log."


def test_what_was_asked_for_by_name_comes_first(call: Call, prices: tuple[Tariff, ...]) -> None:
    analysis = ran(busy_log(call), *prices, analyses=("rate_limits",))
    assert analysis.recommendations[0].kind == "rate_limits"


def test_a_named_feature_narrows_the_study(call: Call, prices: tuple[Tariff, ...]) -> None:
    metrics = ran(busy_log(call), *prices, features=("Report", "nowhere")).metrics
    assert metrics.requests == 200
    assert metrics.scope == AnalysisScope(features=("Report", "nowhere"), unknown=("nowhere",), requests=200)


def test_a_feature_that_no_call_names_leaves_the_whole_log(call: Call, tariff: Price) -> None:
    metrics = ran([call(), call(1)], tariff(), features=("nowhere",)).metrics
    assert (metrics.requests, metrics.scope.unknown) == (2, ("nowhere",))


def test_growth_is_projected(call: Call, tariff: Price) -> None:
    metrics = ran([call(0), call(100_000)], tariff(), traffic_growth=0.5).metrics
    assert metrics.growth.bill_usd_per_month == pytest.approx(1.5 * metrics.bill_usd_per_month.value)


def test_latency_is_held_against_the_limit_of_each_feature(call: Call, tariff: Price) -> None:
    calls = [
        call(0, feature="chat", latency_ms=900.0),
        call(1, feature="search", latency_ms=100.0),
        call(2, feature="quiet"),
        call(3, feature="chat", latency_ms=5.0, status="error"),
    ]
    rows = ran(calls, tariff(), latency_ms={"Chat": 500.0}).metrics.latency.by_feature
    assert [(row.feature, row.met, row.calls_over_limit) for row in rows] == [
        ("chat", False, 1),
        ("search", None, None),
    ]
    whole = ran([call(latency_ms=5.0)], tariff(), latency_ms={"": 10.0}).metrics.latency.by_feature
    assert (whole[0].feature, whole[0].met) == ("all calls", True)


def test_time_per_token_needs_both_latencies_and_two_tokens(call: Call, tariff: Price) -> None:
    calls = [
        call(tokens=(5, 11), latency_ms=1100.0, ttft_ms=100.0),
        call(1, tokens=(5, 1), latency_ms=9.0, ttft_ms=1.0),
    ]
    assert ran(calls, tariff()).metrics.latency.tpot_ms_p99 == pytest.approx(100.0)
    assert ran([call(latency_ms=5.0)], tariff()).metrics.latency.tpot_ms_p99 is None


def test_progress_is_real_and_never_ends_before_the_work(call: Call, prices: tuple[Tariff, ...]) -> None:
    told: list[tuple[float, str]] = []
    events = columns_of(busy_log(call))
    price_list = PriceList(tariffs={"big": prices[0]})
    measured = measure(
        events, goals=Goals(), prices=price_list, hardware=NONE, checkpoint=lambda *said: told.append(said)
    )
    optimise(measured, checkpoint=lambda *said: told.append(said))
    assert all(0 <= done < 1 for done, _ in told)
    assert len({doing for _, doing in told}) > 10


def test_the_work_can_be_stopped_in_the_middle(call: Call, tariff: Price) -> None:
    def stop(done: float, doing: str) -> None:
        if done > 0.4:
            raise WorkStopped(doing)

    with pytest.raises(WorkStopped):
        analyse(
            columns_of(busy_log(call)),
            goals=Goals(),
            prices=PriceList(tariffs={"big": tariff()}),
            hardware=NONE,
            checkpoint=stop,
        )


def test_a_plan_on_own_gpus_does_not_borrow_the_latency_of_the_api(
    study: Make, call: Call, finding: Callable[..., Finding]
) -> None:
    log = study([call(ttft_ms=50.0)])
    host = finding(
        "self_hosting",
        change=partial(hosted, where=np.ones(1, np.bool_), hosting_usd_in_window=0.0),
        options=(Option(name="fleet", usd_in_window=0.0, usd_per_month=0.0, ttft_ms_p99=70.0),),
    )
    composition = compose(log, [host], checkpoint=never_stop)
    current, plan, fleet = options_of(log, composition, [host])
    assert (current.ttft_ms_p99, plan.ttft_ms_p99, fleet.ttft_ms_p99) == (50.0, None, 70.0)


@pytest.mark.parametrize(
    ("model", "known"), [("big", 50.0), ("small", None)], ids=["of the same model", "of another model"]
)
def test_a_plan_keeps_the_latency_of_the_log_only_with_the_models_of_the_log(
    study: Make, call: Call, tariff: Price, finding: Callable[..., Finding], model: str, known: float | None
) -> None:
    log = study([call(ttft_ms=50.0, latency_ms=90.0)])
    other = tariff(model, usd=0.5e-6)  # of the same model: another price, as for a longer life of its cache
    found = finding("right_sizing", change=partial(routed, where=np.ones(1, np.bool_), to=other))
    composition = compose(log, [found], checkpoint=never_stop)
    current, plan = options_of(log, composition, [found])
    assert (current.ttft_ms_p99, plan.ttft_ms_p99) == (50.0, known)
    assert (plan.latency_ms_p99 is None) is (known is None)


@pytest.mark.parametrize("asked", [{}, {"analyses": ("gpu_choice",)}], ids=["hosting", "a choice of GPU"])
def test_an_open_model_that_stands_in_is_never_the_pick(
    call: Call, tariff: Price, asked: Mapping[str, Any]
) -> None:
    calls = [call(n * 60.0, ttft_ms=800.0) for n in range(60)]
    goals = Goals(priority=Priority.PERFORMANCE, speedup=3.0, **asked)
    prices = PriceList(tariffs={"big": tariff(usd=2.5e-6)})
    analysis = analyse(columns_of(calls), goals=goals, prices=prices, hardware=HARDWARE)
    stand_ins = [option for option in analysis.options if option.gpu is not None]
    assert {option.kind for option in stand_ins} == {"self_hosting", *goals.analyses}
    assert all(option.needs_evaluation for option in stand_ins)
    assert analysis.pick.option is not None
    assert analysis.pick.option.gpu is None
    assert analysis.pick.candidate in stand_ins
    capped = msgspec.structs.replace(goals, saving_share=0.0)  # "at no more money"
    within = analyse(columns_of(calls), goals=capped, prices=prices, hardware=HARDWARE).pick
    assert within.candidate is None
    assert {name for name, _ in within.refused} == {option.name for option in stand_ins}


@pytest.mark.parametrize("priority", list(Priority))
def test_each_priority_picks_something_for_a_priced_log(
    call: Call, prices: tuple[Tariff, ...], priority: Priority
) -> None:
    pareto = ran(busy_log(call), *prices, priority=priority).metrics.pareto
    assert pareto.pick == "the plan"
    assert [option.name for option in pareto.options][:2] == ["as it is", "the plan"]


def mooncake() -> Events:
    rows = [json.loads(line) for line in MOONCAKE.read_text().splitlines()]
    chains = [row["hash_ids"] for row in rows]
    return Events(
        at_ns=np.array([row["timestamp"] * 1_000_000 for row in rows], np.int64),
        model=Labels(codes=np.zeros(len(rows), np.int32), names=("big",)),
        input_tokens=np.array([row["input_length"] for row in rows], np.int64),
        output_tokens=np.array([row["output_length"] for row in rows], np.int64),
        prefixes=Prefixes(
            hashes=np.array([block for chain in chains for block in chain], np.int64),
            offsets=np.concatenate(([0], np.cumsum([len(chain) for chain in chains], dtype=np.int64))),
            block_tokens=np.full(len(rows), 512, np.int32),
        ),
    )


@pytest.mark.shared_data
@pytest.mark.skipif(not MOONCAKE.exists(), reason="the published traces are not beside this checkout")
def test_a_published_trace_shows_its_reuse_and_pays_for_caching(tariff: Price) -> None:
    priced = tariff(cache_write=Rate(usd_per_token=1.25e-6), caching="explicit")
    analysis = ran(mooncake(), priced)
    shares = {row.ttl_s: round(row.token_share, 4) for row in analysis.metrics.prefix_reuse}
    assert shares == {60: 0.3276, 300: 0.5951, None: 0.6512}
    caching = next(found for found in analysis.recommendations if found.kind == "prompt_caching")
    assert caching.savings.usd_in_window > 0


def test_evidence_names_events_by_id_or_by_their_place_in_the_log(call: Call, tariff: Price) -> None:
    late_first = [call(100, status="error"), call(0, status="ok"), call(50, status="error", id="named")]
    found = ran(late_first, tariff()).recommendations[0]
    assert found.evidence.sample_events == ("named", "#1")


def test_clocks_that_run_backwards_are_put_in_order(call: Call, tariff: Price) -> None:
    forward = [call(n * 10.0, id=f"e{n}") for n in range(30)]
    backward = list(reversed(forward))
    assert ran(backward, tariff()).metrics.arrivals == ran(forward, tariff()).metrics.arrivals


def upgraded(call: Call, *, days_after: int) -> tuple[list[Event], datetime]:
    """Return 100 calls a day for ten days, at $1 a call and at $2 from the change on."""
    every_s, change = 864.0, 100 * (10 - days_after)
    calls = [
        call(n * every_s, "old" if n < change else "new", (1_000_000, 0), template="t") for n in range(1_000)
    ]
    return calls, calls[change].timestamp


@pytest.mark.parametrize("days_after", [1, 5])
def test_a_month_after_a_change_is_like_the_time_since_the_change(
    call: Call, tariff: Price, days_after: int
) -> None:
    calls, at = upgraded(call, days_after=days_after)
    analysis = ran(calls, tariff("old", usd=1e-6), tariff("new", usd=2e-6), change_at=at)
    (back,) = [one for one in analysis.recommendations if one.action == "Roll back t"]
    plan, month_usd = analysis.metrics.plan, 100 * 30.44
    assert back.savings.usd_in_window == pytest.approx(100 * days_after)
    assert back.savings.usd_per_month == pytest.approx(month_usd, rel=0.05)
    assert back.savings.low < back.savings.usd_per_month < back.savings.high
    assert back.savings.share_of_bill == pytest.approx(0.5)
    assert back.savings.marginal_usd_per_month == pytest.approx(plan.saved_usd_per_month)
    assert plan.now_usd_per_month == pytest.approx(2 * month_usd, rel=0.05)
    assert plan.now_usd_per_month == analysis.metrics.bill_usd_per_month.value
    assert plan.planned_usd_per_month == pytest.approx(month_usd, rel=0.05)
    assert [one.usd_per_month for one in analysis.options] == pytest.approx(
        [plan.now_usd_per_month, plan.planned_usd_per_month]
    )
    assert analysis.metrics.bill_usd == pytest.approx(1_000 + 100 * days_after)
    assert any("since the change" in note for note in analysis.metrics.span.notes)
    said = f"{money(plan.now_usd_per_month)} to {money(plan.planned_usd_per_month)} a month."
    assert analysis.metrics.verdict == f"The plan lowers the bill from {said}"


def test_marginals_of_a_month_after_a_change_sum_to_the_plans_saving(call: Call, tariff: Price) -> None:
    calls, at = upgraded(call, days_after=2)
    calls = [
        msgspec.structs.replace(one, id=f"e{n}", status="timeout" if n % 9 == 7 else "ok")
        for n, one in enumerate(calls)
    ]
    analysis = ran(calls, tariff("old", usd=1e-6), tariff("new", usd=2e-6), change_at=at)
    savings = [one.savings for one in analysis.recommendations]
    marginals = [one.marginal_usd_per_month for one in savings if one.marginal_usd_per_month is not None]
    assert len(marginals) == 2
    assert sum(marginals) == pytest.approx(analysis.metrics.plan.saved_usd_per_month)
    assert max(one.cumulative_usd_per_month or 0.0 for one in savings) == pytest.approx(sum(marginals))


def test_a_change_under_a_minute_ago_leaves_the_month_to_the_whole_log(call: Call, tariff: Price) -> None:
    calls, _ = upgraded(call, days_after=1)
    analysis = ran(calls, tariff("old"), tariff("new"), change_at=calls[-1].timestamp)
    metrics = analysis.metrics
    assert metrics.bill_usd_per_month.value == metrics.bill_usd * metrics.span.per_month


def test_hours_since_a_change_have_their_own_dollars_and_no_month(call: Call, tariff: Price) -> None:
    calls = [call(n * 3600, "big" if n < 60 else "small", session=f"s{n}") for n in range(70)]
    at = BEGIN + timedelta(hours=60)
    metrics = ran(calls, tariff(), tariff("small", usd=2e-6), change_at=at).metrics
    assert metrics.bill_usd_per_month is None
    assert metrics.plan.now_usd_in_window == pytest.approx(10 * 2.8e-3)
    assert metrics.plan.now_usd_per_month is None
    assert "the calls since the change cover 10.00 h" in metrics.bill_usd_per_month_basis
    assert "since the change" in metrics.verdict or "Nothing here" in metrics.verdict


def test_the_verdict_on_a_change_stands_in_the_metrics(call: Call, tariff: Price) -> None:
    calls = [call(n * 1000, "big" if n < 50 else "small", session=f"s{n}") for n in range(100)]
    at = BEGIN + timedelta(seconds=50_000)
    change = ran(calls, tariff(), tariff("small", usd=0.5e-6), change_at=at).metrics.change
    assert not isinstance(change, UnsetType)
    assert (change.ruling, change.at) == ("worth_it", at)
    assert change.mechanical_usd == pytest.approx(50 * 0.7e-3)  # 1,000 tokens in and 100 out, halved


def test_a_change_beside_the_log_cannot_be_told(call: Call, tariff: Price) -> None:
    change = ran([call()], tariff(), change_at=BEGIN - timedelta(days=1)).metrics.change
    assert not isinstance(change, UnsetType)
    assert change.ruling == "cannot_tell"
    assert "The log holds no call from before" in change.reasons[0]
    empty = ran([], tariff(), change_at=BEGIN).metrics.change
    assert not isinstance(empty, UnsetType)
    assert empty.reasons == ("The log holds no call.",)


def test_no_verdict_where_no_change_was_asked_about(call: Call, tariff: Price) -> None:
    assert ran([call()], tariff()).metrics.change is UNSET
