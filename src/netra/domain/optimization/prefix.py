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
    input. Models (and providers) share no blocks: a KV cache belongs to one model. Grade B.

    Two calls 100 s apart share a first block of 512 tokens; the second asks for 800 in all:

    >>> from netra.domain.workloads.columns import Labels
    >>> log = Events(
    ...     at_ns=np.array([0, 100 * 10**9]),
    ...     model=Labels(codes=np.zeros(2, np.int32), names=("m",)),
    ...     input_tokens=np.array([800, 800]),
    ...     output_tokens=np.array([1, 1]),
    ...     prefixes=Prefixes(
    ...         hashes=np.array([1, 2, 1, 3]), offsets=np.array([0, 2, 4]), block_tokens=np.array([512, 512])
    ...     ),
    ... )
    >>> [(reuse.ttl_s, reuse.token_share) for reuse in prefix_reuse(log, ttls_s=(60, 100))]
    [(60, 0.0), (100, 0.32)]
    """
    if events.prefixes is None:
        return ()
    if bool(np.any(events.at_ns[1:] < events.at_ns[:-1])):
        return _replayed_in_order(events, ttls_s)
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
    tokens: Ints = np.minimum(covered, events.input_tokens)
    return tokens


def _replayed_in_order(events: Events, ttls_s: Sequence[int | None]) -> tuple[PrefixReuse, ...]:
    """Return the reuse of an unsorted log: replayed oldest first, told in the log's order."""
    oldest_first = np.argsort(events.at_ns, kind="stable")
    replayed = Events(
        at_ns=events.at_ns,
        model=events.model,
        provider=events.provider,
        input_tokens=events.input_tokens,
        output_tokens=events.output_tokens,
        prefixes=events.prefixes,
    ).take(oldest_first)
    told: list[PrefixReuse] = []
    for reuse in prefix_reuse(replayed, ttls_s=ttls_s):
        hits = np.empty_like(reuse.hit_tokens)
        hits[oldest_first] = reuse.hit_tokens
        told.append(msgspec.structs.replace(reuse, hit_tokens=hits))
    return tuple(told)


def _gaps_ns(events: Events, prefixes: Prefixes) -> Ints:
    """Return, for every block of every chain, the time since its last use by an earlier request."""
    owner = np.repeat(np.arange(len(events), dtype=np.int32), np.diff(prefixes.offsets))
    if len(owner) == 0:
        return np.zeros(0, np.int64)
    order = np.argsort(prefixes.hashes, kind="stable")
    block, user = prefixes.hashes[order], owner[order]
    same = block[1:] == block[:-1]
    caches = _caches(events)
    if caches is not None and np.any(same & (caches[user][1:] != caches[user][:-1])):
        order = order[np.argsort(caches[user], kind="stable")]
        block, user = prefixes.hashes[order], owner[order]
        same = (block[1:] == block[:-1]) & (caches[user][1:] == caches[user][:-1])
    at_ns = events.at_ns[user]
    since_ns = np.full(len(order), _NEVER, np.int64)
    np.subtract(at_ns[1:], at_ns[:-1], out=since_ns[1:], where=same)
    again = same & (user[1:] == user[:-1])
    if again.any():
        since_ns = since_ns[_first_of_runs(again)]
    gaps_ns = np.empty_like(since_ns)
    gaps_ns[order] = since_ns
    return gaps_ns


def _first_of_runs(again: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Return where each entry's run began: a block twice in one chain is one use, the first."""
    places = np.arange(len(again) + 1)
    places[1:][again] = 0
    firsts: npt.NDArray[np.intp] = np.maximum.accumulate(places)
    return firsts


def _caches(events: Events) -> npt.NDArray[np.int16] | npt.NDArray[np.int32] | None:
    """Return which cache each event's model has, or None when all share one."""
    caches = events.model.codes
    if events.provider is not None:
        caches = caches + events.provider.codes * np.int32(len(events.model.names) + 1)
    if not np.any(caches != caches[0]):
        return None
    return caches.astype(np.int16) if np.abs(caches).max() < 2**15 else caches  # 16 bits sort by radix


def _hit_tokens(events: Events, prefixes: Prefixes, *, dead: npt.NDArray[np.bool_]) -> Ints:
    starts, ends = prefixes.offsets[:-1], prefixes.offsets[1:]
    broken = np.append(np.flatnonzero(dead), len(dead))
    first_dead = broken[np.searchsorted(broken, starts)]
    run_blocks = np.minimum(first_dead, ends) - starts
    hits: Ints = np.minimum(run_blocks * prefixes.block_tokens, events.input_tokens)
    return hits
