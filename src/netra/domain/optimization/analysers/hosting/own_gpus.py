"""The user's own GPUs against a provider: their rent, how busy they are, and what the same calls would cost.

Formula: `rent = replicas x GPUs a replica x $/GPU-h x hours`; the provider's side is the list price of the
same tokens of the same open model, the cheapest one that the price book has. The busy share and the tails
come from a replay of the log on the stated fleet. Valid for a log of one open model on a stated fleet; the
present bill is the rent, never a provider's list price.
"""

from collections.abc import Sequence
from functools import partial
from math import inf
from typing import Final

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.hosting.hosting_case import Case
from netra.domain.optimization.analysers.hosting.log_calibration import present_deployment
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.analysers.models.offers import Offer, offers_of
from netra.domain.optimization.measures.span import MONTH_H
from netra.domain.optimization.metrics import TargetOutcome
from netra.domain.optimization.model import Gap, Grade, Stance
from netra.domain.optimization.own_fleet import bought
from netra.domain.optimization.performance.configurations import ServingConfiguration, carried_per_s
from netra.domain.optimization.performance.replay import Replay, replay
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.wording import count, money, percent

KIND: Final = "self_hosting"
FORMULA: Final = "rent = replicas x GPUs a replica x $/GPU-h x hours, against list prices of the same tokens"


class OwnGpusInputs(Inputs, frozen=True, kw_only=True):
    """The stated fleet, its rent and how busy it is, and the list price of the same calls."""

    calls: int
    model: str
    gpu: str
    gpus: int
    replicas: int
    usd_per_gpu_hour: float
    rent_usd_per_hour: float
    rent_usd_in_window: float
    busy_share: float  # of the replicas' time, by replay
    utilisation: float  # the mean rate, as a share of what the replicas carry at these limits
    keeps_limits: bool
    ttft_ms_p99: float
    tpot_ms_p99: float
    is_busiest_stretch: bool  # the replay covers the busiest calls of a longer log
    api_usd_in_window: float | None  # None: the price book has no price of this model
    api_model: str | None  # of the cheapest provider of the same weights
    api_provider: str | None
    providers: int  # whose price of the same weights is known


def on_own_gpus(study: Study, case: Case) -> Finding | Gap | None:
    """Return the fleet that serves the log now, against a provider; None unless the question states one."""
    if study.goals.served_on is None or not case.stand_in.is_same:
        return None
    deployment = present_deployment(study, stand_in=case.stand_in)
    if deployment is None:
        return _gap(f"no GPU named {study.goals.served_on!r} is in the catalogue")
    if deployment.gpu.usd_per_gpu_hour is None:
        return _gap(f"no price of {deployment.gpu.name} is known: supply what an hour of it costs you")
    longest = int((case.requests.input_tokens + case.requests.output_tokens).max())
    if deployment.memory().kv_tokens < longest:
        return _gap(f"{study.goals.served_on} do not hold {deployment.model.name} and the longest call")
    replicas = study.goals.served_replicas or 1
    seen = replay(case.replayed, deployment=deployment, replicas=replicas)
    return _finding(study, case, deployment, seen)


def _finding(study: Study, case: Case, deployment: Deployment, seen: Replay) -> Finding:
    offers = offers_of(study, case.where)
    inputs = _inputs(study, case, deployment, seen, offers=offers)
    rent_usd, api_usd = inputs.rent_usd_in_window, inputs.api_usd_in_window
    fleet = f"{inputs.replicas} x ({deployment.tp}x {deployment.gpu.name})"
    keep = api_usd is None or rent_usd <= api_usd
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever=f"{inputs.model} @ {inputs.gpu}", scope=("fleet=own",)),
        stance=Stance.INFORM if keep else Stance.EVALUATE,
        action=(
            f"Keep serving {inputs.model} on your own {fleet}"
            if keep
            else f"Compare {offers[0].name} with your own {fleet}"
        ),
        impact=_impact(inputs),
        grade=Grade.MODEL if keep else Grade.JUDGEMENT,
        formula=FORMULA,
        inputs=inputs,
        assumptions=(_rent(inputs, source=deployment.gpu.price_source), *_priced_at(inputs), *case.notes),
        evidence=rows(study, case.where),
        how_to_verify="Compare the busy share with the GPUs' own utilisation counters over the same hours.",
        effort="low" if keep else "medium",
        risk="A provider's rate limits and data terms differ from those of your own machines.",
        change=None if keep else partial(bought, where=case.where, to=offers[0].tariff),
        steps=() if keep else (f"Send 5 % of the calls to {offers[0].name}, compare, then the rest.",),
        roll_back="" if keep else "Send the calls to your own GPUs again; return them only after that.",
    )


def _rent(inputs: OwnGpusInputs, *, source: str) -> str:
    return f"The present bill is rent: {money(inputs.usd_per_gpu_hour)} a GPU and hour ({source})."


def _priced_at(inputs: OwnGpusInputs) -> tuple[str, ...]:
    if inputs.api_model is None:
        return ()
    return (
        (
            f"The provider's side is the list price of the same tokens of {inputs.api_model} at "
            f"{inputs.api_provider}, which may serve the weights at fewer bits; the rent is saved only "
            "if all of these calls leave."
        ),
    )


def _inputs(
    study: Study, case: Case, deployment: Deployment, seen: Replay, *, offers: Sequence[Offer]
) -> OwnGpusInputs:
    usd = deployment.gpu.usd_per_gpu_hour or 0.0
    gpus = deployment.gpus * seen.replicas
    best = offers[0] if offers else None
    return OwnGpusInputs(
        calls=len(case.requests),
        model=deployment.model.name,
        gpu=deployment.gpu.name,
        gpus=gpus,
        replicas=seen.replicas,
        usd_per_gpu_hour=usd,
        rent_usd_per_hour=gpus * usd,
        rent_usd_in_window=gpus * usd * study.span.seconds / 3600.0,
        busy_share=seen.busy_share,
        utilisation=_utilisation(case, deployment, replicas=seen.replicas),
        keeps_limits=case.slo.holds(seen),
        ttft_ms_p99=seen.ttft_ms(99),
        tpot_ms_p99=seen.tpot_ms(99),
        is_busiest_stretch=len(case.replayed) < len(case.requests),
        api_usd_in_window=None if best is None else best.usd,
        api_model=None if best is None else best.tariff.model,
        api_provider=None if best is None else best.tariff.provider,
        providers=len({offer.tariff.provider for offer in offers}),
    )


def _utilisation(case: Case, deployment: Deployment, *, replicas: int) -> float:
    """Return the share of its capacity that the fleet uses; above 1 the limits are out of reach."""
    one = ServingConfiguration(deployment=deployment, usd_per_hour=0.0)
    carried = carried_per_s(one, load=case.load, slo=case.slo)
    return case.load.requests_per_s / (carried * replicas) if carried > 0.0 else inf


def _impact(inputs: OwnGpusInputs) -> str:
    when = "in the busiest stretch" if inputs.is_busiest_stretch else "of the time"
    own = (
        f"{count(inputs.gpus, 'GPU')} cost {money(inputs.rent_usd_per_hour)} an hour in rent, "
        f"{money(inputs.rent_usd_per_hour * MONTH_H)} a month, and are busy "
        f"{percent(inputs.busy_share)} {when} by replay, with {percent(inputs.utilisation)} of the load that "
        "they could carry"
    )
    if inputs.api_usd_in_window is None:
        return f"{own}; the price book has no provider of {inputs.model} to compare with."
    api, rent = inputs.api_usd_in_window, inputs.rent_usd_in_window
    verdict = "your own GPUs are cheaper" if rent <= api else "the provider is cheaper"
    return (
        f"{own}; over the log that is {money(rent)}, and the list price at the cheapest of "
        f"{count(inputs.providers, 'provider')} ({inputs.api_provider}) {money(api)}: {verdict}."
    )


def rent_target(finding: Finding) -> TargetOutcome | None:
    """Return the rent against a provider as an outcome; None for another finding."""
    inputs = finding.inputs
    if not isinstance(inputs, OwnGpusInputs):
        return None
    api_usd, rent_usd = inputs.api_usd_in_window, inputs.rent_usd_in_window
    return TargetOutcome(
        target="rent_usd_in_window",
        asked=api_usd,
        reached=rent_usd,
        met=None if api_usd is None else rent_usd <= api_usd,
        why=finding.impact,
    )


def _gap(reason: str) -> Gap:
    return Gap(
        kind=KIND,
        missing=("served_on",),
        reason=reason[0].upper() + reason[1:] + ".",
        would_add="the rent of your own GPUs, and how busy they are",
    )
