"""Turns recommendations into actions with steps, verification and rollback, most valuable first."""

from collections.abc import Sequence
from typing import Final

from netra.domain.optimization.advice.recommendations import WORTH_SAYING
from netra.domain.optimization.composition import Composition, Worth
from netra.domain.optimization.model import Action, Stance
from netra.domain.optimization.result import Recommendation

_EFFORT: Final = ("low", "medium", "high")


def actions_of(composition: Composition, recommendations: Sequence[Recommendation]) -> tuple[Action, ...]:
    """Return the plan's changes, then the evaluations that may pay, each by saving, then by effort.

    Actions that save under a percent of the bill come last, planned or not. `recommendations` are those of
    the same composition, from `recommendations_of`; findings to avoid or for information need no action.
    """
    by_action = {(found.kind, found.action): found for found in recommendations}
    evaluations = [
        worth
        for worth in composition.others
        if worth.finding.stance is Stance.EVALUATE and worth.finding.steps and worth.monthly.saved_usd > 0
    ]
    little_usd = WORTH_SAYING * composition.current_usd_per_month
    ordered = sorted((*composition.plan, *evaluations), key=lambda worth: _rank(worth, little_usd=little_usd))
    actions: list[Action] = []
    for worth in ordered:
        finding = worth.finding
        recommendation = by_action[finding.kind, finding.action]
        actions.append(
            Action(
                order=len(actions) + 1,
                recommendation_id=recommendation.id,
                title=finding.action,
                steps=finding.steps,
                verify=finding.how_to_verify,
                roll_back=finding.roll_back,
            )
        )
    return tuple(actions)


def _rank(worth: Worth, *, little_usd: float) -> tuple[bool, bool, float, int]:
    marginal_usd = worth.marginal_usd_per_month
    is_planned = marginal_usd is not None
    gained_usd = worth.monthly.saved_usd if marginal_usd is None else marginal_usd
    return gained_usd < little_usd, not is_planned, -gained_usd, _EFFORT.index(worth.finding.effort)
