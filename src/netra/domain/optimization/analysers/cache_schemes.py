"""Ways to cache one model's prompts, as changes of traffic: where, for how long, and what it moves.

Reads and writes in tokens are computed here, from the replay and the provider's rules. Which way is
best, and the words, are `prompt_caching`'s.
"""

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import groups_of, saved_by_call_usd
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.prefix import chain_tokens, prefix_reuse
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.traffic import Bools, Change, Traffic, cached, routed
from netra.domain.workloads.columns import Floats, Ints

HOUR_S: Final = 3600
OFF: Final = 0


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """One way to cache one model's prompts, and what it saves against the traffic as it is."""

    code: int  # the tariff's place in the study's traffic
    tariff: Tariff  # with the write price that buys this time to live
    ttl_s: int  # OFF: no caching
    where: Bools  # the calls it is switched on for
    saved_usd: float = 0.0  # in the window


def is_explicit(tariff: Tariff) -> bool:
    """Return whether the caller decides what is cached; where unknown, a price on writes says so."""
    if tariff.caching is not None:
        return tariff.caching == "explicit"
    return tariff.cache_write is not None


def schemes_for(study: Study, *, code: int) -> list[Scheme]:
    """Return the ways to cache the calls of one tariff: each time to live, everywhere or where it pays.

    Switching off is one of the ways where the log shows that cache writes are paid for now.
    """
    tariff = study.traffic.tariffs[code]
    mine = study.traffic.tariff == code
    tried = [
        valued(study, Scheme(code=code, tariff=at_ttl(tariff, ttl_s=ttl_s), ttl_s=ttl_s, where=mine))
        for ttl_s in tariff.cache_ttl_s
    ]
    if tariff.cache_write is not None:
        tried += [narrowed for scheme in tried if (narrowed := _narrowed(study, scheme)) is not None]
    if study.traffic.cache_write_tokens[mine].any():
        tried.append(valued(study, Scheme(code=code, tariff=tariff, ttl_s=OFF, where=mine)))
    return tried


def change_of(study: Study, schemes: Sequence[Scheme]) -> Change:
    """Return the change that puts the schemes in force."""
    return partial(_in_force, study=study, schemes=tuple(schemes), replayed={})


def valued(study: Study, scheme: Scheme) -> Scheme:
    """Return the scheme with what it saves."""
    return msgspec.structs.replace(scheme, saved_usd=float(_saved(study, scheme).sum()))


def billed_reads(hit_tokens: Ints, covered_tokens: Ints, *, tariff: Tariff) -> Ints:
    """Return the tokens of each call that are charged as read: whole granules, from the minimum on.

    With automatic caching the hit itself must reach the minimum, with explicit caching the marked
    prefix. OpenAI, prompt caching guide, October 2026: 1,024 tokens and steps of 128.

    >>> from netra.domain.optimization.pricing import Rate
    >>> some = Tariff(model="m", provider="p", input=Rate(usd_per_token=1), output=Rate(usd_per_token=1))
    >>> billed_reads(np.array([1023, 1024, 1300]), np.array([4096, 4096, 4096]), tariff=some).tolist()
    [0, 1024, 1280]
    """
    granule = max(tariff.cache_granularity_tokens, 1)
    whole = hit_tokens // granule * granule
    measured = covered_tokens if is_explicit(tariff) else whole
    return np.where(measured >= tariff.cache_min_tokens, whole, 0)


def _in_force(
    traffic: Traffic, *, study: Study, schemes: Sequence[Scheme], replayed: dict[tuple[bytes, int], Ints]
) -> Traffic:
    """Put the schemes in force; `replayed` remembers replays, as composition asks for the same ones often."""
    covered = chain_tokens(study.events)
    for scheme in schemes:
        where = scheme.where & traffic.kept & ~traffic.hosted & (traffic.tariff == scheme.code)
        if scheme.ttl_s == OFF:
            nothing = np.zeros(len(traffic), np.int64)
            traffic = cached(traffic, where, read_tokens=nothing, write_tokens=nothing)
            continue
        key = (blake2b(where.tobytes(), digest_size=16).digest(), scheme.ttl_s)
        if key not in replayed:
            replayed[key] = _hits(study, where, ttl_s=scheme.ttl_s)
        reads = billed_reads(replayed[key], covered, tariff=scheme.tariff)
        cacheable = covered >= scheme.tariff.cache_min_tokens
        writes = np.where(cacheable, covered - reads, 0) if scheme.tariff.cache_write else reads * 0
        traffic = cached(traffic, where, read_tokens=reads, write_tokens=writes)
        if scheme.tariff != traffic.tariffs[scheme.code]:
            traffic = routed(traffic, where, to=scheme.tariff)
    return traffic


def _hits(study: Study, where: Bools, *, ttl_s: int) -> Ints:
    """Return the replayed hit tokens when only the calls in `where` use the cache."""
    known = next((reuse for reuse in study.reuse if reuse.ttl_s == ttl_s), None)
    models = study.events.model.codes
    others = np.isin(models, np.unique(models[where])) & ~where
    if known is not None and not others.any():
        return np.where(where, known.hit_tokens, 0)
    indexes = np.flatnonzero(where)
    hits = np.zeros(len(where), np.int64)
    for reuse in prefix_reuse(study.events.take(indexes), ttls_s=(ttl_s,)):
        hits[indexes] = reuse.hit_tokens
    return hits


def at_ttl(tariff: Tariff, *, ttl_s: int) -> Tariff:
    """Return the tariff with the write price that buys this time to live."""
    if ttl_s < HOUR_S or tariff.cache_write_1h is None:
        return tariff
    return msgspec.structs.replace(tariff, cache_write=tariff.cache_write_1h)


def _narrowed(study: Study, scheme: Scheme) -> Scheme | None:
    """Return the scheme for the groups of calls that gain under it; None when those are all or none."""
    _, groups = groups_of(study)
    by_group = np.bincount(groups.codes, weights=_saved(study, scheme), minlength=len(groups.names))
    where = scheme.where & (by_group > 0)[groups.codes]
    if not where.any() or np.array_equal(where, scheme.where):
        return None
    return valued(study, msgspec.structs.replace(scheme, where=where))


def _saved(study: Study, scheme: Scheme) -> Floats:
    return saved_by_call_usd(study, change_of(study, [scheme]))
