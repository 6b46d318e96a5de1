"""Computes the time of one step of an inference engine from the model's shape and the GPU's rates.

A step passes some decoding sequences (one token each) and some prompt tokens through the model once.
The constants come from `constants`; `replay` models queueing. All functions accept numbers and arrays.
Valid for batches of 1 to 512 sequences, contexts to 131,072 tokens, tensor parallelism of 1 to 8 within
one machine. Source: the roofline model (Williams et al., 2009) with the terms in `docs/engine.md`.
"""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.performance.hardware import Gpu, ModelShape
from netra.domain.optimization.performance.inference_engine import Engine, Fit, with_fit
from netra.domain.optimization.performance.memory import (
    BYTES_OF,
    MemoryPlan,
    expert_parameters,
    kv_bytes_per_token,
    plan_memory,
)

Values = float | npt.NDArray[np.float64]
"""A number or an array; results have the same shape, 0-d for a number."""

ONE_SHOT_TOKENS: Final = 128.0
"""Largest number of tokens for a one-shot all-reduce (every GPU to every other); above it a ring is used."""

NARROW_ROWS: Final = 16.0
WIDE_ROWS: Final = 32.0
"""Range of tokens per step in which engines switch to kernels for wide batches; measured at both ends."""

OVERLAP: Final = 2.5
"""Order of the norm that combines two overlapping parts: about the longer one, more if they are equal."""


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One replica: a model on `tp` GPUs at a precision, served by an engine."""

    gpu: Gpu
    model: ModelShape
    engine: Engine
    tp: int = 1
    precision: str = "bf16"  # of the weights
    kv_precision: str = "bf16"
    pace: float = 1.0  # factor on modelled step times, from calibration on the user's latencies
    data_parallel: int = 1  # groups of `tp` GPUs with their own attention and cache, sharing the experts
    release: str = ""  # of the engine, where constants differ by release; "": not known

    @property
    def gpus(self) -> int:
        """GPUs of the replica."""
        return self.tp * self.data_parallel

    @property
    def fit(self) -> Fit | None:
        """The constants measured closest to this deployment; None: the engine's own are used."""
        return self.engine.closest_fit(
            precision=self.precision,
            gpu=self.gpu.name,
            generation=self.gpu.generation,
            mixture=self.model.is_moe,
            release=self.release,
        )

    @property
    def fitted_engine(self) -> Engine:
        """The engine with those constants."""
        return self.engine if (fit := self.fit) is None else with_fit(self.engine, fit)

    def memory(self) -> MemoryPlan:
        """Return the memory use of the replica's GPUs."""
        return plan_memory(
            self.gpu,
            model=self.model,
            tp=self.tp,
            precision=self.precision,
            kv_precision=self.kv_precision,
            utilisation=self.engine.memory_utilisation,
            data_parallel=self.data_parallel,
        )


class StepCosts(msgspec.Struct, frozen=True, kw_only=True):
    """The coefficients of a deployment's step time, in seconds; compiled once, used for every step."""

    weights_s: float  # reading the weights that every token uses
    experts_s: float  # reading all experts; a step reads the share it touches
    expert_share: float  # of the experts that one token touches; 0 in a dense model
    token_s: float  # arithmetic of one token
    kv_s: float  # reading one cached token
    pair_s: float  # attention arithmetic of one prompt token with one token before it
    layers_s: float  # launching and latency, whatever the batch
    one_shot_s: float  # all-reduce of one token, small steps
    ring_s: float  # all-reduce of one token, beyond `ONE_SHOT_TOKENS`
    wide_share: float = 0.0  # slowdown of reading weights from `WIDE_ROWS` tokens on
    host_s: float = 0.0  # host time of a step, overlapping the GPU's
    host_sequence_s: float = 0.0
    host_pair_s: float = 0.0  # grows with the square of the sequences


def costs_of(deployment: Deployment) -> StepCosts:
    """Return the deployment's coefficients.

    Weights and cache move at `bandwidth x mbu`, arithmetic runs at `rate x mfu`, both split over the
    tensor-parallel group; the latency per layer does not shrink with the group.
    """
    gpu, model, engine, tp = deployment.gpu, deployment.model, deployment.fitted_engine, deployment.tp
    bandwidth = gpu.bandwidth_tb_per_s * 1e12 * gpu.sustained_share
    peak = compute_tflops(gpu, precision=deployment.precision) * 1e12 * gpu.sustained_share
    flop_s = 1.0 / (peak * engine.mfu)
    shared, experts = streamed_bytes(model, precision=deployment.precision)
    kv_bytes = kv_bytes_per_token(model, tp=tp, precision=deployment.kv_precision)
    message = 2.0 * 2.0 * model.layers * model.hidden / (gpu.link_gb_per_s * 1e9)
    ring = engine.link_efficiency[gpu.link]
    slower = engine.host_factor.get(gpu.generation, 1.0)
    costs = StepCosts(
        weights_s=shared / (bandwidth * engine.mbu) / tp,
        experts_s=experts / (bandwidth * (engine.expert_mbu or engine.mbu)) / deployment.gpus,
        expert_share=_expert_share(deployment),
        token_s=2.0 * computed_parameters(model) * flop_s / tp,
        kv_s=kv_bytes / (bandwidth * engine.kv_mbu[deployment.kv_precision]),
        pair_s=4.0 * _growing_layers(model) * model.heads * model.head_size * flop_s / tp,
        layers_s=_layers_s(deployment, engine=engine),
        one_shot_s=message * (tp - 1) / engine.one_shot_efficiency.get(gpu.link, ring),
        ring_s=message * 2.0 * (tp - 1) / tp / ring,
        wide_share=engine.wide_batch_share.get(deployment.precision, 0.0),
        host_s=_host_us(engine, model=model, tp=tp) * 1e-6 * slower,
        host_sequence_s=engine.host_sequence_us * 1e-6 * slower,
        host_pair_s=engine.host_pair_us * 1e-6 * slower,
    )
    return costs if deployment.pace == 1.0 else _paced(costs, pace=deployment.pace)


def _expert_share(deployment: Deployment) -> float:
    """Return the share of the experts that one token of every group touches; 0 in a dense model."""
    model = deployment.model
    if not model.is_moe:
        return 0.0
    return 1.0 - (1.0 - model.experts_active / model.experts) ** deployment.data_parallel


def _growing_layers(model: ModelShape) -> int:
    """Return the layers whose attention reads the whole context."""
    return model.full_attention_layers or model.layers


def _layers_s(deployment: Deployment, *, engine: Engine) -> float:
    """Return the time of a step that does not depend on its tokens: launches and latencies of all layers."""
    layers, link = deployment.model.layers, deployment.gpu.link
    layer_us = engine.layer_us
    if deployment.tp > 1:
        layer_us += 2.0 * engine.allreduce_us[link]
    if deployment.data_parallel > 1:
        layer_us += engine.data_parallel_layer_us
    return layers * layer_us * 1e-6


def _paced(costs: StepCosts, *, pace: float) -> StepCosts:
    seconds = {name: value * pace for name, value in msgspec.structs.asdict(costs).items()}
    return StepCosts(**seconds | {"expert_share": costs.expert_share, "wide_share": costs.wide_share})


def _host_us(engine: Engine, *, model: ModelShape, tp: int) -> float:
    """Return the host time of a step that does not depend on the batch."""
    return (
        engine.host_layer_us * model.layers
        + engine.host_rank_us * tp
        + engine.host_vocabulary_us * model.vocabulary / 1000.0
    )


def compute_tflops(gpu: Gpu, *, precision: str) -> float:
    """Return the dense arithmetic rate of `gpu` for weights of this precision.

    Integer weights, and formats that the GPU lacks, are widened and run at the BF16 rate.
    """
    if precision == "fp4" and gpu.fp4_dense_tflops is not None:
        return gpu.fp4_dense_tflops
    if precision == "fp8" and gpu.fp8_dense_tflops is not None:
        return gpu.fp8_dense_tflops
    return gpu.bf16_dense_tflops


def step_s(
    costs: StepCosts,
    *,
    sequences: Values,
    context_tokens: Values,
    prompt_tokens: Values,
    prompt_pairs: Values,
) -> npt.NDArray[np.float64]:
    """Return the seconds of one step.

    `context_tokens` is the sum of the cached tokens over the decoding sequences;
    `prompt_pairs` the sum over prompt tokens of the tokens before each (n²/2 for a fresh prompt).

    >>> costs = StepCosts(weights_s=0.01, experts_s=0.0, expert_share=0.0, token_s=1e-4, kv_s=1e-7,
    ...                   pair_s=0.0, layers_s=0.002, one_shot_s=0.0, ring_s=0.0)
    >>> step_s(costs, sequences=8.0, context_tokens=10_000.0, prompt_tokens=0.0, prompt_pairs=0.0).item()
    0.013
    """
    tokens = sequences + prompt_tokens
    weights = costs.weights_s + costs.experts_s * (1.0 - (1.0 - costs.expert_share) ** tokens)
    if costs.wide_share > 0.0:
        wide = np.minimum(np.maximum((tokens - NARROW_ROWS) / (WIDE_ROWS - NARROW_ROWS), 0.0), 1.0)
        weights = weights * (1.0 + costs.wide_share * wide)
    small = np.minimum(tokens, ONE_SHOT_TOKENS)
    gpu = np.asarray(
        np.maximum(weights, costs.token_s * tokens)
        + costs.kv_s * context_tokens
        + costs.pair_s * prompt_pairs
        + costs.layers_s
        + costs.one_shot_s * small
        + costs.ring_s * (tokens - small)
    )
    if costs.host_s == 0.0:
        return gpu
    host = costs.host_s + costs.host_sequence_s * sequences + costs.host_pair_s * sequences**2
    return _overlapped(gpu, host)


def decode_s(costs: StepCosts, *, sequences: Values, context_tokens: Values) -> npt.NDArray[np.float64]:
    """Return the seconds of a step that only decodes; `context_tokens` is the sum over the sequences."""
    none = sequences * 0.0
    return step_s(
        costs, sequences=sequences, context_tokens=context_tokens, prompt_tokens=none, prompt_pairs=none
    )


def prefill_s(costs: StepCosts, *, prompt_tokens: Values, prompts: float = 1.0) -> npt.NDArray[np.float64]:
    """Return the seconds to prefill `prompts` prompts of `prompt_tokens` each, together."""
    none = prompt_tokens * 0.0
    return step_s(
        costs,
        sequences=none,
        context_tokens=none,
        prompt_tokens=prompts * prompt_tokens,
        prompt_pairs=prompts * prompt_tokens**2 / 2.0,
    )


def _overlapped(gpu: npt.NDArray[np.float64], host: Values) -> npt.NDArray[np.float64]:
    """Return the time of two overlapping parts that sometimes wait for each other."""
    return np.asarray((gpu**OVERLAP + np.asarray(host) ** OVERLAP) ** (1.0 / OVERLAP))


def computed_parameters(model: ModelShape) -> float:
    """Return the parameters multiplied with one token: all active ones except the embedding table."""
    table = 0 if model.tied_embeddings else model.vocabulary * model.hidden
    return model.active_parameters - table


def streamed_bytes(model: ModelShape, *, precision: str) -> tuple[float, float]:
    """Return the bytes that every step reads, and those of all experts; the head stays at 16 bits."""
    size = BYTES_OF[precision]
    head = model.vocabulary * model.hidden
    body = computed_parameters(model) - head
    if not model.is_moe:
        return body * size + head * max(2.0, size), 0.0
    experts = expert_parameters(model)
    touched = experts * model.experts_active / model.experts
    return (body - touched) * size + head * max(2.0, size), experts * size
