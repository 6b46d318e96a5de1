"""Sizes and replays a proposed fleet, and says which sizes keep the limits."""

import msgspec

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.analysers.hosting.hosting_case import Case
from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.performance.batch_limits import default_batching
from netra.domain.optimization.performance.configurations import ServingConfiguration
from netra.domain.optimization.performance.fleet import Slo
from netra.domain.optimization.performance.replay import Replay, Requests, replay
from netra.domain.optimization.performance.replica import Batching
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.performance.sizing import (
    MOST_REPLICAS,
    Sizing,
    Tails80,
    holding_share,
    steady_fleet,
    tails_of,
)
from netra.domain.optimization.progress import within
from netra.domain.optimization.what_if.outcome import ProposedFleetSummary, SimulatedLatency
from netra.domain.optimization.wording import count


class TriedFleet(msgspec.Struct, frozen=True, kw_only=True):
    """A fleet of a fixed size or the smallest that keeps the limits, replayed."""

    case: Case
    configuration: ServingConfiguration
    requests: Requests  # after the change
    replayed: Replay  # at modelled step times, without spare replicas
    slo: Slo
    sizing: Sizing
    batching: Batching
    tails: Tails80
    holding_share: float
    fewest: int | None  # replicas that keep the limits with slow steps; None: no number does, or not sought

    @property
    def paid(self) -> int:
        """Replicas that are rented."""
        return self.replayed.replicas + self.sizing.spare


def try_fleet(
    case: Case,
    configuration: ServingConfiguration,
    *,
    requests: Requests,
    slo: Slo,
    sizing: Sizing,
    replicas: int | None,
    checkpoint: Checkpoint,
) -> TriedFleet:
    """Return the fleet of this size, or the smallest that keeps the limits."""
    deployment = configuration.deployment
    found = steady_fleet(
        requests,
        deployment=deployment,
        slo=slo,
        balancing=sizing.balancing,
        first_guess=replicas or 1,
        most_replicas=MOST_REPLICAS,
        checkpoint=within(checkpoint, begin=0.0, end=0.5),
    )
    if found is None and replicas is None:
        raise ValidationFailed.of(
            "gpu", "limits_unreachable", f"No number of replicas of {configuration.name} keeps the limits."
        )
    batching = default_batching(deployment.gpu) if found is None or replicas is not None else found[1]
    size = replicas or (1 if found is None else found[0].replicas)
    checkpoint(0.5, f"Replaying {count(len(requests), 'call')} on {count(size, 'replica')}")
    fleet = _Fleet(requests=requests, deployment=deployment, replicas=size, batching=batching)
    tails = fleet.tails(slo, sizing, checkpoint=within(checkpoint, begin=0.6, end=0.8))
    return TriedFleet(
        case=case,
        configuration=configuration,
        requests=requests,
        replayed=fleet.replayed(sizing),
        slo=slo,
        sizing=sizing,
        batching=batching,
        tails=tails,
        holding_share=holding_share(
            requests, deployment=deployment, replicas=size, batching=batching, slo=slo
        ),
        fewest=None if found is None else found[0].replicas,
    )


class _Fleet(msgspec.Struct, frozen=True, kw_only=True):
    requests: Requests
    deployment: Deployment
    replicas: int
    batching: Batching

    def replayed(self, sizing: Sizing) -> Replay:
        return replay(
            self.requests,
            deployment=self.deployment,
            replicas=self.replicas,
            batching=self.batching,
            balancing=sizing.balancing,
        )

    def tails(self, slo: Slo, sizing: Sizing, *, checkpoint: Checkpoint) -> Tails80:
        return tails_of(
            self.requests,
            deployment=self.deployment,
            replicas=self.replicas,
            slo=slo,
            batching=self.batching,
            balancing=sizing.balancing,
            checkpoint=checkpoint,
        )


def modelled_latency(tried: TriedFleet) -> SimulatedLatency:
    """Return the tails at modelled step times, with the ends of their interval."""
    replayed, tails = tried.replayed, tried.tails
    return SimulatedLatency(
        ttft_ms_p99=replayed.ttft_ms(99),
        tpot_ms_p99=replayed.tpot_ms(99),
        latency_ms_p99=replayed.latency_ms(99),
        ttft_ms_p99_range=tails.ttft_ms_p99,
        tpot_ms_p99_range=tails.tpot_ms_p99,
        latency_ms_p99_range=tails.latency_ms_p99,
    )


def fleet_summary(tried: TriedFleet) -> ProposedFleetSummary:
    """Return the fields of the fleet that an answer shows."""
    deployment, replayed, slo = tried.configuration.deployment, tried.replayed, tried.slo
    return ProposedFleetSummary(
        model=deployment.model.name,
        gpu=deployment.gpu.name,
        gpus_per_replica=deployment.tp,
        precision=deployment.precision,
        replicas=tried.paid,
        spare_replicas=tried.sizing.spare,
        usd_per_hour=tried.configuration.usd_per_hour * tried.paid,
        ttft_limit_ms_p99=slo.ttft_ms,
        tpot_limit_ms_p99=slo.tpot_ms,
        latency_limit_ms_p99=slo.latency_ms,
        percentile=slo.percentile,
        balancing=tried.sizing.balancing,
        keeps_limits=slo.holds(replayed),
        keeps_limits_when_slow=tried.tails.holds_when_slow,
        slow_replays_holding=tried.holding_share,
        replicas_that_keep_limits=tried.fewest,
        refused_calls=replayed.refused,
    )
