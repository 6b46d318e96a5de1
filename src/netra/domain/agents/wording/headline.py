"""The headline of an answer, what evaluations could add, and what a grade rests on: the only copy of each."""

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET

from netra.domain.optimization.advice.recommendations import WORTH_SAYING, period_of
from netra.domain.optimization.metrics import Metrics
from netra.domain.optimization.model import Grade
from netra.domain.optimization.wording import money, percent

TRUST: Final[Mapping[Grade, str]] = {
    Grade.EXACT: "exact arithmetic on your counts and list prices",
    Grade.REPLAY: "a replay of your own sequence of calls",
    Grade.MODEL: "a calibrated model, within the interval given",
    Grade.JUDGEMENT: "the money is computed, the quality is not: evaluate before you switch",
}
"""What a number of each grade rests on."""


def headline(metrics: Metrics) -> str:
    """Return what the plan saves, or that nothing is worth changing, in one sentence."""
    plan = metrics.plan
    if plan is UNSET or not plan.now_usd_per_month:
        return "There is no bill to improve yet."
    now, when = money(plan.now_usd_per_month), period(metrics)
    if plan.saved_share < WORTH_SAYING:
        return f"Nothing here is worth more than 1 % of the bill of {now} {when}."
    saved = f"{money(plan.saved_usd_per_month)} of {now} {when} can be saved"
    return f"{saved}: {percent(plan.saved_share)} of the bill."


def prospect(metrics: Metrics) -> str:
    """Return what the bill is if every evaluation passes; empty where that adds less than 1 %."""
    plan = metrics.plan
    if plan is UNSET or plan.if_evaluations_pass_saved_share - plan.saved_share < WORTH_SAYING:
        return ""
    bill, less = money(plan.if_evaluations_pass_usd_per_month), percent(plan.if_evaluations_pass_saved_share)
    return f"If what needs an evaluation passes it, the bill is {bill} {period(metrics)}: {less} less."


def period(metrics: Metrics) -> str:
    """Return what dollars are counted over: a month, or the log itself where it covers less than a day."""
    return "a month" if metrics.span is UNSET else period_of(metrics.span)
