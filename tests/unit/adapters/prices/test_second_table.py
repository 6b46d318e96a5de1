"""Prices and dates against rows of a second public table, which took them from the providers by itself.

The rows are of LiteLLM 1.110.2 (November 2026), file `model_prices_and_context_window_backup.json`, in
dollars a million tokens. Of its 44 MB only these rows are here; it is a check and never a source.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Final

import pytest

from netra.adapters.prices.book import GenaiPriceBook
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.tariff import served

BOOK: Final = GenaiPriceBook(now=lambda: datetime(2026, 11, 30, 12, tzinfo=UTC))
LONG: Final = 400_000  # tokens of a prompt beyond every cliff
Reader = Callable[[Tariff], Rate | None]

READERS: Final[Mapping[str, Reader]] = {
    "input": lambda tariff: tariff.input,
    "output": lambda tariff: tariff.output,
    "read": lambda tariff: tariff.cached_input,
    "write": lambda tariff: tariff.cache_write,
    "write 1 h": lambda tariff: tariff.cache_write_1h,
    "write 12 h": lambda tariff: tariff.cache_write_12h,
}

ROWS: Final[tuple[tuple[str, str, str | None, dict[str, float], dict[str, float]], ...]] = (
    ("openai", "gpt-5.5", None, {"input": 5.0, "output": 30.0, "read": 0.5}, {"input": 10.0, "output": 45.0}),
    (
        "openai",
        "gpt-5.5",
        "flex",
        {"input": 2.5, "output": 15.0, "read": 0.25},
        {"input": 5.0, "output": 22.5},
    ),
    ("openai", "gpt-5.5", "priority", {"input": 12.5, "output": 75.0, "read": 1.25}, {}),
    (
        "openai",
        "gpt-5.5",
        "batch",
        {"input": 2.5, "output": 15.0, "read": 0.25},
        {"input": 5.0, "output": 22.5},
    ),
    ("openai", "gpt-4o", None, {"input": 2.5, "output": 10.0, "read": 1.25}, {}),
    ("openai", "gpt-4o", "priority", {"input": 4.25, "output": 17.0, "read": 2.125}, {}),
    ("openai", "o3", "flex", {"input": 1.0, "output": 4.0, "read": 0.25}, {}),
    (
        "openai",
        "gpt-6-sol",
        None,
        {"input": 2.0, "output": 10.0, "read": 0.2, "write": 2.5, "write 12 h": 5.0},
        {"input": 4.0, "output": 15.0, "read": 0.4, "write": 5.0, "write 12 h": 10.0},
    ),
    (
        "openai",
        "gpt-6-sol",
        "flex",
        {"input": 1.0, "write": 1.25, "write 12 h": 2.5},
        {"input": 2.0, "output": 7.5, "write 12 h": 5.0},
    ),
    (
        "openai",
        "gpt-6-sol",
        "priority",
        {"input": 4.0, "write": 5.0, "write 12 h": 10.0},
        {"write 12 h": 20.0},
    ),
    ("openai", "gpt-6.1-terra", None, {"input": 1.0, "read": 0.05, "write": 1.25, "write 12 h": 2.5}, {}),
    ("openai", "gpt-5.6-sol", None, {"input": 4.0, "output": 20.0, "write": 5.0, "write 12 h": 10.0}, {}),
    (
        "anthropic",
        "claude-opus-5",
        None,
        {"input": 5.0, "output": 25.0, "read": 0.5, "write": 6.25, "write 1 h": 10.0},
        {},
    ),
    ("anthropic", "claude-opus-5", "batch", {"input": 2.5, "output": 12.5, "read": 0.25, "write": 3.125}, {}),
    (
        "anthropic",
        "claude-sonnet-5-5",
        None,
        {"input": 2.0, "output": 10.0, "read": 0.1, "write": 2.5, "write 1 h": 4.0},
        {},
    ),
    (
        "anthropic",
        "claude-haiku-5-5",
        None,
        {"input": 0.1, "output": 0.5, "read": 0.01, "write": 0.125, "write 1 h": 0.2},
        {"input": 0.5, "output": 2.5, "read": 0.05, "write": 0.625, "write 1 h": 1.0},
    ),
    (
        "anthropic",
        "claude-haiku-5-5",
        "batch",
        {"input": 0.05, "output": 0.25},
        {"input": 0.25, "output": 1.25},
    ),
    ("google", "gemini-3.8-flash", None, {"input": 0.75, "output": 3.75, "read": 0.075}, {}),
    ("google", "gemini-3.8-flash", "batch", {"input": 0.375, "output": 1.875, "read": 0.0375}, {}),
    (
        "google",
        "gemini-2.5-pro",
        None,
        {"input": 1.25, "output": 10.0, "read": 0.125},
        {"input": 2.5, "output": 15.0, "read": 0.25},
    ),
    ("google", "gemini-4-argon", None, {"input": 2.0, "output": 10.0, "read": 0.1}, {}),
    ("groq", "openai/gpt-oss-120b", None, {"input": 0.15, "output": 0.6, "read": 0.075}, {}),
    ("mistral", "mistral-large-4", None, {"input": 0.7, "output": 2.1, "read": 0.07}, {}),
    ("x-ai", "grok-4.7", None, {"input": 2.0, "output": 6.0, "read": 0.5}, {"input": 4.0, "output": 12.0}),
)


@pytest.mark.parametrize(("provider", "model", "tier", "short", "long"), ROWS)
def test_prices_agree_with_the_second_table(
    provider: str, model: str, tier: str | None, short: Mapping[str, float], long: Mapping[str, float]
) -> None:
    standard = BOOK.tariff(model, provider=provider)
    assert standard is not None
    tariff = served(standard, tier=tier, region=None)
    assert tariff is not None
    for kind, usd in short.items():
        rate = READERS[kind](tariff)
        assert rate is not None, kind
        assert rate.usd_per_token * 1e6 == pytest.approx(usd), kind
    for kind, usd in long.items():
        rate = READERS[kind](tariff)
        assert rate is not None, kind
        beyond = [price for above, price in rate.tiers if above < LONG]
        assert beyond[-1] * 1e6 == pytest.approx(usd), kind


@pytest.mark.parametrize("region", ["us", "eu"])
@pytest.mark.parametrize("model", ["gpt-5.5", "gpt-6-sol", "gpt-6.1-terra", "gpt-5.6-sol"])
def test_the_regional_factor_agrees_with_the_second_table(model: str, region: str) -> None:
    standard = BOOK.tariff(model, provider="openai")
    assert standard is not None
    regional = served(standard, tier=None, region=region)
    assert regional is not None
    assert regional.input.usd_per_token == pytest.approx(1.1 * standard.input.usd_per_token)


@pytest.mark.parametrize(
    ("provider", "model", "day"),
    [
        ("openai", "gpt-4o", date(2027, 1, 14)),
        ("openai", "gpt-4o-mini", date(2027, 1, 14)),
        ("openai", "gpt-4.1", date(2027, 1, 14)),
        ("openai", "gpt-4.1-mini", date(2027, 1, 14)),
        ("openai", "gpt-4.1-nano", date(2026, 10, 23)),
        ("openai", "gpt-5", date(2026, 12, 11)),
        ("openai", "gpt-5-mini", date(2026, 12, 11)),
        ("openai", "gpt-5-nano", date(2026, 12, 11)),
        ("openai", "gpt-5.1", date(2027, 4, 1)),
        ("openai", "o3", date(2026, 12, 11)),
        ("openai", "o4-mini", date(2026, 10, 23)),
        ("google", "gemini-2.5-pro", date(2026, 12, 1)),
        ("google", "gemini-2.5-flash", date(2026, 12, 1)),
        ("google", "gemini-3.1-flash-lite", date(2027, 5, 7)),
        ("anthropic", "claude-sonnet-4-5", date(2026, 11, 30)),
    ],
)
def test_days_of_retirement_agree_with_the_second_table(provider: str, model: str, day: date) -> None:
    tariff = BOOK.tariff(model, provider=provider)
    assert tariff is not None
    assert tariff.retires == day


def test_the_second_table_and_the_book_count_searches_alike() -> None:
    for provider, model, usd in (
        ("openai", "gpt-5.5", 0.01),
        ("anthropic", "claude-opus-5", 0.01),
        ("google", "gemini-3.8-flash", 0.014),
        ("google", "gemini-2.5-pro", 0.035),
    ):
        tariff = BOOK.tariff(model, provider=provider)
        assert tariff is not None
        assert tariff.charge_usd("web_search") == pytest.approx(usd)
