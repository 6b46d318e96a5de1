"""Replay of a compaction policy: where a conversation passes a size, its middle is replaced by a summary.

At `trigger` tokens everything behind the conversation's first prompt is cut to `keep` tokens. That call pays
for the summary as well: the old prompt is read once more, the summary is written as output, and the new
beginning is written to the cache again. Later calls of the conversation are shorter by what was cut.
"""

from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.context.conversations import Conversations
from netra.domain.optimization.traffic import Bools, Traffic
from netra.domain.workloads.columns import Ints

GRID: Final = ((50_000, 10_000), (100_000, 10_000), (100_000, 20_000), (150_000, 20_000), (200_000, 40_000))
"""Policies that are tried: (trigger, keep) in tokens."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """When to compact, and how much to keep behind the first prompt."""

    trigger: int
    keep: int


POLICIES: Final = tuple(Policy(trigger=trigger, keep=keep) for trigger, keep in GRID)


class Compacted(msgspec.Struct, frozen=True, kw_only=True):
    """The calls after a policy, oldest first; where nothing was cut they are as they were."""

    policy: Policy
    cut: Ints  # tokens that a call's prompt no longer holds; at most its input
    triggers: Bools  # the calls before which the conversation is compacted
    input_tokens: Ints
    cached_input_tokens: Ints
    cache_write_tokens: Ints
    output_tokens: Ints

    @property
    def touched(self) -> Bools:
        """The calls that the policy changes."""
        return self.triggers | (self.cut > 0)


def compacted(traffic: Traffic, found: Conversations, policy: Policy) -> Compacted:
    """Return the calls as they would be under `policy`."""
    largest = np.zeros(len(found.first), np.int64)
    np.maximum.at(largest, found.number, traffic.input_tokens)
    places = np.flatnonzero(found.follows & (largest[found.number] > policy.trigger))
    sizes: list[int] = traffic.input_tokens.tolist()
    previous: list[int] = found.previous.tolist()
    cut, base, triggers = [0] * len(sizes), list(sizes), [False] * len(sizes)
    for place in places.tolist():
        before = previous[place]
        if sizes[place] < sizes[before]:  # the log's own compaction, or a new beginning
            continue
        base[place], cut[place] = base[before], cut[before]
        size, room = sizes[before] - cut[before], base[place] + policy.keep
        if size > max(policy.trigger, room):
            cut[place] = sizes[before] - room
            triggers[place] = True
    return _columns(
        traffic,
        found.previous,
        cut=np.array(cut, np.int64),
        base=np.array(base, np.int64),
        triggers=np.array(triggers, np.bool_),
        policy=policy,
    )


def _columns(
    traffic: Traffic, previous: Ints, *, cut: Ints, base: Ints, triggers: Bools, policy: Policy
) -> Compacted:
    old = np.where(triggers, traffic.input_tokens[previous] - cut[previous], 0)  # read to be summarised
    left = traffic.input_tokens - cut
    has_cache = traffic.cached_input_tokens + traffic.cache_write_tokens > 0
    read = np.clip(traffic.cached_input_tokens - cut, 0, left)
    read = np.where(triggers, np.where(has_cache, np.minimum(base, left) + old, 0), read)
    written = np.minimum(traffic.cache_write_tokens, left - np.minimum(read, left))
    anew = np.where(has_cache & (traffic.cache_write_tokens > 0), left - np.minimum(base, left), 0)
    return Compacted(
        policy=policy,
        cut=cut,
        triggers=triggers,
        input_tokens=left + old,
        cached_input_tokens=read,
        cache_write_tokens=np.where(triggers, anew, written),
        output_tokens=traffic.output_tokens + np.where(triggers, policy.keep, 0),
    )


def applied(traffic: Traffic, found: Compacted) -> Traffic:
    """Return the traffic with the calls that the policy changes as it makes them."""
    touched = found.touched
    written = np.where(touched, found.cache_write_tokens, traffic.cache_write_tokens)
    twelve = np.minimum(traffic.cache_write_12h_tokens, written)
    return msgspec.structs.replace(
        traffic,
        input_tokens=np.where(touched, found.input_tokens, traffic.input_tokens),
        cached_input_tokens=np.where(touched, found.cached_input_tokens, traffic.cached_input_tokens),
        cache_write_tokens=written,
        cache_write_12h_tokens=twelve,
        cache_write_1h_tokens=np.minimum(traffic.cache_write_1h_tokens, written - twelve),
        output_tokens=np.where(
            touched, np.maximum(traffic.output_tokens, found.output_tokens), traffic.output_tokens
        ),
    )
