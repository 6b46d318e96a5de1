"""What made a bill differ: planted changes of one factor, and sums that hold for any log."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.explain.explanation import Explanation, explained
from netra.domain.optimization.explain.periods import Periods, periods_around, periods_of
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Charge, Rate, Tariff
from netra.domain.optimization.tariff import Dated, Regional, ServedTier
from netra.domain.workloads.columns import columns_of, empty_events
from netra.domain.workloads.model import Event

Call = Callable[..., Event]
Price = Callable[..., Tariff]
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
CHANGE_S = 10_000
CHANGE = periods_around(BEGIN + timedelta(seconds=CHANGE_S))


def why(
    before: Sequence[dict[str, Any]],
    after: Sequence[dict[str, Any]],
    call: Call,
    *tariffs: Tariff,
    periods: Periods = CHANGE,
) -> Explanation:
    """Explain the change between two sides of equal length, each given as the fields of its calls."""
    rows = [
        call(begin + CHANGE_S * (place + 1) / (len(side) + 1), **fields)
        for begin, side in ((0, before), (CHANGE_S, after))
        for place, fields in enumerate(side)
    ]
    prices = PriceList(tariffs={tariff.model: tariff for tariff in tariffs})
    return explained(columns_of(rows), prices=prices, periods=periods)


def usd(found: Explanation) -> dict[str, float]:
    """Return the effects that are not zero."""
    return {one.name: one.usd for one in found.effects if abs(one.usd) > 1e-12}


def only(found: Explanation, name: str) -> None:
    """Check that one effect makes the whole difference."""
    assert usd(found) == {name: pytest.approx(found.after_usd - found.before_usd, abs=1e-12)}
    assert found.after_usd != found.before_usd


FULL: dict[str, Any] = {
    "feature": "chat",
    "service_tier": "default",
    "region": "eu",
    "cached_input_tokens": 200,
    "cache_write_tokens": 100,
    "cost": None,
}


def calls(count: int = 100, **fields: Any) -> list[dict[str, Any]]:
    return [FULL | fields for _ in range(count)]


def test_a_third_more_calls_are_volume(call: Call, tariff: Price) -> None:
    only(why(calls(90), calls(120), call, tariff()), "volume")


def test_longer_answers_are_output_length(call: Call, tariff: Price) -> None:
    found = why(calls(), calls(tokens=(1000, 130)), call, tariff())
    only(found, "output_length")
    assert found.after_usd - found.before_usd == pytest.approx(100 * 30 * 4e-6)


def test_longer_prompts_are_input_length(call: Call, tariff: Price) -> None:
    longer = calls(tokens=(2000, 100), cached_input_tokens=400, cache_write_tokens=200)
    only(why(calls(), longer, call, tariff()), "input_length")


def test_a_larger_share_from_the_cache_is_cache_share(call: Call, tariff: Price) -> None:
    # What is written is an eighth of what is not read: its share stays.
    more = calls(cached_input_tokens=600, cache_write_tokens=50)
    only(why(calls(), more, call, tariff()), "cache_share")


def test_caching_that_begins_is_cache_share(call: Call, tariff: Price) -> None:
    none = calls(cached_input_tokens=0, cache_write_tokens=0)
    only(why(none, calls(cached_input_tokens=900, cache_write_tokens=0), call, tariff()), "cache_share")


def test_more_written_is_write_share(call: Call, tariff: Price) -> None:
    dear = tariff(cache_write=Rate(usd_per_token=1.25e-6))
    only(why(calls(), calls(cache_write_tokens=400), call, dear), "write_share")


def test_longer_lived_writes_are_write_share(call: Call, tariff: Price) -> None:
    dear = tariff(cache_write=Rate(usd_per_token=1.25e-6), cache_write_1h=Rate(usd_per_token=2e-6))
    only(why(calls(), calls(cache_write_1h_tokens=100), call, dear), "write_share")


def test_retries_are_not_volume(call: Call, tariff: Price) -> None:
    retried = [*calls(), *calls(30, retry_of="earlier")]
    only(why([*calls(), *calls(10, retry_of="earlier")], retried, call, tariff()), "retries")


def test_retries_alone_are_counted_as_calls(call: Call, tariff: Price) -> None:
    only(why(calls(10, retry_of="lost"), calls(20, retry_of="lost"), call, tariff()), "volume")


def test_a_new_list_price_is_price_list(call: Call, tariff: Price) -> None:
    dearer = tariff(usd=2e-6)
    dated = (Dated(since=None, tariff=tariff()), Dated(since=date(2026, 11, 3), tariff=dearer))
    rows = [call(second, **FULL) for second in (0, 86_399, 86_400, 172_799)]
    prices = PriceList(tariffs={"big": tariff(dated=dated)})
    found = explained(columns_of(rows), prices=prices, periods=periods_of("2026-11-03", None))
    assert usd(found) == {"price_list": pytest.approx(found.before_usd)}
    assert not found.compared.is_hourly


def test_a_discount_that_ends_is_discount(call: Call, tariff: Price) -> None:
    listed = 700e-6 + 100e-6 + 200e-7 + 400e-6
    found = why(calls(cost=listed / 2), calls(cost=listed), call, tariff())
    only(found, "discount")
    assert found.before_usd == pytest.approx(50 * listed)


def test_calls_over_a_context_threshold_are_long_context(call: Call, tariff: Price) -> None:
    cliff = tariff(input=Rate(usd_per_token=1e-6, tiers=((1500, 2e-6),)), cached_input=None)
    plain = {"cached_input_tokens": 0, "cache_write_tokens": 0}
    before = [*calls(50, tokens=(1000, 100), **plain), *calls(50, tokens=(1400, 100), **plain)]
    after = [*calls(50, tokens=(800, 100), **plain), *calls(50, tokens=(1600, 100), **plain)]
    only(why(before, after, call, cliff), "long_context")


def test_searches_are_charges(call: Call, tariff: Price) -> None:
    searching = tariff(charges=(Charge(name="web_search", usd=0.01),))
    one, two = calls(charges={"web_search": 1}), calls(charges={"web_search": 2})
    only(why(one, two, call, searching), "charges")


def test_a_model_without_a_list_price_is_explained_by_its_cost(call: Call, tariff: Price) -> None:
    del tariff
    only(why(calls(cost=0.01), calls(cost=0.02), call), "unlisted")


def test_a_shift_between_features_is_mix_feature(call: Call, tariff: Price) -> None:
    long: dict[str, Any] = {"feature": "report", "tokens": (1000, 900)}
    found = why([*calls(80), *calls(20, **long)], [*calls(60), *calls(40, **long)], call, tariff())
    only(found, "mix_feature")
    (effect,) = [one for one in found.effects if one.name == "mix_feature"]
    assert effect.mostly == "report"
    assert [one.name for one in found.by_kind] == ["report", "chat"]


def test_a_new_feature_is_volume_and_mix(call: Call, tariff: Price) -> None:
    found = why(calls(), [*calls(), *calls(50, feature="new")], call, tariff())
    assert usd(found).keys() <= {"volume", "mix_feature"}
    assert sum(usd(found).values()) == pytest.approx(found.after_usd - found.before_usd)


def test_calls_that_move_to_a_new_model_are_mix_model(call: Call, tariff: Price) -> None:
    both = (tariff(), tariff("small", usd=0.25e-6))
    only(why(calls(), [*calls(70), *calls(30, model="small")], call, *both), "mix_model")


def test_a_swap_of_models_is_told_from_longer_answers(call: Call, tariff: Price) -> None:
    both = (tariff(), tariff("small", usd=0.5e-6))
    found = why(calls(), calls(model="small", tokens=(1000, 200)), call, *both)
    assert usd(found).keys() == {"mix_model", "output_length"}
    assert usd(found)["output_length"] > 0 > usd(found)["mix_model"]


def test_a_swap_of_models_is_told_from_a_new_list_price(call: Call, tariff: Price) -> None:
    dated = (
        Dated(since=None, tariff=tariff("small", usd=0.5e-6)),
        Dated(since=date(2026, 11, 3), tariff=tariff("small", usd=0.8e-6)),
    )
    rows = [call(second, **FULL) for second in (0, 86_399)]
    rows += [call(second, "small", **FULL) for second in (86_400, 172_799)]
    prices = PriceList(tariffs={"big": tariff(), "small": tariff("small", usd=0.8e-6, dated=dated)})
    found = usd(explained(columns_of(rows), prices=prices, periods=periods_of("2026-11-03", None)))
    assert found.keys() == {"mix_model", "price_list"}
    assert found["price_list"] / -found["mix_model"] == pytest.approx(0.678, abs=1e-3)  # ln 1.6 / ln 2


def test_another_tier_is_mix_tier(call: Call, tariff: Price) -> None:
    tiered = tariff(tiers=(ServedTier(name="priority", tariff=tariff(usd=2e-6)),))
    only(why(calls(), calls(service_tier="priority"), call, tiered), "mix_tier")


def test_tokens_that_become_free_are_mix_tier(call: Call, tariff: Price) -> None:
    only(why(calls(), calls(service_tier="reserved"), call, tariff()), "mix_tier")


def test_another_region_is_region(call: Call, tariff: Price) -> None:
    regional = tariff(regional=(Regional(factor=1.1, regions=("us",)),))
    only(why(calls(), calls(region="us"), call, regional), "region")


def test_what_the_log_does_not_hold_is_not_known_and_left_out(call: Call, tariff: Price) -> None:
    found = why([{}] * 3, [{"tokens": (1000, 300)}] * 3, call, tariff())
    only(found, "output_length")
    assert [(one.name, one.needs) for one in found.not_known] == [
        ("mix_feature", "feature or template"),
        ("retries", "retry_of"),
        ("mix_tier", "service_tier"),
        ("region", "region"),
        ("cache_share", "cached_input_tokens"),
        ("write_share", "cache_write_tokens"),
        ("discount", "cost"),
        ("charges", "charges"),
    ]
    assert not {one.name for one in found.effects} & {one.name for one in found.not_known}
    assert found.effects[0].mostly is None


def test_calls_without_a_price_are_in_neither_bill(call: Call, tariff: Price) -> None:
    found = why([*calls(), *calls(5, model="unheard-of")], calls(), call, tariff())
    assert (found.calls_without_price, found.models_without_price) == (5, ("unheard-of",))
    assert usd(found) == {}


def test_periods_of_different_length_are_compared_by_the_hour(call: Call, tariff: Price) -> None:
    rows = [call(second, **FULL) for second in range(0, 10_000, 100)]
    rows += [call(second, **FULL) for second in range(10_000, 20_000, 50)][:100]
    prices = PriceList(tariffs={"big": tariff()})
    found = explained(columns_of(rows), prices=prices, periods=CHANGE)
    assert found.compared.is_hourly
    volume = next(one for one in found.effects if one.name == "volume")
    assert volume.usd == pytest.approx(0.0)
    assert volume.usd_per_hour == pytest.approx(found.after.usd_per_hour - found.before.usd_per_hour)
    assert found.after.usd_per_hour == pytest.approx(2 * found.before.usd_per_hour, rel=0.02)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (
            "2026-11-01",
            "before: the period from 2026-11-02T00:00:00+00:00 to 2026-11-01T00:00:00+00:00: it holds no",
        ),
        ("2026-11-01/2026-11-02", "the log is from 2026-11-02T00:00:00+00:00 to 2026-11-02T01:00:00+00:00"),
    ],
)
def test_a_period_without_calls_is_refused(before: str, said: str, call: Call, tariff: Price) -> None:
    rows = columns_of([call(0), call(3600)])
    prices = PriceList(tariffs={"big": tariff()})
    with pytest.raises(ValidationFailed) as refused:
        explained(rows, prices=prices, periods=periods_of(before, "2026-11-02"))
    assert said in refused.value.message


def test_an_empty_log_and_one_without_prices_are_refused(call: Call) -> None:
    with pytest.raises(ValidationFailed, match="the log holds no call"):
        explained(empty_events(), prices=PriceList(tariffs={}), periods=CHANGE)
    with pytest.raises(ValidationFailed, match="no call in it has a known price"):
        why(calls(2), calls(2), call)


rows = st.fixed_dictionaries(
    {
        "model": st.sampled_from(("big", "small", "unpriced")),
        "tokens": st.tuples(st.integers(0, 3000), st.integers(0, 500)),
        "feature": st.sampled_from((None, "chat", "report")),
        "service_tier": st.sampled_from((None, "priority", "reserved", "unheard-of")),
        "region": st.sampled_from((None, "us")),
        "provider": st.sampled_from((None, "acme")),
        "cached_input_tokens": st.sampled_from((None, 0, 100, 5000)),
        "cache_write_tokens": st.sampled_from((None, 0, 100)),
        "cache_write_1h_tokens": st.sampled_from((None, 0, 50)),
        "retry_of": st.sampled_from((None, None, "x")),
        "cost": st.sampled_from((None, None, 0.0, 0.001, 0.5)),
        "charges": st.sampled_from((None, {"web_search": 2})),
    }
)


@settings(max_examples=100)
@given(before=st.lists(rows, min_size=1, max_size=12), after=st.lists(rows, min_size=1, max_size=12))
def test_effects_sum_to_the_difference_and_terms_to_the_bill(
    before: list[dict[str, Any]], after: list[dict[str, Any]], call: Call, tariff: Price
) -> None:
    known: dict[str, Any] = {"model": "big", "tokens": (10, 1), "cost": 0.25}
    big = tariff(
        input=Rate(usd_per_token=1e-6, tiers=((1500, 2e-6),)),
        tiers=(ServedTier(name="priority", tariff=tariff(usd=2e-6)),),
        regional=(Regional(factor=1.1, regions=("us",)),),
        charges=(Charge(name="web_search", usd=0.01),),
        usd_per_request=0.001,
    )
    found = why([known, *before], [known, *after], call, big, tariff("small", usd=0.2e-6))
    total = sum(one.usd for one in found.effects)
    assert total == pytest.approx(found.after_usd - found.before_usd, abs=1e-9)
    per_hour = sum(one.usd_per_hour for one in found.effects)
    assert per_hour == pytest.approx(found.after.usd_per_hour - found.before.usd_per_hour, abs=1e-9)
    assert sum(one.after_usd for one in found.by_kind) == pytest.approx(found.after_usd, abs=1e-9)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Explanation) == found
