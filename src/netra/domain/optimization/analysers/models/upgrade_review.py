"""Review a past change of model, prompt or settings: whether it paid, and what to roll back.

The mechanical part is exact: the calls after the change, priced as served and as configured before it. The
behavioural part, the cost of a call of the same kind due to its use, has an interval from instants without a
change. The saving of a roll-back is modelled (grade C): the later calls at the earlier model's price and with
the earlier length of answers. Only what changed is rolled back. Kinds of call of unknown price are compared
by answers, latencies and failures alone.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import UNSET, UnsetType

from netra.domain.optimization.analysers.evidence import groups_of, rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.analysers.models.roll_back import KIND, ReviewedGroup, reviewed, roll_back
from netra.domain.optimization.analysers.models.upgrade_wording import measured, ruled, seen
from netra.domain.optimization.model import Checkpoint, Gap, Goals, Grade, Stance
from netra.domain.optimization.price_list import unpriced_labels
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.traffic import UNPRICED, Bools
from netra.domain.optimization.verdicts.verdict import ChangeVerdict, Verdict, cannot_tell, verdict_of
from netra.domain.optimization.wording import both
from netra.domain.workloads.columns import Labels, nanoseconds

FORMULA: Final = (
    "saved = sum over calls after the change of (cost as configured before - cost), plus sum over kinds "
    "of n_after (mean before - mean after) at unchanged prices"
)


class ReviewInputs(Inputs, frozen=True, kw_only=True):
    """The verdict on the change and every kind of call behind it."""

    change: ChangeVerdict
    saved_usd: float | None
    groups: tuple[ReviewedGroup, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the review of the change that the question names, and what to roll back; empty without one."""
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
    if is_priced or any(seen(kind) for kind in verdict.kinds):
        found.append(_review(study, verdict, after=after))
    undone = [kind for kind in verdict.kinds if kind.is_to_roll_back]
    if undone:
        found.append(roll_back(study, undone, after=after, groups=groups))
    return (*found, *_priceless(study, verdict, groups=groups))


def change_verdict(
    goals: Goals, findings: Sequence[Finding], gaps: Sequence[Gap]
) -> ChangeVerdict | UnsetType:
    """Return the verdict among the findings, or why it is missing; unset if not requested."""
    return UNSET if goals.change_at is None else verdict_among(findings, gaps)


def verdict_among(findings: Sequence[Finding], gaps: Sequence[Gap]) -> ChangeVerdict:
    """Return the verdict of a review, or why there is no review."""
    reviews = [found.inputs.change for found in findings if isinstance(found.inputs, ReviewInputs)]
    reasons = [gap.reason for gap in gaps if gap.kind == KIND]
    return reviews[0] if reviews else cannot_tell(reasons[0] if reasons else "The log holds no call.")


def _review(study: Study, verdict: Verdict, *, after: Bools) -> Finding:
    change = verdict.change
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever=f"review of {study.goals.change_at:%Y-%m-%dT%H:%M:%S%z}"),
        stance=Stance.INFORM,
        action=ruled(change),
        impact=measured(verdict),
        grade=Grade.EXACT if change.behavioural_usd is None else Grade.MODEL,
        formula=FORMULA,
        inputs=ReviewInputs(
            change=change,
            saved_usd=_saved_usd(change),
            groups=tuple(reviewed(kind) for kind in verdict.kinds),
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
