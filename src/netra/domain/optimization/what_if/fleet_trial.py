"""Tries a proposed fleet: replays the real arrivals on a number of replicas of a GPU."""

import msgspec
import numpy as np

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Checkpoint, Gap
from netra.domain.optimization.performance.configurations import ServingConfiguration, configurations
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.fleet import Slo
from netra.domain.optimization.performance.replay import Requests
from netra.domain.optimization.performance.sizing import Sizing
from netra.domain.optimization.traffic import Bools
from netra.domain.optimization.what_if.outcome import ProposedFleetSummary, SimulatedLatency
from netra.domain.optimization.what_if.present_fleet import (
    PresentFleet,
    changes_of,
    predicted_latency,
    with_present_fleet,
)
from netra.domain.optimization.what_if.proposed_fleet import ProposedFleet, is_about_fleet
from netra.domain.optimization.what_if.tried_fleet import (
    TriedFleet,
    fleet_summary,
    modelled_latency,
    try_fleet,
)

_MODELLED = "Step times are modelled, not measured here."
_PREDICTED = (
    "Latency is the logged one times the ratio of replays after and before the change; 80 % intervals."
)


class FleetTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A fleet, its cost over the log's span, and its replayed latency."""

    where: Bools
    usd_in_window: float
    latency: SimulatedLatency
    fleet: ProposedFleetSummary
    changed: tuple[str, ...]  # differences from the present fleet, by kind; empty if it is unknown
    notes: tuple[str, ...]


def trial_of(
    study: Study, proposed: ProposedFleet, *, present: PresentFleet | None, checkpoint: Checkpoint
) -> FleetTrial:
    """Return how the proposed fleet serves the log, and how it differs from the `present` one.

    Raises `ValidationFailed` if the GPU is unknown, has no price or does not hold the model, or if no
    number of replicas keeps the limits.
    """
    case = _case(study, proposed, present)
    configuration = _configuration(case, proposed, present)
    requests = _cut(case.replayed, at=proposed.max_output_tokens)
    replicas = proposed.replicas
    if replicas is None and present is not None and not is_about_fleet(proposed):
        replicas = present.replicas
    slo, sizing = (
        _limits(case.slo, proposed),
        Sizing(balancing=proposed.balancing, spare=proposed.spare),
    )
    tried = try_fleet(
        case,
        configuration,
        requests=requests,
        slo=slo,
        sizing=sizing,
        replicas=replicas,
        checkpoint=checkpoint,
    )
    changed = () if present is None else _changes(present, tried)
    predicted = None if present is None else _predicted(study, present, tried, checkpoint=checkpoint)
    return FleetTrial(
        where=case.where,
        usd_in_window=configuration.usd_per_hour * tried.paid * study.span.seconds / 3600,
        latency=predicted or modelled_latency(tried),
        fleet=fleet_summary(tried),
        changed=changed,
        notes=(*case.notes, _MODELLED if predicted is None else _PREDICTED),
    )


def _limits(slo: Slo, proposed: ProposedFleet) -> Slo:
    """Return the limits of the proposal, each in place of the case's."""
    return Slo(
        ttft_ms=proposed.ttft_ms or slo.ttft_ms,
        tpot_ms=proposed.tpot_ms or slo.tpot_ms,
        latency_ms=proposed.latency_ms or slo.latency_ms,
        percentile=proposed.percentile,
    )


def _changes(present: PresentFleet, tried: TriedFleet) -> tuple[str, ...]:
    return changes_of(
        present,
        to=tried.configuration.deployment,
        replicas=tried.replayed.replicas,
        shorter=bool((tried.requests.output_tokens < tried.case.replayed.output_tokens).any()),
    )


def _predicted(
    study: Study, present: PresentFleet, tried: TriedFleet, *, checkpoint: Checkpoint
) -> SimulatedLatency | None:
    return predicted_latency(
        study,
        present,
        after=tried.replayed,
        requests=tried.requests,
        to=tried.configuration.deployment,
        changed=_changes(present, tried),
        checkpoint=checkpoint,
    )


def _case(study: Study, proposed: ProposedFleet, present: PresentFleet | None) -> Case:
    asked = proposed.gpu or ("" if present is None else present.deployment.gpu.name)
    gpu = study.hardware.find_gpu(asked)
    if gpu is None:
        raise ValidationFailed.of("gpu", "unknown_gpu", f"No GPU named {asked!r} is in the catalogue.")
    if proposed.hosted_model is not None and study.hardware.find_model(proposed.hosted_model) is None:
        unknown = f"No open model named {proposed.hosted_model!r} is in the catalogue; its size is not known."
        raise ValidationFailed.of("hosted_model", "unknown_model", unknown)
    models = study.goals.models if proposed.hosted_model is None else (proposed.hosted_model,)
    goals = msgspec.structs.replace(
        with_present_fleet(study.goals, proposed), gpus=(gpu.name,), models=models
    )
    asked_study = msgspec.structs.replace(study, goals=goals)
    calls = np.ones(len(study.events), np.bool_) if present is None else present.where
    case = case_of(asked_study, kind="self_hosting", priced_only=present is None, proposed=calls)
    if isinstance(case, Gap):
        raise ValidationFailed.of("gpu", "cannot_host", case.reason)
    return case


def _configuration(case: Case, proposed: ProposedFleet, present: PresentFleet | None) -> ServingConfiguration:
    now = None if present is None or proposed.gpu is not None else present.deployment
    precision, size = proposed.precision, proposed.gpus_per_replica
    if now is not None:
        precision = precision or (now.precision if proposed.hosted_model is None else None)
        size = size or now.tp
    candidates = _candidates(case, precision=precision, present=present)
    for configuration in candidates:
        if size in {None, configuration.deployment.tp}:
            return configuration
    sizes = ", ".join(str(size) for size in sorted({one.deployment.tp for one in candidates})) or "no size"
    raise ValidationFailed.of(
        "gpus_per_replica",
        "does_not_fit",
        f"{case.stand_in.model.name} runs on groups of {sizes} of these GPUs.",
    )


def _candidates(
    case: Case, *, precision: str | None, present: PresentFleet | None
) -> tuple[ServingConfiguration, ...]:
    """Return the case's candidates in the requested precision, at the pace of the present fleet."""
    found = case.candidates
    if precision is not None:
        longest = int((case.requests.input_tokens + case.requests.output_tokens).max())
        found = configurations(
            {one.deployment.gpu.name: one.deployment.gpu for one in found}.values(),
            model=case.stand_in.model,
            engine=VLLM,
            longest_tokens=longest,
            precision=precision,
        )
    pace = case.candidates[0].deployment.pace if present is None else present.deployment.pace
    return tuple(
        msgspec.structs.replace(one, deployment=msgspec.structs.replace(one.deployment, pace=pace))
        for one in found
    )


def _cut(requests: Requests, *, at: int | None) -> Requests:
    if at is None:
        return requests
    return msgspec.structs.replace(requests, output_tokens=np.minimum(requests.output_tokens, at))
