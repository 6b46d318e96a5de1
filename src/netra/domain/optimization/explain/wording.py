"""Words for an explanation of a bill's change: one sentence, its reservations, and the names of effects."""

from collections.abc import Mapping, Sequence
from typing import Final

from netra.domain.optimization.explain.explanation import Effect, Explanation
from netra.domain.optimization.explain.factors import EffectName
from netra.domain.optimization.wording import both, count, listed, money, percent

LEAST_SHOWN: Final = 0.005  # of the largest effect: smaller ones are left out of sentences and plots
EXACT: Final = (
    "The effects are exact arithmetic on counts and prices (LMDI) and sum to the difference; they say what "
    "changed, and not who changed it."
)
NAMED: Final = 3  # effects in one sentence

TITLES: Final[Mapping[EffectName, str]] = {
    "volume": "number of calls",
    "mix_feature": "mix of kinds of call",
    "retries": "retries",
    "mix_model": "models used",
    "mix_tier": "service tiers used",
    "region": "regions used",
    "input_length": "input tokens per call",
    "output_length": "output tokens per call",
    "cache_share": "share of input read from a cache",
    "write_share": "share of input written to a cache",
    "price_list": "list prices",
    "long_context": "long-context and hourly prices",
    "discount": "paid per dollar of list price",
    "charges": "charges other than tokens",
    "unlisted": "cost per call of models without a list price",
}


def amount_of(effect: Effect, explanation: Explanation) -> float:
    """Return the dollars of an effect: of the whole periods, or by the hour, as the bills are compared."""
    return effect.usd_per_hour if explanation.compared.is_hourly else effect.usd


def largest(explanation: Explanation) -> list[Effect]:
    """Return the effects that matter, the largest first."""
    ranked = sorted(explanation.effects, key=lambda effect: -abs(amount_of(effect, explanation)))
    most = abs(amount_of(ranked[0], explanation))
    return [one for one in ranked if abs(amount_of(one, explanation)) > LEAST_SHOWN * most]


def per(explanation: Explanation) -> str:
    """Return what follows an amount: nothing for the whole periods, else the hour."""
    return " an hour" if explanation.compared.is_hourly else ""


def summary(explanation: Explanation) -> str:
    """Return what the bill did, and the effects that made it."""
    bills, unit = explanation.compared, per(explanation)
    now = money(bills.after_usd)
    if money(bills.before_usd) == now:
        return f"Costs are the same in both periods: {now}{unit}."
    share = "" if bills.change_share is None else f", {percent(abs(bills.change_share))}"
    way = "rose" if bills.change_usd > 0 else "fell"
    moved = (
        f"Costs {way} by {money(abs(bills.change_usd))}{unit}{share}: from {money(bills.before_usd)} to {now}"
    )
    return f"{moved}. Of that: {_made_by(explanation)}."


def _made_by(explanation: Explanation) -> str:
    parts = [
        f"{TITLES[one.name]} {signed(amount_of(one, explanation))}" for one in largest(explanation)[:NAMED]
    ]
    return both(parts)


def signed(usd: float) -> str:
    """Return dollars with a sign, as an amount that is added.

    >>> signed(3), signed(-3)
    ('+$3.00', '-$3.00')
    """
    return money(usd) if usd < 0 else f"+{money(usd)}"


def notes(explanation: Explanation) -> tuple[str, ...]:
    """Return what a reader must know: lengths of the periods, unknown effects, calls left out."""
    return (
        *_lengths(explanation),
        *_unknown(explanation),
        *_without_price(explanation),
        EXACT,
    )


def _lengths(explanation: Explanation) -> Sequence[str]:
    if not explanation.compared.is_hourly:
        return ()
    before, after = explanation.before, explanation.after
    lengths = f"The periods last {before.hours:,.2f} h and {after.hours:,.2f} h"
    totals = f"in all they cost {money(before.usd)} and {money(after.usd)}"
    return (f"{lengths}, so dollars an hour are compared; {totals}.",)


def _unknown(explanation: Explanation) -> Sequence[str]:
    if not explanation.not_known:
        return ()
    names = [f"{TITLES[one.name]} (needs {one.needs})" for one in explanation.not_known]
    return (f"Not known from this log: {', '.join(names)}.",)


def _without_price(explanation: Explanation) -> Sequence[str]:
    if not explanation.calls_without_price:
        return ()
    calls = count(explanation.calls_without_price, "call")
    names = listed(explanation.models_without_price)
    return (f"{calls} of models without a known price ({names}) are in neither bill.",)
