"""What several columns say together: all tokens written to a cache, and the labels by key."""

import numpy as np

from netra.domain.workloads.columns import Events, Ints, Labels, labels_of
from netra.domain.workloads.mappings import label_set_of


def long_lived_tokens(events: Events) -> Ints:
    """Return the tokens of each event that were written to live for an hour or longer."""
    parts = (events.cache_write_1h_tokens, events.cache_write_12h_tokens)
    known = [np.maximum(part, 0) for part in parts if part is not None]
    return sum(known, np.zeros(len(events), np.int64))


def written_tokens(events: Events) -> Ints | None:
    """Return all tokens of each event that were written to a cache, -1 where the log does not say.

    Where only the long-lived ones are logged, those are all.
    """
    if events.cache_write_1h_tokens is None and events.cache_write_12h_tokens is None:
        return events.cache_write_tokens
    long_lived = long_lived_tokens(events)
    if events.cache_write_tokens is None:
        return np.where(long_lived > 0, long_lived, -1)
    return np.maximum(events.cache_write_tokens, np.where(long_lived > 0, long_lived, -1))


def label_keys(events: Events) -> tuple[str, ...]:
    """Return the keys of all labels in the log, in alphabetical order."""
    names = () if events.labels is None else events.labels.names
    return tuple(sorted({key for name in names for key in label_set_of(name)}))


def labelled(events: Events, key: str) -> Labels | None:
    """Return the column of one key of the labels; None when no event has it."""
    if events.labels is None:
        return None
    values = labels_of(label_set_of(name).get(key) for name in events.labels.names)
    if values is None:
        return None
    return Labels(codes=np.append(values.codes, np.int32(-1))[events.labels.codes], names=values.names)
