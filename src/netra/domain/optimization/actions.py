"""Recommendations as steps a person takes, checks and takes back, cheapest to undo first."""

from collections.abc import Sequence
from typing import Final

from netra.domain.optimization.analysers.model import Stance
from netra.domain.optimization.composition import Composition, Worth
from netra.domain.optimization.model import Action, Recommendation

_EFFORT: Final = ("low", "medium", "high")


def actions_of(composition: Composition, recommendations: Sequence[Recommendation]) -> tuple[Action, ...]:
    """Return the plan's steps, least effort and largest saving first, then the evaluations worth making.

    `recommendations` are the composition's own, from `recommendations_of`; what to avoid and what is
    only worth knowing asks nothing of anybody.
    """
    by_action = {(found.kind, found.action): found for found in recommendations}
    plan = sorted(composition.plan, key=_by_ease)
    evaluations = [
        worth
        for worth in sorted(composition.others, key=_by_ease)
        if worth.finding.stance is Stance.EVALUATE and worth.finding.steps and worth.saved_usd > 0
    ]
    actions: list[Action] = []
    for worth in (*plan, *evaluations):
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


def _by_ease(worth: Worth) -> tuple[int, float]:
    gained_usd = worth.saved_usd if worth.marginal_usd is None else worth.marginal_usd
    return _EFFORT.index(worth.finding.effort), -gained_usd
