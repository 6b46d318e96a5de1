"""The fleet that serves a log today, as stated by the user: its cost, and the prediction of a change.

Formula: `measured x model after / model before`, both by replay of the same arrivals. Without measured
latencies `fleet_trial` reports the model's values alone.
"""

from typing import Protocol

import msgspec

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of
from netra.domain.optimization.analysers.hosting.log_calibration import group_of, present_deployment
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.measures.latency import tails_of
from netra.domain.optimization.model import Checkpoint, Gap, Goals
from netra.domain.optimization.performance.calibration import change_bounds, predict_change
from netra.domain.optimization.performance.replay import Replay, Requests, replay
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.traffic import Bools
from netra.domain.optimization.what_if.outcome import PresentFleetSummary, SimulatedLatency


class PresentDeployment(Protocol):
    """The part of a proposal that names the present fleet."""

    @property
    def served_on(self) -> str | None:
        """The GPUs of one replica, as "4x H100"."""
        ...

    @property
    def served_replicas(self) -> int | None:
        """Number of replicas; None is one."""
        ...

    @property
    def served_precision(self) -> str | None:
        """Of the weights; None is the usual one on that GPU."""
        ...


class PresentFleet(msgspec.Struct, frozen=True, kw_only=True):
    """The fleet that serves the log now, and its cost over the log's span."""

    deployment: Deployment  # calibrated on the log's latencies, where it has them
    replicas: int
    usd_per_hour: float
    usd_in_window: float
    where: Bools  # the calls it serves
    requests: Requests
    calibration: str  # a sentence about the source of the pace

    def summary(self) -> PresentFleetSummary:
        """Return the fields that an answer shows."""
        return PresentFleetSummary(
            model=self.deployment.model.name,
            gpu=self.deployment.gpu.name,
            gpus_per_replica=self.deployment.tp,
            precision=self.deployment.precision,
            replicas=self.replicas,
            usd_per_hour=self.usd_per_hour,
            calibration=self.calibration,
        )


def with_present_fleet(goals: Goals, stated: PresentDeployment) -> Goals:
    """Return the goals with the present fleet filled in."""
    return msgspec.structs.replace(
        goals,
        served_on=stated.served_on,
        served_replicas=stated.served_replicas,
        served_precision=stated.served_precision,
    )


def present_fleet(study: Study, stated: PresentDeployment) -> PresentFleet | None:
    """Return the fleet that serves the log now; None if the proposal does not name it.

    Raises `ValidationFailed` if the GPU is unknown or has no price, the log is not of an open model, or
    the group does not hold the model.
    """
    if stated.served_on is None:
        return None
    group = group_of(stated.served_on, hardware=study.hardware)
    if group is None:
        raise _refused("unknown_gpu", f"No GPU named {stated.served_on!r} is in the catalogue.")
    goals = msgspec.structs.replace(with_present_fleet(study.goals, stated), gpus=(group[0].name,), models=())
    asked = msgspec.structs.replace(study, goals=goals)
    case = case_of(asked, kind="self_hosting", priced_only=False)
    if isinstance(case, Gap):
        raise _refused("cannot_host", case.reason)
    return _priced(asked, case, replicas=stated.served_replicas or 1)


def _priced(study: Study, case: Case, *, replicas: int) -> PresentFleet:
    deployment = present_deployment(study, stand_in=case.stand_in)
    if deployment is None or not case.stand_in.is_same:
        raise _refused("not_an_open_model", "The log is not of an open model that own GPUs could serve.")
    longest = int((case.requests.input_tokens + case.requests.output_tokens).max())
    if deployment.memory().kv_tokens < longest:
        words = f"{deployment.tp} x {deployment.gpu.name} do not hold {deployment.model.name}"
        raise _refused("does_not_fit", f"{words} in {deployment.precision} and the longest call.")
    usd_per_hour = (deployment.gpu.usd_per_gpu_hour or 0.0) * deployment.tp * replicas
    return PresentFleet(
        deployment=msgspec.structs.replace(deployment, pace=case.candidates[0].deployment.pace),
        replicas=replicas,
        usd_per_hour=usd_per_hour,
        usd_in_window=usd_per_hour * study.span.seconds / 3600,
        where=case.where,
        requests=case.replayed,
        calibration=case.notes[-1],
    )


def changes_of(present: PresentFleet, *, to: Deployment, replicas: int, shorter: bool) -> tuple[str, ...]:
    """Return the differences from the present fleet, by the names of `constants.RESIDUALS_80`."""
    now = present.deployment
    differs = {
        "gpu": to.gpu != now.gpu,
        "model": to.model != now.model,
        "precision": to.precision != now.precision,
        "tp": to.tp != now.tp,
        "batch": replicas != present.replicas,  # the number of replicas changes the batch size
        "lengths": shorter,
    }
    return tuple(name for name, is_other in differs.items() if is_other)


def predicted_latency(
    study: Study,
    present: PresentFleet,
    *,
    after: Replay,
    requests: Requests,
    to: Deployment,
    changed: tuple[str, ...],
    checkpoint: Checkpoint,
) -> SimulatedLatency | None:
    """Return the tails after the change with their 80 % intervals; None if the log has no TPOT.

    Time per token scales with the step time. Time to first token includes queueing, which grows faster than
    step times, so its bounds come from replays with steps at their bounds.
    """
    measured = tails_of(study, among=present.where)
    checkpoint(0.72, "Replaying on the present fleet")
    before = replay(present.requests, deployment=present.deployment, replicas=present.replicas)
    if measured.tpot_ms_p99 is None or measured.ttft_ms_p99 is None or not before.tpot_ms(99) > 0.0:
        return None
    each = predict_change(
        measured.tpot_ms_p99,
        modelled_before=before.tpot_ms(99),
        modelled_after=after.tpot_ms(99),
        changed=changed,
        mixture=to.model.is_moe,
    )
    scale = measured.ttft_ms_p99 / before.ttft_ms(99)
    bounds: list[float] = []
    for step, factor in zip((0.74, 0.77), change_bounds(changed, mixture=to.model.is_moe), strict=True):
        checkpoint(step, "Replaying the change with faster and slower steps")
        seen = replay(requests, deployment=to, replicas=after.replicas, slowdown=factor)
        bounds.append(seen.ttft_ms(99) * scale)
    return SimulatedLatency(
        ttft_ms_p99=after.ttft_ms(99) * scale,
        tpot_ms_p99=each.value,
        latency_ms_p99=None,
        ttft_ms_p99_range=(bounds[0], bounds[1]),
        tpot_ms_p99_range=(each.low, each.high),
    )


def _refused(code: str, message: str) -> ValidationFailed:
    return ValidationFailed.of("served_on", code, message)
