"""Computes a GPU's memory use: weights, key-value cache, and the concurrent requests that fit."""

from typing import Final

import msgspec

from netra.domain.optimization.performance.hardware import Gpu, ModelShape

BYTES_OF: Final = {
    "fp32": 4.0,
    "bf16": 2.0,
    "fp16": 2.0,
    "fp8": 1.0,
    "int8": 1.0,
    "fp4": 0.5625,  # 4 bits and one 8-bit scale for 16 weights
    "int4": 0.53,  # 4 bits, a 16-bit scale and a 4-bit zero for 128 weights, rounded up
}
"""Bytes per value by precision, including scales."""

KV_BLOCK_TOKENS: Final = 16  # vLLM's default page of the cache
GIB: Final = 2**30


class MemoryPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The memory use of one GPU; `kv_tokens` is the capacity of the whole tensor-parallel group."""

    memory_gib: float
    weights_gib: float
    overhead_gib: float  # peak activations, communication buffers, the driver's context
    kv_cache_gib: float  # 0 if the weights leave no room
    kv_bytes_per_token: float  # on one GPU
    kv_tokens: int

    @property
    def fits(self) -> bool:
        """Whether the weights leave room for a cache."""
        return self.kv_tokens > 0

    def concurrency(self, tokens_per_request: float) -> float:
        """Return how many requests of this length the cache holds concurrently; vLLM logs the same ratio."""
        return self.kv_tokens / tokens_per_request


def kv_bytes_per_token(model: ModelShape, *, tp: int, precision: str) -> float:
    """Return the key-value bytes that one token takes on one GPU of a tensor-parallel group.

    `2 L max(1, kv/TP) d b`: a head is never split, so with more GPUs than KV heads the GPUs hold copies.
    Every GPU holds the whole of a compressed cache (MLA). Layers with a sliding window stop growing at their
    window; they are excluded here and counted by `window_bytes_per_request`. Source: the cache layouts in
    vLLM's documentation, October 2026.

    >>> from netra.domain.optimization.performance.catalogue import HARDWARE
    >>> llama = HARDWARE.find_model("Llama-3.1-70B")
    >>> kv_bytes_per_token(llama, tp=1, precision="bf16")  # 2 * 80 * 8 * 128 * 2
    327680.0
    >>> kv_bytes_per_token(llama, tp=16, precision="bf16")  # one head of eight on each
    40960.0
    """
    layers = model.full_attention_layers or model.layers
    return layers * _layer_bytes(model, tp=tp, precision=precision)


def window_bytes_per_request(model: ModelShape, *, tp: int, precision: str) -> float:
    """Return the bytes a long request keeps in sliding-window layers; 0 without such layers."""
    if model.full_attention_layers is None or model.window_tokens is None:
        return 0.0
    windowed = model.layers - model.full_attention_layers
    return windowed * model.window_tokens * _layer_bytes(model, tp=tp, precision=precision)


def kv_cache_tokens(available_bytes: float, *, bytes_per_token: float) -> int:
    """Return the tokens that fit, in whole pages; this is "GPU KV cache size" in vLLM's log.

    `available_bytes` is the available KV cache memory of one GPU, as vLLM logs it.

    >>> kv_cache_tokens(8.11 * 2**30, bytes_per_token=2 * 94 * 1 * 128 * 2)  # Qwen3-235B-A22B, TP 4
    180928
    """
    return max(0, int(available_bytes / (bytes_per_token * KV_BLOCK_TOKENS))) * KV_BLOCK_TOKENS


def weight_bytes(model: ModelShape, *, precision: str) -> float:
    """Return the bytes of all weights; in quantised models embeddings and output head stay at 16 bits.

    >>> from netra.domain.optimization.performance.catalogue import HARDWARE
    >>> llama = HARDWARE.find_model("Llama-3.1-8B")
    >>> round(weight_bytes(llama, precision="bf16") / 2**30, 2)  # vLLM logs 14.96 to 14.99 GiB
    14.96
    """
    tables = model.vocabulary * model.hidden * (1 if model.tied_embeddings else 2)
    return (model.parameters - tables) * BYTES_OF[precision] + tables * max(2.0, BYTES_OF[precision])


def expert_parameters(model: ModelShape) -> float:
    """Return the parameters of all experts that tokens choose between; 0 for a dense model."""
    if not model.is_moe:
        return 0.0
    return (model.parameters - model.active_parameters) / (1.0 - model.experts_active / model.experts)


def plan_memory(
    gpu: Gpu,
    *,
    model: ModelShape,
    tp: int,
    precision: str,
    kv_precision: str,
    utilisation: float = 0.9,
    prefill_tokens_per_step: int = 8192,
    data_parallel: int = 1,
) -> MemoryPlan:
    """Return the memory use of `tp` GPUs with the model when the engine may use `utilisation` of each.

    With attention-data parallelism every one of `data_parallel` groups holds all weights but the experts,
    which spread over all groups; `kv_tokens` is the capacity of one group.

    vLLM's default is 0.9. The overhead is an estimate: 20 values of the hidden size a prefill token (1.26 GiB
    logged for Llama-3-8B at 8,192 tokens) and 0.5 GiB, or 1.5 GiB with tensor parallelism, outside the
    allocator.
    """
    experts = expert_parameters(model) * BYTES_OF[precision]
    weights = (weight_bytes(model, precision=precision) - experts * (1.0 - 1.0 / data_parallel)) / tp
    activations = 20.0 * 2.0 * model.hidden * prefill_tokens_per_step / (1 if tp == 1 else 2)
    overhead = activations + (0.5 if tp == 1 else 1.5) * GIB
    available = max(0.0, gpu.memory_gib * GIB * utilisation - weights - overhead)
    per_token = kv_bytes_per_token(model, tp=tp, precision=kv_precision)
    return MemoryPlan(
        memory_gib=gpu.memory_gib,
        weights_gib=weights / GIB,
        overhead_gib=overhead / GIB,
        kv_cache_gib=available / GIB,
        kv_bytes_per_token=per_token,
        kv_tokens=kv_cache_tokens(available, bytes_per_token=per_token),
    )


def _layer_bytes(model: ModelShape, *, tp: int, precision: str) -> float:
    if model.kv_latent is not None:
        return model.kv_latent * BYTES_OF[precision]
    return 2.0 * max(1.0, model.kv_heads / tp) * model.head_size * BYTES_OF[precision]
