"""The user's own GPUs against a provider: their rent, how busy they are, and what the same calls would cost.

Formula: `rent = replicas x GPUs a replica x $/GPU-h x hours`; the provider's side is the list price of the
same tokens of the same open model, the cheapest one that the price book has. The busy share and the tails
come from a replay of the log on the stated fleet. Valid for a log of one open model on a stated fleet; the
present bill is the rent, never a provider's list price.
"""

from typing import Final

import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.hosting.hosting_case import Case
from netra.domain.optimization.analysers.hosting.log_calibration import present_deployment
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.measures.span import MONTH_H
from netra.domain.optimization.model import Gap, Grade, Stance
from netra.domain.optimization.performance.replay import Replay, replay
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.traffic import UNPRICED
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
    keeps_limits: bool
    ttft_ms_p99: float
    tpot_ms_p99: float
    api_usd_in_window: float | None  # None: the price book has no price of this model


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
    inputs = _inputs(study, case, deployment, seen)
    rent_usd, api_usd = inputs.rent_usd_in_window, inputs.api_usd_in_window
    fleet = f"{inputs.replicas} x ({deployment.tp}x {deployment.gpu.name})"
    keep = api_usd is None or rent_usd <= api_usd
    return Finding(
        kind=KIND,
        stance=Stance.INFORM,
        action=(
            f"Keep serving {inputs.model} on your own {fleet}"
            if keep
            else f"Compare a provider of {inputs.model} with your own {fleet}"
        ),
        impact=_impact(inputs),
        grade=Grade.MODEL,
        formula=FORMULA,
        inputs=inputs,
        assumptions=(_rent(inputs, source=deployment.gpu.price_source), *case.notes),
        evidence=rows(study, case.where),
        how_to_verify="Compare the busy share with the GPUs' own utilisation counters over the same hours.",
        effort="low",
        risk="A provider's rate limits and data terms differ from those of your own machines.",
    )


def _rent(inputs: OwnGpusInputs, *, source: str) -> str:
    return f"The present bill is rent: {money(inputs.usd_per_gpu_hour)} a GPU and hour ({source})."


def _inputs(study: Study, case: Case, deployment: Deployment, seen: Replay) -> OwnGpusInputs:
    usd = deployment.gpu.usd_per_gpu_hour or 0.0
    gpus = deployment.gpus * seen.replicas
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
        keeps_limits=case.slo.holds(seen),
        ttft_ms_p99=seen.ttft_ms(99),
        tpot_ms_p99=seen.tpot_ms(99),
        api_usd_in_window=_api_usd(study, case),
    )


def _api_usd(study: Study, case: Case) -> float | None:
    """Return the list price of the calls: as logged, else at the cheapest provider of the same weights."""
    if (study.traffic.tariff[case.where] != UNPRICED).all():
        return case.api_usd
    inputs = float(study.traffic.input_tokens[case.where].sum())
    outputs = float(study.traffic.output_tokens[case.where].sum())
    same = [
        tariff.input.usd_per_token * inputs + tariff.output.usd_per_token * outputs
        for tariff in study.prices.candidates
        if study.hardware.find_model(tariff.model) == case.stand_in.model
    ]
    return float(np.min(same)) if same else None


def _impact(inputs: OwnGpusInputs) -> str:
    own = (
        f"{count(inputs.gpus, 'GPU')} cost {money(inputs.rent_usd_per_hour)} an hour in rent, "
        f"{money(inputs.rent_usd_per_hour * MONTH_H)} a month, and are busy "
        f"{percent(inputs.busy_share)} of the time by replay"
    )
    if inputs.api_usd_in_window is None:
        return f"{own}; the price book has no provider of {inputs.model} to compare with."
    api, rent = inputs.api_usd_in_window, inputs.rent_usd_in_window
    verdict = "cheaper" if api < rent else "dearer"
    return f"{own}; over the log that is {money(rent)}, and a provider's list price {money(api)}: {verdict}."


def _gap(reason: str) -> Gap:
    return Gap(
        kind=KIND,
        missing=("served_on",),
        reason=reason[0].upper() + reason[1:] + ".",
        would_add="the rent of your own GPUs, and how busy they are",
    )
