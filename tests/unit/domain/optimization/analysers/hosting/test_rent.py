"""The rent of own GPUs as the bill: whose calls it pays, and what leaving them saves."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from netra.domain.optimization import engine
from netra.domain.optimization.analysers.hosting import self_hosting
from netra.domain.optimization.analysers.hosting.rent import with_own_fleet
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import worth_alone
from netra.domain.optimization.engine import current_option
from netra.domain.optimization.measures.bill import bill_source, monthly_bill
from netra.domain.optimization.model import Goals, GpuFleet, Stance, never_stop
from netra.domain.optimization.own_fleet import OwnFleet, bought, rent_usd
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.price_list import PriceList
from netra.domain.workloads.columns import Events, columns_of

MakeStudy = Callable[..., Study]
Make = Callable[..., Any]
OPEN, OTHER = "Llama-3.1-8B", "Qwen3-32B"
GOALS = Goals(served_on="2x H100", served_replicas=2)
RENT_USD = 4 * 2.95  # an hour of four H100s


def hour(call: Make, *models: str) -> Events:
    """Return 61 calls a minute apart, 1,000 tokens in and 100 out, of the models in turn."""
    return columns_of([call(60.0 * n, models[n % len(models)]) for n in range(61)])


def own_of(study: Study) -> OwnFleet:
    assert study.own_fleet is not None
    return study.own_fleet


def test_the_bill_is_the_rent_of_the_stated_gpus(study: MakeStudy, call: Make, tariff: Make) -> None:
    rented = with_own_fleet(study(hour(call, OPEN), tariff(OPEN), goals=GOALS, hardware=HARDWARE))
    own = own_of(rented)
    assert (own.name, own.gpus, own.usd_per_hour) == ("2 x (2x H100-SXM-80GB)", 4, pytest.approx(RENT_USD))
    assert current_option(rented).usd_in_window == pytest.approx(RENT_USD)
    assert float(rented.invoice.paid_usd.sum()) == pytest.approx(RENT_USD)
    assert np.isnan(rented.invoice.listed_usd).all()
    source = bill_source(rented)
    assert source.source == "rent"
    assert source.rent.usd_in_window == pytest.approx(RENT_USD)
    assert len(rented.bought) == 0


def test_a_model_in_no_price_book_has_a_bill(study: MakeStudy, call: Make) -> None:
    events = hour(call, OPEN)
    measured = engine.measure(
        events, goals=GOALS, prices=PriceList(tariffs={}), hardware=HARDWARE, checkpoint=never_stop
    )
    assert measured.metrics.bill_usd == pytest.approx(RENT_USD)
    assert (measured.metrics.requests_unpriced, measured.metrics.models_unpriced) == (0, ())
    assert measured.metrics.by_model[0].usd_in_window == pytest.approx(RENT_USD)
    analysis = engine.optimise(measured)
    assert not any(gap.kind == "prices" for gap in analysis.gaps)
    (verdict,) = (one for one in analysis.metrics.targets if one.target == "rent_usd_in_window")
    assert (verdict.asked, verdict.met, verdict.reached) == (None, None, pytest.approx(RENT_USD))


def test_only_the_calls_of_the_served_model_are_paid_by_the_rent(
    study: MakeStudy, call: Make, tariff: Make
) -> None:
    events = hour(call, OPEN, OPEN, "gpt")
    rented = with_own_fleet(study(events, tariff(OPEN), tariff("gpt"), goals=GOALS, hardware=HARDWARE))
    gpt_usd = 20 * (1000 + 4 * 100) * 1e-6
    assert current_option(rented).usd_in_window == pytest.approx(RENT_USD + gpt_usd)
    assert bill_source(rented).source == "list"
    assert bill_source(rented).rent.calls == 41
    assert len(rented.bought) == 20


def test_the_served_model_is_the_one_named_else_that_of_most_calls(study: MakeStudy, call: Make) -> None:
    events = hour(call, OPEN, OPEN, OTHER)
    usual = with_own_fleet(study(events, goals=GOALS, hardware=HARDWARE))
    named = msgspec.structs.replace(GOALS, models=(OTHER,))
    asked = with_own_fleet(study(events, goals=named, hardware=HARDWARE))
    assert (own_of(usual).model.name, own_of(asked).model.name) == (OPEN, OTHER)


@pytest.mark.parametrize(
    ("goals", "model"),
    [
        (Goals(), OPEN),
        (Goals(served_on="TPU-v9"), OPEN),
        (Goals(served_on="B300"), OPEN),
        (GOALS, "gpt"),
    ],
)
def test_without_a_priced_gpu_or_an_open_model_nothing_is_rented(
    study: MakeStudy, call: Make, goals: Goals, model: str
) -> None:
    asked = study(hour(call, model), goals=goals, hardware=HARDWARE)
    assert with_own_fleet(asked) is asked


def test_a_log_too_short_for_hours_has_no_rent(study: MakeStudy, call: Make) -> None:
    asked = study([call(0.0, OPEN), call(1.0, OPEN)], goals=GOALS, hardware=HARDWARE)
    assert with_own_fleet(asked) is asked


def test_a_months_rent_is_the_same_whatever_the_traffic(study: MakeStudy, call: Make) -> None:
    events = columns_of([call(3600.0 * n, OPEN) for n in range(50)])
    month, _ = monthly_bill(with_own_fleet(study(events, goals=GOALS, hardware=HARDWARE)))
    assert month is not None
    assert month.value == month.low == month.high == pytest.approx(RENT_USD * 730.5)


def test_leaving_own_gpus_saves_the_rent_less_the_provider(
    study: MakeStudy, call: Make, tariff: Make
) -> None:
    rented = with_own_fleet(study(hour(call, OPEN), tariff(OPEN), goals=GOALS, hardware=HARDWARE))
    (found,) = self_hosting.analyse(rented, checkpoint=never_stop)
    assert isinstance(found, Finding)
    api_usd = 61 * (1000 + 4 * 100) * 1e-6
    assert found.stance is Stance.EVALUATE
    assert found.action == "Compare big at acme with your own 2 x (2x H100-SXM-80GB)".replace("big", OPEN)
    worth = worth_alone(rented, found)
    assert worth.saved_usd == pytest.approx(RENT_USD - api_usd)
    assert worth.low_usd == 0.0  # until the answers are compared


def test_own_gpus_that_keep_some_calls_keep_their_rent(study: MakeStudy, call: Make, tariff: Make) -> None:
    rented = with_own_fleet(study(hour(call, OPEN), goals=GOALS, hardware=HARDWARE))
    some = np.arange(61) < 60
    part = bought(rented.traffic, where=some, to=tariff(OPEN))
    assert part.hosting_usd_in_window == pytest.approx(RENT_USD)
    whole = bought(rented.traffic, where=np.ones(61, np.bool_), to=tariff(OPEN))
    assert whole.hosting_usd_in_window == 0.0


def test_the_rent_is_divided_evenly_where_no_call_has_tokens(study: MakeStudy, call: Make) -> None:
    own = own_of(with_own_fleet(study(hour(call, OPEN), goals=GOALS, hardware=HARDWARE)))
    assert rent_usd(own, np.zeros(61)).tolist() == pytest.approx([RENT_USD / 61] * 61)


def test_a_log_of_what_own_gpus_do_not_serve_says_so(study: MakeStudy, call: Make, tariff: Make) -> None:
    fleet = GpuFleet(name="H100", count=4, is_owned=True, is_serving=True)
    goals = msgspec.structs.replace(GOALS, fleets=(fleet,))
    prices = PriceList(tariffs={"gpt": tariff("gpt", usd=1e-4)})
    analysis = engine.analyse(hour(call, "gpt"), goals=goals, prices=prices, hardware=HARDWARE)
    (verdict,) = (one for one in analysis.metrics.targets if one.target == "rent_usd_in_window")
    assert verdict.met is None
    assert "the log holds no call of an open model" in verdict.why
