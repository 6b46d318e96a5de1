"""Why input tokens that an earlier prompt held were not read from the cache, a cause for each token.

Each call's input is parted exactly: tokens read from the cache, tokens of each cause, and new material. With
prefix hashes the parts follow from replay (levels of reuse, each within the next): live in the call's own
cache, in that cache at any age, in any model's cache. Without hashes the previous prompt of the conversation
is taken for the beginning of the next, as chats and agents append.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.context.conversations import conversations_of, shared_blocks_with
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.prefix import prefix_reuse, reuse_of
from netra.domain.optimization.traffic import Bools
from netra.domain.workloads.columns import Events, Ints, Labels, Prefixes

CAUSES: Final = ("not_cached", "lapse", "switch", "compaction", "early_divergence", "late_divergence")
EARLY_BLOCKS: Final = 2  # blocks; a prompt that differs within them differs in its instructions or tools
EARLY_TOKENS: Final = 1_024  # the same without hashes
SHRUNK: Final = 0.8  # a prompt under this share of the one before was compacted
ROUNDING_TOKENS: Final = 1_024  # without hashes, a smaller miss is the provider's granularity
USUAL_TTL_S: Final = 300
LONG_TTL_S: Final = 3_600
_NS_PER_S: Final = 1_000_000_000


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Each call's input tokens: read, missed by cause, and new; they sum to the input of every call."""

    read: Ints
    missed: Mapping[str, Ints]
    new: Ints
    first_difference: Ints  # the block at which the prompt leaves the previous one's; -1 where it does not


def parts_of(study: Study) -> Parts | None:
    """Return the parts of every call's input; None without prefix hashes and sessions."""
    prefixes = study.events.prefixes
    if prefixes is not None:
        return _replayed(study, prefixes)
    found = None if study.events.session is None else conversations_of(study.events)
    return None if found is None else _by_conversation(study, found.previous)


def ttls_s(study: Study) -> Ints:
    """Return each call's time to live in seconds: its tariff's, an hour where such writes are logged."""
    traffic = study.traffic
    known = [min(tariff.cache_ttl_s, default=USUAL_TTL_S) for tariff in traffic.tariffs]
    by_code = np.array([*known, USUAL_TTL_S], np.int64)  # the last is of unpriced calls, whose code is -1
    by_code[np.unique(traffic.tariff[traffic.cache_write_1h_tokens > 0])] = LONG_TTL_S
    return by_code[traffic.tariff]


def _replayed(study: Study, prefixes: Prefixes) -> Parts:
    events, read = study.events, study.traffic.cached_input_tokens
    live, ever = _reuse_in_own_cache(study)
    anywhere = prefix_reuse(_of_one_model(events), ttls_s=(None,))[0].hit_tokens
    levels = [read]
    for reuse in (live, ever, anywhere):
        levels.append(np.maximum(levels[-1], reuse))
    missed = {
        cause: levels[number + 1] - levels[number]
        for number, cause in enumerate(("not_cached", "lapse", "switch"))
    }
    found = conversations_of(events)
    previous = np.full(len(events), -1, np.int64) if found is None else found.previous
    shared = shared_blocks_with(prefixes, previous)
    blocks = np.diff(prefixes.offsets)
    has_left = (previous >= 0) & (shared < blocks[previous])
    before = np.minimum(blocks[previous] * prefixes.block_tokens[previous], events.input_tokens[previous])
    rest = events.input_tokens - levels[-1]
    reusable = np.where(has_left, np.clip(np.minimum(before, events.input_tokens) - levels[-1], 0, rest), 0)
    kinds = _kinds(events, previous, is_early=shared <= EARLY_BLOCKS)
    missed |= {kind: np.where(where, reusable, 0) for kind, where in kinds.items()}
    return _parts(events, read, missed, first_difference=np.where(has_left, shared, -1))


def _reuse_in_own_cache(study: Study) -> tuple[Ints, Ints]:
    """Return the tokens of each call that its cache holds within its time to live, and at any age."""
    shared = study.shared_blocks
    assert shared is not None  # noqa: S101  # a log with prefixes has them
    ttls = ttls_s(study)
    wanted = [*np.unique(ttls).tolist(), None]
    found = {reuse.ttl_s: reuse.hit_tokens for reuse in reuse_of(study.events, shared, ttls_s=wanted)}
    live = np.zeros(len(ttls), np.int64)
    for ttl_s in wanted[:-1]:
        live = np.where(ttls == ttl_s, found[ttl_s], live)
    return live, found[None]


def _of_one_model(events: Events) -> Events:
    one = Labels(codes=np.zeros(len(events), np.int32), names=("any",))
    return Events(
        at_ns=events.at_ns,
        model=one,
        input_tokens=events.input_tokens,
        output_tokens=events.output_tokens,
        prefixes=events.prefixes,
    )


def _by_conversation(study: Study, previous: Ints) -> Parts:
    events, read = study.events, study.traffic.cached_input_tokens
    before = np.where(previous >= 0, events.input_tokens[previous], 0)
    missing = np.maximum(np.minimum(before, events.input_tokens) - read, 0)
    missing[missing <= ROUNDING_TOKENS] = 0
    is_off = ~_reads_ever(study)
    is_switched = (previous >= 0) & (study.traffic.tariff != study.traffic.tariff[previous])
    is_shrunk = _is_shrunk(events, previous)
    is_late = events.at_ns - events.at_ns[previous] > ttls_s(study) * _NS_PER_S
    left = np.ones(len(events), np.bool_)
    missed: dict[str, Ints] = {}
    for cause, where in (
        ("not_cached", is_off),
        ("switch", is_switched),
        ("compaction", is_shrunk),
        ("lapse", is_late),
        ("early_divergence", read <= EARLY_TOKENS),
        ("late_divergence", left),
    ):
        missed[cause] = np.where(left & where, missing, 0)
        left = left & ~where
    return _parts(events, read, missed, first_difference=np.full(len(events), -1, np.int64))


def _reads_ever(study: Study) -> Bools:
    """Return the calls whose model reads a cache anywhere in the log."""
    traffic = study.traffic
    return np.isin(traffic.tariff, np.unique(traffic.tariff[traffic.cached_input_tokens > 0]))


def _kinds(events: Events, previous: Ints, *, is_early: Bools) -> Mapping[str, Bools]:
    """Return the kind of each call that leaves the prompt before it."""
    is_shrunk = _is_shrunk(events, previous)
    return {
        "compaction": is_shrunk,
        "early_divergence": ~is_shrunk & is_early,
        "late_divergence": ~is_shrunk & ~is_early,
    }


def _is_shrunk(events: Events, previous: Ints) -> Bools:
    return (previous >= 0) & (events.input_tokens < SHRUNK * events.input_tokens[previous])


def _parts(events: Events, read: Ints, missed: Mapping[str, Ints], *, first_difference: Ints) -> Parts:
    new = events.input_tokens - read - sum(missed.values(), np.zeros(len(events), np.int64))
    return Parts(
        read=read,
        missed={cause: missed[cause] for cause in CAUSES},
        new=new,
        first_difference=first_difference,
    )
