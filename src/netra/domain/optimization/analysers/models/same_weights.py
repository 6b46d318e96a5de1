"""The same open weights elsewhere: what other providers ask for the log's calls of an open model.

Formula: `saved = price now - the other provider's list price of the same tokens`, call by call. Money is
grade A. The answers are those of the same weights, though a provider may serve them at fewer bits, so a move
is for evaluation. Calls on own GPUs are weighed by `self_hosting`.
"""

from functools import partial
from typing import Final

import msgspec

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.hosting.hosting_case import calls_of, open_models
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.analysers.models.offers import Offer, offers_of
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.performance.hardware import ModelShape
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.traffic import UNPRICED, Bools, routed
from netra.domain.optimization.wording import count, money, percent

KIND: Final = "same_weights"
FORMULA: Final = (
    "saved = price now - another provider's list price of the same tokens of the same open weights"
)
WORTH_MOVING: Final = 0.01
"""Least saving, as a share of the bill; below it a move is not worth its work."""
_LISTED: Final = 8


class WeightsOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One provider of the weights, and its price of the calls."""

    model: str
    provider: str
    usd_in_window: float
    usd_per_million_input: float
    usd_per_million_output: float
    context_window_tokens: int | None


class WeightsInputs(Inputs, frozen=True, kw_only=True):
    """The calls of one open model, their price now, and every provider's, cheapest first."""

    open_model: str
    calls: int
    now_usd_in_window: float
    model: str
    provider: str
    then_usd_in_window: float
    providers: int
    offers: tuple[WeightsOffer, ...]


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return, for each open model that a provider serves, the cheapest provider of the same weights."""
    checkpoint(0.0, "Comparing providers of the same weights")
    bill_usd = float(study.now_usd[study.recurring].sum())
    found: list[Finding] = []
    for model in open_models(study):
        where = calls_of(study, model) & study.recurring & ~study.traffic.hosted
        where &= study.traffic.tariff != UNPRICED
        if not where.any():
            continue
        offers = offers_of(study, where)
        saved_usd = float(study.now_usd[where].sum()) - (offers[0].usd if offers else 0.0)
        if offers and saved_usd > WORTH_MOVING * bill_usd:
            found.append(_finding(study, model, where, offers))
    return tuple(found)


def _finding(study: Study, model: ModelShape, where: Bools, offers: tuple[Offer, ...]) -> Finding:
    best, now_usd = offers[0], float(study.now_usd[where].sum())
    return Finding(
        kind=KIND,
        key_parts=KeyParts(
            lever=f"-> {best.tariff.provider}/{best.tariff.model}", scope=(f"model={model.name}",)
        ),
        stance=Stance.EVALUATE,
        action=f"Compare {best.name}: the same weights for less",
        impact=(
            f"{count(int(where.sum()), 'call')} of {model.name} cost {money(now_usd)} {study.month.period}; "
            f"the same tokens cost {money(best.usd)} there, {percent(1 - best.usd / now_usd)} less, the "
            f"least of {count(len(offers), 'provider price')} of these weights."
        ),
        grade=Grade.JUDGEMENT,
        formula=FORMULA,
        inputs=_inputs(model, offers, calls=int(where.sum()), now_usd=now_usd),
        assumptions=(
            (
                "The weights are the same by name and version; a provider may serve them at fewer bits or "
                "with a shorter context."
            ),
        ),
        evidence=rows(study, where, weight=study.now_usd),
        how_to_verify=(
            "Send the same sample of calls to both providers; compare answers, TTFT p99 and refusals."
        ),
        effort="low",
        risk="Speed, rate limits and data terms differ from provider to provider.",
        change=partial(routed, where=where, to=best.tariff),
        steps=(f"Route 5 % of the calls to {best.name}, compare, then move the rest.",),
        roll_back="Route the calls to the present provider again.",
    )


def _inputs(model: ModelShape, offers: tuple[Offer, ...], *, calls: int, now_usd: float) -> WeightsInputs:
    best = offers[0]
    return WeightsInputs(
        open_model=model.name,
        calls=calls,
        now_usd_in_window=now_usd,
        model=best.tariff.model,
        provider=best.tariff.provider,
        then_usd_in_window=best.usd,
        providers=len({offer.tariff.provider for offer in offers}),
        offers=tuple(_row(offer) for offer in offers[:_LISTED]),
    )


def _row(offer: Offer) -> WeightsOffer:
    tariff = offer.tariff
    return WeightsOffer(
        model=tariff.model,
        provider=tariff.provider,
        usd_in_window=offer.usd,
        usd_per_million_input=tariff.input.usd_per_token * 1e6,
        usd_per_million_output=tariff.output.usd_per_token * 1e6,
        context_window_tokens=tariff.context_window_tokens,
    )
