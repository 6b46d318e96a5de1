"""The behavioural part of a change that has a hold-out test: its two arms, compared at the same time.

Formula: `sum over kinds of n (mean of control - mean of treatment)` of a call's value (dollars at the earlier
configuration, or whether the answer was accepted) since the change, with n the calls that the effect is
summed over. The arms meet the same hours, so neither drift nor the time of day is in the difference. The
error is clustered (`uncertainty.difference`) by session, else by client, else by quarters of an hour, with
Student's t of one degree less than the smaller arm has clusters. Valid where the arm is drawn by session or
client, `hash(session, salt)`, and each arm has 30 clusters.
"""

from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.traffic import Bools
from netra.domain.optimization.uncertainty.clusters import (
    FEWEST,
    Clusters,
    blocks_of,
    clients_of,
    sessions_of,
)
from netra.domain.optimization.uncertainty.difference import difference_of
from netra.domain.optimization.uncertainty.ratio import Z_90, Z_95, student
from netra.domain.optimization.verdicts.behaviour import BLOCK_S, Behaviour, Effect
from netra.domain.workloads.columns import Events, Floats, Labels

ARMS: Final = ("control", "treatment")


class Arms(msgspec.Struct, frozen=True, kw_only=True):
    """The charged calls of a hold-out test since the change."""

    control: Bools
    treated: Bools
    clusters: Clusters

    def count(self, where: Bools) -> tuple[int, int]:
        """Return the clusters of control and of treatment among the calls in `where`."""
        control, treated = (
            len(np.unique(self.clusters.codes[arm & where])) for arm in (self.control, self.treated)
        )
        return control, treated

    @property
    def sentence(self) -> str:
        """Say what decides, for the reasons of a verdict."""
        control, treated = self.count(np.ones(len(self.control), np.bool_))
        return (
            f"The hold-out test decides: {control} {self.clusters.name} of control against {treated} of "
            "treatment since then; the dollars are those of the treated calls."
        )


def arms_of(events: Events, *, after: Bools, charged: Bools) -> Arms | None:
    """Return the arms of the log's hold-out test; None where one has no call since the change."""
    if events.variant is None:
        return None
    names = np.array([*events.variant.names, ""])[events.variant.codes]
    control, treated = (after & charged & (names == arm) for arm in ARMS)
    if not control.any() or not treated.any():
        return None
    clusters = sessions_of(events.session) or clients_of(events) or blocks_of(events.at_ns, block_s=BLOCK_S)
    return Arms(control=control, treated=treated, clusters=clusters)


def compared(values: Floats, arms: Arms, *, groups: Labels, known: Bools, over: Bools) -> Behaviour | str:
    """Return the effect on the calls in `over`, in all and by kind, or why the arms do not show it.

    `values` are known of the calls in `known`.
    """
    met = arms.count(known)
    if min(met) < FEWEST:
        return (
            f"the hold-out test has {met[0]} {arms.clusters.name} of control and {met[1]} of treatment since "
            f"the change; {FEWEST} in each are needed"
        )
    total = _effect(values, arms, groups=groups, where=known, over=over)
    if total is None:
        return "the arms of the hold-out test share no kind of call"
    kinds = [
        _effect(values, arms, groups=groups, where=known & (groups.codes == code), over=over)
        for code in range(len(groups.names))
    ]
    return Behaviour(total=total, kinds=tuple(kinds), window=float(min(met)))


def _effect(values: Floats, arms: Arms, *, groups: Labels, where: Bools, over: Bools) -> Effect | None:
    """Return the effect on the kinds of call in `where`; None where the arms share none or are too small."""
    inside = np.flatnonzero(where & (arms.control | arms.treated))
    fewest = min(arms.count(where))
    if fewest < FEWEST:
        return None
    chosen = msgspec.structs.replace(arms.clusters, codes=arms.clusters.codes[inside])
    found = difference_of(values[inside], arms.treated[inside], groups.codes[inside].astype(np.int64), chosen)
    if found is None:
        return None
    calls = int((over & where).sum())
    margin, surely = (calls * found.error * student(z, freedom=fewest - 1) for z in (Z_90, Z_95))
    return Effect(saved=calls * found.value, margin=margin, surely=surely)
