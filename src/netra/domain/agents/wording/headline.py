"""The only copy of an answer's headline, of the outlook after evaluations, and of the meaning of grades."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from msgspec import UNSET

from netra.domain.optimization.advice.recommendations import WORTH_SAYING, period_of
from netra.domain.optimization.explain.wording import summary
from netra.domain.optimization.metrics import BillSource, Metrics, MonthlyBill, PriceChange
from netra.domain.optimization.model import Grade
from netra.domain.optimization.wording import count, listed, money, percent

TRUST: Final[Mapping[Grade, str]] = {
    Grade.EXACT: "exact arithmetic on your counts and list prices",
    Grade.REPLAY: "a replay of your own sequence of calls",
    Grade.MODEL: "a calibrated model, within the interval given",
    Grade.JUDGEMENT: "the money is computed, the quality is not: evaluate before you switch",
}
"""The basis of a number of each grade."""


def answer(metrics: Metrics) -> str:
    """Return what was asked for: why the bill changed, where the question asks for it, else the headline."""
    return headline(metrics) if metrics.explanation is UNSET else summary(metrics.explanation)


def headline(metrics: Metrics) -> str:
    """Return one sentence: the plan's saving, or that no change is worth making."""
    plan = metrics.plan
    if plan is UNSET or not plan.now_usd:
        return _no_bill(metrics)
    now, when = money(plan.now_usd), period(metrics)
    if plan.saved_share < WORTH_SAYING:
        return f"Nothing here is worth more than 1 % of the bill of {now} {when}."
    saved = f"{money(plan.saved_usd)} of {now} {when} can be saved"
    return f"{saved}: {percent(plan.saved_share)} of the bill."


def _no_bill(metrics: Metrics) -> str:
    if not is_priced(metrics):
        return "The bill of this log is not known: no call of it has a known price."
    if metrics.billed is not UNSET and metrics.billed.reserved_calls:
        return "No call is paid by the token: no change of tokens or models saves anything by itself."
    return "There is no bill to improve yet."


def is_priced(metrics: Metrics) -> bool:
    """Return whether the bill of at least one call is known, or there is no call."""
    unpriced = metrics.unpriced
    has_bill = metrics.bill_usd > 0 or (metrics.plan is not UNSET and metrics.plan.now_usd > 0)
    return unpriced is UNSET or unpriced.calls < metrics.requests or has_bill


def warnings(metrics: Metrics) -> tuple[str, ...]:
    """Return what a reader must know before any number: calls left out, without a price, or reserved."""
    found = (_left_out(metrics), _unpriced(metrics), _reserved(metrics))
    return tuple(sentence for sentence in found if sentence)


def _left_out(metrics: Metrics) -> str:
    scope = metrics.scope
    if scope is UNSET or not scope.requests_excluded or not scope.excluded_usd_in_window:
        return ""
    calls, usd = count(scope.requests_excluded, "call"), money(scope.excluded_usd_in_window)
    return f"Left out as you asked: {calls}, {usd} over the log. The numbers below are of the rest."


def _unpriced(metrics: Metrics) -> str:
    found = metrics.unpriced
    if found is UNSET:
        return ""
    names = listed([_asking(name, found.suggestions.get(name, ())) for name in found.names])
    return (
        f"{count(found.calls, 'call')} ({percent(found.call_share)} of the calls, "
        f"{percent(found.token_share)} of the tokens) went to models without a known price: {names}. "
        "Their list price is in no number here; --prices FILE or --model NAME gives them one."
    )


def _asking(name: str, suggestions: Sequence[str]) -> str:
    return f"{name} (did you mean {' or '.join(suggestions)}?)" if suggestions else name


def _reserved(metrics: Metrics) -> str:
    billed = metrics.billed
    if billed is UNSET or not billed.reserved_calls:
        return ""
    return (
        f"{count(billed.reserved_calls, 'call')} cost nothing by the token and have a list price of "
        f"{money(billed.reserved_list_usd)}: reserved capacity served them, and the cost of that commitment "
        "is not in the log."
    )


def basis(metrics: Metrics) -> str:
    """Return what the bill is counted at, as it stands after an amount."""
    billed = metrics.billed
    if billed is UNSET:
        return "at list prices"
    rent = "" if billed.rent is UNSET else f"by the rent of {count(billed.rent.gpus, 'own GPU')}"
    if billed.source == "rent":
        return rent
    return f"{rent} and {_bought(billed)}" if rent else _bought(billed)


def _bought(billed: BillSource) -> str:
    """Return what the calls of providers are counted at."""
    if billed.source == "list":
        return "at list prices"
    ratio = "" if billed.ratio is None else f", {percent(billed.ratio)} of list prices"
    rest = "; calls without a cost by that ratio or as listed" if billed.source == "mixed" else ""
    return f"by the costs in the log{ratio}{rest}"


def outlook(metrics: Metrics) -> tuple[str, ...]:
    """Return the published changes of prices and retirements that concern the log, a sentence each."""
    changes = () if metrics.price_changes is UNSET else metrics.price_changes
    retired = () if metrics.retirements is UNSET else metrics.retirements
    return (
        *(
            f"The price of {one.model} changes on {one.on.isoformat()}: this traffic then costs "
            f"{_difference(one)} {'more' if one.factor > 1 else 'less'}{'' if one.in_use else ' on it'}."
            for one in changes
        ),
        *(
            f"{one.model} is deprecated." if one.on is None else _retirement(one.model, one.provider, one.on)
            for one in retired
        ),
    )


def _retirement(model: str, provider: str, on: date) -> str:
    """Return the sentence about a retirement; it stands before that day as well as after it."""
    return f"Retirement of {model} by {provider}: {on.isoformat()}. Move its calls to another model."


def _difference(change: PriceChange) -> str:
    """Return what a change of prices adds or takes, in dollars a month where a month is known."""
    if change.usd_per_month is None:
        return percent(abs(change.factor - 1))
    return f"{money(abs(change.usd_per_month))} a month"


def rate(metrics: Metrics) -> str:
    """Return the bill in the log's own time, then that of a month with its interval; empty without a bill."""
    span = metrics.span
    if span is UNSET or not metrics.bill_usd or not span.seconds:
        return ""
    hours = span.seconds / 3600
    own = (
        f"The log's {hours:,.2f} h cost {money(metrics.bill_usd)}, {money(metrics.bill_usd / hours)} an hour"
    )
    month = metrics.bill_usd_per_month
    if month is None:
        return f"{own}; the cost of a month is not known."
    return f"{own}; a month {money(month.value)}{_between(month)}."


def _between(month: MonthlyBill) -> str:
    """Return the interval of a month's bill, as it stands after its value."""
    return f" (90 % interval {money(month.low)} to {money(month.high)})"


def prospect(metrics: Metrics) -> str:
    """Return the bill if every evaluation passes; empty if that saves less than 1 % more."""
    plan = metrics.plan
    if plan is UNSET or plan.if_evaluations_pass_saved_share - plan.saved_share < WORTH_SAYING:
        return ""
    bill, less = money(plan.evaluated_usd), percent(plan.if_evaluations_pass_saved_share)
    return f"If what needs an evaluation passes it, the bill is {bill} {period(metrics)}: {less} less."


def period(metrics: Metrics) -> str:
    """Return the period of the dollar amounts: a month, or the log itself if it covers less than a day."""
    return "a month" if metrics.span is UNSET else period_of(metrics.span)
