"""How much of each prompt was seen before: prefix reuse by replay of the real sequence (grade B).

Only tokens live here. What a reused token is worth, with a provider's minimum and granularity, is
the caching analyser's.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Events, Ints, Prefixes

TTLS_S: Final[tuple[int | None, ...]] = (60, 300, None)
_NEVER: Final = np.iinfo(np.int64).max  # the gap of a block that nobody used before
_NS_PER_S: Final = 1_000_000_000


class PrefixReuse(msgspec.Struct, frozen=True, kw_only=True):
    """What one time to live would have reused; `ttl_s` None never forgets."""

    ttl_s: int | None
    hit_tokens: Ints  # an event, in the log's own order; 0 where the event names no prefix
    token_share: float  # of all input tokens of the log, 0..1; 0.0 when it has none


def prefix_reuse(events: Events, *, ttls_s: Sequence[int | None] = TTLS_S) -> tuple[PrefixReuse, ...]:
    """Return what each time to live (whole seconds) would have reused; empty without prefix hashes.

    Events are replayed oldest first, equal instants in the log's order. A block lives while its
    last use is at most the time to live ago; every block of a request counts as used, hit or not.
    A request's reuse is its longest run of live blocks from the start, in tokens, at most its
    input. Models (and providers) share no blocks: a KV cache belongs to one model.
    """
    if events.prefixes is None:
        return ()
    gaps_ns = _gaps_ns(events, events.prefixes)
    total = int(events.input_tokens.sum())
    found: list[PrefixReuse] = []
    for ttl_s in ttls_s:
        limit_ns = _NEVER - 1 if ttl_s is None else ttl_s * _NS_PER_S
        hits = _hit_tokens(events, events.prefixes, dead=gaps_ns > limit_ns)
        share = int(hits.sum()) / total if total else 0.0
        found.append(PrefixReuse(ttl_s=ttl_s, hit_tokens=hits, token_share=share))
    return tuple(found)


def chain_tokens(events: Events) -> Ints:
    """Return the tokens each event's prefix chain covers, at most its input; 0 without a chain."""
    if events.prefixes is None:
        return np.zeros(len(events), np.int64)
    covered = np.diff(events.prefixes.offsets) * events.prefixes.block_tokens
    return np.minimum(covered, events.input_tokens)


def _gaps_ns(events: Events, prefixes: Prefixes) -> Ints:
    """Return, for every block of every chain, the time since its last use by an earlier request."""
    lengths = np.diff(prefixes.offsets)
    if bool(np.all(events.at_ns[1:] >= events.at_ns[:-1])):
        owner = np.repeat(np.arange(len(events), dtype=np.int32), lengths)
        order = np.argsort(prefixes.hashes, kind="stable")
    else:
        oldest_first = np.argsort(events.at_ns, kind="stable")
        rank = np.empty(len(events), np.int32)
        rank[oldest_first] = np.arange(len(events), dtype=np.int32)
        owner = np.repeat(np.arange(len(events), dtype=np.int32), lengths)
        order = np.lexsort((np.repeat(rank, lengths), prefixes.hashes))
    for codes in _caches(events):
        order = order[np.argsort(codes[owner[order]], kind="stable")]
    return _gaps_in(order, owner, events, prefixes.hashes)


def _caches(events: Events) -> list[npt.NDArray[np.integer]]:
    """Return the label codes that keep blocks apart, small ones as 16 bits (a radix sort)."""
    columns = [column for column in (events.provider, events.model) if column is not None]
    return [
        column.codes.astype(np.int16) if len(column.names) < 2**15 else column.codes
        for column in columns
        if np.any(column.codes != column.codes[0])
    ]


def _gaps_in(order: npt.NDArray[np.intp], owner: npt.NDArray[np.int32], events: Events, hashes: Ints) -> Ints:
    """Return the gaps in the chains' own order, given entries by cache, block and time."""
    gaps = np.full(len(order), _NEVER, np.int64)
    if len(order) == 0:
        return gaps
    user = owner[order]
    block = hashes[order]
    same = block[1:] == block[:-1]
    for codes in _caches(events):
        same &= codes[user[1:]] == codes[user[:-1]]
    # A block twice in one chain is one use: both look back past the request itself.
    repeated = same & (user[1:] == user[:-1])
    previous = np.arange(-1, len(order) - 1)
    if repeated.any():
        first = np.arange(len(order))
        first[1:][repeated] = 0
        previous = np.maximum.accumulate(first) - 1
        same = np.concatenate(([False], same))[previous + 1][1:]
    at = events.at_ns
    reused = np.flatnonzero(same) + 1
    gaps[order[reused]] = at[user[reused]] - at[user[previous[reused]]]
    return gaps


def _hit_tokens(events: Events, prefixes: Prefixes, *, dead: npt.NDArray[np.bool_]) -> Ints:
    starts, ends = prefixes.offsets[:-1], prefixes.offsets[1:]
    broken = np.append(np.flatnonzero(dead), len(dead))
    first_dead = broken[np.searchsorted(broken, starts)]
    run_blocks = np.minimum(first_dead, ends) - starts
    return np.minimum(run_blocks * prefixes.block_tokens, events.input_tokens)
