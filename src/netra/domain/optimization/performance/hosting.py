"""Finds the cheapest fleets for a stream of requests: ranks configurations by estimate, sizes by replay."""

from math import ceil
from typing import Final

import msgspec

from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.performance.configurations import (
    RequestLoad,
    ServingConfiguration,
    carried_per_s,
)
from netra.domain.optimization.performance.constants import MIXTURE_STEP_TIME_80, STEP_TIME_80
from netra.domain.optimization.performance.fleet import Fleet, Slo, holds_alone, smallest_fleet
from netra.domain.optimization.performance.hardware import ModelShape
from netra.domain.optimization.performance.replay import Requests, replay, replay_within
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.progress import within

REPLAYED_CONFIGURATIONS: Final = 4
"""Upper bound on the configurations sized by replay; the others are pruned by their estimate."""

_ESTIMATE_TRUST: Final = 0.5
"""A configuration is skipped if this share of its estimated price exceeds the best replayed price."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration and the replicas it needs at the mean rate: for ranking, never for advice."""

    configuration: ServingConfiguration
    replicas: int
    carried_per_s: float  # requests a second one replica is estimated to carry

    @property
    def usd_per_hour(self) -> float:
        """Dollars an hour of all replicas."""
        return self.replicas * self.configuration.usd_per_hour


class Tails80(msgspec.Struct, frozen=True, kw_only=True):
    """The tail latencies of a fleet with the fastest and the slowest steps of the 80 % interval."""

    ttft_ms_p99: tuple[float, float]
    tpot_ms_p99: tuple[float, float]
    latency_ms_p99: tuple[float, float]  # of the whole call
    holds_when_slow: bool  # whether the slowest steps still keep the limits


class Hosting(msgspec.Struct, frozen=True, kw_only=True):
    """A sized fleet and its price."""

    configuration: ServingConfiguration
    fleet: Fleet
    carried_per_s: float  # requests a second one replica is estimated to carry
    tails: Tails80

    @property
    def gpus(self) -> int:
        """GPUs in the fleet."""
        return self.fleet.replicas * self.configuration.deployment.tp

    @property
    def usd_per_hour(self) -> float:
        """Dollars an hour of the fleet, busy or not."""
        return self.fleet.replicas * self.configuration.usd_per_hour


def cheapest_fleets(
    requests: Requests,
    *,
    candidates: tuple[ServingConfiguration, ...],
    load: RequestLoad,
    slo: Slo,
    checkpoint: Checkpoint,
) -> tuple[Hosting, ...]:
    """Return the replayed fleets that keep `slo`, cheapest first; empty if no fleet does."""
    able = tuple(one for one in candidates if holds_alone(requests, deployment=one.deployment, slo=slo))
    ranked = ranked_by_estimate(able, load=load, slo=slo)
    most = min(len(ranked), REPLAYED_CONFIGURATIONS)
    found: list[Hosting] = []
    burst = 1.0  # replayed over estimated replicas: similar for all, as the arrivals are the same
    for number, estimate in enumerate(ranked[:REPLAYED_CONFIGURATIONS]):
        configuration = estimate.configuration
        best_usd = min((hosting.usd_per_hour for hosting in found), default=float("inf"))
        if max(configuration.usd_per_hour, _ESTIMATE_TRUST * estimate.usd_per_hour) >= best_usd:
            continue
        part = within(checkpoint, begin=number / most, end=(number + 1) / most)
        guess = max(1, round(burst * estimate.replicas))
        hosting = _sized_fleet(requests, estimate, first_guess=guess, slo=slo, checkpoint=part)
        if hosting is not None:
            burst = hosting.fleet.replicas / estimate.replicas
            found.append(hosting)
    return tuple(sorted(found, key=lambda hosting: (hosting.usd_per_hour, hosting.configuration.name)))


def _sized_fleet(
    requests: Requests, estimate: Estimate, *, first_guess: int, slo: Slo, checkpoint: Checkpoint
) -> Hosting | None:
    deployment = estimate.configuration.deployment
    fleet = smallest_fleet(
        requests,
        deployment=deployment,
        slo=slo,
        first_guess=first_guess,
        checkpoint=within(checkpoint, begin=0.0, end=0.7),
    )
    if fleet is None:
        return None
    return Hosting(
        configuration=estimate.configuration,
        fleet=fleet,
        carried_per_s=estimate.carried_per_s,
        tails=tails_of(
            requests,
            deployment=deployment,
            replicas=fleet.replicas,
            slo=slo,
            checkpoint=within(checkpoint, begin=0.7, end=1.0),
        ),
    )


def ranked_by_estimate(
    candidates: tuple[ServingConfiguration, ...], *, load: RequestLoad, slo: Slo
) -> tuple[Estimate, ...]:
    """Return the estimated replicas of each candidate, cheapest first, without those of no capacity.

    The best group size of each GPU comes before any second one, so that the replayed candidates differ.
    """
    estimates: list[Estimate] = []
    for configuration in candidates:
        carried = carried_per_s(configuration, load=load, slo=slo)
        if carried > 0.0:
            replicas = max(1, ceil(load.requests_per_s / carried))
            estimates.append(Estimate(configuration=configuration, replicas=replicas, carried_per_s=carried))
    estimates.sort(key=lambda one: (one.usd_per_hour, one.configuration.name))
    best_of_gpu = {one.configuration.deployment.gpu.name: one for one in reversed(estimates)}
    first = [one for one in estimates if best_of_gpu[one.configuration.deployment.gpu.name] is one]
    return (*first, *(one for one in estimates if all(one is not other for other in first)))


def step_bounds(model: ModelShape) -> tuple[float, float]:
    """Return the 80 % bounds of its step times, as factors of the modelled ones."""
    return MIXTURE_STEP_TIME_80 if model.is_moe else STEP_TIME_80


def tails_of(
    requests: Requests,
    *,
    deployment: Deployment,
    replicas: int,
    slo: Slo,
    checkpoint: Checkpoint,
) -> Tails80:
    """Return the tails at both bounds of the 80 % interval of step times, by replay."""
    fast, slow = step_bounds(deployment.model)
    checkpoint(0.0, "Replaying with faster steps")
    quick = replay(requests, deployment=deployment, replicas=replicas, slowdown=fast)
    checkpoint(0.5, "Replaying with slower steps")
    slack = replay(requests, deployment=deployment, replicas=replicas, slowdown=slow)
    return Tails80(
        ttft_ms_p99=(quick.ttft_ms(99), slack.ttft_ms(99)),
        tpot_ms_p99=(quick.tpot_ms(99), slack.tpot_ms(99)),
        latency_ms_p99=(quick.latency_ms(99), slack.latency_ms(99)),
        holds_when_slow=slo.holds(slack),
    )


def sizes_of(
    requests: Requests, *, hosting: Hosting, slo: Slo, checkpoint: Checkpoint
) -> tuple[int, int | None]:
    """Return the fleet's size at both bounds of the interval of step times; None if no size keeps the limits.

    Faster steps never need more replicas and slower ones never fewer, so only one side is searched.
    """
    fast, slow = step_bounds(hosting.configuration.deployment.model)
    size = hosting.fleet.replicas
    checkpoint(0.0, "Trying one replica fewer with faster steps")
    fewest = size
    if size > 1 and _holds_with(requests, hosting, slo, replicas=size - 1, slowdown=fast):
        smaller = _sized(requests, hosting, slo, checkpoint, factor=fast, first_guess=size - 1)
        fewest = min(size, smaller or size)
    most: int | None = size
    if not hosting.tails.holds_when_slow:
        most = _sized(requests, hosting, slo, checkpoint, factor=slow, first_guess=size + 1)
    return fewest, most


def _holds_with(requests: Requests, hosting: Hosting, slo: Slo, *, replicas: int, slowdown: float) -> bool:
    replayed = replay_within(
        requests,
        deployment=hosting.configuration.deployment,
        replicas=replicas,
        ttft_ms=slo.ttft_ms,
        tpot_ms=slo.tpot_ms,
        latency_ms=slo.latency_ms,
        slowdown=slowdown,
    )
    return replayed is not None and slo.holds(replayed)


def _sized(
    requests: Requests,
    hosting: Hosting,
    slo: Slo,
    checkpoint: Checkpoint,
    *,
    factor: float,
    first_guess: int,
) -> int | None:
    found = smallest_fleet(
        requests,
        deployment=hosting.configuration.deployment,
        slo=slo,
        first_guess=first_guess,
        slowdown=factor,
        checkpoint=checkpoint,
    )
    return None if found is None else found.replicas
