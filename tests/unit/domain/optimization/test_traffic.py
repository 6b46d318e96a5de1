"""Traffic as priced columns, and the changes that can be made to it."""

from collections.abc import Callable

import numpy as np
import pytest

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.traffic import (
    UNPRICED,
    batch_variant,
    batched,
    cached,
    call_usd,
    capped,
    dropped,
    hosted,
    on_own_gpus,
    routed,
    total_usd,
    traffic_of,
)
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]
EVERY = np.array([True])


def test_a_call_costs_its_tokens_at_list_prices(study: Make, call: Call) -> None:
    traffic = study([call(tokens=(1000, 100))]).traffic
    assert total_usd(traffic) == pytest.approx(1000e-6 + 100 * 4e-6)


def test_calls_of_one_model_cost_what_their_own_provider_asks(call: Call, tariff: Price) -> None:
    events = columns_of([call(provider="x"), call(provider="y"), call(provider="z"), call(), call(model="b")])
    prices = PriceList(
        tariffs={"big": tariff()},
        at_providers={("big", "y"): tariff(usd=5e-6, provider="y"), ("big", "z"): None},
    )
    traffic = traffic_of(events, prices)
    assert traffic.tariff.tolist() == [0, 1, UNPRICED, 0, UNPRICED]  # equal prices are the same prices
    assert call_usd(traffic).tolist() == pytest.approx([1.4e-3, 7e-3, 0, 1.4e-3, 0])


def test_a_call_of_unknown_model_costs_nothing_known(study: Make, call: Call) -> None:
    traffic = study([call(model="mystery"), call()]).traffic
    assert call_usd(traffic).tolist() == [0.0, pytest.approx(1.4e-3)]


def test_cached_and_written_tokens_of_the_log_are_billed_as_such(
    study: Make, call: Call, tariff: Price
) -> None:
    priced = tariff(cache_write=Rate(usd_per_token=1.25e-6))
    traffic = study([call(tokens=(1000, 0), cached_input_tokens=600, cache_write_tokens=300)], priced).traffic
    assert total_usd(traffic) == pytest.approx(100e-6 + 600e-7 + 300 * 1.25e-6)


def test_a_dropped_call_costs_nothing(study: Make, call: Call) -> None:
    traffic = study([call()]).traffic
    assert total_usd(dropped(traffic, EVERY)) == 0


def test_a_hosted_call_costs_what_the_hosting_costs(study: Make, call: Call) -> None:
    traffic = study([call()]).traffic
    assert total_usd(hosted(traffic, EVERY, hosting_usd_in_window=7.0)) == 7.0


def test_a_batched_call_costs_the_models_own_batch_price(study: Make, call: Call, tariff: Price) -> None:
    priced = tariff(batch=tariff(usd=0.4e-6))
    traffic = study([call(tokens=(1000, 0))], priced).traffic
    assert total_usd(batched(traffic, EVERY)) == pytest.approx(1000 * 0.4e-6)


def test_without_a_batch_price_nothing_is_batched(study: Make, call: Call) -> None:
    traffic = study([call()]).traffic
    assert not batched(traffic, EVERY).batched.any()


def test_a_call_that_a_batch_makes_dearer_stays_where_it_is(study: Make, call: Call, tariff: Price) -> None:
    dear_reads = tariff(usd=0.5e-6, cached_input=None)  # cached input in batches at the batch's input price
    traffic = study([call(tokens=(1000, 0), cached_input_tokens=1000)], tariff(batch=dear_reads)).traffic
    assert not batched(traffic, EVERY).batched.any()


def test_unknown_cache_writes_in_batches_are_taken_at_the_full_price(tariff: Price) -> None:
    write = Rate(usd_per_token=1.25e-6)
    variant = batch_variant(tariff(cache_write=write, batch=tariff(usd=0.5e-6)))
    assert variant is not None
    assert variant.cache_write == write


def test_a_cap_cuts_only_what_is_longer(study: Make, call: Call) -> None:
    traffic = study([call(tokens=(1, 50)), call(tokens=(1, 500))]).traffic
    assert capped(traffic, np.array([True, True]), output_tokens=100).output_tokens.tolist() == [50, 100]


def test_reads_and_writes_never_exceed_the_input(study: Make, call: Call) -> None:
    traffic = study([call(tokens=(1000, 0))]).traffic
    split = cached(traffic, EVERY, read_tokens=np.array([800]), write_tokens=np.array([800]))
    assert (int(split.cached_input_tokens[0]), int(split.cache_write_tokens[0])) == (800, 200)


def test_a_routed_call_costs_what_the_other_model_asks(study: Make, call: Call, tariff: Price) -> None:
    traffic = study([call(tokens=(1000, 0))]).traffic
    moved = routed(traffic, EVERY, to=tariff("small", usd=0.1e-6))
    assert total_usd(moved) == pytest.approx(1000e-7)
    assert routed(moved, EVERY, to=tariff("small", usd=0.1e-6)).tariffs == moved.tariffs


def test_what_was_refused_stands_in_the_bill_and_no_change_saves_it(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [call(tokens=(1000, 0), status="429"), call(tokens=(1000, 0), status="ok")]
    traffic = study(calls, tariff(batch=tariff(usd=0.5e-6))).traffic
    everywhere = np.ones(2, np.bool_)
    assert call_usd(traffic).tolist() == [pytest.approx(1e-3), pytest.approx(1e-3)]
    assert call_usd(dropped(traffic, everywhere)).tolist() == [pytest.approx(1e-3), 0.0]
    assert call_usd(batched(traffic, everywhere)).tolist() == [pytest.approx(1e-3), pytest.approx(0.5e-3)]
    rented = hosted(traffic, everywhere, hosting_usd_in_window=1.0)
    assert total_usd(rented) == pytest.approx(1.001)
    assert total_usd(on_own_gpus(traffic, everywhere, hosting_usd_in_window=1.0)) == pytest.approx(1.0)


def test_what_own_gpus_do_not_serve_keeps_what_it_has_in_the_bill(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [call(n, model, (1000, 0), status="429") for n, model in enumerate(("open", "big"))]
    traffic = study(calls, tariff("open"), tariff()).traffic
    served = on_own_gpus(traffic, np.array([True, False]), hosting_usd_in_window=1.0)
    assert call_usd(served).tolist() == [0.0, pytest.approx(1e-3)]
    assert total_usd(dropped(served, np.array([True, True]))) == pytest.approx(1.001)
