"""Published prices and dates that the price data lacks: one small table, each row with its page and date.

`read` is the day on which the page was read. A row is removed once the price data has its value.
"""

import re
from datetime import date
from typing import Final

import msgspec

from netra.adapters.prices.versions import version_of

OPENAI_PRICING: Final = "developers.openai.com/api/docs/pricing"
OPENAI_DEPRECATIONS: Final = "developers.openai.com/api/docs/deprecations"
CLAUDE_PRICING: Final = "platform.claude.com/docs/en/about-claude/pricing"
CLAUDE_CACHING: Final = "platform.claude.com/docs/en/build-with-claude/prompt-caching"
CLAUDE_DEPRECATIONS: Final = "platform.claude.com/docs/en/about-claude/model-deprecations"
GEMINI_DEPRECATIONS: Final = "ai.google.dev/gemini-api/docs/deprecations"


class RegionalFactor(msgspec.Struct, frozen=True, kw_only=True):
    """A factor on token prices for calls processed in `regions`; without regions, all but the global one."""

    provider: str
    family: str  # how the model's id begins
    least_version: tuple[int, int]  # of the family; older ones have no factor
    factor: float
    regions: tuple[str, ...]
    source: str
    read: date


class WriteFactor(msgspec.Struct, frozen=True, kw_only=True):
    """A cache write that lives for 12 hours, as a multiple of the input price."""

    provider: str
    family: str
    least_version: tuple[int, int]
    factor: float
    source: str
    read: date


class RetirementDay(msgspec.Struct, frozen=True, kw_only=True):
    """The day from which a provider no longer serves some models."""

    provider: str
    models: tuple[str, ...]
    on: date
    source: str
    read: date


class MinimumTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The least tokens of a prompt that some models of Anthropic cache, by their families and versions."""

    families: tuple[str, ...]
    tokens: int
    source: str
    read: date


REGIONAL: Final = (
    RegionalFactor(
        provider="openai",
        family="gpt-",
        least_version=(5, 4),  # the first model released on or after 2026-03-05
        factor=1.1,
        regions=(),
        source="developers.openai.com/api/docs/guides/data-residency",
        read=date(2026, 11, 30),
    ),
    RegionalFactor(
        provider="anthropic",
        family="claude-",
        least_version=(4, 6),
        factor=1.1,
        regions=("us",),
        source="platform.claude.com/docs/en/manage-claude/data-residency",
        read=date(2026, 11, 30),
    ),
    RegionalFactor(
        provider="google",
        family="claude-",
        least_version=(4, 5),
        factor=1.1,
        regions=(),
        source=CLAUDE_PRICING,
        read=date(2026, 11, 30),
    ),
    RegionalFactor(
        provider="together",
        family="",
        least_version=(0, 0),
        factor=1.25,
        regions=("us", "ca"),
        source="docs.together.ai/docs/serverless/geo-specific-inference",
        read=date(2026, 11, 30),
    ),
    RegionalFactor(
        provider="x-ai",
        family="grok-4.6",
        least_version=(0, 0),
        factor=1.1,
        regions=("us",),
        source="docs.x.ai/developers/advanced-api-usage/regions",
        read=date(2026, 11, 30),
    ),
)

WRITES_12H: Final = (
    WriteFactor(
        provider="openai",
        family="gpt-",
        least_version=(5, 6),
        factor=2.5,
        source=f"{OPENAI_PRICING}, as the specification of this project quotes it",
        read=date(2026, 11, 30),
    ),
)

MINIMUM_TOKENS: Final = (
    MinimumTokens(
        families=("claude-opus-5", "claude-fable-5", "claude-mythos-5"),
        tokens=512,
        source="platform.claude.com/docs/en/about-claude/models/whats-new-claude-opus-5",
        read=date(2026, 11, 30),
    ),
    MinimumTokens(
        families=(
            "claude-opus-4-8",
            "claude-sonnet-5",
            "claude-sonnet-4-5",
            "claude-opus-4-1",
            "claude-opus-4",
            "claude-sonnet-4",
            "claude-3-7-sonnet",
            "claude-3-5-sonnet",
            "claude-3-opus",
        ),
        tokens=1024,
        source=CLAUDE_CACHING,
        read=date(2026, 11, 30),
    ),
    MinimumTokens(  # of 1,024 and 2,048, which sources state of Sonnet 4.6, the one that was measured
        families=("claude-sonnet-4-6", "claude-3-5-haiku", "claude-3-haiku"),
        tokens=2048,
        source=CLAUDE_CACHING,
        read=date(2026, 11, 30),
    ),
    MinimumTokens(  # of 2,048 and 4,096, which sources state of Opus 4.7, the one that promises less
        families=("claude-opus-4-7", "claude-opus-4-6", "claude-opus-4-5", "claude-haiku-4-5"),
        tokens=4096,
        source=CLAUDE_CACHING,
        read=date(2026, 11, 30),
    ),
)

RETIREMENTS: Final = (
    RetirementDay(
        provider="openai",
        models=(
            "gpt-3.5-turbo",
            "gpt-4",
            "gpt-4-turbo",
            "gpt-4o-2024-05-13",
            "gpt-4.1-nano",
            "o1",
            "o1-pro",
            "o3-mini",
            "o4-mini",
        ),
        on=date(2026, 10, 23),
        source=OPENAI_DEPRECATIONS,
        read=date(2026, 10, 27),
    ),
    RetirementDay(
        provider="openai",
        models=("gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-pro", "o3", "o3-pro"),
        on=date(2026, 12, 11),
        source=OPENAI_DEPRECATIONS,
        read=date(2026, 10, 27),
    ),
    RetirementDay(
        provider="openai",
        models=("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini"),
        on=date(2027, 1, 14),
        source=OPENAI_DEPRECATIONS,
        read=date(2026, 10, 27),
    ),
    RetirementDay(
        provider="openai",
        models=("gpt-5.1",),
        on=date(2027, 4, 1),
        source=OPENAI_DEPRECATIONS,
        read=date(2026, 10, 27),
    ),
    RetirementDay(
        provider="anthropic",
        models=("claude-sonnet-4-5",),
        on=date(2026, 11, 30),
        source=f"{CLAUDE_DEPRECATIONS}, as other tables quote it",
        read=date(2026, 11, 30),
    ),
    RetirementDay(
        provider="anthropic",
        models=("claude-opus-4-5",),
        on=date(2027, 1, 22),
        source=f"{CLAUDE_DEPRECATIONS}, as other tables quote it",
        read=date(2026, 11, 26),
    ),
    RetirementDay(
        provider="google",
        models=("gemini-2.5-pro", "gemini-2.5-flash"),
        on=date(2026, 12, 1),
        source=GEMINI_DEPRECATIONS,
        read=date(2026, 11, 10),
    ),
    RetirementDay(
        provider="google",
        models=("gemini-3.1-flash-lite",),
        on=date(2027, 5, 7),
        source=GEMINI_DEPRECATIONS,
        read=date(2026, 11, 30),
    ),
)
"""On Azure, Bedrock and Vertex the same models have other dates, which are not known here."""


def regional_factor(*, provider: str, model: str) -> RegionalFactor | None:
    """Return the factor that the provider charges for processing `model` in a region."""
    return next((row for row in REGIONAL if _is_of(row, provider=provider, model=model)), None)


def write_12h_factor(*, provider: str, model: str) -> float | None:
    """Return the price of a 12-hour cache write as a multiple of the input price, where one is published."""
    return next((row.factor for row in WRITES_12H if _is_of(row, provider=provider, model=model)), None)


def minimum_tokens(model: str) -> int | None:
    """Return the least tokens of a prompt that a model of Anthropic caches; None where that is not known."""
    family = re.sub(r"-(\d{8}|latest)$", "", model)
    return next((row.tokens for row in MINIMUM_TOKENS if family in row.families), None)


def retirement_day(*, provider: str, model: str) -> date | None:
    """Return the day from which the provider no longer serves `model`, or None if no day is announced."""
    return next((row.on for row in RETIREMENTS if row.provider == provider and model in row.models), None)


def _is_of(row: RegionalFactor | WriteFactor, *, provider: str, model: str) -> bool:
    if row.provider != provider or not model.startswith(row.family):
        return False
    return row.least_version == (0, 0) or version_of(model) >= row.least_version
