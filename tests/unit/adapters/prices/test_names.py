"""Names of models as clouds, gateways and people spell them, and what to ask where one is not known."""

from datetime import UTC, datetime

import pytest

from netra.adapters.prices.book import GenaiPriceBook

BOOK = GenaiPriceBook(now=lambda: datetime(2026, 11, 30, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("provider", "model", "found"),
    [
        (
            "aws",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        (
            None,
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        ("aws.bedrock", "global.anthropic.claude-opus-4-6-v1", "global.anthropic.claude-opus-4-6-v1:0"),
        (
            None,
            "bedrock/anthropic.claude-3-haiku-20240307-v1:0",
            "regional.anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (
            "bedrock",
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
            "regional.anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (
            None,
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0",
            "regional.anthropic.claude-haiku-4-5-20251001-v1:0",
        ),
        ("google", "claude-opus-4-6@20260205", "claude-opus-4-6"),
        (None, "publishers/anthropic/models/claude-opus-4-6", "claude-opus-4-6"),
        (None, "projects/p/locations/global/publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"),
        (None, "models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("vertex_ai", "gemini-2.5-pro@default", "gemini-2.5-pro"),
        (None, "vertex_ai/gemini-2.5-pro", "gemini-2.5-pro"),
        ("gcp.gemini", "gemini-2.5-flash", "gemini-2.5-flash"),
        ("azure", "gpt-4o-2024-08-06", "gpt-4o"),
        ("az.ai.openai", "gpt-4o", "gpt-4o"),
        (None, "azure/gpt-4o", "gpt-4o"),
        (None, "azure/gpt-35-turbo", "gpt-3.5-turbo"),
        (None, "gpt-35-turbo", "gpt-3.5-turbo"),
        (None, "openrouter/openai/gpt-4o", "openai/gpt-4o"),
        (None, "litellm_proxy/azure/gpt-4o", "gpt-4o"),
        (
            None,
            "proxy/arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
            "regional.anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (None, "gemini-2.5-pro@default", "gemini-2.5-pro"),
        (None, "GPT 4o", "gpt-4o"),
        (None, "gpt4o", "gpt-4o"),
        (None, "gpt_4o", "gpt-4o"),
        (None, "Claude Sonnet 4.5", "claude-sonnet-4-5"),
        (None, "claude-4.5-sonnet", "claude-sonnet-4-5"),
        (None, "Gemini 2.5 Pro", "gemini-2.5-pro"),
        ("OpenAI", "gpt-5.5", "gpt-5.5"),
        (None, " gpt-5.5 ", "gpt-5.5"),
    ],
)
def test_a_name_is_understood(provider: str | None, model: str, found: str) -> None:
    tariff = BOOK.tariff(model, provider=provider)
    assert tariff is not None
    assert tariff.model == found


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("prod-gpt-4o-eastus", "gpt-4o"),
        ("claude-sonet-4.5", "claude-sonnet-4-5"),
        ("team-a/gpt-4.1-mini-prod", "gpt-4.1-mini"),
        ("my-gemini-2.5-pro", "gemini-2.5-pro"),
    ],
)
def test_a_name_that_is_not_known_is_asked_about_and_never_guessed(name: str, meant: str) -> None:
    assert BOOK.tariff(name) is None
    assert BOOK.similar(name)[0] == meant


@pytest.mark.parametrize("name", ["our-own-model", "chat", "xyz"])
def test_a_name_like_no_other_is_like_no_other(name: str) -> None:
    assert BOOK.tariff(name) is None
    assert BOOK.similar(name) == ()


def test_a_model_s_name_at_a_provider_that_does_not_sell_it_stays_unknown() -> None:
    assert BOOK.tariff("Claude Sonnet 4.5", provider="openai") is None
    assert BOOK.tariff("no-such-maker/Claude Sonnet 4.5") is None
