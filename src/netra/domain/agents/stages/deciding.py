"""Show what was decided about each recommendation of an advice; nothing is left out for it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from netra.domain.decisions.model import Decision
from netra.domain.decisions.rules import is_in_force
from netra.domain.optimization.result import Advice, DecisionMade


def with_decisions(advice: Advice, made: Sequence[Decision], *, now: datetime) -> Advice:
    """Return the advice in which each recommendation has the decision that is in force at `now`."""
    known = {str(decision.key): _shown(decision) for decision in made if is_in_force(decision, now=now)}
    recommendations = tuple(replace(found, decision=known.get(found.key)) for found in advice.recommendations)
    return replace(advice, recommendations=recommendations)


def _shown(decision: Decision) -> DecisionMade:
    return DecisionMade(
        state=decision.state,
        at=_seconds(decision.at),
        reason=decision.reason,
        until=None if decision.until is None else _seconds(decision.until),
        effective_at=None if decision.effective_at is None else _seconds(decision.effective_at),
    )


def _seconds(at: datetime) -> datetime:
    """Return the instant as every documented field shows one."""
    return at.replace(microsecond=0)
