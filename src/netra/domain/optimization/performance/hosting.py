"""The cheapest fleets for a stream of requests: configurations ranked by estimate, sized by replay."""

from math import ceil
from typing import Final

import msgspec

from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.performance.configurations import Configuration, Load, carried_per_s
from netra.domain.optimization.performance.constants import STEP_TIME_80
from netra.domain.optimization.performance.fleet import Fleet, Slo, holds_alone, smallest_fleet
from netra.domain.optimization.performance.replay import Requests, replay

REPLAYED_CONFIGURATIONS: Final = 4
"""Configurations whose fleets are sized by replay; the others are pruned by their estimate."""

_ESTIMATE_TRUST: Final = 0.5
"""A configuration is skipped when even this share of its estimated price is above the best replayed one."""


class Hosting(msgspec.Struct, frozen=True, kw_only=True):
    """A sized fleet and its price."""

    configuration: Configuration
    fleet: Fleet
    carried_per_s: float  # requests a second one replica is estimated to carry

    @property
    def gpus(self) -> int:
        """GPUs in the fleet."""
        return self.fleet.replicas * self.configuration.deployment.tp

    @property
    def usd_per_hour(self) -> float:
        """Dollars an hour of the fleet, busy or not."""
        return self.fleet.replicas * self.configuration.usd_per_hour


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What the 80 % interval of step times does to a fleet's size and its tail latencies."""

    replicas: tuple[int, int | None]  # None: no number of replicas keeps the limits with slow steps
    ttft_ms_p99: tuple[float, float]
    tpot_ms_p99: tuple[float, float]


def cheapest_fleets(
    requests: Requests,
    *,
    candidates: tuple[Configuration, ...],
    load: Load,
    slo: Slo,
    checkpoint: Checkpoint,
) -> tuple[Hosting, ...]:
    """Return the replayed fleets that keep `slo`, cheapest first; empty when none does."""
    able = tuple(one for one in candidates if holds_alone(requests, deployment=one.deployment, slo=slo))
    ranked = ranked_by_estimate(able, load=load, slo=slo)
    found: list[Hosting] = []
    for number, (estimate_usd, carried, configuration) in enumerate(ranked[:REPLAYED_CONFIGURATIONS]):
        best_usd = min((hosting.usd_per_hour for hosting in found), default=float("inf"))
        if max(configuration.usd_per_hour, _ESTIMATE_TRUST * estimate_usd) >= best_usd:
            continue
        fleet = smallest_fleet(
            requests,
            deployment=configuration.deployment,
            slo=slo,
            first_guess=max(1, round(estimate_usd / configuration.usd_per_hour)),
            checkpoint=_part_of(checkpoint, number, of=min(len(ranked), REPLAYED_CONFIGURATIONS)),
        )
        if fleet is not None:
            found.append(Hosting(configuration=configuration, fleet=fleet, carried_per_s=carried))
    return tuple(sorted(found, key=lambda hosting: (hosting.usd_per_hour, hosting.configuration.name)))


def ranked_by_estimate(
    candidates: tuple[Configuration, ...], *, load: Load, slo: Slo
) -> list[tuple[float, float, Configuration]]:
    """Return (estimated $ an hour, requests a second a replica carries, configuration), cheapest first.

    The best group size of each GPU comes before any second one, so the replayed few differ.
    """
    ranked: list[tuple[float, float, Configuration]] = []
    for configuration in candidates:
        carried = carried_per_s(configuration, load=load, slo=slo)
        if carried > 0.0:
            replicas = max(1, ceil(load.requests_per_s / carried))
            ranked.append((replicas * configuration.usd_per_hour, carried, configuration))
    ranked.sort(key=lambda one: (one[0], one[2].name))
    seen: set[str] = set()
    first: list[tuple[float, float, Configuration]] = []
    for one in ranked:
        if one[2].deployment.gpu.name not in seen:
            seen.add(one[2].deployment.gpu.name)
            first.append(one)
    return [*first, *(one for one in ranked if one not in first)]


def bounds_of(requests: Requests, *, hosting: Hosting, slo: Slo, checkpoint: Checkpoint) -> Bounds:
    """Return the fleet's size and latencies with steps as fast and as slow as the interval allows."""
    fast, slow = STEP_TIME_80
    sizes: list[int | None] = []
    for factor in (fast, slow):
        checkpoint(0.0 if factor == fast else 0.5, "Replaying with faster and slower steps")
        sized = smallest_fleet(
            requests,
            deployment=hosting.configuration.deployment,
            slo=slo,
            first_guess=hosting.fleet.replicas,
            slowdown=factor,
            checkpoint=checkpoint,
        )
        sizes.append(None if sized is None else sized.replicas)
    runs = [
        replay(
            requests,
            deployment=hosting.configuration.deployment,
            replicas=hosting.fleet.replicas,
            slowdown=factor,
        )
        for factor in (fast, slow)
    ]
    return Bounds(
        replicas=(sizes[0] or hosting.fleet.replicas, sizes[1]),
        ttft_ms_p99=(runs[0].ttft_ms(99), runs[1].ttft_ms(99)),
        tpot_ms_p99=(runs[0].tpot_ms(99), runs[1].tpot_ms(99)),
    )


def _part_of(checkpoint: Checkpoint, number: int, *, of: int) -> Checkpoint:
    def part(done: float, doing: str) -> None:
        checkpoint((number + done) / of, doing)

    return part
