"""Finds the cheapest fleets for a stream of requests: `estimates` ranks the configurations, replay sizes."""

from math import inf
from typing import Final

import msgspec

from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.performance.configurations import RequestLoad, ServingConfiguration
from netra.domain.optimization.performance.estimates import Estimate, ranked_by_estimate
from netra.domain.optimization.performance.fleet import Fleet, Slo, holds_alone, smallest_fleet
from netra.domain.optimization.performance.replay import Requests, replay
from netra.domain.optimization.performance.replica import Batching
from netra.domain.optimization.performance.sizing import (
    MOST_REPLICAS,
    Sizing,
    Tails80,
    holding_share,
    steady_fleet,
    step_bounds,
    tails_of,
)
from netra.domain.optimization.progress import within

REPLAYED_CONFIGURATIONS: Final = 4
"""Upper bound on the configurations sized by replay; the others are pruned by their estimate."""

_DEAREST: Final = 2.0
"""Price, in multiples of the best fleet's, beyond which a fleet is not sized to the end."""

_ENLARGED_MOST: Final = 4
"""Upper bound on the sizes tried so that every stated draw holds."""

_ESTIMATE_TRUST: Final = 0.5
"""A configuration is skipped if this share of its estimated price exceeds the best replayed price."""


class Hosting(msgspec.Struct, frozen=True, kw_only=True):
    """A sized fleet and its price."""

    configuration: ServingConfiguration
    fleet: Fleet  # with its spare replicas; `replayed` is without them
    carried_per_s: float  # requests a second one replica is estimated to carry
    tails: Tails80  # without the spare replicas
    batching: Batching
    balancing: Balancing  # that the size was replayed with
    spare: int = 0
    holding_share: float | None = None  # of random replays with slow steps; None: not replayed

    @property
    def gpus(self) -> int:
        """GPUs in the fleet."""
        return self.fleet.replicas * self.configuration.deployment.gpus

    @property
    def usd_per_hour(self) -> float:
        """Dollars an hour of the fleet, busy or not."""
        return self.fleet.replicas * self.configuration.usd_per_hour

    @property
    def needed(self) -> int:
        """Replicas that keep the limits, without the spare ones."""
        return self.fleet.replicas - self.spare


def cheapest_fleets(
    requests: Requests,
    *,
    candidates: tuple[ServingConfiguration, ...],
    load: RequestLoad,
    slo: Slo,
    checkpoint: Checkpoint,
    sizing: Sizing | None = None,
    states_all: bool = False,
) -> tuple[Hosting, ...]:
    """Return the replayed fleets that keep `slo`, cheapest first; empty if no fleet does.

    A fleet keeps the limits with steps at the slow bound of their interval. Only if no fleet does, the first
    configuration that keeps them with steps as modelled is returned, and its `tails` say so. The cheapest
    has its `holding_share`; with `states_all` every fleet has.
    """
    able = tuple(one for one in candidates if holds_alone(requests, deployment=one.deployment, slo=slo))
    ranked = ranked_by_estimate(able, load=load, slo=slo)
    most = min(len(ranked), REPLAYED_CONFIGURATIONS)
    found: list[Hosting] = []
    burst = 1.0  # replayed over estimated replicas: similar for all, as the arrivals are the same
    for number, estimate in enumerate(ranked[:REPLAYED_CONFIGURATIONS]):
        configuration = estimate.configuration
        best_usd = min((hosting.usd_per_hour for hosting in found), default=inf)
        if max(configuration.usd_per_hour, _ESTIMATE_TRUST * estimate.usd_per_hour) >= best_usd:
            continue
        part = within(checkpoint, begin=number / most, end=(number + 1) / most)
        guess = max(1, round(burst * estimate.replicas))
        hosting = sized_fleet(
            requests,
            estimate,
            first_guess=guess,
            most_replicas=_most(configuration, best_usd=best_usd),
            slo=slo,
            sizing=sizing or Sizing(),
            checkpoint=part,
            must_hold_when_slow=bool(found),
        )
        if hosting is not None:
            burst = hosting.needed / estimate.replicas
            found.append(hosting)
    slow = [hosting for hosting in found if hosting.tails.holds_when_slow]
    found = sorted(slow or found, key=lambda hosting: (hosting.usd_per_hour, hosting.configuration.name))
    if not found:
        return ()
    best = _settled(requests, found[0], slo=slo, checkpoint=checkpoint)
    if not states_all:
        return (best, *found[1:])
    return (best, *(_stated(requests, one, slo=slo, checkpoint=checkpoint) for one in found[1:]))


def _most(configuration: ServingConfiguration, *, best_usd: float) -> int:
    """Return the largest fleet worth sizing: one of at most `_DEAREST` times the best price."""
    if best_usd == inf or configuration.usd_per_hour <= 0.0:
        return MOST_REPLICAS
    return max(1, min(MOST_REPLICAS, int(_DEAREST * best_usd / configuration.usd_per_hour)))


def _stated(requests: Requests, hosting: Hosting, *, slo: Slo, checkpoint: Checkpoint) -> Hosting:
    """Return the fleet with its share of replays that hold."""
    share = _share(requests, hosting, slo=slo, checkpoint=checkpoint)
    return msgspec.structs.replace(hosting, holding_share=share)


def _settled(requests: Requests, hosting: Hosting, *, slo: Slo, checkpoint: Checkpoint) -> Hosting:
    """Return the fleet with its share of replays that hold, enlarged until all of them do.

    A fleet for another balancing, or one that slow steps break in any size, is not enlarged.
    """
    share = _share(requests, hosting, slo=slo, checkpoint=checkpoint)
    can_grow = hosting.balancing is Balancing.RANDOM and hosting.tails.holds_when_slow
    for _ in range(_ENLARGED_MOST if can_grow else 0):
        if share == 1.0:
            break
        size = hosting.needed + max(1, hosting.needed // 20)
        hosting = resized(requests, hosting, size=size, slo=slo, checkpoint=checkpoint)
        share = _share(requests, hosting, slo=slo, checkpoint=checkpoint)
    return msgspec.structs.replace(hosting, holding_share=share)


def resized(requests: Requests, hosting: Hosting, *, size: int, slo: Slo, checkpoint: Checkpoint) -> Hosting:
    """Return the fleet with `size` replicas and its spare ones, replayed; it may break the limits."""
    return _hosting(
        requests,
        Estimate(configuration=hosting.configuration, replicas=size, carried_per_s=hosting.carried_per_s),
        fleet=msgspec.structs.replace(hosting.fleet, replicas=size),
        batching=hosting.batching,
        sizing=Sizing(balancing=hosting.balancing, spare=hosting.spare),
        slo=slo,
        checkpoint=checkpoint,
    )


def sized_fleet(
    requests: Requests,
    estimate: Estimate,
    *,
    first_guess: int,
    most_replicas: int,
    slo: Slo,
    sizing: Sizing,
    checkpoint: Checkpoint,
    must_hold_when_slow: bool = False,
) -> Hosting | None:
    """Return the smallest fleet of a configuration, or None if no number of replicas keeps the limits."""
    deployment = estimate.configuration.deployment
    found = steady_fleet(
        requests,
        deployment=deployment,
        slo=slo,
        balancing=sizing.balancing,
        first_guess=first_guess,
        most_replicas=most_replicas,
        checkpoint=within(checkpoint, begin=0.0, end=0.6),
        must_hold_when_slow=must_hold_when_slow,
    )
    if found is None:
        return None
    fleet, batching = found
    return _hosting(
        requests,
        estimate,
        fleet=fleet,
        batching=batching,
        sizing=sizing,
        slo=slo,
        checkpoint=within(checkpoint, begin=0.6, end=1.0),
    )


def _hosting(
    requests: Requests,
    estimate: Estimate,
    *,
    fleet: Fleet,
    batching: Batching,
    sizing: Sizing,
    slo: Slo,
    checkpoint: Checkpoint,
) -> Hosting:
    """Return the fleet with its replay at modelled step times and its tails at both ends."""
    deployment = estimate.configuration.deployment
    tails = tails_of(
        requests,
        deployment=deployment,
        replicas=fleet.replicas,
        slo=slo,
        batching=batching,
        balancing=sizing.balancing,
        checkpoint=checkpoint,
    )
    replayed = replay(
        requests,
        deployment=deployment,
        replicas=fleet.replicas,
        batching=batching,
        balancing=sizing.balancing,
    )
    return Hosting(
        configuration=estimate.configuration,
        fleet=Fleet(replicas=fleet.replicas + sizing.spare, replayed=replayed, tried=fleet.tried),
        carried_per_s=estimate.carried_per_s,
        tails=tails,
        batching=batching,
        balancing=sizing.balancing,
        spare=sizing.spare,
    )


def _share(requests: Requests, hosting: Hosting, *, slo: Slo, checkpoint: Checkpoint) -> float:
    checkpoint(0.0, "Replaying draws of random balancing with slower steps")
    return holding_share(
        requests,
        deployment=hosting.configuration.deployment,
        replicas=hosting.needed,
        batching=hosting.batching,
        slo=slo,
    )


def sizes_of(
    requests: Requests, *, hosting: Hosting, slo: Slo, checkpoint: Checkpoint
) -> tuple[int, int | None]:
    """Return the fleet's size at both bounds of the interval of step times; None if no size keeps the limits.

    The proposed size is that of slow steps, where one keeps the limits, so only fast steps are searched.
    """
    deployment = hosting.configuration.deployment
    fewest = smallest_fleet(
        requests,
        deployment=deployment,
        slo=slo,
        first_guess=hosting.needed,
        most_replicas=hosting.needed,
        slowdown=step_bounds(deployment)[0],
        batching=hosting.batching,
        balancing=hosting.balancing,
        checkpoint=checkpoint,
    )
    least = hosting.needed if fewest is None else fewest.replicas
    most = hosting.fleet.replicas if hosting.tails.holds_when_slow else None
    return least + hosting.spare, most
