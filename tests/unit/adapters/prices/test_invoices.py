"""Whole logs against bills computed by hand from the published prices, to 0.1 %."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from genai_prices.data import providers
from genai_prices.types import StartDateConstraint
from msgspec import UNSET

from netra.adapters.prices.book import GenaiPriceBook
from netra.domain.optimization.engine import analyse
from netra.domain.optimization.metrics import BillSource, Metrics
from netra.domain.optimization.model import Goals
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MILLION = 1_000_000


def calls(
    count: int, *, model: str, at: datetime = NOW - timedelta(days=3), every_s: int = 30, **fields: Any
) -> list[Event]:
    given = {"input_tokens": 1_000, "output_tokens": 2_000} | fields
    return [Event(timestamp=at + timedelta(seconds=every_s * n), model=model, **given) for n in range(count)]


def metrics_of(events: list[Event], *, now: datetime = NOW, asked: tuple[str, ...] = ()) -> Metrics:
    log = columns_of(events)
    book = GenaiPriceBook(now=lambda: now)
    prices = price_list(log, book, default_model="gpt-4o", asked_about=asked)
    return analyse(log, goals=Goals(models=asked), prices=prices, hardware=HARDWARE).metrics


def source_of(metrics: Metrics) -> BillSource:
    assert metrics.billed is not UNSET
    return metrics.billed


def bill(events: list[Event], **asked: Any) -> float:
    return metrics_of(events, **asked).bill_usd


def test_priority_calls_cost_what_their_tier_costs() -> None:
    # 2,000 calls of 1,000 in and 2,000 out at 12.50 and 75 dollars a million; at 5 and 30 it is 130 dollars
    priority = calls(2_000, model="gpt-5.5", service_tier="priority")
    assert bill(priority) == pytest.approx(2_000 * (1_000 * 12.5 + 2_000 * 75) / MILLION, rel=1e-9)
    assert bill(priority) == pytest.approx(325.0)
    assert bill(calls(2_000, model="gpt-5.5", service_tier="default")) == pytest.approx(130.0)


@pytest.mark.parametrize(("tier", "share"), [("flex", 0.5), ("batch", 0.5), ("fast", 2.5), (None, 1.0)])
def test_every_tier_of_a_model_has_its_own_price(tier: str | None, share: float) -> None:
    assert bill(calls(100, model="gpt-5.5", service_tier=tier)) == pytest.approx(6.5 * share)


def test_a_tier_before_the_day_it_was_verified_has_the_first_known_price() -> None:
    assert bill(
        calls(10, model="gpt-5.5", at=NOW - timedelta(days=80), service_tier="flex")
    ) == pytest.approx(0.325)


def test_a_tier_without_a_known_price_is_named_and_not_billed_as_another() -> None:
    mixed = [*calls(3, model="gpt-4o", service_tier="flex"), *calls(7, model="gpt-4o")]
    metrics = metrics_of(mixed)
    assert metrics.models_unpriced == ("gpt-4o (service tier flex)",)
    assert metrics.unpriced is not UNSET
    assert metrics.unpriced.call_share == pytest.approx(0.3)
    assert metrics.bill_usd == pytest.approx(7 * 0.0225)


def test_writes_that_live_for_an_hour_cost_twice_the_input_price() -> None:
    # claude-sonnet-5-5: 2 in, 2.50 for 5 minutes, 4 for an hour, 0.10 read, 10 out
    written = calls(
        100,
        model="claude-sonnet-5-5",
        input_tokens=10_000,
        output_tokens=100,
        cached_input_tokens=1_000,
        cache_write_tokens=6_000,
        cache_write_1h_tokens=5_000,
    )
    each = (3_000 * 2 + 1_000 * 0.1 + 1_000 * 2.5 + 5_000 * 4 + 100 * 10) / MILLION
    assert bill(written) == pytest.approx(100 * each, rel=1e-9)
    alone = calls(
        1, model="claude-sonnet-5-5", input_tokens=10_000, output_tokens=0, cache_write_1h_tokens=9_000
    )
    assert bill(alone) == pytest.approx((1_000 * 2 + 9_000 * 4) / MILLION, rel=1e-9)


def test_writes_that_live_for_twelve_hours_cost_two_and_a_half_times_the_input_price() -> None:
    # gpt-6-sol: 2 in, 2.50 for 30 minutes, 5 for 12 hours, 10 out
    written = calls(
        10,
        model="gpt-6-sol",
        input_tokens=10_000,
        output_tokens=100,
        cache_write_tokens=8_000,
        cache_write_12h_tokens=6_000,
    )
    assert bill(written) == pytest.approx(
        10 * (2_000 * 2 + 2_000 * 2.5 + 6_000 * 5 + 100 * 10) / MILLION, rel=1e-9
    )


@pytest.mark.parametrize(
    ("model", "provider", "region", "factor"),
    [
        ("gpt-5.5", "openai", "eu", 1.1),
        ("gpt-5.5", "openai", "global", 1.0),
        ("gpt-4o", "openai", "eu", 1.0),  # released before the uplift
        ("claude-opus-5", "anthropic", "us", 1.1),
        ("claude-opus-5", "anthropic", "global", 1.0),
        ("claude-sonnet-4-5", "google", "europe-west1", 1.1),
        ("claude-sonnet-4-5", "anthropic", "us", 1.0),  # takes no region
    ],
)
def test_a_region_multiplies_all_token_prices(model: str, provider: str, region: str, factor: float) -> None:
    here = bill(calls(10, model=model, provider=provider, region=region, service_tier="default"))
    assert here == pytest.approx(factor * bill(calls(10, model=model, provider=provider)), rel=1e-9)


def test_a_region_and_a_tier_together() -> None:
    both = calls(100, model="gpt-5.5", service_tier="flex", region="eu")
    assert bill(both) == pytest.approx(6.5 * 0.5 * 1.1)


def test_a_bedrock_id_says_itself_whether_it_is_regional() -> None:
    regional = calls(10, model="eu.anthropic.claude-haiku-4-5-20251001-v1:0", provider="aws.bedrock")
    everywhere = calls(10, model="global.anthropic.claude-haiku-4-5-20251001-v1:0", provider="aws.bedrock")
    assert bill(regional) == pytest.approx(1.1 * bill(everywhere), rel=1e-9)


def test_tools_are_charged_by_the_call_and_an_unknown_one_is_a_gap() -> None:
    searching = calls(100, model="gpt-5.5", charges={"web_search": 2, "file_search": 1})
    # 10 dollars a thousand web searches, 2.50 a thousand file searches
    assert bill(searching) == pytest.approx(6.5 + 100 * (2 * 0.010 + 0.0025))
    grounded = calls(100, model="gemini-2.5-pro", charges={"grounding": 1})
    assert bill(grounded) == pytest.approx(100 * (1_000 * 1.25 + 2_000 * 10) / MILLION + 100 * 0.035)


def test_a_cliff_reprices_the_whole_call() -> None:
    # claude-haiku-5.5: 0.10 and 0.50 up to 100,000 tokens in, 0.50 and 2.50 above
    below = calls(1, model="claude-haiku-5-5", input_tokens=100_000, output_tokens=1_000)
    above = calls(1, model="claude-haiku-5-5", input_tokens=100_001, output_tokens=1_000)
    assert bill(below) == pytest.approx((100_000 * 0.1 + 1_000 * 0.5) / MILLION)
    assert bill(above) == pytest.approx((100_001 * 0.5 + 1_000 * 2.5) / MILLION)


def test_calls_are_priced_at_the_prices_of_their_own_day() -> None:
    # gpt-5.6-sol fell on 2026-08-21
    before = calls(10, model="gpt-5.6-sol", at=datetime(2026, 8, 20, 12, tzinfo=UTC))
    after = calls(10, model="gpt-5.6-sol", at=datetime(2026, 8, 21, 12, tzinfo=UTC))
    assert bill(before) == pytest.approx(10 * (1_000 * 5 + 2_000 * 30) / MILLION)
    assert bill(after) == pytest.approx(10 * (1_000 * 4 + 2_000 * 20) / MILLION)
    assert bill([*before, *after]) == pytest.approx(bill(before) + bill(after))


def test_a_log_from_before_a_price_cut_is_billed_as_then_and_planned_at_todays_prices() -> None:
    start = datetime(2026, 8, 10, 12, tzinfo=UTC)
    metrics = metrics_of(calls(2_881, model="gpt-5.6-sol", at=start))  # 24 hours
    assert metrics.span is not UNSET
    assert metrics.bill_usd == pytest.approx(2_881 * 0.065)
    assert metrics.bill_usd_per_month is not None
    assert metrics.bill_usd_per_month.value == pytest.approx(2_881 * 0.044 * metrics.span.per_month)


def test_a_discount_in_the_costs_is_the_bill_and_the_ratio_is_told() -> None:
    discounted = calls(1_000, model="gpt-5.5", cost=0.7 * 0.065)
    metrics = metrics_of(discounted)
    assert metrics.bill_usd == pytest.approx(0.7 * 65)
    assert metrics.bill_list_usd == pytest.approx(65)
    assert source_of(metrics).source == "invoice"
    assert source_of(metrics).ratio == pytest.approx(0.7)
    (row,) = source_of(metrics).by_model
    assert (row.model, row.service_tier) == ("gpt-5.5", None)
    assert row.ratio == pytest.approx(0.7)


def test_a_discount_is_a_model_s_own_and_calls_without_a_cost_have_it_too() -> None:
    mixed = [
        *calls(10, model="gpt-5.5", cost=0.5 * 0.065),
        *calls(10, model="gpt-5.5"),
        *calls(10, model="gpt-4o"),
    ]
    metrics = metrics_of(mixed)
    assert metrics.bill_usd == pytest.approx(0.5 * 20 * 0.065 + 10 * 0.0225)
    assert source_of(metrics).source == "mixed"
    assert source_of(metrics).ratio == pytest.approx(0.5)


def test_a_discount_lowers_savings_at_the_same_provider_alone() -> None:
    def saved(**fields: Any) -> float:
        log = columns_of(calls(3_000, model="gpt-5.5", offline=True, **fields))
        prices = price_list(log, GenaiPriceBook(now=lambda: NOW), default_model="gpt-4o")
        found = analyse(log, goals=Goals(), prices=prices, hardware=HARDWARE).recommendations
        return next(one.savings.usd_in_window for one in found if one.kind == "batch")

    assert saved() == pytest.approx(0.5 * 3_000 * 0.065)
    assert saved(cost=0.7 * 0.065) == pytest.approx(0.7 * 0.5 * 3_000 * 0.065)


@pytest.mark.parametrize("reserved", [{"cost": 0.0}, {"service_tier": "provisioned_throughput"}])
def test_reserved_capacity_saves_nothing_by_the_token(reserved: dict[str, Any]) -> None:
    metrics = metrics_of(calls(2_000, model="gpt-5.5", **reserved))
    assert metrics.bill_usd == 0.0
    assert source_of(metrics).reserved_calls == 2_000
    assert source_of(metrics).reserved_list_usd == pytest.approx(130.0)
    assert any("the cost of the reserved capacity" in gap.missing for gap in metrics.gaps)
    assert metrics.plan is not UNSET
    assert metrics.plan.saved_usd == 0.0
    assert metrics.plan.evaluated_usd == 0.0


def test_reserved_calls_are_counted_with_their_list_price() -> None:
    metrics = metrics_of([*calls(200, model="gpt-5.5", cost=0.0), *calls(100, model="gpt-5.5", cost=0.065)])
    found = source_of(metrics)
    assert found.reserved_calls == 200
    assert found.reserved_list_usd == pytest.approx(13.0)
    assert metrics.bill_usd == pytest.approx(6.5)


def test_the_cost_of_a_model_that_no_list_has_is_in_the_bill() -> None:
    metrics = metrics_of([*calls(60, model="gpt-5.5"), *calls(40, model="our-deployment", cost=0.01)])
    assert metrics.bill_usd == pytest.approx(60 * 0.065 + 0.4)
    assert metrics.unpriced is not UNSET
    assert metrics.unpriced.call_share == pytest.approx(0.4)


def test_tokens_of_a_model_that_makes_pictures_or_speech_are_never_priced_as_text() -> None:
    metrics = metrics_of(calls(5, model="gpt-audio"))
    assert metrics.bill_usd == 0.0
    assert metrics.models_unpriced == ("gpt-audio",)


def test_a_published_change_of_a_model_in_use_is_told_with_what_it_comes_to() -> None:
    metrics = metrics_of(calls(2_881, model="gemini-3.8-flash"))
    assert metrics.price_changes is not UNSET
    (change,) = metrics.price_changes
    assert (change.model, change.on.isoformat(), change.in_use) == ("gemini-3.8-flash", "2027-01-01", True)
    assert change.factor == pytest.approx(2.0)
    assert metrics.bill_usd_per_month is not None
    assert change.usd_per_month == pytest.approx(metrics.bill_usd_per_month.value)


def test_a_move_whose_price_rises_is_not_recommended_and_the_rise_is_named() -> None:
    log = columns_of(calls(2_881, model="gemini-2.5-pro", input_tokens=10_000, output_tokens=400))
    prices = price_list(
        log, GenaiPriceBook(now=lambda: NOW), default_model="gpt-4o", asked_about=("gemini-3.8-flash",)
    )
    analysis = analyse(log, goals=Goals(models=("gemini-3.8-flash",)), prices=prices, hardware=HARDWARE)
    (move,) = [one for one in analysis.recommendations if one.kind == "right_sizing"]
    assert (move.savings.usd_per_month or 0.0) > 0  # at today's prices it saves
    assert move.stance == "avoid"
    assert "2027-01-01" in move.impact
    assert analysis.metrics.price_changes is not UNSET
    (change,) = analysis.metrics.price_changes
    assert (change.model, change.in_use) == ("gemini-3.8-flash", False)
    assert change.factor == pytest.approx(2.0)
    assert analysis.metrics.plan is not UNSET
    assert analysis.metrics.plan.if_evaluations_pass_saved_share == 0.0


def test_a_move_that_still_saves_after_the_rise_stays_and_names_it() -> None:
    log = columns_of(calls(2_881, model="gemini-2.5-pro", input_tokens=1_000, output_tokens=4_000))
    prices = price_list(
        log, GenaiPriceBook(now=lambda: NOW), default_model="gpt-4o", asked_about=("gemini-3.8-flash",)
    )
    analysis = analyse(log, goals=Goals(models=("gemini-3.8-flash",)), prices=prices, hardware=HARDWARE)
    (move,) = [one for one in analysis.recommendations if one.kind == "right_sizing"]
    assert move.stance == "evaluate"
    assert "changes on 2027-01-01" in move.impact


def test_a_model_that_retires_within_a_year_is_never_a_candidate_and_is_named_where_it_is_in_use() -> None:
    metrics = metrics_of(calls(100, model="gpt-4o"))
    assert metrics.retirements is not UNSET
    (retired,) = metrics.retirements
    assert (retired.model, str(retired.on), retired.calls) == ("gpt-4o", "2027-01-14", 100)
    book = GenaiPriceBook(now=lambda: NOW)
    like = book.tariff("gpt-5.5")
    assert like is not None
    names = {candidate.model for candidate in book.candidates(like, limit=50)}
    assert names.isdisjoint({"gpt-4o-mini", "gpt-4.1", "gpt-5", "gemini-2.5-pro", "gemini-3.1-flash-lite"})


def test_asked_about_a_model_that_retires_the_answer_is_no() -> None:
    log = columns_of(calls(2_881, model="gpt-5.5"))
    prices = price_list(
        log, GenaiPriceBook(now=lambda: NOW), default_model="gpt-4o", asked_about=("gpt-5-mini",)
    )
    analysis = analyse(log, goals=Goals(models=("gpt-5-mini",)), prices=prices, hardware=HARDWARE)
    (move,) = [one for one in analysis.recommendations if one.kind == "right_sizing"]
    assert (move.stance, "2026-12-11" in move.action) == ("avoid", True)


def test_a_batch_of_calls_moved_to_another_model_keeps_its_tier() -> None:
    log = columns_of(calls(2_881, model="gpt-5.5", service_tier="flex"))
    prices = price_list(
        log, GenaiPriceBook(now=lambda: NOW), default_model="gpt-4o", asked_about=("gpt-6-sol",)
    )
    analysis = analyse(log, goals=Goals(models=("gpt-6-sol",)), prices=prices, hardware=HARDWARE)
    (move,) = [one for one in analysis.recommendations if one.kind == "right_sizing"]
    flex_saving = 2_881 * (1_000 * (2.5 - 1) + 2_000 * (15 - 5)) / MILLION
    assert move.savings.usd_in_window == pytest.approx(flex_saving)


def dated() -> list[tuple[str, str | None, date]]:
    """Return the model, the tier and the day of each price that the data dates later than now."""
    found: list[tuple[str, str | None, date]] = []
    for model in (model for provider in providers for model in provider.models):
        prices = model.prices if isinstance(model.prices, list) else []
        rows = [(None, one.constraint) for one in prices]
        tiers = [
            (one.when.get("service_tier") or one.when.get("processing"), one.constraint)
            for one in model.price_variants or ()
        ]
        found += [
            (model.id, tier, until.start_date)
            for tier, until in (*rows, *tiers)
            if isinstance(until, StartDateConstraint) and until.start_date > NOW.date()
        ]
    return found


def test_a_log_of_every_dated_change_names_it_with_its_day() -> None:
    assert len(dated()) == 17
    for model, tier, day in dated():
        changes = metrics_of(calls(100, model=model, service_tier=tier)).price_changes
        assert changes is not UNSET
        assert [(change.on, change.factor) for change in changes] == [(day, pytest.approx(2.0))], model


@pytest.mark.parametrize("output_tokens", [400, 4_000])
def test_a_move_to_a_model_whose_price_doubles_is_advised_against_where_the_year_is_a_loss(
    output_tokens: int,
) -> None:
    tokens: dict[str, Any] = {"input_tokens": 10_000, "output_tokens": output_tokens}
    old_usd = (10_000 * 1.25 + output_tokens * 10) / MILLION
    judged = 0
    for model, day in [(model, day) for model, tier, day in dated() if tier is None]:
        log = columns_of(calls(289, model="gemini-2.5-pro", every_s=300, **tokens))
        book = GenaiPriceBook(now=lambda: NOW)
        prices = price_list(log, book, default_model="gpt-4o", asked_about=(model,))
        found = analyse(log, goals=Goals(models=(model,)), prices=prices, hardware=HARDWARE)
        until = (day - NOW.date()).days / 365
        new_usd = bill(calls(1, model=model, **tokens)) * (until + 2 * (1 - until))
        for move in (one for one in found.recommendations if one.kind == "right_sizing"):
            judged += 1
            assert (move.stance == "avoid") == (new_usd > old_usd), (model, move.action)
    assert judged >= 3


def test_parts_of_a_bill_add_up_by_name() -> None:
    metrics = metrics_of(
        [*calls(10, model="gpt-5.5", cost=0.03), *calls(10, model="gpt-4o", service_tier="priority")]
    )
    assert metrics.by_model is not UNSET
    assert float(np.sum([row.usd_in_window for row in metrics.by_model])) == pytest.approx(metrics.bill_usd)
