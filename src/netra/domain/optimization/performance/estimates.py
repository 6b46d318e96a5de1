"""Ranks serving configurations by an estimate of their price; `hosting` replays the best of them."""

from math import ceil

import msgspec

from netra.domain.optimization.performance.configurations import (
    RequestLoad,
    ServingConfiguration,
    carried_per_s,
)
from netra.domain.optimization.performance.fleet import Slo


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration and the replicas it needs at the mean rate: for ranking, never for advice."""

    configuration: ServingConfiguration
    replicas: int
    carried_per_s: float  # requests a second one replica is estimated to carry

    @property
    def usd_per_hour(self) -> float:
        """Dollars an hour of all replicas."""
        return self.replicas * self.configuration.usd_per_hour


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
