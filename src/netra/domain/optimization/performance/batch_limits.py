"""The batching limits that an engine sets itself on a GPU, and those worth trying instead."""

from typing import Final

from netra.domain.optimization.performance.hardware import Gpu
from netra.domain.optimization.performance.replica import Batching

LARGE_GPU_GIB: Final = 70.0
"""Memory from which vLLM batches more by default; an A100 is excepted."""

SHORT_STEP_TOKENS: Final = 2048
"""Tokens of a step that keeps the time per token short while long prompts are prefilled."""


def default_batching(gpu: Gpu) -> Batching:
    """Return vLLM's own batching limits for its server on this GPU.

    Source: `get_batch_defaults` in `vllm/engine/arg_utils.py`, release 0.10.

    >>> from netra.domain.optimization.performance.catalogue import HARDWARE
    >>> default_batching(HARDWARE.find_gpu("H200")).step_tokens
    8192
    """
    if gpu.memory_gib >= LARGE_GPU_GIB and not gpu.name.startswith("A100"):
        return Batching(max_sequences=1024, step_tokens=8192)
    return Batching(max_sequences=256, step_tokens=SHORT_STEP_TOKENS)


def batchings_to_try(gpu: Gpu) -> tuple[Batching, ...]:
    """Return the engine's own limits, then shorter steps where those are not its own."""
    own = default_batching(gpu)
    if own.step_tokens == SHORT_STEP_TOKENS:
        return (own,)
    return own, Batching(max_sequences=own.max_sequences, step_tokens=SHORT_STEP_TOKENS)
