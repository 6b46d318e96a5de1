"""The units whose calls and lengths are compared: kind of call, model, service tier and region.

Where a kind of call uses a model on one side only, there is nothing to compare that model's lengths with: its
models are then one unit, and what their different prices make is the effect of the model. The same holds for
the tiers of a model and the regions of a tier.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.traffic import Bools
from netra.domain.workloads.columns import Events, Floats, Ints, Labels, places_of

LEAST_SHARE: Final = 0.01  # of the calls of its parent: what serves fewer on both sides is left alone
STRAY: Final = 0.1  # share on one side, over the share on the other, below which it counts as absent there
KIND, MODEL, TIER, REGION = range(4)  # the levels, outermost first


class Units(msgspec.Struct, frozen=True, kw_only=True):
    """n calls in m units; `levels[l][u]` is the group of unit u at level l; REGION has m groups."""

    of_call: Ints  # n
    levels: tuple[Ints, Ints, Ints, Ints]  # m each
    pooled_at: Ints  # m: the level whose members are one unit, or -1
    kinds: tuple[str, ...]  # names of the groups of level KIND


def units_of(events: Events, kinds: Labels, *, after: Bools) -> Units:
    """Return the units of `events`, each of which lies before or after."""
    columns = [
        kinds.codes.astype(np.int64),
        _paired(_codes(events, events.model), _codes(events, events.provider)),
        _codes(events, events.service_tier),
        _codes(events, events.region),
    ]
    pooled_at: Ints = _pooled(columns, after=after)
    for level in (MODEL, TIER, REGION):
        columns[level] = np.where((pooled_at >= 0) & (pooled_at <= level), 0, columns[level] + 1)
    nested = _nested(columns)
    first: Ints = np.unique(nested[REGION], return_index=True)[1]
    met: list[int] = np.unique(kinds.codes).tolist()
    return Units(
        of_call=nested[REGION],
        levels=(nested[KIND][first], nested[MODEL][first], nested[TIER][first], nested[REGION][first]),
        pooled_at=pooled_at[first],
        kinds=tuple(kinds.names[code] for code in met),
    )


def _pooled(columns: Sequence[Ints], *, after: Bools) -> Ints:
    """Return for each call the outermost level whose members differ between the sides, or -1."""
    nested = _nested(columns)
    found = np.full(len(after), -1, np.int64)
    for level in (REGION, TIER, MODEL):
        found[_differs(nested[level], nested[level - 1], after=after)] = level
    return found


def _differs(child: Ints, parent: Ints, *, after: Bools) -> Bools:
    """Return which calls are of a parent on both sides that has a child on one side only."""
    first: Ints = np.unique(child, return_index=True)[1]
    parent_of = parent[first]
    shares: list[Floats] = []
    calls: list[Ints] = []
    for side in (~after, after):
        of_parent = np.bincount(parent[side], minlength=int(parent.max()) + 1)
        of_child = np.bincount(child[side], minlength=len(first))
        shares.append(of_child / np.maximum(of_parent[parent_of], 1))
        calls.append(of_parent)
    low, high = np.minimum(*shares), np.maximum(*shares)
    is_new = (high >= LEAST_SHARE) & (low <= STRAY * high)
    has_new = np.bincount(parent_of[is_new], minlength=len(calls[0])) > 0
    differs: Bools = (has_new & (calls[0] > 0) & (calls[1] > 0))[parent]
    return differs


def _nested(columns: Sequence[Ints]) -> list[Ints]:
    """Return for each level the group of each call, numbered from 0; a group is one of its parent's."""
    groups = [places_of(columns[0])[1]]
    for column in columns[1:]:
        groups.append(places_of(_paired(groups[-1], column))[1])
    return groups


def _paired(outer: Ints, inner: Ints) -> Ints:
    return outer * (int(inner.max(initial=0)) + 1) + inner


def _codes(events: Events, labels: Labels | None) -> Ints:
    """Return the codes of a column, those of calls without a name above the others."""
    if labels is None:
        return np.zeros(len(events), np.int64)
    return np.where(labels.codes < 0, len(labels.names), labels.codes).astype(np.int64)
