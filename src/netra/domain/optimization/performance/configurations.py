"""Lists the serving configurations of one open model (GPU, group size, precision), with their capacity.

The estimates only rank and prune; `fleet` sizes what goes into advice by replay.
"""

from collections.abc import Iterable
from math import inf
from typing import Final

import msgspec

from netra.domain.optimization.performance.batch_limits import default_batching
from netra.domain.optimization.performance.checkpoints import checkpoint_of
from netra.domain.optimization.performance.closed_loop import closed_loop
from netra.domain.optimization.performance.fleet import Slo
from netra.domain.optimization.performance.hardware import Gpu, ModelShape
from netra.domain.optimization.performance.inference_engine import Engine
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.performance.serving import context_limit

GROUP_SIZES: Final = (1, 2, 4, 8)
"""Tensor-parallel group sizes; more than 8 GPUs exceed one machine and the model's valid range."""


class ServingConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """One replica and its price."""

    deployment: Deployment
    usd_per_hour: float  # of the whole replica

    @property
    def name(self) -> str:
        """Return the display name, as "2x H100-SXM-80GB, fp8"."""
        deployment = self.deployment
        return f"{deployment.tp}x {deployment.gpu.name}, {deployment.precision}"


class RequestLoad(msgspec.Struct, frozen=True, kw_only=True):
    """The traffic's averages, for estimates only."""

    requests_per_s: float
    input_tokens: float
    output_tokens: float


def served_precision(gpu: Gpu, model: ModelShape) -> str:
    """Return the precision to plan with: 4 bits if published so, else FP8 if the GPU has it, else BF16."""
    if model.weight_precision in {"fp4", "int4"}:
        return model.weight_precision
    return "fp8" if gpu.fp8_dense_tflops is not None else "bf16"


def configurations(
    gpus: Iterable[Gpu],
    *,
    model: ModelShape,
    engine: Engine,
    longest_tokens: int,
    precision: str | None = None,
) -> tuple[ServingConfiguration, ...]:
    """Return the priced replicas that can be started for the model and its longest request, cheapest first.

    The request must fit the model's context window and the cache, a group size must divide the number of
    attention heads, and weights must be published at the precision (`served_precision` by default).
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
            published = checkpoint_of(model, precision=deployment.precision) is not None
            if published and model.heads % tp == 0 and context_limit(deployment) >= longest_tokens:
                found.append(
                    ServingConfiguration(deployment=deployment, usd_per_hour=tp * gpu.usd_per_gpu_hour)
                )
    return tuple(sorted(found, key=lambda one: (one.usd_per_hour, one.name)))


def carried_per_s(configuration: ServingConfiguration, *, load: RequestLoad, slo: Slo) -> float:
    """Return one replica's capacity at its largest batch, in requests a second; 0 if no batch is allowed."""
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
    """Return the largest batch whose closed loop stays within `margin` times the limits; 0 if no batch does.

    Checks the limits on TPOT and on the whole call, for a call of mean lengths. Uses bisection, as both grow
    with the batch.
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
    holding, breaking = 1, default_batching(configuration.deployment.gpu).max_sequences + 1
    while breaking - holding > 1:
        middle = (holding + breaking) // 2
        holding, breaking = (middle, breaking) if holds(middle) else (holding, middle)
    return holding
