"""Bills at list prices: tiers, parts of the input, and what is unknown."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.price_list import PriceList, labels_needed, unpriced_labels
from netra.domain.optimization.pricing import Hours, Rate, Tariff, bill_usd, billed, billed_as, costs_usd
from netra.domain.workloads.columns import Events, Labels, empty_events, labels_of

FLAT = Tariff(
    model="flat",
    provider="p",
    input=Rate(usd_per_token=2.0),
    cached_input=Rate(usd_per_token=0.5),
    cache_write=Rate(usd_per_token=2.5),
    output=Rate(usd_per_token=8.0),
    usd_per_request=0.25,
)
TIERED = Tariff(
    model="tiered",
    provider="p",
    input=Rate(usd_per_token=1.0, tiers=((10, 3.0), (20, 5.0))),
    output=Rate(usd_per_token=1.0, tiers=((10, 7.0),)),
)
PRICES = PriceList(tariffs={"flat": FLAT, "tiered": TIERED})


def log(
    *calls: tuple[str | None, int, int], cached: list[int] | None = None, written: list[int] | None = None
) -> Events:
    """Return a log of (model, input tokens, output tokens)."""
    return Events(
        at_ns=np.arange(len(calls), dtype=np.int64),
        model=labels_of(model for model, _, _ in calls) or Labels(codes=np.zeros(0, np.int32), names=()),
        input_tokens=np.array([tokens for _, tokens, _ in calls], np.int64),
        output_tokens=np.array([tokens for _, _, tokens in calls], np.int64),
        cached_input_tokens=None if cached is None else np.array(cached, np.int64),
        cache_write_tokens=None if written is None else np.array(written, np.int64),
    )


def test_every_part_of_a_call_has_its_own_price() -> None:
    events = log(("flat", 10, 3), cached=[4], written=[1])
    assert costs_usd(events, PRICES).tolist() == [5 * 2.0 + 4 * 0.5 + 1 * 2.5 + 3 * 8.0 + 0.25]


def test_a_tier_is_a_cliff_for_the_whole_request_and_starts_above_its_bound() -> None:
    events = log(("tiered", 10, 1), ("tiered", 11, 1), ("tiered", 21, 1))
    assert costs_usd(events, PRICES).tolist() == [11.0, 33.0 + 7.0, 105.0 + 7.0]


def test_requests_are_priced_alone_never_as_their_sum() -> None:
    assert bill_usd(log(("tiered", 10, 0), ("tiered", 10, 0)), PRICES) == 20.0


def test_a_model_without_a_tariff_costs_an_unknown_amount_and_is_named() -> None:
    events = log(("flat", 1, 0), ("mystery", 1, 0), (None, 1, 0))
    first, *rest = costs_usd(events, PRICES).tolist()
    assert first == 2.25
    assert all(math.isnan(cost) for cost in rest)
    assert bill_usd(events, PRICES) == 2.25
    assert unpriced_labels(events, PRICES) == ("mystery",)


def test_tokens_whose_price_is_unknown_are_billed_as_input_and_that_is_said() -> None:
    charged = billed(log(("tiered", 5, 0), ("flat", 5, 0), cached=[4, 4], written=[1, 1]), PRICES)
    assert charged.usd().tolist()[0] == 5.0
    assert charged.assumptions == (
        "tiered has no known price for cached input: billed at its input price.",
        "tiered has no known price for cache writes: billed at its input price.",
    )


def test_cached_tokens_of_a_model_without_tariff_are_no_assumption() -> None:
    assert billed(log(("mystery", 5, 0), cached=[4]), PRICES).assumptions == ()


def test_missing_and_impossible_parts_never_exceed_the_input() -> None:
    charged = billed(log(("flat", 5, 0), ("flat", 5, 0), cached=[-1, 9], written=[2, 9]), PRICES)
    assert charged.uncached_input_tokens.tolist() == [3, 0]
    assert charged.cached_input_tokens.tolist() == [0, 5]
    assert charged.cache_write_tokens.tolist() == [2, 0]


def test_a_log_can_be_billed_as_another_model_had_served_it() -> None:
    events = log(("mystery", 10, 0), (None, 11, 0))
    assert billed_as(events, TIERED).usd().tolist() == [10.0, 33.0]


def test_prices_of_an_hour_hold_in_that_hour_of_any_day_and_over_midnight() -> None:
    dear = Tariff(model="peak", provider="p", input=Rate(usd_per_token=9.0), output=Rate(usd_per_token=0.0))
    peak = Hours(from_s=3_600, to_s=7_200, tariff=dear)
    night = Hours(from_s=86_000, to_s=10, tariff=TIERED)
    tariff = Tariff(
        model="hourly",
        provider="p",
        input=Rate(usd_per_token=2.0),
        output=Rate(usd_per_token=0.0),
        hours=(peak, night),
    )
    events = log(*[("hourly", 1, 0)] * 6)
    seconds = [3_599, 3_600, 86_400 + 7_199, 7_200, 86_399, 86_400 + 9]
    events = msgspec.structs.replace(events, at_ns=np.array(seconds, np.int64) * 10**9)
    assert costs_usd(events, PriceList(tariffs={"hourly": tariff})).tolist() == [2.0, 9.0, 9.0, 2.0, 1.0, 1.0]


def test_only_labels_that_a_call_carries_are_needed() -> None:
    events = log(("flat", 1, 1), ("tiered", 1, 1), (None, 1, 1))
    assert labels_needed(events.take(np.array([2, 1]))) == ("tiered",)


def test_nothing_costs_nothing() -> None:
    assert bill_usd(empty_events(), PRICES) == 0.0
    assert labels_needed(empty_events()) == ()


@given(
    calls=st.lists(
        st.tuples(st.sampled_from(["flat", "tiered"]), st.integers(0, 40), st.integers(0, 9)), min_size=1
    ),
    factor=st.floats(0.01, 100),
)
def test_scaling_all_prices_scales_the_bill(calls: list[tuple[str, int, int]], factor: float) -> None:
    def scaled(rate: Rate) -> Rate:
        return Rate(
            usd_per_token=rate.usd_per_token * factor,
            tiers=tuple((at, usd * factor) for at, usd in rate.tiers),
        )

    dearer = PriceList(
        tariffs={
            name: Tariff(
                model=name,
                provider="p",
                input=scaled(tariff.input),
                output=scaled(tariff.output),
                usd_per_request=tariff.usd_per_request * factor,
            )
            for name, tariff in PRICES.tariffs.items()
        }
    )
    events = log(*calls)
    assert bill_usd(events, dearer) == pytest.approx(bill_usd(events, PRICES) * factor)
