"""Measures prefix reuse, the part of each prompt sent before, by replay of the real sequence (grade B).

Counts tokens only. The caching analyser prices them, with a provider's minimum and granularity.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.model import Checkpoint, never_stop
from netra.domain.workloads.columns import Events, Ints, Prefixes

TTLS_S: Final[tuple[int | None, ...]] = (60, 300, None)
_NEVER: Final = np.iinfo(np.int64).max  # the gap of a block without an earlier use
_NS_PER_S: Final = 1_000_000_000


class PrefixReuse(msgspec.Struct, frozen=True, kw_only=True):
    """The reuse at one time to live; `ttl_s` None: entries never expire."""

    ttl_s: int | None
    hit_tokens: Ints  # by event, in the log's own order; 0 for an event without prefix hashes
    token_share: float  # of all input tokens of the log, 0..1; 0.0 for a log without input tokens


class SharedBlocks(msgspec.Struct, frozen=True, kw_only=True):
    """A log's prefix blocks prepared for replay: those that several requests use.

    The n entries are grouped by block, each group from the oldest use to the newest. Most blocks of a log
    are used once and can never be hit; a replay needs only their positions.
    """

    place: Ints  # n, position of the entry among all blocks of the log
    user: npt.NDArray[np.int32]  # n, the event that uses it
    begins: npt.NDArray[np.bool_]  # n, whether it is the first use of its block
    alone: Ints  # positions of the blocks used once, ascending


def prefix_reuse(events: Events, *, ttls_s: Sequence[int | None] = TTLS_S) -> tuple[PrefixReuse, ...]:
    """Return the reuse at each time to live (whole seconds); empty without prefix hashes.

    Events are replayed oldest first, equal instants in the log's order. A block lives while its
    last use is at most the time to live ago; every block of a request counts as used, hit or not.
    A request's reuse is its longest run of live blocks from the start, in tokens, at most its
    input. Models (and providers) share no blocks: a KV cache belongs to one model. Grade B.

    Two calls 100 s apart share a first block of 512 tokens; each has 800 input tokens:

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
    return reuse_of(events, shared_blocks(events, events.prefixes), ttls_s=ttls_s)


def reuse_of(
    events: Events,
    shared: SharedBlocks,
    *,
    ttls_s: Sequence[int | None],
    where: npt.NDArray[np.bool_] | None = None,
    checkpoint: Checkpoint = never_stop,
) -> tuple[PrefixReuse, ...]:
    """Return the reuse of events sorted oldest first, or of those in `where` on their own.

    `shared` is `shared_blocks` of the same events. Events outside `where` neither fill nor hit the cache.
    """
    if events.prefixes is None:
        return ()
    since_ns, place = _since_last_use(events, shared, where)
    total = int(events.input_tokens.sum() if where is None else events.input_tokens[where].sum())
    dead = np.zeros(len(events.prefixes.hashes), np.bool_)
    found: list[PrefixReuse] = []
    for number, ttl_s in enumerate(ttls_s):
        checkpoint(number / len(ttls_s), "Replaying prompt prefixes")
        limit_ns = _NEVER - 1 if ttl_s is None else ttl_s * _NS_PER_S
        dead[shared.alone] = True
        dead[place] = since_ns > limit_ns
        hits = _hit_tokens(events, events.prefixes, dead=dead)
        if where is not None:
            hits = np.where(where, hits, 0)
        share = int(hits.sum()) / total if total else 0.0
        found.append(PrefixReuse(ttl_s=ttl_s, hit_tokens=hits, token_share=share))
    return tuple(found)


def shared_blocks(events: Events, prefixes: Prefixes) -> SharedBlocks:
    """Return the blocks used more than once, of events sorted oldest first."""
    order = np.argsort(prefixes.hashes, kind="stable")
    hashes = prefixes.hashes[order]
    begins = _begins(hashes)
    once = begins & np.append(begins[1:], True)
    several = ~once
    lone = np.zeros(len(order), np.bool_)
    lone[order[once]] = True
    alone = np.flatnonzero(lone)
    order, hashes = order[several], hashes[several]
    user = np.repeat(np.arange(len(events), dtype=np.int32), np.diff(prefixes.offsets))[order]
    begins = begins[several]
    caches = _caches(events)
    if caches is not None:
        by_cache = np.argsort(caches[user], kind="stable")
        order, hashes, user = order[by_cache], hashes[by_cache], user[by_cache]
        begins = _begins(hashes) | _begins(caches[user])
    return SharedBlocks(place=order, user=user, begins=begins, alone=alone)


def shared_tokens(events: Events, prefixes: Prefixes, *, shared: SharedBlocks) -> Ints:
    """Return the tokens of each event's prompt prefix that another prompt of the same cache shares."""
    dead = np.zeros(len(prefixes.hashes), np.bool_)
    dead[shared.alone] = True
    dead[shared.place[shared.begins & np.append(shared.begins[1:], True)]] = True  # once in its cache
    return _hit_tokens(events, prefixes, dead=dead)


def cut_at(shared: SharedBlocks, events: Events, prefixes: Prefixes, *, tokens: Ints) -> SharedBlocks:
    """Return the blocks that remain when only the first `tokens` of each event are cached."""
    user = shared.user
    ends_at = (shared.place - prefixes.offsets[user] + 1) * prefixes.block_tokens[user]
    inside = np.minimum(ends_at, events.input_tokens[user]) <= tokens[user]
    block = np.cumsum(shared.begins, dtype=np.int32)[inside]  # blocks are numbered in their order
    return SharedBlocks(
        place=shared.place[inside],
        user=user[inside],
        begins=_begins(block),
        alone=np.sort(np.append(shared.alone, shared.place[~inside])),
    )


def chain_tokens(events: Events) -> Ints:
    """Return the tokens that each event's prefix chain covers, at most its input; 0 without a chain."""
    if events.prefixes is None:
        return np.zeros(len(events), np.int64)
    covered = np.diff(events.prefixes.offsets) * events.prefixes.block_tokens
    tokens: Ints = np.minimum(covered, events.input_tokens)
    return tokens


def _replayed_in_order(events: Events, ttls_s: Sequence[int | None]) -> tuple[PrefixReuse, ...]:
    """Return the reuse of an unsorted log: replayed oldest first, returned in the log's order."""
    oldest_first = np.argsort(events.at_ns, kind="stable")
    replayed = Events(
        at_ns=events.at_ns,
        model=events.model,
        provider=events.provider,
        input_tokens=events.input_tokens,
        output_tokens=events.output_tokens,
        prefixes=events.prefixes,
    ).take(oldest_first)
    reordered: list[PrefixReuse] = []
    for reuse in prefix_reuse(replayed, ttls_s=ttls_s):
        hits = np.empty_like(reuse.hit_tokens)
        hits[oldest_first] = reuse.hit_tokens
        reordered.append(msgspec.structs.replace(reuse, hit_tokens=hits))
    return tuple(reordered)


def _since_last_use(
    events: Events, shared: SharedBlocks, where: npt.NDArray[np.bool_] | None
) -> tuple[Ints, Ints]:
    """Return, for every shared block of the events in `where`, the time since its last earlier use."""
    user, place, begins = shared.user, shared.place, shared.begins
    if where is not None:
        kept = np.flatnonzero(where[user])
        block = np.cumsum(begins, dtype=np.int32)[kept]  # blocks are numbered in their order
        user, place, begins = user[kept], place[kept], _begins(block)
    at_ns = events.at_ns[user]
    since_ns = np.full(len(user), _NEVER, np.int64)
    np.subtract(at_ns[1:], at_ns[:-1], out=since_ns[1:], where=~begins[1:])
    again = ~begins[1:] & (user[1:] == user[:-1])
    if again.any():
        since_ns = since_ns[_first_of_runs(again)]
    return since_ns, place


def _begins(values: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Return which entries differ from their predecessor; the first always does."""
    begins = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    return begins


def _first_of_runs(again: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Return where each entry's run began: a block repeated in one chain counts as its first use."""
    places = np.arange(len(again) + 1)
    places[1:][again] = 0
    firsts: npt.NDArray[np.intp] = np.maximum.accumulate(places)
    return firsts


def _caches(events: Events) -> npt.NDArray[np.int16] | npt.NDArray[np.int32] | None:
    """Return the cache of each event's model, or None if all share one."""
    caches = events.model.codes
    if events.provider is not None:
        cells = caches + events.provider.codes * np.int64(len(events.model.names) + 1)
        caches = np.unique(cells, return_inverse=True)[1].astype(np.int32)
    if not np.any(caches != caches[:1]):
        return None
    return caches.astype(np.int16) if np.abs(caches).max() < 2**15 else caches  # 16 bits sort by radix


def _hit_tokens(events: Events, prefixes: Prefixes, *, dead: npt.NDArray[np.bool_]) -> Ints:
    starts, ends = prefixes.offsets[:-1], prefixes.offsets[1:]
    before = np.concatenate((np.zeros(1, np.int32), np.cumsum(dead, dtype=np.int32)))
    broken = np.append(np.flatnonzero(dead), len(dead))
    first_dead = broken[before[starts]]
    run_blocks = np.minimum(first_dead, ends) - starts
    hits: Ints = np.minimum(run_blocks * prefixes.block_tokens, events.input_tokens)
    return hits
