"""What cannot be priced is named, with what would give it a price."""

from datetime import UTC, datetime, timedelta
from typing import Any

from netra.domain.optimization.engine import analyse
from netra.domain.optimization.model import Gap, Goals
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Charge, Rate, Regional, Tariff
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event

START = datetime(2026, 11, 2, tzinfo=UTC)


def gaps_of(*calls: dict[str, Any], tariff: Tariff, **prices: Any) -> list[Gap]:
    common: dict[str, Any] = {"model": "big", "input_tokens": 1_000, "output_tokens": 100}
    events = columns_of(
        [Event(timestamp=START + timedelta(seconds=n), **common | fields) for n, fields in enumerate(calls)]
    )
    known = PriceList(tariffs={"big": tariff}, **prices)
    analysis = analyse(events, goals=Goals(), prices=known, hardware=HARDWARE)
    return [gap for gap in analysis.gaps if gap.kind == "prices"]


def tariff(provider: str = "azure", **fields: Any) -> Tariff:
    rates: dict[str, Any] = {"input": Rate(usd_per_token=1e-6), "output": Rate(usd_per_token=4e-6)}
    return Tariff(model="big", provider=provider, **rates, **fields)


def test_a_log_that_is_all_priced_has_no_gap_in_its_prices() -> None:
    assert gaps_of({}, {"region": "global", "charges": {}}, tariff=tariff()) == []


def test_an_unknown_model_is_named_with_what_it_may_mean() -> None:
    (gap,) = gaps_of({}, {"model": "bigg"}, tariff=tariff(), suggestions={"bigg": ("big", "bigger")})
    assert gap.missing == ("a price of bigg",)
    assert "bigg may be big or bigger" in gap.reason
    assert "1 call went" in gap.reason


def test_charges_without_a_price_are_counted_by_name() -> None:
    searches = tariff(charges=(Charge(name="web_search", usd=0.01),))
    (gap,) = gaps_of(
        {"charges": {"web_search": 1, "container": 2}},
        {"charges": {"container": 3, "audio_seconds": 9}},
        {"model": "other", "charges": {"web_search": 4}},
        {},
        tariff=searches,
    )[1:]
    assert gap.missing == ("a price of audio_seconds", "a price of container", "a price of web_search")


def test_a_region_without_a_known_factor_is_named_where_providers_charge_for_it() -> None:
    (gap,) = gaps_of({"region": "swedencentral"}, {"region": "global"}, {}, tariff=tariff())
    assert gap.missing == ("a regional price of big",)
    assert "1 call" in gap.reason
    assert gaps_of({"region": "swedencentral"}, tariff=tariff(provider="acme")) == []
    priced = tariff(regional=(Regional(factor=1.1),))
    assert gaps_of({"region": "swedencentral"}, tariff=priced) == []


def test_a_commitment_is_named_with_what_its_calls_would_cost() -> None:
    (gap,) = gaps_of({"cost": 0.0}, {"cost": 0.0}, {"cost": 0.0014}, tariff=tariff())
    assert gap.missing == ("the cost of the reserved capacity",)
    assert "2 calls cost nothing" in gap.reason
