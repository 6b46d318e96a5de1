"""Formats a deployment as ready-to-use command-line flags and options of inference engines."""

from typing import Final

from netra.domain.optimization.performance.replica import Batching
from netra.domain.optimization.performance.roofline import Deployment

_VLLM_KV: Final = {"fp8": "fp8", "int8": "int8"}


def vllm_flags(deployment: Deployment, *, batching: Batching | None = None) -> list[str]:
    """Return the arguments of `vllm serve` for one replica; spelling of vLLM 0.10, October 2026."""
    batching = batching or Batching()
    flags = [
        deployment.model.name,
        f"--tensor-parallel-size={deployment.tp}",
        f"--gpu-memory-utilization={deployment.engine.memory_utilisation}",
        f"--max-num-seqs={batching.max_sequences}",
        f"--max-num-batched-tokens={batching.step_tokens}",
        "--enable-chunked-prefill",
        "--enable-prefix-caching",
    ]
    if deployment.precision == "fp8" and deployment.model.weight_precision != "fp8":
        flags.append("--quantization=fp8")
    if deployment.kv_precision in _VLLM_KV:
        flags.append(f"--kv-cache-dtype={_VLLM_KV[deployment.kv_precision]}")
    return flags


def trtllm_options(deployment: Deployment, *, batching: Batching | None = None) -> dict[str, object]:
    """Return the same replica as options of `trtllm-serve`; spelling of TensorRT-LLM 1.0, October 2026."""
    batching = batching or Batching()
    return {
        "tp_size": deployment.tp,
        "max_batch_size": batching.max_sequences,
        "max_num_tokens": batching.step_tokens,
        "kv_cache_config": {
            "free_gpu_memory_fraction": 0.9,
            "dtype": "fp8" if deployment.kv_precision == "fp8" else "auto",
        },
        "enable_chunked_prefill": True,
        "quantization": deployment.precision,
    }
