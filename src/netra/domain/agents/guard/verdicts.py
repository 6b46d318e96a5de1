"""Check the words of a sentence that judge, also without a number, against what the payload judges.

A verdict that the payload neither states nor bears out is false. A sentence quoted from the payload passes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from netra.domain.agents.guard import (
    money_verdicts,
    plan_verdicts,
    promises,
    ranks,
    shares_in_words,
    target_verdicts,
)
from netra.domain.agents.guard.facts import Facts
from netra.domain.agents.guard.judged import FalseVerdict, Judged
from netra.domain.agents.guard.naming import Mention

_RULES: Final[tuple[Callable[[Judged], Iterable[FalseVerdict]], ...]] = (
    target_verdicts.false_targets,
    money_verdicts.false_directions,
    money_verdicts.false_worth,
    money_verdicts.false_orders,
    money_verdicts.false_bans,
    money_verdicts.false_nothing,
    plan_verdicts.false_membership,
    plan_verdicts.false_outcomes,
    plan_verdicts.false_parts,
    plan_verdicts.false_majorities,
    plan_verdicts.false_answers,
    plan_verdicts.false_places,
    ranks.false_ranks,
    ranks.false_comparisons,
    shares_in_words.false_shares,
    shares_in_words.false_sameness,
    shares_in_words.false_smallness,
    promises.false_promises,
    promises.false_evaluations,
    promises.false_deeds,
    promises.false_causes,
    promises.false_trends,
    promises.false_speeds,
    promises.false_retirements,
    promises.false_exclusions,
    promises.false_spans,
    promises.false_shortness,
    money_verdicts.false_freedom,
)


def false_verdicts(
    sentence: str, facts: Facts, *, mentions: Sequence[Mention], earlier: str
) -> Iterator[FalseVerdict]:
    """Yield the verdicts of a sentence that the payload does not bear out."""
    judged = Judged(sentence=sentence, facts=facts, mentions=tuple(mentions), earlier=earlier)
    if judged.is_quoted(sentence) or sentence.rstrip(" *_").endswith("?"):
        return
    for rule in _RULES:
        for verdict in rule(judged):
            if not judged.is_quoted(verdict.text) and not judged.is_context_quoted(verdict.text):
                yield verdict
