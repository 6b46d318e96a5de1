"""The part of a proposal about own GPUs."""

from typing import Protocol

from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.what_if.present_fleet import PresentDeployment


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
    def ttft_ms(self) -> float | None:
        """The limit on the time to first token; None: the question's, or the default."""
        ...

    @property
    def tpot_ms(self) -> float | None:
        """The same on the time per output token."""
        ...

    @property
    def latency_ms(self) -> float | None:
        """The same on the whole call."""
        ...

    @property
    def percentile(self) -> float:
        """The percentile at which the limits are judged."""
        ...

    @property
    def balancing(self) -> Balancing:
        """How requests are assigned to replicas."""
        ...

    @property
    def spare(self) -> int:
        """Replicas beyond those that keep the limits."""
        ...

    @property
    def max_output_tokens(self) -> int | None:
        """The cap on every answer's output tokens."""
        ...


def is_about_fleet(proposed: ProposedFleet) -> bool:
    """Return whether the proposal changes the fleet."""
    parts = (proposed.gpu, proposed.hosted_model, proposed.precision)
    return any(part is not None for part in (*parts, proposed.gpus_per_replica, proposed.replicas))
