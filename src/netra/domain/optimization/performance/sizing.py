"""Sizes a fleet that holds: with slow steps, and however requests are balanced."""

from collections.abc import Iterator
from typing import Final

import msgspec

from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.performance.batch_limits import batchings_to_try
from netra.domain.optimization.performance.constants import (
    MEASURED_STEP_TIME_80,
    MIXTURE_STEP_TIME_80,
    STEP_TIME_80,
)
from netra.domain.optimization.performance.fleet import Fleet, Slo, smallest_fleet
from netra.domain.optimization.performance.replay import Replay, Requests, replay, replay_within
from netra.domain.optimization.performance.replica import Batching
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.wording import count

MOST_REPLICAS: Final = 512
"""Upper bound on the replicas of a proposed fleet."""

DRAWS_SIZED: Final = 4
"""Draws of random balancing in which every sized fleet keeps its limits; the cheapest is tried in more."""


class Sizing(msgspec.Struct, frozen=True, kw_only=True):
    """What a fleet must withstand."""

    balancing: Balancing = Balancing.RANDOM
    spare: int = 0  # replicas beyond those that keep the limits, for failures and updates


class Tails80(msgspec.Struct, frozen=True, kw_only=True):
    """The tail latencies of a fleet with the fastest and the slowest steps of the 80 % interval."""

    ttft_ms_p99: tuple[float, float]
    tpot_ms_p99: tuple[float, float]
    latency_ms_p99: tuple[float, float]  # of the whole call
    holds_when_slow: bool  # whether the slowest steps still keep the limits


def steady_fleet(
    requests: Requests,
    *,
    deployment: Deployment,
    slo: Slo,
    balancing: Balancing,
    first_guess: int,
    most_replicas: int,
    checkpoint: Checkpoint,
    must_hold_when_slow: bool = False,
) -> tuple[Fleet, Batching] | None:
    """Return the smallest fleet with slow steps, else with steps as modelled, and its batching limits.

    With `must_hold_when_slow` None if slow steps break the limits in every size.
    The engine's own limits are kept unless a step of fewer tokens needs fewer replicas, or is the only one
    that keeps the limits.
    """
    slow = step_bounds(deployment)[1]
    for factor in (slow,) if must_hold_when_slow else (slow, 1.0):
        best: tuple[Fleet, Batching] | None = None
        for batching in batchings_to_try(deployment.gpu):
            if best is not None and best[0].replicas == 1:
                break  # no step needs fewer replicas
            fleet = _in_every_draw(
                requests,
                deployment=deployment,
                slo=slo,
                batching=batching,
                balancing=balancing,
                slowdown=factor,
                first_guess=first_guess if best is None else best[0].replicas,
                most_replicas=most_replicas if best is None else best[0].replicas - 1,
                checkpoint=checkpoint,
            )
            if fleet is not None:
                best = fleet, batching
        if best is not None:
            return best
    return None


def _in_every_draw(
    requests: Requests,
    *,
    deployment: Deployment,
    slo: Slo,
    batching: Batching,
    balancing: Balancing,
    slowdown: float,
    first_guess: int,
    most_replicas: int,
    checkpoint: Checkpoint,
) -> Fleet | None:
    """Return the smallest fleet that keeps the limits in every draw of random balancing that is tried."""
    fleet = smallest_fleet(
        requests,
        deployment=deployment,
        slo=slo,
        batching=batching,
        balancing=balancing,
        slowdown=slowdown,
        first_guess=min(first_guess, most_replicas),
        most_replicas=most_replicas,
        checkpoint=checkpoint,
    )
    if fleet is None or balancing is not Balancing.RANDOM:
        return fleet
    size, replayed = fleet.replicas, fleet.replayed
    while size <= most_replicas:
        if size > fleet.replicas:
            checkpoint(0.9, f"Replaying draws of random balancing on {count(size, 'replica')}")
        draws = draws_of(
            requests,
            deployment=deployment,
            replicas=size,
            slo=slo,
            batching=batching,
            slowdown=slowdown,
            draws=DRAWS_SIZED,
        )
        first = next(draws)
        if first is not None and all(one is not None for one in draws):
            replayed = first
            return Fleet(replicas=size, replayed=replayed, tried=tuple(sorted({*fleet.tried, size})))
        size += max(1, size // 20)
    return None


def draws_of(
    requests: Requests,
    *,
    deployment: Deployment,
    replicas: int,
    slo: Slo,
    batching: Batching | None,
    slowdown: float,
    draws: int,
    first_seed: int = 0,
) -> Iterator[Replay | None]:
    """Yield the replay of each draw of random balancing, None where it breaks a limit."""
    for seed in range(first_seed, first_seed + draws):
        replayed = replay_within(
            requests,
            deployment=deployment,
            replicas=replicas,
            ttft_ms=slo.ttft_ms,
            tpot_ms=slo.tpot_ms,
            latency_ms=slo.latency_ms,
            percentile=slo.percentile,
            batching=batching,
            balancing=Balancing.RANDOM,
            slowdown=slowdown,
            seed=seed,
        )
        yield replayed if replayed is not None and slo.holds(replayed) else None


DRAWS_STATED: Final = 20
"""Draws of random balancing behind the stated share that keeps the limits."""


def holding_share(
    requests: Requests,
    *,
    deployment: Deployment,
    replicas: int,
    batching: Batching | None,
    slo: Slo,
    slowdown: float | None = None,
) -> float:
    """Return the share of replays with random balancing that keep the limits; with slow steps by default."""
    draws = draws_of(
        requests,
        deployment=deployment,
        replicas=replicas,
        slo=slo,
        batching=batching,
        slowdown=step_bounds(deployment)[1] if slowdown is None else slowdown,
        draws=DRAWS_STATED,
    )
    return sum(one is not None for one in draws) / DRAWS_STATED


def step_bounds(deployment: Deployment) -> tuple[float, float]:
    """Return the 80 % bounds of its step times, as factors of the modelled ones.

    Narrower where this GPU, precision and kind of model were measured.
    """
    fit = deployment.fit
    if fit is not None and (fit.gpu, fit.precision) == (deployment.gpu.name, deployment.precision):
        return MEASURED_STEP_TIME_80
    return MIXTURE_STEP_TIME_80 if deployment.model.is_moe else STEP_TIME_80


def tails_of(
    requests: Requests,
    *,
    deployment: Deployment,
    replicas: int,
    slo: Slo,
    checkpoint: Checkpoint,
    batching: Batching | None = None,
    balancing: Balancing = Balancing.RANDOM,
) -> Tails80:
    """Return the tails at both bounds of the 80 % interval of step times, by replay."""
    fast, slow = step_bounds(deployment)

    def replayed(factor: float) -> Replay:
        return replay(
            requests,
            deployment=deployment,
            replicas=replicas,
            slowdown=factor,
            batching=batching,
            balancing=balancing,
        )

    checkpoint(0.0, "Replaying with faster steps")
    quick = replayed(fast)
    checkpoint(0.5, "Replaying with slower steps")
    slack = replayed(slow)
    return Tails80(
        ttft_ms_p99=(quick.ttft_ms(99), slack.ttft_ms(99)),
        tpot_ms_p99=(quick.tpot_ms(99), slack.tpot_ms(99)),
        latency_ms_p99=(quick.latency_ms(99), slack.latency_ms(99)),
        holds_when_slow=slo.holds(slack),
    )
