"""Which call of a conversation each call follows, and how much of its prompt the two share.

A conversation is a session, parted by template and labels: a sub-agent has a context of its own.
"""

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Events, Ints, Labels, Prefixes


class Conversations(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation of each event, of a log oldest first."""

    previous: Ints  # the event before it in its conversation; -1 for the first
    number: Ints  # of its conversation, from 0; an event without a name is one of its own
    first: Ints  # the first event of each conversation, by number

    @property
    def follows(self) -> npt.NDArray[np.bool_]:
        """Which events follow another."""
        return self.previous >= 0


def conversations_of(events: Events) -> Conversations | None:
    """Return the conversations of a log oldest first.

    Without sessions a template is taken for a conversation; None where the log has neither.
    """
    named = events.session or events.template
    if named is None:
        return None
    key = named.codes.astype(np.int64)
    for labels in (events.template, events.labels):
        key = _parted(key, labels)
    order = np.argsort(key, kind="stable")
    follows = (key[order[1:]] == key[order[:-1]]) & (named.codes[order[1:]] >= 0)
    previous = np.full(len(events), -1, np.int64)
    previous[order[1:][follows]] = order[:-1][follows]
    begins = previous[order] < 0
    number = np.zeros(len(events), np.int64)
    number[order] = np.cumsum(begins) - 1
    return Conversations(previous=previous, number=number, first=order[begins])


def _parted(key: Ints, labels: Labels | None) -> Ints:
    if labels is None:
        return key
    parted: Ints = key * (len(labels.names) + 1) + labels.codes
    return parted


def shared_blocks_with(prefixes: Prefixes, previous: Ints) -> Ints:
    """Return how many blocks from the start each prompt shares with the previous one; 0 without one.

    >>> chains = Prefixes(
    ...     hashes=np.array([1, 2, 3, 1, 2, 9]),
    ...     offsets=np.array([0, 3, 6]),
    ...     block_tokens=np.array([512, 512]),
    ... )
    >>> shared_blocks_with(chains, np.array([-1, 0])).tolist()
    [0, 2]
    """
    lengths = np.diff(prefixes.offsets)
    shared = np.zeros(len(previous), np.int64)
    calls = np.flatnonzero(previous >= 0)
    sizes = np.minimum(lengths[calls], lengths[previous[calls]])
    calls, sizes = calls[sizes > 0], sizes[sizes > 0]
    if not len(calls):
        return shared
    begins = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    inside = np.arange(int(sizes.sum())) - np.repeat(begins, sizes)
    mine = prefixes.hashes[np.repeat(prefixes.offsets[:-1][calls], sizes) + inside]
    theirs = prefixes.hashes[np.repeat(prefixes.offsets[:-1][previous[calls]], sizes) + inside]
    differs_at = np.where(mine == theirs, np.repeat(sizes, sizes), inside)
    shared[calls] = np.minimum.reduceat(differs_at, begins)
    return shared
