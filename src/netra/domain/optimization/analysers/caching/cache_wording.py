"""What to do about prompt caching, in words and settings: the ways of `cache_schemes` as people set them."""

from collections.abc import Sequence

from netra.domain.optimization.analysers.caching.cache_schemes import OFF, Scheme, is_explicit
from netra.domain.optimization.supply_config import CacheSetting
from netra.domain.optimization.wording import both


def instruction_of(alike: Sequence[Scheme]) -> str:
    """Return what to do, for ways that `told_together` put together."""
    models, first = _names(alike), alike[0]
    if first.ttl_s == OFF:
        return (
            f"Turn explicit prompt caching off for {models}: what it writes costs more than what it reads "
            "saves"
        )
    if first.shared_only:
        return (
            f"Mark the part that prompts to {models} begin alike with for caching with a {first.ttl_s} s "
            "time to live"
        )
    if is_explicit(first.tariff):
        return f"Mark the shared prompt prefixes of {models} for caching with a {first.ttl_s} s time to live"
    return f"Keep the shared part of every prompt to {models} first, so that automatic caching finds it"


def steps_of(alike: Sequence[Scheme]) -> tuple[str, ...]:
    """Return how to do it, step by step."""
    models, first = _names(alike), alike[0]
    if first.ttl_s == OFF:
        return (f"Remove the cache markers from the prompts sent to {models}.",)
    if is_explicit(first.tariff):
        end = "its end" if first.shared_only else "the end of the whole prompt"
        return (
            f"Put the unchanging part of each prompt to {models} first and set one cache marker at {end}.",
            f"Ask for a time to live of {first.ttl_s} s.",
        )
    return (f"Put instructions, tools and documents before what changes in each prompt to {models}.",)


def setting_of(scheme: Scheme) -> CacheSetting:
    """Return a way as one entry of `supply_config`'s `caching`."""
    return CacheSetting(
        model=scheme.tariff.model,
        provider=scheme.tariff.provider,
        enabled=scheme.ttl_s != OFF,
        mode="explicit" if is_explicit(scheme.tariff) else "automatic",
        ttl_s=scheme.ttl_s if scheme.ttl_s != OFF else None,
        cached_part=cached_part(scheme),
        min_tokens=scheme.tariff.cache_min_tokens,
    )


def cached_part(scheme: Scheme) -> str | None:
    """Return how much of each prompt a way caches; None: nothing."""
    if scheme.ttl_s == OFF:
        return None
    return "what prompts begin alike with" if scheme.shared_only else "the whole prompt"


def told_together(schemes: Sequence[Scheme]) -> list[list[Scheme]]:
    """Return the schemes in groups that one instruction serves, in their order."""
    groups: dict[tuple[bool, int, bool], list[Scheme]] = {}
    for scheme in schemes:
        is_marked = is_explicit(scheme.tariff)
        lives_s = scheme.ttl_s if is_marked or scheme.ttl_s == OFF else 0
        groups.setdefault((is_marked, lives_s, scheme.shared_only), []).append(scheme)
    return list(groups.values())


def _names(schemes: Sequence[Scheme]) -> str:
    return both(list(dict.fromkeys(scheme.tariff.model for scheme in schemes)))
