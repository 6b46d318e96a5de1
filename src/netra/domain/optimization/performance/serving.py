"""Writes a deployment as a configuration that starts: command, container and environment of its engine.

The context limit fits the key-value cache: an engine refuses to start with a `max-model-len` beyond it.
"""

from typing import Final

from netra.domain.optimization.performance.batch_limits import default_batching
from netra.domain.optimization.performance.checkpoints import Checkpoint, checkpoint_of
from netra.domain.optimization.performance.replica import Batching
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.supply_config import Container, Serving

VLLM_IMAGE: Final = "vllm/vllm-openai:v0.10.2"
PORT: Final = 8000

CACHE_TRUST: Final = 0.9
"""Share of the estimated cache that a single call may fill: the estimate may be off by some percent."""

_CONTEXT_STEP: Final = 256  # tokens to which a context limit is rounded down
_DTYPES: Final = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


def context_limit(deployment: Deployment) -> int:
    """Return the longest call, in tokens, that the replica can be started for; 0 if it holds no call."""
    held = int(deployment.memory().kv_tokens * CACHE_TRUST) // _CONTEXT_STEP * _CONTEXT_STEP
    return min(deployment.model.max_context_tokens, held)


def serving_of(
    deployment: Deployment, *, replicas: int, batching: Batching | None = None, balancing: str
) -> Serving | None:
    """Return the settings of a fleet; None where no weights are published at its precision."""
    checkpoint = checkpoint_of(deployment.model, precision=deployment.precision)
    if checkpoint is None:
        return None
    limits = batching or default_batching(deployment.gpu)
    vllm = _vllm(deployment, checkpoint=checkpoint, batching=limits)
    gpus = ",".join(str(number) for number in range(deployment.gpus))
    return Serving(
        model=deployment.model.name,
        checkpoint=checkpoint.model_id,
        publisher=checkpoint.publisher,
        licence=checkpoint.licence,
        non_commercial=checkpoint.is_non_commercial,
        gpu=deployment.gpu.name,
        gpus_per_replica=deployment.gpus,
        replicas=replicas,
        balancing=balancing,
        max_context_tokens=context_limit(deployment),
        command=" ".join(("vllm serve", *vllm)),
        container=Container(image=VLLM_IMAGE, args=("--model", *vllm), port=PORT),
        environment={"CUDA_VISIBLE_DEVICES": gpus},
        secrets=("HF_TOKEN",),
        vllm=vllm,
        sglang=_sglang(deployment, checkpoint=checkpoint, batching=limits),
        tensorrt_llm=_trtllm(deployment, checkpoint=checkpoint, batching=limits),
    )


def _vllm(deployment: Deployment, *, checkpoint: Checkpoint, batching: Batching) -> tuple[str, ...]:
    flags = [
        checkpoint.model_id,
        f"--tensor-parallel-size={deployment.tp}",
        f"--max-model-len={context_limit(deployment)}",
        f"--gpu-memory-utilization={deployment.engine.memory_utilisation}",
        f"--max-num-seqs={batching.max_sequences}",
        f"--max-num-batched-tokens={batching.step_tokens}",
        "--enable-chunked-prefill",
        "--enable-prefix-caching",
    ]
    if deployment.data_parallel > 1:
        flags += [f"--data-parallel-size={deployment.data_parallel}", "--enable-expert-parallel"]
    flags += _formats(deployment, checkpoint=checkpoint)
    if deployment.kv_precision in {"fp8", "int8"}:
        flags.append("--kv-cache-dtype=fp8")
    return tuple(flags)


def _formats(deployment: Deployment, *, checkpoint: Checkpoint) -> list[str]:
    """Return the flags of the weights' format: quantised checkpoints state theirs themselves."""
    if checkpoint.quantise is not None:
        return [f"--quantization={checkpoint.quantise}"]
    if deployment.precision in _DTYPES:
        return [f"--dtype={_DTYPES[deployment.precision]}"]
    return []


def _sglang(deployment: Deployment, *, checkpoint: Checkpoint, batching: Batching) -> tuple[str, ...]:
    flags = [
        f"--model-path={checkpoint.model_id}",
        f"--tp-size={deployment.gpus}",
        f"--context-length={context_limit(deployment)}",
        f"--max-running-requests={batching.max_sequences}",
        f"--chunked-prefill-size={batching.step_tokens}",
        f"--mem-fraction-static={deployment.engine.memory_utilisation - 0.02:.2f}",
        *_formats(deployment, checkpoint=checkpoint),
    ]
    if deployment.kv_precision in {"fp8", "int8"}:
        flags.append("--kv-cache-dtype=fp8_e4m3")
    return tuple(flags)


def _trtllm(deployment: Deployment, *, checkpoint: Checkpoint, batching: Batching) -> dict[str, object]:
    eight_bits = deployment.kv_precision in {"fp8", "int8"}
    options: dict[str, object] = {
        "model": checkpoint.model_id,
        "tensor_parallel_size": deployment.gpus,
        "max_batch_size": batching.max_sequences,
        "max_num_tokens": batching.step_tokens,
        "max_seq_len": context_limit(deployment),
        "enable_chunked_prefill": True,
        "kv_cache_config": {
            "free_gpu_memory_fraction": 0.9,
            "dtype": "fp8" if eight_bits else "auto",
            "enable_block_reuse": True,
        },
    }
    if deployment.data_parallel > 1:
        options["enable_attention_dp"] = True
    if checkpoint.quantise is not None:
        options["quant_config"] = {"quant_algo": "FP8"}
    if deployment.precision in _DTYPES:
        options["dtype"] = _DTYPES[deployment.precision]
    return options
