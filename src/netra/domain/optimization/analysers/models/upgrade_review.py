"""Before and after: was a change of model, prompt or settings worth it, and what to take back.

The mechanical part is exact: the calls after the change, priced as served and as configured before it. The
behavioural part, what a call of the same kind costs by the way it is made, has an interval from instants
at which nothing changed. What rolling back would save is a model (grade C): the later calls at the earlier
model's price and the earlier length of answers. Nothing is rolled back that did not change. Kinds of call of
unknown price are compared by answers, latencies and failures alone.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import groups_of, rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.measures.before_after import Side
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.pricing import Tariff, unpriced_labels
from netra.domain.optimization.supply_config import RouteRule, Settings
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic, capped, routed
from netra.domain.optimization.verdicts.configuration import Adopted
from netra.domain.optimization.verdicts.ruling import Money, Ruling
from netra.domain.optimization.verdicts.verdict import (
    NOTHING_CHANGED,
    ChangeVerdict,
    Kind,
    Quality,
    Verdict,
    verdict_of,
)
from netra.domain.optimization.wording import both, count, money, percent, saved
from netra.domain.workloads.columns import Ints, Labels, nanoseconds

KIND: Final = "upgrade_review"
FORMULA: Final = (
    "saved = sum over calls after the change of (cost as configured before - cost), plus sum over kinds "
    "of n_after (mean before - mean after) at unchanged prices"
)
SHOWN: Final = 3  # kinds of call whose changes the words name


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of call to take back to how it was."""

    where: Bools  # its calls that are served in another way since the change
    to: Tariff  # the earlier model
    output_tokens: Ints  # as long as before, on average; of every call of the log


class ReviewedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of call before and after; dollars are of the time after, positive is saved, None unknown."""

    group: str
    before: Side
    after: Side
    saved_usd: float | None
    mechanical_usd: float | None
    behavioural_usd: float | None
    low_usd: float | None
    high_usd: float | None
    accept_rate_change_95: tuple[float, float] | None
    cost: Ruling
    quality: Quality
    roll_back: bool


class ReviewInputs(Inputs, frozen=True, kw_only=True):
    """The verdict on the change and every kind of call behind it."""

    change: ChangeVerdict
    saved_usd: float | None
    groups: tuple[ReviewedGroup, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


class RollBackInputs(Inputs, frozen=True, kw_only=True):
    """The kinds of call whose change is to be taken back."""

    groups: tuple[ReviewedGroup, ...]
    calls: int


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return whether the change at the asked instant paid, and what to roll back; nothing if not asked."""
    if study.goals.change_at is None:
        return ()
    checkpoint(0.0, "Comparing before with after")
    change_ns = nanoseconds(study.goals.change_at)
    after = study.events.at_ns >= change_ns
    if not after.any() or after.all():
        return (_one_sided(study, after=bool(after.any())),)
    _, groups = groups_of(study)
    verdict = verdict_of(study.events, study.traffic, study.now_usd, groups=groups, change_ns=change_ns)
    if not verdict.kinds:
        return (_incomparable(verdict),)
    found: list[Finding | Gap] = []
    is_priced = any(kind.money.mechanical_usd is not None for kind in verdict.kinds)
    if is_priced or any(_seen(kind) for kind in verdict.kinds):
        found.append(_review(study, verdict, after=after))
    undone = [kind for kind in verdict.kinds if kind.is_to_roll_back]
    if undone:
        found.append(_roll_back(study, undone, after=after, groups=groups))
    return (*found, *_priceless(study, verdict, groups=groups))


def _review(study: Study, verdict: Verdict, *, after: Bools) -> Finding:
    change = verdict.change
    return Finding(
        kind=KIND,
        stance=Stance.INFORM,
        action=_ruled(change),
        impact=_measured(verdict),
        grade=Grade.EXACT if change.behavioural_usd is None else Grade.MODEL,
        formula=FORMULA,
        inputs=ReviewInputs(
            change=change,
            saved_usd=_saved_usd(change),
            groups=tuple(_group(kind) for kind in verdict.kinds),
            only_before=verdict.only_before,
            only_after=verdict.only_after,
        ),
        assumptions=(
            "The same tokens are priced twice: as served, and as configured before the change.",
            "A kind of call that behaves otherwise right after the change goes on doing so.",
        ),
        evidence=rows(study, after, weight=study.now_usd),
        how_to_verify="Compare dollars a call by kind on the bill before and after the change.",
        effort="low",
        risk="A change of what users ask at the same instant looks like an effect of the change.",
    )


def _saved_usd(change: ChangeVerdict) -> float | None:
    return None if change.mechanical_usd is None else change.mechanical_usd + (change.behavioural_usd or 0.0)


def _group(kind: Kind) -> ReviewedGroup:
    worth: Money = kind.money
    return ReviewedGroup(
        group=kind.group,
        before=kind.before,
        after=kind.after,
        saved_usd=worth.saved_usd,
        mechanical_usd=worth.mechanical_usd,
        behavioural_usd=worth.behavioural_usd,
        low_usd=worth.low_usd,
        high_usd=worth.high_usd,
        accept_rate_change_95=kind.accept_rate_change_95,
        cost=worth.ruling,
        quality=kind.quality,
        roll_back=kind.is_to_roll_back,
    )


def _ruled(change: ChangeVerdict) -> str:
    if change.mechanical_usd is None or change.share is None:
        return "What the change did to cost is unknown, as the price of a model is; its answers are compared"
    if change.ruling == "cannot_tell":
        if change.is_unchanged:
            return f"{NOTHING_CHANGED}; whether anything else did cannot be told from this log"
        return "Whether the change was worth it cannot be told from this log"
    if change.ruling == "no_difference":
        return "The change made no difference to cost that can be told from chance"
    paid = "was worth it" if change.ruling == "worth_it" else "was not worth it"
    less = "less" if change.share > 0 else "more"
    return f"The change {paid}: a unit of work costs {percent(abs(change.share))} {less}"


def _measured(verdict: Verdict) -> str:
    """Return the money of both parts, why they are not known, and what is seen beside them."""
    change = verdict.change
    parts = [
        *(_adopted(one) for one in change.adopted[:SHOWN]),
        _summed(change),
        *change.reasons,
        *(_seen(kind) for kind in verdict.kinds[:SHOWN]),
    ]
    return " ".join(part for part in parts if part)


def _adopted(one: Adopted) -> str:
    calls = f"{count(one.calls, 'call')} of {one.group} moved from {one.earlier} to {one.later}"
    if one.what == "caching":
        calls = f"{count(one.calls, 'call')} of {one.group} began to use the cache"
    if one.what == "price":
        calls = f"The price of {one.later} changed for {count(one.calls, 'call')} of {one.group}"
    if one.saved_usd is None:
        return f"{calls}."
    as_before = "as" if one.saved_usd == 0 else "than"
    return f"{calls} and cost {saved(one.saved_usd)} {as_before} the same tokens would have before."


def _summed(change: ChangeVerdict) -> str:
    if change.behavioural_usd is None or change.low is None or change.high is None:
        return ""
    return (
        f"By the way calls are made they cost {saved(change.behavioural_usd)}; both parts together save "
        f"between {money(change.low)} and {money(change.high)} (90 %) in the time after the change."
    )


def _roll_back(study: Study, undone: Sequence[Kind], *, after: Bools, groups: Labels) -> Finding:
    earlier = [(kind, _earlier(study, kind, after=after, groups=groups)) for kind in undone]
    returns = tuple(
        _return(study, kind, to=to, after=after, groups=groups)
        for kind, to in earlier
        if to is not None and kind.money.saved_usd is not None
    )
    mine = np.isin(groups.codes, [groups.names.index(kind.group) for kind in undone])
    where = after & mine & ~study.traffic.unpaid
    names = ", ".join(kind.group for kind in undone)
    surely = all(kind.money.ruling == "not_worth_it" for kind in undone)
    return Finding(
        kind=KIND,
        stance=Stance.DO if surely else Stance.EVALUATE,
        action=f"Roll back {names}",
        impact=" ".join(_reason(kind) for kind in undone),
        grade=Grade.MODEL,
        formula=f"{FORMULA}; rolled back at the earlier model's price and the earlier length of answers",
        inputs=RollBackInputs(groups=tuple(_group(kind) for kind in undone), calls=int(where.sum())),
        assumptions=(
            "Rolled back, these calls get the earlier model and answers as long as before.",
            f"Only the {percent(float(after.mean()))} of the calls that came after the change can save.",
        ),
        evidence=rows(study, where, weight=study.now_usd),
        how_to_verify="Compare dollars a call and accept rates of these kinds a week after the roll-back.",
        effort="low",
        risk="What the change was made for is lost for these kinds of call.",
        change=partial(_returned, returns=returns) if returns else None,
        supply=Settings(
            route_rules=tuple(
                RouteRule(match=kind.group, to=to.model, provider=to.provider)
                for kind, to in earlier
                if to is not None
            )
        ),
        steps=tuple(
            f"Set {kind.group} back to {'what it was' if to is None else to.model}." for kind, to in earlier
        ),
        roll_back="Apply the change to these kinds of call again.",
    )


def _reason(kind: Kind) -> str:
    if kind.before.usd_per_call is None or kind.after.usd_per_call is None:
        return f"{_seen(kind)} What that saves is unknown, as the price of a model is."
    said = (
        f"{kind.group} costs {money(kind.after.usd_per_call)} a call against "
        f"{money(kind.before.usd_per_call)}"
    )
    rates = _rates(kind)
    return f"{said}, and {rates}." if rates else f"{said}."


def _seen(kind: Kind) -> str:
    """Return a kind's answers, latencies and failures on both sides; "" where none is logged."""
    known = [words for words in (_rates(kind), _latencies(kind), _failures(kind)) if words]
    return f"{kind.group}: {both(known)} before." if known else ""


def _rates(kind: Kind) -> str:
    sides = [side.accepted for side in (kind.before, kind.after)]
    if not all(judged for _, judged in sides):
        return ""
    rates = [accepted / judged for accepted, judged in sides]
    return f"{percent(rates[1])} of its answers are accepted against {percent(rates[0])}"


def _latencies(kind: Kind) -> str:
    before_ms, after_ms = kind.before.latency_ms_p50, kind.after.latency_ms_p50
    if before_ms is None or after_ms is None:
        return ""
    return f"half of its calls take at most {after_ms:,.0f} ms against {before_ms:,.0f} ms"


def _failures(kind: Kind) -> str:
    before, after = kind.before.failed_share, kind.after.failed_share
    if before is None or after is None:
        return ""
    return f"{percent(after)} of its calls fail against {percent(before)}"


def _earlier(study: Study, kind: Kind, *, after: Bools, groups: Labels) -> Tariff | None:
    """Return the model that served most of these calls before the change; None where no price is known.

    One that only refused them served none.
    """
    mine = groups.codes == groups.names.index(kind.group)
    earlier = study.traffic.tariff[mine & ~after & ~study.traffic.unpaid]
    known = earlier[earlier != UNPRICED]
    return study.traffic.tariffs[int(np.bincount(known).argmax())] if len(known) else None


def _return(study: Study, kind: Kind, *, to: Tariff, after: Bools, groups: Labels) -> Return:
    mine = groups.codes == groups.names.index(kind.group)
    scale = kind.before.output_tokens_per_call / max(kind.after.output_tokens_per_call, 1e-9)
    shorter = np.rint(study.traffic.output_tokens * min(scale, 1.0)).astype(np.int64)
    return Return(where=mine & after, to=to, output_tokens=shorter)


def _returned(traffic: Traffic, *, returns: tuple[Return, ...]) -> Traffic:
    for back in returns:
        where = back.where & traffic.kept & ~traffic.hosted
        traffic = routed(traffic, where, to=back.to)
        traffic = capped(traffic, where, output_tokens=back.output_tokens)
    return traffic


def _one_sided(study: Study, *, after: bool) -> Gap:
    side = "before" if after else "after"
    return Gap(
        kind=KIND,
        missing=(f"calls from {side} the change",),
        reason=f"The log holds no call from {side} {study.goals.change_at}.",
        would_add="Whether the change was worth it, per unit of work, and what to roll back.",
    )


def _incomparable(verdict: Verdict) -> Gap:
    return Gap(
        kind=KIND,
        missing=("kinds of call that occur on both sides",),
        reason=(
            f"No kind of call occurs on both sides: {len(verdict.only_before)} only before, "
            f"{len(verdict.only_after)} only after."
        ),
        would_add="Whether the change was worth it, per unit of work, and what to roll back.",
    )


def _priceless(study: Study, verdict: Verdict, *, groups: Labels) -> tuple[Gap, ...]:
    """Name the prices without which the cost of a kind of call cannot be compared."""
    names = [kind.group for kind in verdict.kinds if kind.money.mechanical_usd is None]
    if not names:
        return ()
    inside = np.isin(groups.codes, [groups.names.index(name) for name in names])
    unpriced = np.flatnonzero(inside & (study.traffic.tariff == UNPRICED))
    models = unpriced_labels(study.events.take(unpriced), study.prices)
    return (
        Gap(
            kind=KIND,
            missing=tuple(f"a price of {model}" for model in models),
            reason=(
                f"The cost of {both(names)} cannot be compared: {both(models)} "
                f"{'are' if len(models) > 1 else 'is'} in no price book."
            ),
            would_add="Whether the change was worth it for these kinds of call, and what rolling back saves.",
        ),
    )
