"""The verdict on a change at an instant: over all calls and for each kind of call.

Reads the study's log and prices; the `upgrade_review` analyser words it and decides what to roll back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec
import numpy as np

from netra.domain.optimization.measures.before_after import Calls, Side, side_of
from netra.domain.optimization.measures.statuses import failed_calls
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic
from netra.domain.optimization.uncertainty.clusters import Clusters
from netra.domain.optimization.verdicts.adjustment import adjusted
from netra.domain.optimization.verdicts.behaviour import (
    Behaviour,
    Cells,
    Effect,
    behaviour_of,
    cells_of,
    clusters_of,
    raw_difference,
)
from netra.domain.optimization.verdicts.configuration import Adopted, Mechanical, mechanical
from netra.domain.optimization.verdicts.holdout import Arms, arms_of, compared
from netra.domain.optimization.verdicts.reasons import reasons_of
from netra.domain.optimization.verdicts.ruling import UNKNOWN, Money, Ruling, money_of
from netra.domain.workloads.columns import Events, Floats, Ints, Labels, instant_of

SHOWN: Final = 50  # kinds of call in an answer, largest dollars first

Quality = Literal["better", "worse", "same", "cannot_tell"]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of call on both sides of a change."""

    group: str
    before: Side
    after: Side
    money: Money
    adopted: tuple[Adopted, ...]
    accept_rate_change_95: tuple[float, float] | None  # after - before; None: unknown
    quality: Quality

    @property
    def is_to_roll_back(self) -> bool:
        """Whether a change can be rolled back and certainly costs more or lowers quality."""
        if not self.adopted:
            return False
        dearer = self.money.ruling == "not_worth_it" and self.quality != "better"
        return self.quality == "worse" or dearer


class ChangeVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The ruling on a change; dollars are savings in the time after it, negative if it costs more."""

    ruling: Ruling
    mechanical_usd: float | None
    behavioural_usd: float | None
    low: float | None  # the 90 % interval of both parts together
    high: float | None
    reasons: tuple[str, ...]
    at: datetime | None = None
    share: float | None = None  # of the cost of the later calls as configured before
    before: Side | None = None
    after: Side | None = None
    adopted: tuple[Adopted, ...] = ()
    is_unchanged: bool = False  # no kind of call is served differently since the change


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A change as a whole and by kind of call."""

    change: ChangeVerdict
    kinds: tuple[Kind, ...]  # those on both sides, of the most dollars first
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    earlier_usd: Floats  # each call's cost as configured before the change


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs of the rulings on all calls and on each kind."""

    calls: Calls
    after: Bools
    summed: Bools  # the calls whose dollars are summed: the treated ones where a hold-out test decides
    groups: Labels
    mechanical: Mechanical
    priced: Bools  # calls of kinds whose prices are all known, and that were charged
    cells: Cells | None
    behaviour: Behaviour | str
    accepted: Behaviour | str
    arms: Arms | None = None  # of the hold-out test that decides
    undecided: str = ""  # why a hold-out test that the log has does not


def verdict_of(
    events: Events, traffic: Traffic, now_usd: Floats, *, groups: Labels, change_ns: int
) -> Verdict:
    """Return the verdict on a change; `events` are oldest first and lie on both sides of the change."""
    parts = _parts(events, traffic, now_usd, groups=groups, change_ns=change_ns)
    codes = [
        np.bincount(groups.codes[side & parts.calls.charged], minlength=len(groups.names)) > 0
        for side in (~parts.after, parts.after)
    ]
    found = (_kind(parts, code) for code in range(len(groups.names)))
    kinds = [kind for kind in found if kind is not None]
    kinds.sort(key=lambda kind: -abs(kind.money.saved_usd or 0.0))
    return Verdict(
        change=_change(parts, kinds, at=instant_of(change_ns)),
        kinds=tuple(kinds),
        only_before=tuple(np.array(groups.names, object)[codes[0] & ~codes[1]].tolist()),
        only_after=tuple(np.array(groups.names, object)[codes[1] & ~codes[0]].tolist()),
        earlier_usd=parts.mechanical.earlier_usd,
    )


def cannot_tell(reason: str) -> ChangeVerdict:
    """Return the verdict when there is no data to compare."""
    return ChangeVerdict(
        ruling="cannot_tell",
        mechanical_usd=None,
        behavioural_usd=None,
        low=None,
        high=None,
        reasons=(reason,),
    )


def _parts(events: Events, traffic: Traffic, now_usd: Floats, *, groups: Labels, change_ns: int) -> _Parts:
    after = events.at_ns >= change_ns
    charged = ~traffic.unpaid
    clusters = clusters_of(events, change_ns=change_ns)
    parted = mechanical(traffic, now_usd, events=events, after=after, groups=groups, clusters=clusters)
    unpriced = charged & (traffic.tariff == UNPRICED)
    priced = charged & ~np.isin(groups.codes, np.unique(groups.codes[unpriced]))
    cells: Cells | None = None
    behaviour: Behaviour | str = "no kind of call with known prices occurs on both sides"
    if (priced & after).any() and (priced & ~after).any():
        where = np.flatnonzero(priced)
        left = adjusted(
            parted.earlier_usd[where],
            events=events.take(where),
            groups=msgspec.structs.replace(groups, codes=groups.codes[where]),
            after=after[where],
        )
        cells = _cells(left, events.at_ns, where, clusters=clusters, groups=groups, after=after)
        behaviour = behaviour_of(cells, unit=clusters.name)
    parts = _Parts(
        calls=Calls(
            usd=np.where(traffic.tariff == UNPRICED, np.nan, now_usd),
            output_tokens=events.output_tokens,
            accepted=events.accepted,
            failed=None if events.status is None else failed_calls(events),
            charged=charged,
            latency_ms=events.latency_ms,
        ),
        after=after,
        summed=after,
        groups=groups,
        mechanical=parted,
        priced=priced,
        cells=cells,
        behaviour=behaviour,
        accepted=_acceptance(events, charged, clusters=clusters, groups=groups, after=after),
    )
    arms = arms_of(events, after=after, charged=charged)
    return parts if arms is None else _by_arms(parts, arms)


def _by_arms(parts: _Parts, arms: Arms) -> _Parts:
    """Return the parts with what the arms of a hold-out test show, if they are large enough."""
    usd, answers = parts.mechanical.earlier_usd, parts.calls.accepted
    behaviour = compared(usd, arms, groups=parts.groups, known=parts.priced, over=arms.treated)
    if isinstance(behaviour, str):
        return msgspec.structs.replace(parts, undecided=behaviour)
    accepted = parts.accepted
    if answers is not None:
        judged = parts.calls.charged & (answers >= 0)
        rate = answers.astype(np.float64)
        accepted = compared(rate, arms, groups=parts.groups, known=judged, over=parts.after)
    return msgspec.structs.replace(
        parts, behaviour=behaviour, accepted=accepted, summed=arms.treated, arms=arms
    )


def _acceptance(
    events: Events, charged: Bools, *, clusters: Clusters, groups: Labels, after: Bools
) -> Behaviour | str:
    """Return the decrease of the accept rate since the change."""
    judged = np.zeros(len(events), np.bool_) if events.accepted is None else charged & (events.accepted >= 0)
    if events.accepted is None or not (judged & after).any() or not (judged & ~after).any():
        return "answers are not judged on both sides"
    where = np.flatnonzero(judged)
    accepted = events.accepted[where].astype(np.float64)
    cells = _cells(accepted, events.at_ns, where, clusters=clusters, groups=groups, after=after)
    return behaviour_of(cells, unit=clusters.name)


def _cells(
    values: Floats, at_ns: Ints, where: Ints, *, clusters: Clusters, groups: Labels, after: Bools
) -> Cells:
    chosen = msgspec.structs.replace(clusters, codes=clusters.codes[where])
    kinds = msgspec.structs.replace(groups, codes=groups.codes[where])  # `kinds` of the result goes by code
    return cells_of(values, at_ns=at_ns[where], clusters=chosen, groups=kinds, after=after[where])


def _kind(parts: _Parts, code: int) -> Kind | None:
    """Return one kind of call, or None if one side has no charged calls."""
    mine = parts.groups.codes == code
    before, after = side_of(parts.calls, mine & ~parts.after), side_of(parts.calls, mine & parts.after)
    if before is None or after is None:
        return None
    group = parts.groups.names[code]
    found = parts.accepted.kinds[code] if isinstance(parts.accepted, Behaviour) else None
    rates = None if found is None else _rates(found, judged=after.accepted[1])
    return Kind(
        group=group,
        before=before,
        after=after,
        money=_money(parts, mine, code=code),
        adopted=tuple(one for one in parts.mechanical.adopted if one.group == group),
        accept_rate_change_95=rates,
        quality="cannot_tell" if rates is None else _quality(*rates),
    )


def _money(parts: _Parts, mine: Bools, *, code: int | None) -> Money:
    """Return the money of one kind, or of all kinds with known prices if `code` is None."""
    where = mine & parts.summed & parts.priced
    if parts.cells is None or not where.any():
        return UNKNOWN
    earlier, now = parts.mechanical.earlier_usd[where], parts.calls.usd[where]
    effect: Effect | None = None
    if isinstance(parts.behaviour, Behaviour):
        effect = parts.behaviour.total if code is None else parts.behaviour.kinds[code]
    return money_of(
        float((earlier - now).sum()),
        effect,
        cost_usd=float(earlier.sum()),
        raw_usd=raw_difference(parts.cells, kind=code),
        foreign_usd=float(earlier[parts.mechanical.foreign[where]].sum()),
    )


def _rates(lost: Effect, *, judged: int) -> tuple[float, float]:
    """Return the 95 % interval of the change of an accept rate from that of accepted answers lost."""
    return (-lost.saved - lost.surely) / judged, (-lost.saved + lost.surely) / judged


def _quality(low: float, high: float) -> Quality:
    if low > 0:
        return "better"
    return "worse" if high < 0 else "same"


def _change(parts: _Parts, kinds: Sequence[Kind], *, at: datetime) -> ChangeVerdict:
    everything = np.ones(len(parts.after), np.bool_)
    on_both = [parts.groups.names.index(kind.group) for kind in kinds]
    money = _money(parts, np.isin(parts.groups.codes, on_both), code=None)
    saved_usd = money.saved_usd
    return ChangeVerdict(
        ruling=money.ruling,
        mechanical_usd=money.mechanical_usd,
        behavioural_usd=money.behavioural_usd,
        low=money.low_usd,
        high=money.high_usd,
        reasons=reasons_of(
            money.ruling, parts.mechanical, parts.behaviour, arms=parts.arms, undecided=parts.undecided
        ),
        at=at,
        share=saved_usd / money.cost_usd if saved_usd is not None and money.cost_usd else None,
        before=side_of(parts.calls, everything & ~parts.after),
        after=side_of(parts.calls, everything & parts.after),
        adopted=parts.mechanical.adopted[:SHOWN],
        is_unchanged=not parts.mechanical.adopted and not parts.mechanical.doubtful,
    )
