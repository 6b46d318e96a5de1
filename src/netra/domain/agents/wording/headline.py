"""The only copy of an answer's headline, of the outlook after evaluations, and of the meaning of grades."""

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET

from netra.domain.optimization.advice.recommendations import WORTH_SAYING
from netra.domain.optimization.metrics import Metrics
from netra.domain.optimization.model import Grade
from netra.domain.optimization.wording import money, percent

TRUST: Final[Mapping[Grade, str]] = {
    Grade.EXACT: "exact arithmetic on your counts and list prices",
    Grade.REPLAY: "a replay of your own sequence of calls",
    Grade.MODEL: "a calibrated model, within the interval given",
    Grade.JUDGEMENT: "the money is computed, the quality is not: evaluate before you switch",
}
"""The basis of a number of each grade."""


def headline(metrics: Metrics) -> str:
    """Return one sentence: the plan's saving, or that no change is worth making."""
    plan = metrics.plan
    if plan is UNSET or not plan.now_usd_per_month:
        return "There is no bill to improve yet."
    now, when = money(plan.now_usd_per_month), period(metrics)
    if plan.saved_share < WORTH_SAYING:
        return f"Nothing here is worth more than 1 % of the bill of {now} {when}."
    saved = f"{money(plan.saved_usd_per_month)} of {now} {when} can be saved"
    return f"{saved}: {percent(plan.saved_share)} of the bill."


def prospect(metrics: Metrics) -> str:
    """Return the bill if every evaluation passes; empty if that saves less than 1 % more."""
    plan = metrics.plan
    if plan is UNSET or plan.if_evaluations_pass_saved_share - plan.saved_share < WORTH_SAYING:
        return ""
    bill, less = money(plan.if_evaluations_pass_usd_per_month), percent(plan.if_evaluations_pass_saved_share)
    return f"If what needs an evaluation passes it, the bill is {bill} {period(metrics)}: {less} less."


def period(metrics: Metrics) -> str:
    """Return the period of the dollar amounts: a month, or the whole log if it is too short to scale."""
    return "a month" if metrics.span is UNSET or metrics.span.scaled else "over the log"
