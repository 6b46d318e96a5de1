"""The ways to serve one open model: GPU, how many work as one, at which precision; and what each can carry.

What is estimated here ranks and prunes; a size that goes into advice is replayed by `fleet`.
"""

from collections.abc import Iterable
from math import inf
from typing import Final

import msgspec

from netra.domain.optimization.performance.closed_loop import closed_loop
from netra.domain.optimization.performance.constants import Engine
from netra.domain.optimization.performance.fleet import Slo
from netra.domain.optimization.performance.hardware import Gpu, ModelShape
from netra.domain.optimization.performance.roofline import Deployment

GROUP_SIZES: Final = (1, 2, 4, 8)
"""GPUs of one machine that can share a model; more than 8 leaves the machine and the model's range."""

_MOST_SEQUENCES: Final = 256


class ServingConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """One replica and its price."""

    deployment: Deployment
    usd_per_hour: float  # of the whole replica

    @property
    def name(self) -> str:
        """Return how it is called in an answer: "2x H100-SXM-80GB, fp8"."""
        deployment = self.deployment
        return f"{deployment.tp}x {deployment.gpu.name}, {deployment.precision}"


class RequestLoad(msgspec.Struct, frozen=True, kw_only=True):
    """The traffic's averages, for estimates only."""

    requests_per_s: float
    input_tokens: float
    output_tokens: float


def served_precision(gpu: Gpu, model: ModelShape) -> str:
    """Return the precision to plan with: as published, or FP8 where the GPU computes in it."""
    if model.weight_precision == "fp4":
        return "fp4"
    return "fp8" if gpu.fp8_dense_tflops is not None else "bf16"


def configurations(
    gpus: Iterable[Gpu],
    *,
    model: ModelShape,
    engine: Engine,
    longest_tokens: int,
    precision: str | None = None,
) -> tuple[ServingConfiguration, ...]:
    """Return the priced replicas that hold the model and its longest request, cheapest first.

    A group size must divide the attention heads. Without a `precision` it is `served_precision`.
    """
    found: list[ServingConfiguration] = []
    for gpu in gpus:
        if gpu.usd_per_gpu_hour is None:
            continue
        for tp in GROUP_SIZES:
            deployment = Deployment(
                gpu=gpu,
                model=model,
                engine=engine,
                tp=tp,
                precision=precision or served_precision(gpu, model),
            )
            if model.heads % tp == 0 and deployment.memory().kv_tokens >= longest_tokens:
                found.append(
                    ServingConfiguration(deployment=deployment, usd_per_hour=tp * gpu.usd_per_gpu_hour)
                )
    return tuple(sorted(found, key=lambda one: (one.usd_per_hour, one.name)))


def carried_per_s(configuration: ServingConfiguration, *, load: RequestLoad, slo: Slo) -> float:
    """Return the requests a second one replica carries with its largest batch; 0 if it has none."""
    batch = largest_batch(configuration, load=load, slo=slo)
    if batch == 0:
        return 0.0
    seen = closed_loop(
        configuration.deployment,
        input_tokens=load.input_tokens,
        output_tokens=load.output_tokens,
        concurrency=float(batch),
    )
    return seen.tokens_per_s() / max(load.output_tokens, 1.0)


def largest_batch(
    configuration: ServingConfiguration, *, load: RequestLoad, slo: Slo, margin: float = 0.85
) -> int:
    """Return the most sequences at once whose closed loop keeps `margin` of the limits; 0 if none does.

    The limits are those on TPOT and on the whole call, for a call of mean lengths. By bisection, as both
    grow with the batch.
    """
    whole_ms = inf if slo.latency_ms is None else slo.latency_ms

    def holds(sequences: int) -> bool:
        seen = closed_loop(
            configuration.deployment,
            input_tokens=load.input_tokens,
            output_tokens=load.output_tokens,
            concurrency=float(sequences),
        )
        latency_s = seen.ttft_s + max(load.output_tokens - 1.0, 0.0) * seen.tpot_s
        return seen.tpot_s * 1e3 <= margin * slo.tpot_ms and latency_s * 1e3 <= margin * whole_ms

    if not holds(1):
        return 0
    holding, breaking = 1, _MOST_SEQUENCES + 1
    while breaking - holding > 1:
        middle = (holding + breaking) // 2
        holding, breaking = (middle, breaking) if holds(middle) else (holding, middle)
    return holding
