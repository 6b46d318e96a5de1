"""The explanation that a question asks for: around the instant it names, or of the log's two halves."""

from typing import Final

from msgspec import UNSET, UnsetType

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.explain.explanation import Explanation, explained
from netra.domain.optimization.explain.periods import Periods, periods_around
from netra.domain.optimization.model import Gap, Goals
from netra.domain.optimization.price_list import PriceList
from netra.domain.workloads.columns import Events, instant_of

KIND: Final = "explain"  # in `Goals.analyses`: why the bill changed


def asked_explanation(
    events: Events, *, prices: PriceList, goals: Goals
) -> tuple[Explanation | UnsetType, tuple[Gap, ...]]:
    """Return the explanation where the question asks for one, and what it lacks."""
    if KIND not in goals.analyses or not len(events):
        return UNSET, ()
    try:
        return explained(events, prices=prices, periods=_periods(events, goals)), ()
    except ValidationFailed as refused:
        return UNSET, (_gap(refused.message),)


def _periods(events: Events, goals: Goals) -> Periods:
    """Return the times before and after the named instant, or the two halves of the log."""
    if goals.change_at is not None:
        return periods_around(goals.change_at)
    first, last = int(events.at_ns.min()), int(events.at_ns.max())
    return periods_around(instant_of((first + last + 1) // 2))


def _gap(reason: str) -> Gap:
    return Gap(
        kind=KIND,
        missing=("calls of known price on both sides of the change",),
        reason=reason,
        would_add="Which factors made the bill rise or fall, in dollars.",
    )
