"""Exact duplicates: calls whose whole prompt was sent to the same model before (grade A).

The `exact_duplicates` analyser prices them and sets the time to live of a cached answer.
"""

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Events, Ints


class Duplicates(msgspec.Struct, frozen=True, kw_only=True):
    """The calls that repeat an earlier one."""

    requests: int
    share: float  # of all calls, 0..1; 0.0 for an empty log
    first: npt.NDArray[np.intp]  # the earliest call with the same prompt, in the log's own order


def exact_duplicates(events: Events) -> Duplicates:
    """Find the calls that repeat an earlier prompt word for word; equal instants keep the log's order.

    Prompts are equal when model, provider and `prompt_hash` are; for calls without one, when model,
    provider, input tokens and the last prefix hash are, as long as the chain covers the whole input.
    A call with neither is not compared.

    >>> from netra.domain.workloads.columns import Labels
    >>> same = Labels(codes=np.zeros(3, np.int32), names=("m",))
    >>> hashes = Labels(codes=np.array([0, 1, 0], np.int32), names=("h1", "h2"))
    >>> tokens = np.array([5, 5, 5])
    >>> log = Events(
    ...     at_ns=np.arange(3), model=same, input_tokens=tokens, output_tokens=tokens, prompt_hash=hashes
    ... )
    >>> exact_duplicates(log).first.tolist()
    [0, 1, 0]
    """
    first = np.arange(len(events))
    known, *keys = _keys(events)
    chosen = _with_company(np.flatnonzero(known), *keys[:2])
    if len(chosen):
        at_ns = events.at_ns[chosen]
        order = chosen[np.lexsort((chosen, at_ns, *(key[chosen] for key in keys)))]
        begins = np.ones(len(order), np.bool_)
        begins[1:] = np.any([key[order][1:] != key[order][:-1] for key in keys], axis=0)
        starts = np.flatnonzero(begins)
        first[order] = order[np.repeat(starts, np.diff(np.append(starts, len(order))))]
    repeats = int(np.count_nonzero(first != np.arange(len(events))))
    return Duplicates(requests=repeats, share=repeats / len(events) if len(events) else 0.0, first=first)


def _with_company(chosen: npt.NDArray[np.intp], *keys: Ints) -> npt.NDArray[np.intp]:
    """Return the calls that share each key with some other call; a cheap filter, as most prompts differ."""
    for key in keys:
        mine = key[chosen]
        order = np.argsort(mine, kind="stable")
        same = mine[order][1:] == mine[order][:-1]
        paired = np.zeros(len(chosen), np.bool_)
        paired[1:] = same
        paired[:-1] |= same
        chosen = np.sort(chosen[order[paired]])
    return chosen


def identified_prompts(events: Events) -> npt.NDArray[np.bool_]:
    """Return which calls identify their prompt, so that it can be compared."""
    known, *_ = _keys(events)
    return known


def _keys(events: Events) -> tuple[npt.NDArray[np.bool_], Ints, Ints, Ints, Ints, Ints]:
    """Return which calls identify their prompt, and the columns that must match for equal prompts."""
    count = len(events)
    hashed = np.full(count, -1) if events.prompt_hash is None else events.prompt_hash.codes.astype(np.int64)
    provider = np.full(count, -1) if events.provider is None else events.provider.codes.astype(np.int64)
    last, covers = _last_blocks(events)
    by_hash = hashed >= 0
    return (
        by_hash | covers,
        hashed,
        np.where(by_hash, 0, last),
        np.where(by_hash, 0, events.input_tokens),
        events.model.codes.astype(np.int64),
        provider,
    )


def _last_blocks(events: Events) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return each chain's last hash, and whether the chain covers its call's whole input."""
    last = np.zeros(len(events), np.int64)
    if events.prefixes is None:
        return last, np.zeros(len(events), np.bool_)
    lengths = np.diff(events.prefixes.offsets)
    covers = (lengths > 0) & (lengths * events.prefixes.block_tokens >= events.input_tokens)
    last[covers] = events.prefixes.hashes[events.prefixes.offsets[1:][covers] - 1]
    return last, covers
