"""The audit prices each call by itself, and the compiled bill agrees with it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netra.adapters.files.reader import FileRequestLogs
from netra.adapters.prices.book import GenaiPriceBook
from netra.adapters.prices.price_audit import GenaiPriceAudit
from netra.domain.optimization.price_check import evenly, price_check
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event
from netra.entrypoints.commands.sample_log import sample_events

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOK = GenaiPriceBook(now=lambda: NOON)
SHARED = Path("../shared/data")


def test_the_bill_of_a_day_agrees_call_by_call() -> None:
    events = columns_of(sample_events(np.random.default_rng(1), requests=400))
    prices = price_list(events, BOOK, default_model="gpt-4o")
    shares: list[float] = []
    listed = GenaiPriceAudit().listed_usd(events, prices, progress=shares.append)
    found = price_check(events, prices, listed_usd=listed)
    assert (found.agrees, found.rows_compared) == (True, 400)
    assert found.row_error_max < 1e-9
    assert shares == [0.0]


def test_each_call_is_asked_for_at_its_own_provider() -> None:
    some, other = (
        Event(timestamp=NOON, model="gpt-oss-120b", provider=name, input_tokens=1_000_000, output_tokens=0)
        for name in ("azure", "cerebras")
    )
    events = columns_of([some, some, other])
    prices = price_list(events, BOOK, default_model="gpt-4o")
    assert len(prices.at_providers) == 2
    listed = GenaiPriceAudit().listed_usd(events, prices)
    assert listed[0] == listed[1] != listed[2]
    assert price_check(events, prices, listed_usd=listed).agrees


def test_a_regional_model_of_bedrock_is_asked_for_by_the_name_in_the_log() -> None:
    name = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    events = columns_of(
        [Event(timestamp=NOON, model=name, provider="aws", input_tokens=1_000_000, output_tokens=0)]
    )
    prices = price_list(events, BOOK, default_model="gpt-4o")
    listed = GenaiPriceAudit().listed_usd(events, prices)
    assert price_check(events, prices, listed_usd=listed).agrees
    assert listed[0] > 3.0  # dollars a million tokens anywhere but in a region


def test_own_and_unknown_prices_are_not_listed_anywhere() -> None:
    events = columns_of(sample_events(np.random.default_rng(1), requests=20))
    own = Tariff(model="gpt-4o", provider="us", input=Rate(usd_per_token=1.0), output=Rate(usd_per_token=1.0))
    listed = GenaiPriceAudit().listed_usd(events, PriceList(tariffs={"gpt-4o": own}))
    assert np.isnan(listed).all()


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["azure_llm_2023_conv.csv", "mooncake_synthetic.jsonl"])
@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-5", "gemini-2.5-pro"])
def test_the_public_traces_agree_at_any_model(name: str, model: str) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{SHARED / name} is not here")
    events = evenly(FileRequestLogs().read(str(SHARED / name)).events, at_most=100)
    prices = price_list(events, BOOK, default_model="gpt-4o", model=model)
    found = price_check(events, prices, listed_usd=GenaiPriceAudit().listed_usd(events, prices))
    assert (found.agrees, found.rows_compared) == (True, 100)


def test_tiers_long_lived_writes_and_charges_agree_and_what_is_not_published_is_not_compared() -> None:
    def call(model: str, **fields: Any) -> Event:
        given = {"input_tokens": 20_000, "output_tokens": 500} | fields
        return Event(timestamp=NOON, model=model, **given)

    compared = [
        *(call("gpt-5.5", service_tier=tier) for tier in ("flex", "priority", "fast", "batch", "default")),
        call("claude-opus-5", cache_write_tokens=9_000, cache_write_1h_tokens=8_000),
        call("claude-opus-5", service_tier="batch", cache_write_tokens=9_000, cached_input_tokens=500),
        call("gpt-5.5", charges={"web_search": 2, "file_search": 1, "container": 1}),
    ]
    left_out = [
        call("gpt-5.5", region="eu"),
        call("gpt-6-sol", cache_write_12h_tokens=9_000),
        call("gpt-5.5", service_tier="scale"),
        call("gpt-4o", service_tier="flex"),
        call("gpt-nowhere"),
    ]
    events = columns_of([*compared, *left_out])
    prices = price_list(events, BOOK, default_model="gpt-4o")
    listed = GenaiPriceAudit().listed_usd(events, prices)
    found = price_check(events, prices, listed_usd=listed)
    assert (found.rows_compared, found.agrees) == (len(compared), True)
    assert np.isnan(listed[len(compared) :]).all()
