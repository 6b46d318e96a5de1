"""GPU, count, group size and quantisation: the cheapest replicas that carry the traffic under the limits.

Formula: `cost = ceil(peak rate x margin / requests a second a replica carries) x TP x $/GPU-h`, the carried
rate being that of the largest batch whose modelled TPOT keeps 85 % of the limit; the pick is then sized by
replay. Valid for replicas of one machine each. Returns nothing unless the question or the log concerns
own GPUs.
"""

from collections.abc import Sequence
from math import ceil
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.hosting.fleet_option import option_of, served_by
from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of, concerns_own_gpus
from netra.domain.optimization.analysers.hosting.named_fleets import asked_fleets, judge
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.performance.checkpoints import checkpoint_of
from netra.domain.optimization.performance.configurations import ServingConfiguration, carried_per_s
from netra.domain.optimization.performance.hosting import Hosting, cheapest_fleets
from netra.domain.optimization.performance.serving import context_limit
from netra.domain.optimization.performance.validation.decisions import SAFETY_MARGIN
from netra.domain.optimization.progress import within
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import NO_SETTINGS
from netra.domain.optimization.wording import count, money
from netra.domain.workloads.columns import Floats

KIND: Final = "gpu_choice"
FORMULA: Final = (
    "cost = ceil(peak rate x margin / carried by a replica) x TP x $/GPU-h; the pick sized by replay"
)
PEAK_WINDOW_S: Final = 60.0
_LISTED: Final = 12
_QUANTISED: Final = ("bf16", "fp8", "int4")


class Carrying(msgspec.Struct, frozen=True, kw_only=True):
    """The capacity of one configuration under the limits; `replicas` is None if it does not keep them."""

    configuration: str
    carried_per_s: float
    replicas: int | None
    usd_per_hour: float | None
    weights_gib: float


class GpuInputs(Inputs, frozen=True, kw_only=True):
    """The load, the limits and the configurations that keep them, cheapest first."""

    model: str
    calls: int
    peak_rate_per_s: float
    ttft_limit_ms_p99: float | None
    tpot_limit_ms_p99: float | None
    latency_limit_ms_p99: float | None
    usd_per_hour: float
    fleets_replayed: int
    configurations: tuple[Carrying, ...]
    configurations_too_slow: int


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the configurations that can serve the log's model, cheapest first, and the pick."""
    if not len(study.events) or not concerns_own_gpus(study, kind=KIND):
        return ()
    case = case_of(study, kind=KIND, priced_only=False)
    if isinstance(case, Gap):
        return (case,)
    checkpoint(0.0, "Comparing GPUs")
    fleets = asked_fleets(study)
    if fleets:
        return tuple(
            judge(
                study,
                case,
                fleet,
                checkpoint=within(checkpoint, begin=turn / len(fleets), end=(turn + 1) / len(fleets)),
            )
            for turn, fleet in enumerate(fleets)
        )
    table = [_row(case, one) for one in quantised(case)]
    found = cheapest_fleets(
        case.replayed,
        candidates=case.candidates,
        load=case.load,
        slo=case.slo,
        sizing=case.sizing,
        checkpoint=checkpoint,
    )
    if not found:
        return ()  # `self_hosting` reports that no size keeps the limits
    return (_finding(study, case, found, table),)


def quantised(case: Case) -> tuple[ServingConfiguration, ...]:
    """Return the candidates at each weight precision that leaves memory for the longest call."""
    longest = int((case.requests.input_tokens + case.requests.output_tokens).max())
    found: list[ServingConfiguration] = []
    for one in case.candidates:
        for precision in _QUANTISED:
            deployment = msgspec.structs.replace(one.deployment, precision=precision)
            published = checkpoint_of(deployment.model, precision=precision) is not None
            if published and context_limit(deployment) >= longest:
                found.append(msgspec.structs.replace(one, deployment=deployment))
    return tuple(found)


def peak_rate_per_s(arrive_s: Floats, *, window_s: float = PEAK_WINDOW_S) -> float:
    """Return the arrival rate of the busiest window, per second; windows start at the first arrival.

    >>> peak_rate_per_s(np.array([0.0, 1.0, 2.0, 70.0]))
    0.05
    """
    _, counts = np.unique(arrive_s // window_s, return_counts=True)  # empty windows are not stored
    return int(counts.max()) / window_s


def _row(case: Case, configuration: ServingConfiguration) -> Carrying:
    carried = carried_per_s(configuration, load=case.load, slo=case.slo)
    peak = peak_rate_per_s(case.requests.arrive_s) * SAFETY_MARGIN
    replicas = ceil(peak / carried) if carried > 0.0 else None
    return Carrying(
        configuration=configuration.name,
        carried_per_s=carried,
        replicas=replicas,
        usd_per_hour=None if replicas is None else replicas * configuration.usd_per_hour,
        weights_gib=configuration.deployment.memory().weights_gib,
    )


def _finding(study: Study, case: Case, fleets: Sequence[Hosting], table: Sequence[Carrying]) -> Finding:
    best = fleets[0]
    able = sorted(
        (row for row in table if row.usd_per_hour is not None),
        key=lambda row: (row.usd_per_hour or 0.0, row.configuration),
    )
    name = f"{best.fleet.replicas} x ({best.configuration.name})"
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever=f"{case.stand_in.model.name} @ {best.configuration.deployment.gpu.name}"),
        stance=Stance.INFORM,
        action=f"Serve {case.stand_in.model.name} on {name}",
        impact=_impact(fleets, able=len(able)),
        grade=Grade.MODEL,
        formula=FORMULA,
        inputs=GpuInputs(
            model=case.stand_in.model.name,
            calls=len(case.requests),
            peak_rate_per_s=peak_rate_per_s(case.requests.arrive_s),
            ttft_limit_ms_p99=case.slo.ttft_ms,
            tpot_limit_ms_p99=case.slo.tpot_ms,
            latency_limit_ms_p99=case.slo.latency_ms,
            usd_per_hour=best.usd_per_hour,
            fleets_replayed=len(fleets),
            configurations=tuple(able[:_LISTED]),
            configurations_too_slow=len(table) - len(able),
        ),
        assumptions=(
            *case.notes,
            "Weights at FP8 or INT4 are assumed to answer as well as at 16 bits: check this on a sample.",
        ),
        evidence=rows(study, case.where),
        how_to_verify="Send one replica its share of the log and compare TPOT p99 with the replay's.",
        effort="medium",
        risk="GPU prices differ by region and term, and the pick depends on them: supply your own prices.",
        options=(option_of(study, case, best, kind=KIND),),
        supply=served_by(best) if case.stand_in.is_same else NO_SETTINGS,
    )


def _impact(fleets: Sequence[Hosting], *, able: int) -> str:
    best = fleets[0]
    fast, slow = best.tails.tpot_ms_p99
    return (
        f"{count(best.gpus, 'GPU')} at {money(best.usd_per_hour)} an hour are the cheapest of "
        f"{count(len(fleets), 'replayed fleet')} that keep the limits, chosen from {able} "
        f"configurations by estimate; replayed TPOT p99 is {fast:,.1f} to {slow:,.1f} ms."
    )
