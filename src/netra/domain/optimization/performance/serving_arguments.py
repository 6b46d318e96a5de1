"""The argument names of the inference engines, as data with version and source, and their checks.

Only arguments that Netra may emit are listed: an argument outside the list is a fault. Sources: vLLM,
"Engine Arguments" of the documentation of 0.10; TensorRT-LLM, `LlmArgs` (unknown fields are forbidden) as in
`tests/unittest/api_stability/references_committed/llm.yaml` and `llmapi/llm_args.py` of release 1.2; SGLang,
`docs/advanced_features/server_arguments.md` of release 0.5. Read December 2026.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

_MODEL_ID: Final = re.compile(r"[\w.-]+/[\w.-]+|[\w.-]+")
_NUMBER: Final = r"[1-9]\d*"
_SHARE: Final = r"0\.\d+"


class EngineArguments(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of one engine's command line; a pattern is of the value, None means a bare flag."""

    engine: str
    version: str
    source: str
    patterns: Mapping[str, str | None]


VLLM_ARGUMENTS: Final = EngineArguments(
    engine="vLLM",
    version="0.10",
    source="the documentation's page on engine arguments",
    patterns={
        "--tensor-parallel-size": "1|2|4|8",
        "--data-parallel-size": "1|2|4|8",
        "--enable-expert-parallel": None,
        "--max-model-len": _NUMBER,
        "--max-num-seqs": _NUMBER,
        "--max-num-batched-tokens": _NUMBER,
        "--gpu-memory-utilization": _SHARE,
        "--dtype": "auto|bfloat16|float16|float32",
        "--quantization": "fp8",
        "--kv-cache-dtype": "auto|fp8|fp8_e4m3|fp8_e5m2",
        "--enable-chunked-prefill": None,
        "--enable-prefix-caching": None,
        "--trust-remote-code": None,
    },
)
SGLANG_ARGUMENTS: Final = EngineArguments(
    engine="SGLang",
    version="0.5",
    source="docs/advanced_features/server_arguments.md",
    patterns={
        "--model-path": r"[\w./-]+",
        "--tp-size": "1|2|4|8",
        "--context-length": _NUMBER,
        "--max-running-requests": _NUMBER,
        "--chunked-prefill-size": _NUMBER,
        "--mem-fraction-static": _SHARE,
        "--dtype": "auto|bfloat16|float16|float32",
        "--quantization": "fp8",
        "--kv-cache-dtype": "auto|fp8_e4m3|fp8_e5m2",
        "--trust-remote-code": None,
    },
)

TRT_LLM_VERSION: Final = "1.2"
TRT_LLM_FIELDS: Final[Mapping[str, type]] = {
    "model": str,
    "tensor_parallel_size": int,
    "pipeline_parallel_size": int,
    "moe_tensor_parallel_size": int,
    "moe_expert_parallel_size": int,
    "enable_attention_dp": bool,
    "dtype": str,
    "trust_remote_code": bool,
    "max_batch_size": int,
    "max_input_len": int,
    "max_seq_len": int,
    "max_num_tokens": int,
    "enable_chunked_prefill": bool,
    "kv_cache_config": dict,
    "quant_config": dict,
}
"""Fields of `LlmArgs` that Netra may emit, with their types."""

KV_CACHE_FIELDS: Final[Mapping[str, type]] = {
    "free_gpu_memory_fraction": float,
    "dtype": str,
    "enable_block_reuse": bool,
}
QUANT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "quant_algo": ("FP8", "W4A16_AWQ", "W8A8_SQ_PER_CHANNEL", "NVFP4"),
    "kv_cache_quant_algo": ("FP8", "INT8", "NVFP4"),
}


def faults_of(arguments: Sequence[str], *, engine: EngineArguments) -> list[str]:
    """Return what the engine would refuse in its arguments, after a positional model id if it takes one."""
    flags = list(arguments)
    faults: list[str] = []
    if "--model-path" not in engine.patterns:
        model = flags.pop(0) if flags else ""
        if not _MODEL_ID.fullmatch(model):
            faults.append(f"{model!r} is not a model id")
    names = [flag.partition("=")[0] for flag in flags]
    faults += [f"{name} is given twice" for name in sorted({name for name in names if names.count(name) > 1})]
    return faults + [fault for flag in flags if (fault := _fault_of(flag, engine=engine)) is not None]


def _fault_of(flag: str, *, engine: EngineArguments) -> str | None:
    name, has_value, value = flag.partition("=")
    if name not in engine.patterns:
        return f"{engine.engine} {engine.version} has no argument {name}"
    pattern = engine.patterns[name]
    if pattern is None:
        return f"{name} takes no value" if has_value else None
    return None if re.fullmatch(pattern, value) else f"{name} does not accept {value!r}"


def trtllm_faults(options: Mapping[str, Any]) -> list[str]:
    """Return what `LlmArgs` would refuse in the options."""
    faults = _typed_faults(options, TRT_LLM_FIELDS, where="LlmArgs")
    faults += _typed_faults(options.get("kv_cache_config", {}), KV_CACHE_FIELDS, where="KvCacheConfig")
    for name, value in options.get("quant_config", {}).items():
        if value not in QUANT_FIELDS.get(name, ()):
            faults.append(f"QuantConfig does not accept {name}={value!r}")
    return faults


def _typed_faults(options: Mapping[str, Any], fields: Mapping[str, type], *, where: str) -> list[str]:
    faults: list[str] = []
    for name, value in options.items():
        if name not in fields:
            faults.append(f"{where} has no field {name}")
        elif type(value) is not fields[name]:
            faults.append(f"{where}.{name} is a {fields[name].__name__}, not {value!r}")
    return faults
