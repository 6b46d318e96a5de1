"""Judges the fleets that a question names: whether a number of GPUs carries the log, or how many do.

Formula: `share = replays that keep the limits / 20`, each with the slowest steps of their 80 % interval and
another draw of random balancing. A fleet carries the log from a share of 95 % on, and does not if most
replays at modelled step times break a limit too; between the two it is uncertain, and both shares are
stated. The number needed is that of `hosting`, of the group size that needs the fewest GPUs. The arrivals are
compressed by the growth that the question expects.
"""

from typing import Final

import msgspec

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.hosting.fleet_option import option_of, served_by
from netra.domain.optimization.analysers.hosting.hosting_case import Case
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.metrics import TargetOutcome
from netra.domain.optimization.model import Checkpoint, GpuFleet, Grade, Stance
from netra.domain.optimization.performance.configurations import RequestLoad, ServingConfiguration
from netra.domain.optimization.performance.hosting import Hosting, cheapest_fleets, resized
from netra.domain.optimization.performance.replay import Requests
from netra.domain.optimization.performance.sizing import DRAWS_STATED, holding_share, step_bounds
from netra.domain.optimization.progress import within
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import NO_SETTINGS
from netra.domain.optimization.wording import at_traffic, count, money, percent

KIND: Final = "gpu_choice"
FORMULA: Final = "share = replays with slow steps and random balancing that keep the limits / 20"
SURE_SHARE: Final = 0.95
"""Least share of replays with slow steps from which a fleet carries the log."""
LIKELY_SHARE: Final = 0.5
"""Share of replays with modelled steps below which a fleet does not carry the log."""


class FleetInputs(Inputs, frozen=True, kw_only=True):
    """The fleet of the question, how often it keeps the limits, and the number of GPUs that do."""

    model: str
    gpu: str
    asked_gpus: int | None  # None: the question asks how many
    carries: bool | None  # None: uncertain
    needed_gpus: int | None  # None: no number of this GPU keeps the limits
    needed_usd_per_hour: float | None
    configuration: str | None
    replicas: int | None  # of the fleet judged
    usd_per_hour: float | None
    slow_replays_holding: float
    modelled_replays_holding: float | None  # None: not needed for the verdict
    ttft_ms_p99_low: float | None
    ttft_ms_p99_high: float | None
    tpot_ms_p99_low: float | None
    tpot_ms_p99_high: float | None
    ttft_limit_ms_p99: float
    tpot_limit_ms_p99: float
    latency_limit_ms_p99: float | None
    traffic_growth: float


class _Judged(msgspec.Struct, frozen=True, kw_only=True):
    fleet: GpuFleet
    gpu: str
    needed: Hosting | None  # the smallest fleet that keeps the limits
    judged: Hosting | None  # the fleet of the question; None: too few GPUs for a replica
    slow_share: float
    modelled_share: float | None

    @property
    def carries(self) -> bool | None:
        """Whether the fleet carries the log; None where it is uncertain."""
        if self.judged is None:
            return False
        if self.slow_share >= SURE_SHARE:
            return True
        return False if (self.modelled_share or 0.0) < LIKELY_SHARE else None


def asked_fleets(study: Study) -> tuple[GpuFleet, ...]:
    """Return the fleets of the question that are to be judged: all but the one that serves the log now."""
    known = [fleet for fleet in study.goals.fleets if not fleet.is_serving]
    return tuple(fleet for fleet in known if study.hardware.find_gpu(fleet.name) is not None)


def judge(study: Study, case: Case, fleet: GpuFleet, *, checkpoint: Checkpoint) -> Finding:
    """Return the verdict on one fleet of the question."""
    gpu = study.hardware.find_gpu(fleet.name)
    name = fleet.name if gpu is None else gpu.name
    growth = study.goals.traffic_growth or 0.0
    requests = _grown(case.replayed, growth)
    candidates = tuple(one for one in case.candidates if one.deployment.gpu.name == name)
    needed = _needed(
        case,
        requests,
        candidates,
        growth=growth,
        checkpoint=within(checkpoint, begin=0.0, end=0.7),
    )
    judged = _judged(case, requests, needed, fleet, checkpoint=within(checkpoint, begin=0.7, end=0.9))
    checkpoint(0.9, "Replaying draws of random balancing")
    slow = 0.0 if judged is None else _share(case, requests, judged, is_slow=True)
    modelled = None if judged is None or slow >= SURE_SHARE else _share(case, requests, judged, is_slow=False)
    found = _Judged(
        fleet=fleet, gpu=name, needed=needed, judged=judged, slow_share=slow, modelled_share=modelled
    )
    return _finding(study, case, found, growth=growth)


def _grown(requests: Requests, growth: float) -> Requests:
    return msgspec.structs.replace(requests, arrive_s=requests.arrive_s / max(1.0 + growth, 1e-3))


def _needed(
    case: Case,
    requests: Requests,
    candidates: tuple[ServingConfiguration, ...],
    *,
    growth: float,
    checkpoint: Checkpoint,
) -> Hosting | None:
    load = RequestLoad(
        requests_per_s=case.load.requests_per_s * (1.0 + growth),
        input_tokens=case.load.input_tokens,
        output_tokens=case.load.output_tokens,
    )
    found = cheapest_fleets(
        requests, candidates=candidates, load=load, slo=case.slo, sizing=case.sizing, checkpoint=checkpoint
    )
    return min(found, key=lambda hosting: hosting.gpus, default=None)


def _judged(
    case: Case, requests: Requests, needed: Hosting | None, fleet: GpuFleet, *, checkpoint: Checkpoint
) -> Hosting | None:
    """Return the fleet of the question in the group size that needs the fewest GPUs."""
    if needed is None or fleet.count is None:
        return needed
    replicas = fleet.count // needed.configuration.deployment.gpus - needed.spare
    if replicas < 1:
        return None
    return resized(requests, needed, size=replicas, slo=case.slo, checkpoint=checkpoint)


def _share(case: Case, requests: Requests, judged: Hosting, *, is_slow: bool) -> float:
    deployment = judged.configuration.deployment
    return holding_share(
        requests,
        deployment=deployment,
        replicas=judged.needed,
        batching=judged.batching,
        slo=case.slo,
        slowdown=step_bounds(deployment)[1] if is_slow else 1.0,
    )


def _finding(study: Study, case: Case, found: _Judged, *, growth: float) -> Finding:
    judged = found.judged
    supplied = judged is not None and case.stand_in.is_same and found.carries is not False
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever=f"{case.stand_in.model.name} @ {_named(found)}", scope=("fleet=named",)),
        stance=Stance.INFORM,
        action=_action(case, found),
        impact=_impact(case, found, growth=growth),
        grade=Grade.MODEL,
        formula=FORMULA,
        inputs=_inputs(case, found, growth=growth),
        assumptions=case.notes,
        evidence=rows(study, case.where),
        how_to_verify="Send one replica its share of the log and compare p99 TTFT and TPOT with the range.",
        effort="medium",
        risk="Bursts larger than those in this log have to wait; step times are modelled, not measured here.",
        options=() if judged is None else (option_of(study, case, judged, kind=KIND),),
        supply=served_by(judged) if judged is not None and supplied else NO_SETTINGS,
    )


def _named(found: _Judged) -> str:
    return found.gpu if found.fleet.count is None else f"{found.fleet.count} {found.gpu}"


def _action(case: Case, found: _Judged) -> str:
    model = case.stand_in.model.name
    if found.needed is None:
        return f"Do not serve {model} on {found.gpu} under these limits"
    if found.fleet.count is None:
        return f"Serve {model} on {found.needed.gpus} {found.gpu}"
    verdict = {True: "carry", False: "do not carry", None: "may not carry"}[found.carries]
    return f"{_named(found)} {verdict} this log with {model}"


def _impact(case: Case, found: _Judged, *, growth: float) -> str:
    needed, judged = found.needed, found.judged
    if needed is None:
        return f"No number of {found.gpu} keeps the limits. {case.limits}"
    if judged is None:
        least = needed.configuration.deployment.gpus + needed.spare * needed.configuration.deployment.gpus
        return f"A replica takes {count(least, 'GPU')}. {_takes(needed)}. {case.limits}"
    slow = step_bounds(judged.configuration.deployment)[1]
    shares = (
        f"{percent(found.slow_share)} of {DRAWS_STATED} replays with random balancing and {slow:.2f} times "
        "the modelled step times keep the limits"
    )
    if found.modelled_share is not None:
        shares += f", and {percent(found.modelled_share)} with the modelled ones"
    fleet = f"{judged.fleet.replicas} x ({judged.configuration.name}){at_traffic(growth)}"
    tails = f"replayed {_tails(judged)}"
    if found.fleet.count is not None and needed.gpus != found.fleet.count:
        return f"On {fleet}, {shares}; {tails}. {_takes(needed)}. {case.limits}"
    return f"{fleet} at {money(judged.usd_per_hour)} an hour: {shares}; {tails}. {case.limits}"


def _takes(needed: Hosting) -> str:
    return (
        f"It takes {count(needed.gpus, 'GPU')}, {needed.fleet.replicas} x ({needed.configuration.name}), at "
        f"{money(needed.usd_per_hour)} an hour"
    )


def _tails(judged: Hosting) -> str:
    ttft, tpot = judged.tails.ttft_ms_p99, judged.tails.tpot_ms_p99
    return f"TTFT p99 {ttft[0]:,.0f} to {ttft[1]:,.0f} ms and TPOT p99 {tpot[0]:,.1f} to {tpot[1]:,.1f} ms"


def _inputs(case: Case, found: _Judged, *, growth: float) -> FleetInputs:
    needed, judged, slo = found.needed, found.judged, case.slo
    ttft = (None, None) if judged is None else judged.tails.ttft_ms_p99
    tpot = (None, None) if judged is None else judged.tails.tpot_ms_p99
    return FleetInputs(
        model=case.stand_in.model.name,
        gpu=found.gpu,
        asked_gpus=found.fleet.count,
        carries=found.carries,
        needed_gpus=None if needed is None else needed.gpus,
        needed_usd_per_hour=None if needed is None else needed.usd_per_hour,
        configuration=None if judged is None else judged.configuration.name,
        replicas=None if judged is None else judged.fleet.replicas,
        usd_per_hour=None if judged is None else judged.usd_per_hour,
        slow_replays_holding=found.slow_share,
        modelled_replays_holding=found.modelled_share,
        ttft_ms_p99_low=ttft[0],
        ttft_ms_p99_high=ttft[1],
        tpot_ms_p99_low=tpot[0],
        tpot_ms_p99_high=tpot[1],
        ttft_limit_ms_p99=slo.ttft_ms,
        tpot_limit_ms_p99=slo.tpot_ms,
        latency_limit_ms_p99=slo.latency_ms,
        traffic_growth=growth,
    )


def fleet_target(finding: Finding) -> TargetOutcome | None:
    """Return the verdict on a fleet as an outcome; None for another finding."""
    inputs = finding.inputs
    if not isinstance(inputs, FleetInputs):
        return None
    return TargetOutcome(
        target="gpus",
        asked=None if inputs.asked_gpus is None else float(inputs.asked_gpus),
        reached=None if inputs.needed_gpus is None else float(inputs.needed_gpus),
        met=inputs.carries,
        why=f"{finding.action}. {finding.impact}",
    )
