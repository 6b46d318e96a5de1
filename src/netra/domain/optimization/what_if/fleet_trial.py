"""Tries a proposed fleet: replays the real arrivals on a number of replicas of a GPU."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
import numpy as np

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Checkpoint, Gap
from netra.domain.optimization.performance.configurations import ServingConfiguration, configurations
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.fleet import smallest_fleet
from netra.domain.optimization.performance.hosting import tails_of
from netra.domain.optimization.performance.replay import Replay, Requests, replay
from netra.domain.optimization.progress import within
from netra.domain.optimization.traffic import Bools
from netra.domain.optimization.what_if.present_fleet import (
    PresentDeployment,
    PresentFleet,
    changes_of,
    predicted_latency,
    with_present_fleet,
)
from netra.domain.optimization.wording import count

_MODELLED = "Step times are modelled, not measured here."
_PREDICTED = (
    "Latency is the logged one times the ratio of replays after and before the change; 80 % intervals."
)


class ProposedFleet(PresentDeployment, Protocol):
    """The part of a proposal about own GPUs."""

    @property
    def gpu(self) -> str | None:
        """The kind of GPU; None is the present one."""
        ...

    @property
    def hosted_model(self) -> str | None:
        """The open model; None is one of the log's price class."""
        ...

    @property
    def precision(self) -> str | None:
        """Of the weights; None is the present one on the same GPU, else the usual one on that GPU."""
        ...

    @property
    def gpus_per_replica(self) -> int | None:
        """GPUs per replica; None is as now on the same GPU, else the cheapest group that holds the model."""
        ...

    @property
    def replicas(self) -> int | None:
        """Number of replicas; None is as now if only the calls change, else the fewest within the limits."""
        ...

    @property
    def max_output_tokens(self) -> int | None:
        """The cap on every answer's output tokens."""
        ...


class FleetTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A fleet, its cost over the log's span, and its replayed latency."""

    where: Bools
    usd_in_window: float
    latency: Mapping[str, Any]
    fleet: Mapping[str, Any]
    changed: tuple[str, ...]  # differences from the present fleet, by kind; empty if it is unknown
    notes: tuple[str, ...]


def is_about_fleet(proposed: ProposedFleet) -> bool:
    """Return whether the proposal changes the fleet."""
    parts = (proposed.gpu, proposed.hosted_model, proposed.precision)
    return any(part is not None for part in (*parts, proposed.gpus_per_replica, proposed.replicas))


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
    replicas, replayed = _replayed(
        case, configuration, requests=requests, replicas=replicas, checkpoint=checkpoint
    )
    tried = _Tried(case=case, configuration=configuration, requests=requests, replayed=replayed)
    changed = () if present is None else _changes(present, tried)
    predicted = None if present is None else _predicted(study, present, tried, checkpoint=checkpoint)
    return FleetTrial(
        where=case.where,
        usd_in_window=configuration.usd_per_hour * replicas * study.span.seconds / 3600,
        latency=predicted or _modelled(tried, checkpoint=checkpoint),
        fleet=_told(tried),
        changed=changed,
        notes=(*case.notes, _MODELLED if predicted is None else _PREDICTED),
    )


class _Tried(msgspec.Struct, frozen=True, kw_only=True):
    case: Case
    configuration: ServingConfiguration
    requests: Requests  # after the change
    replayed: Replay


def _changes(present: PresentFleet, tried: _Tried) -> tuple[str, ...]:
    return changes_of(
        present,
        to=tried.configuration.deployment,
        replicas=tried.replayed.replicas,
        shorter=bool((tried.requests.output_tokens < tried.case.replayed.output_tokens).any()),
    )


def _predicted(
    study: Study, present: PresentFleet, tried: _Tried, *, checkpoint: Checkpoint
) -> dict[str, Any] | None:
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


def _replayed(
    case: Case,
    configuration: ServingConfiguration,
    *,
    requests: Requests,
    replicas: int | None,
    checkpoint: Checkpoint,
) -> tuple[int, Replay]:
    if replicas is not None:
        checkpoint(0.1, f"Replaying {count(len(requests), 'call')} on {count(replicas, 'replica')}")
        return replicas, replay(requests, deployment=configuration.deployment, replicas=replicas)
    fleet = smallest_fleet(
        requests,
        deployment=configuration.deployment,
        slo=case.slo,
        checkpoint=within(checkpoint, begin=0.0, end=0.7),
    )
    if fleet is None:
        raise ValidationFailed.of(
            "gpu", "limits_unreachable", f"No number of replicas of {configuration.name} keeps the limits."
        )
    return fleet.replicas, fleet.replayed


def _modelled(tried: _Tried, *, checkpoint: Checkpoint) -> dict[str, Any]:
    replayed = tried.replayed
    tails = tails_of(
        tried.requests,
        deployment=tried.configuration.deployment,
        replicas=replayed.replicas,
        slo=tried.case.slo,
        checkpoint=within(checkpoint, begin=0.7, end=0.8),
    )
    return {
        "ttft_ms_p99": replayed.ttft_ms(99),
        "tpot_ms_p99": replayed.tpot_ms(99),
        "latency_ms_p99": None,
        "ttft_ms_p99_range": tails.ttft_ms_p99,
        "tpot_ms_p99_range": tails.tpot_ms_p99,
    }


def _told(tried: _Tried) -> dict[str, Any]:
    deployment, replayed, slo = tried.configuration.deployment, tried.replayed, tried.case.slo
    return {
        "model": deployment.model.name,
        "gpu": deployment.gpu.name,
        "gpus_per_replica": deployment.tp,
        "precision": deployment.precision,
        "replicas": replayed.replicas,
        "usd_per_hour": tried.configuration.usd_per_hour * replayed.replicas,
        "ttft_limit_ms_p99": slo.ttft_ms,
        "tpot_limit_ms_p99": slo.tpot_ms,
        "keeps_limits": slo.holds(replayed),
        "refused_calls": replayed.refused,
    }
