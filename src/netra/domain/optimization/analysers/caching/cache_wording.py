"""Words and settings for the caching schemes of `cache_schemes`."""

from collections.abc import Sequence

from netra.domain.optimization.analysers.caching.cache_schemes import (
    OFF,
    WARMED,
    Replays,
    Scheme,
    is_explicit,
)
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Gap
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import CacheSetting
from netra.domain.optimization.wording import both, count


def instruction_of(alike: Sequence[Scheme]) -> str:
    """Return the instruction for the schemes of one group of `grouped_by_instruction`."""
    models, first = _names(alike), alike[0]
    if first.ttl_s == OFF:
        return f"Turn explicit prompt caching off for {models}: its writes cost more than its reads save"
    if first.shared_only:
        return (
            f"Mark only the shared prompt prefixes of {models} for caching, with a {first.ttl_s} s time to "
            "live"
        )
    if is_explicit(first.tariff):
        return f"Mark the whole prompts to {models} for caching, with a {first.ttl_s} s time to live"
    return f"Put the shared part of every prompt to {models} first, so that automatic caching can reuse it"


def steps_of(alike: Sequence[Scheme]) -> tuple[str, ...]:
    """Return the steps that apply the schemes of one group."""
    models, first = _names(alike), alike[0]
    if first.ttl_s == OFF:
        return (f"Remove the cache markers from the prompts sent to {models}.",)
    if is_explicit(first.tariff):
        end = "its end" if first.shared_only else "the end of the whole prompt"
        return (
            f"Put the unchanging part of each prompt to {models} first and set one cache marker at {end}.",
            f"Set the time to live to {first.ttl_s} s.",
        )
    return (
        f"In each prompt to {models}, put instructions, tools and documents before the parts that change.",
    )


def setting_of(scheme: Scheme) -> CacheSetting:
    """Return a scheme as one entry of `caching` in the supply configuration."""
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
    """Return which part of each prompt a scheme caches; None if it turns caching off."""
    if scheme.ttl_s == OFF:
        return None
    return "the shared prompt prefix" if scheme.shared_only else "the whole prompt"


def key_parts(schemes: Sequence[Scheme], *, lever: str | None = None) -> KeyParts:
    """Return what a finding on these schemes is about: their models, and by default how each is cached."""
    makers = [f"{scheme.tariff.provider}/{scheme.tariff.model}" for scheme in schemes]
    ways = [_way(scheme) for scheme in schemes]
    settings = sorted({f"{maker}: {way}" for maker, way in zip(makers, ways, strict=True)})
    return KeyParts(lever=lever or ", ".join(settings), scope=tuple(f"model={maker}" for maker in makers))


def _way(scheme: Scheme) -> str:
    if scheme.ttl_s == OFF:
        return "off"
    if not is_explicit(scheme.tariff):
        return "automatic"  # its time to live is no setting
    return f"explicit, {scheme.ttl_s} s, {cached_part(scheme)}"


def grouped_by_instruction(schemes: Sequence[Scheme]) -> list[list[Scheme]]:
    """Group the schemes that one instruction covers, in order."""
    groups: dict[tuple[bool, int, bool], list[Scheme]] = {}
    for scheme in schemes:
        is_marked = is_explicit(scheme.tariff)
        lives_s = scheme.ttl_s if is_marked or scheme.ttl_s == OFF else 0
        groups.setdefault((is_marked, lives_s, scheme.shared_only), []).append(scheme)
    return list(groups.values())


def warming_of(replays: Replays, schemes: Sequence[Scheme]) -> tuple[str, ...]:
    """Say which calls of the log only fill the replayed cache, or that it starts empty."""
    said: list[str] = []
    kept = [scheme for scheme in schemes if scheme.ttl_s != OFF]
    for ttl_s, filling in sorted({(scheme.ttl_s, _filling(replays, scheme)) for scheme in kept}):
        said.append(
            f"The first {ttl_s:,} s of the log, {count(filling, 'call')}, only fill the cache and stay as "
            "they are, so the saving is stated low by their share."
            if filling
            else f"The replayed cache of {ttl_s:,} s is empty at the log's start, so the real one saves more."
        )
    return tuple(said)


def _filling(replays: Replays, scheme: Scheme) -> int:
    return int((~replays.counted(scheme)).sum())


def too_short(study: Study, scheme: Scheme) -> Gap:
    """Return the gap of a log too short to fill a cache: from an empty one every prompt is written first."""
    ttl_s, model = scheme.ttl_s, scheme.tariff.model
    return Gap(
        kind="prompt_caching",
        missing=(f"{WARMED * ttl_s:,.0f} s of calls to {model}",),
        reason=(
            f"The log covers {study.span.seconds:,.0f} s. On it an empty cache costs more than it saves, but "
            f"the first {ttl_s:,} s only fill the cache of {model}."
        ),
        would_add="Whether marking prompts for caching pays.",
    )


def _names(schemes: Sequence[Scheme]) -> str:
    return both(list(dict.fromkeys(scheme.tariff.model for scheme in schemes)))
