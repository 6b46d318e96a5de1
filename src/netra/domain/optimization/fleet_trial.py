"""Trying a fleet that somebody proposes: the real arrivals replayed on so many replicas of a GPU."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.analysers.hosting_case import Case, case_of
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Checkpoint, Gap
from netra.domain.optimization.performance.configurations import Configuration
from netra.domain.optimization.performance.fleet import smallest_fleet
from netra.domain.optimization.performance.hosting import tails_of
from netra.domain.optimization.performance.replay import Replay, replay
from netra.domain.optimization.progress import within
from netra.domain.optimization.traffic import Bools
from netra.domain.optimization.wording import count


class ProposedFleet(Protocol):
    """The part of a proposal that is about own GPUs."""

    @property
    def gpu(self) -> str | None:
        """The kind of GPU."""
        ...

    @property
    def hosted_model(self) -> str | None:
        """The open model; None is one of the log's price class."""
        ...

    @property
    def gpus_per_replica(self) -> int | None:
        """GPUs that serve as one; None is the cheapest that hold the model."""
        ...

    @property
    def replicas(self) -> int | None:
        """How many; None is the fewest that keep the limits."""
        ...


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A fleet, what it costs over the log, and how it served the arrivals."""

    where: Bools
    usd_in_window: float
    latency: Mapping[str, Any]
    fleet: Mapping[str, Any]
    notes: tuple[str, ...]


def trial_of(study: Study, proposed: ProposedFleet, *, checkpoint: Checkpoint) -> Trial:
    """Return how the proposed fleet serves the log.

    Raises `ValidationFailed` where the GPU is not known, has no price or does not hold the model, and
    where no number of replicas keeps the limits.
    """
    case = _case(study, proposed)
    configuration = _configuration(case, proposed)
    replicas, replayed = _replayed(case, configuration, replicas=proposed.replicas, checkpoint=checkpoint)
    usd_per_hour = configuration.usd_per_hour * replicas
    deployment = configuration.deployment
    tails = tails_of(
        case.replayed,
        deployment=deployment,
        replicas=replicas,
        slo=case.slo,
        checkpoint=within(checkpoint, begin=0.7, end=0.8),
    )
    return Trial(
        where=case.where,
        usd_in_window=usd_per_hour * study.span.seconds / 3600,
        latency={
            "ttft_ms_p99": replayed.ttft_ms(99),
            "tpot_ms_p99": replayed.tpot_ms(99),
            "latency_ms_p99": None,
            "ttft_ms_p99_range": tails.ttft_ms_p99,
            "tpot_ms_p99_range": tails.tpot_ms_p99,
        },
        fleet={
            "model": deployment.model.name,
            "gpu": deployment.gpu.name,
            "gpus_per_replica": deployment.tp,
            "precision": deployment.precision,
            "replicas": replicas,
            "usd_per_hour": usd_per_hour,
            "ttft_limit_ms_p99": case.slo.ttft_ms,
            "tpot_limit_ms_p99": case.slo.tpot_ms,
            "keeps_limits": case.slo.holds(replayed),
            "refused_calls": replayed.refused,
        },
        notes=(*case.notes, "Step times are modelled, not measured here."),
    )


def _case(study: Study, proposed: ProposedFleet) -> Case:
    gpu = study.hardware.find_gpu(proposed.gpu or "")
    if gpu is None:
        raise ValidationFailed.of("gpu", "unknown_gpu", f"No GPU named {proposed.gpu!r} is in the catalogue.")
    models = study.goals.models if proposed.hosted_model is None else (proposed.hosted_model,)
    goals = msgspec.structs.replace(study.goals, gpus=(gpu.name,), models=models)
    case = case_of(msgspec.structs.replace(study, goals=goals), kind="self_hosting")
    if isinstance(case, Gap):
        raise ValidationFailed.of("gpu", "cannot_host", case.reason)
    return case


def _configuration(case: Case, proposed: ProposedFleet) -> Configuration:
    for configuration in case.candidates:
        if proposed.gpus_per_replica in {None, configuration.deployment.tp}:
            return configuration
    sizes = sorted({one.deployment.tp for one in case.candidates})
    raise ValidationFailed.of(
        "gpus_per_replica",
        "does_not_fit",
        f"{case.stand_in.model.name} runs on groups of {', '.join(map(str, sizes))} of these GPUs.",
    )


def _replayed(
    case: Case, configuration: Configuration, *, replicas: int | None, checkpoint: Checkpoint
) -> tuple[int, Replay]:
    if replicas is not None:
        checkpoint(0.1, f"Replaying {count(len(case.replayed), 'call')} on {count(replicas, 'replica')}")
        return replicas, replay(case.replayed, deployment=configuration.deployment, replicas=replicas)
    fleet = smallest_fleet(
        case.replayed, deployment=configuration.deployment, slo=case.slo, checkpoint=checkpoint
    )
    if fleet is None:
        raise ValidationFailed.of(
            "gpu", "limits_unreachable", f"No number of replicas of {configuration.name} keeps the limits."
        )
    return fleet.replicas, fleet.replayed
