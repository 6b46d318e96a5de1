"""Who decides what is cached, from how many tokens and for how long: facts that no price list holds.

As of 2026-11. OpenAI: automatic from 1,024 tokens in steps of 128, kept 5 to 10 minutes of idleness and at
most an hour (developers.openai.com, guide "Prompt caching"); from GPT-5.6 on at least 30 minutes
(`prompt_cache_options.ttl` of its API reference, November 2026), which a write at 1.25 x input buys; no
source says so of Azure. Anthropic: marked by the caller, from a number of tokens by model (`published`),
for 5 minutes (write 1.25 x input) or an hour (write 2 x), each use renewing it (docs of Claude, "Prompt
caching"). Google: implicit for Gemini 2.5 and later, from 2,048 tokens, 4,096
for Gemini 3 and later, no stated life (ai.google.dev, "Context caching", 2026-10-23). DeepSeek: automatic in
units of 64 tokens, cleared after hours to days of idleness (api-docs.deepseek.com, "Context caching").
"""

from typing import Literal

import msgspec

from netra.adapters.prices.published import minimum_tokens
from netra.adapters.prices.versions import version_of


class CachingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How one provider caches one model's prompts; `caching` None means it is not known."""

    caching: Literal["automatic", "explicit"] | None = None
    min_tokens: int = 1024
    is_min_known: bool = True  # published, and not taken for granted
    granularity_tokens: int = 128
    ttl_s: tuple[int, ...] = (300,)


UNKNOWN = CachingFacts(is_min_known=False)
OPENAI = CachingFacts(caching="automatic", min_tokens=1024, granularity_tokens=128, ttl_s=(300,))
OPENAI_5_6 = msgspec.structs.replace(OPENAI, ttl_s=(1800,))
ANTHROPIC = CachingFacts(caching="explicit", min_tokens=1024, granularity_tokens=1, ttl_s=(300, 3600))
GEMINI_2 = CachingFacts(caching="automatic", min_tokens=2048, granularity_tokens=1, ttl_s=(300,))
GEMINI = CachingFacts(caching="automatic", min_tokens=4096, granularity_tokens=1, ttl_s=(300,))
DEEPSEEK = CachingFacts(caching="automatic", min_tokens=64, granularity_tokens=64, ttl_s=(3600,))


def caching_facts(*, provider: str, model: str) -> CachingFacts:
    """Return how `provider` (an id of the price data) caches prompts of `model`."""
    if model.startswith("claude"):
        least = minimum_tokens(model)
        return msgspec.structs.replace(ANTHROPIC, min_tokens=least or 1024, is_min_known=least is not None)
    if provider == "google" and model.startswith("gemini"):
        return GEMINI_2 if model.startswith("gemini-2") else GEMINI
    if provider == "openai" and model.startswith("gpt-") and version_of(model) >= (5, 6):
        return OPENAI_5_6
    return {"openai": OPENAI, "azure": OPENAI, "deepseek": DEEPSEEK}.get(provider, UNKNOWN)
