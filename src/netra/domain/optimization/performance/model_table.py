"""The dated table of open models for self-hosting; facts only, each overridable.

Source of every row: the publisher's `config.json` and model card, October 2026. `active` counts the
parameters used by one token. Rows are tuples in the order of `_COLUMNS`.
"""

from typing import Any, Final

import msgspec

from netra.domain.optimization.performance.hardware import ModelShape

Fields = dict[str, Any]  # Any: fields of `ModelShape`, each of its own type
Row = tuple[Any, ...]  # Any: the leading fields of `ModelShape`, in order

_COLUMNS: Final = (
    "name",
    "layers",
    "hidden",
    "heads",
    "kv_heads",
    "head_size",
    "parameters",
    "active_parameters",
    "vocabulary",
    "max_context_tokens",
)

_DENSE: Final = (
    ("Llama-3.1-8B", 32, 4096, 32, 8, 128, 8.03e9, 128_256, 131_072, ("Meta-Llama-3.1-8B",)),
    (
        "Llama-3.1-70B",
        80,
        8192,
        64,
        8,
        128,
        70.55e9,
        128_256,
        131_072,
        (),
    ),
    ("Llama-3.1-405B", 126, 16384, 128, 8, 128, 405.85e9, 128_256, 131_072, ()),
    ("Llama-2-7B", 32, 4096, 32, 32, 128, 6.74e9, 32_000, 4096, ("Llama-7B",)),
    ("Llama-2-13B", 40, 5120, 40, 40, 128, 13.02e9, 32_000, 4096, ("Llama-13B",)),
    ("Llama-2-70B", 80, 8192, 64, 8, 128, 68.98e9, 32_000, 4096, ("Llama2-70B",)),
    ("CodeLlama-34B", 48, 8192, 64, 8, 128, 33.74e9, 32_000, 16_384, ()),
    (
        "Mistral-7B",
        32,
        4096,
        32,
        8,
        128,
        7.25e9,
        32_768,
        32_768,
        ("Mistral-7B-v0.1", "Mistral-7B-v0.2", "Mistral-7B-v0.3"),
    ),
    ("Mistral-Nemo-12B", 40, 5120, 32, 8, 128, 12.25e9, 131_072, 131_072, ("Mistral-Nemo",)),
    (
        "Mistral-Small-24B",
        40,
        5120,
        32,
        8,
        128,
        23.57e9,
        131_072,
        131_072,
        ("Mistral-Small-3.1-24B",),
    ),
    ("Mistral-Large-123B", 88, 12288, 96, 8, 128, 122.6e9, 32_768, 131_072, ("Mistral-Large",)),
    (
        "Qwen2.5-7B",
        28,
        3584,
        28,
        4,
        128,
        7.62e9,
        152_064,
        32_768,
        (),
    ),
    ("Qwen2.5-14B", 48, 5120, 40, 8, 128, 14.77e9, 152_064, 32_768, ()),
    (
        "Qwen2.5-32B",
        64,
        5120,
        40,
        8,
        128,
        32.76e9,
        152_064,
        32_768,
        (),
    ),
    ("Qwen2.5-72B", 80, 8192, 64, 8, 128, 72.71e9, 152_064, 32_768, ()),
    ("Qwen3-8B", 36, 4096, 32, 8, 128, 8.19e9, 151_936, 40_960, ()),
    ("Qwen3-14B", 40, 5120, 40, 8, 128, 14.77e9, 151_936, 40_960, ()),
    ("Qwen3-32B", 64, 5120, 64, 8, 128, 32.76e9, 151_936, 40_960, ()),
    ("Phi-4-14B", 40, 5120, 40, 10, 128, 14.66e9, 100_352, 16_384, ("Phi-4",)),
    ("Yi-34B", 60, 7168, 56, 8, 128, 34.39e9, 64_000, 4096, ("Yi-1.5-34B",)),
    ("Command-R-Plus-104B", 64, 12288, 96, 8, 128, 103.8e9, 256_000, 131_072, ("c4ai-command-r-plus",)),
    ("OPT-30B", 48, 7168, 56, 56, 128, 29.97e9, 50_272, 2048, ()),
    ("OPT-66B", 64, 9216, 72, 72, 128, 65.72e9, 50_272, 2048, ()),
)

_TIED: Final = (
    ("Llama-3.2-1B", 16, 2048, 32, 8, 64, 1.24e9, 128_256, 131_072, ()),
    ("Llama-3.2-3B", 28, 3072, 24, 8, 128, 3.21e9, 128_256, 131_072, ()),
    ("Qwen2.5-0.5B", 24, 896, 14, 2, 64, 0.494e9, 151_936, 32_768, ()),
    ("Qwen2.5-1.5B", 28, 1536, 12, 2, 128, 1.54e9, 151_936, 32_768, ()),
    ("Qwen2.5-3B", 36, 2048, 16, 2, 128, 3.09e9, 151_936, 32_768, ()),
    ("Qwen3-0.6B", 28, 1024, 16, 8, 128, 0.596e9, 151_936, 40_960, ()),
    ("Qwen3-1.7B", 28, 2048, 16, 8, 128, 1.72e9, 151_936, 40_960, ()),
    ("Qwen3-4B", 36, 2560, 32, 8, 128, 4.02e9, 151_936, 40_960, ()),
    ("BLOOM-176B", 70, 14336, 112, 112, 128, 176.25e9, 250_880, 2048, ("BLOOM",)),
)

_WINDOWED: Final = (  # name … context, layers with full attention, window of the others
    ("Gemma-2-9B", 42, 3584, 16, 8, 256, 9.24e9, 256_000, 8192, 21, 4096),
    ("Gemma-2-27B", 46, 4608, 32, 16, 128, 27.23e9, 256_000, 8192, 23, 4096),
    ("Gemma-3-4B", 34, 2560, 8, 4, 256, 3.88e9, 262_208, 131_072, 5, 1024),
    ("Gemma-3-12B", 48, 3840, 16, 8, 256, 11.77e9, 262_208, 131_072, 8, 1024),
    ("Gemma-3-27B", 62, 5376, 32, 16, 128, 27.01e9, 262_208, 131_072, 10, 1024),
)

_MOE: Final = (  # name … head size, all and active parameters, vocabulary, context, experts, active ones
    ("Mixtral-8x7B", 32, 4096, 32, 8, 128, 46.7e9, 12.9e9, 32_000, 32_768, 8, 2),
    ("Mixtral-8x22B", 56, 6144, 48, 8, 128, 140.6e9, 39.1e9, 32_768, 65_536, 8, 2),
    ("Qwen3-30B-A3B", 48, 2048, 32, 4, 128, 30.5e9, 3.3e9, 151_936, 40_960, 128, 8),
    ("Qwen3-235B-A22B", 94, 4096, 64, 4, 128, 235.1e9, 22.2e9, 151_936, 40_960, 128, 8),
)


def _fields(facts: Fields) -> Fields:
    """Return the fields of a shape, of types that differ."""
    return facts


_LATENT: Final = _fields({"kv_latent": 576, "weight_precision": "fp8", "max_context_tokens": 163_840})
_DEEPSEEK: Final = _fields(
    {
        "layers": 61,
        "hidden": 7168,
        "heads": 128,
        "kv_heads": 128,
        "head_size": 128,
        "parameters": 671.0e9,
        "active_parameters": 37.0e9,
        "vocabulary": 129_280,
        "experts": 256,
        "experts_active": 8,
    }
)
_KIMI: Final = _fields(
    {
        **_DEEPSEEK,
        "heads": 64,
        "kv_heads": 64,
        "parameters": 1026.0e9,
        "active_parameters": 32.6e9,
        "vocabulary": 163_840,
        "experts": 384,
    }
)
_CONFIGS: Final = "the publisher's config.json as kept by ai-dynamo/aiconfigurator, read December 2026"
_GPT_OSS: Final = _fields(
    {
        "hidden": 2880,
        "heads": 64,
        "kv_heads": 8,
        "head_size": 64,
        "vocabulary": 201_088,
        "experts_active": 4,
        "window_tokens": 128,
        "weight_precision": "fp4",
    }
)


def _dense(row: Row, *, tied: bool = False) -> ModelShape:
    facts = dict(zip(_COLUMNS, (*row[:7], row[6], *row[7:9]), strict=True))
    return ModelShape(**facts, aliases=row[9], tied_embeddings=tied)


def _windowed(row: Row) -> ModelShape:
    dense = _dense((*row[:9], ()), tied=True)
    return msgspec.structs.replace(dense, full_attention_layers=row[9], window_tokens=row[10])


def _moe(row: Row) -> ModelShape:
    return ModelShape(**dict(zip(_COLUMNS, row[:10], strict=True)), experts=row[10], experts_active=row[11])


MODELS: Final = (
    *(_dense(row) for row in _DENSE),
    *(_dense(row, tied=True) for row in _TIED),
    *(_windowed(row) for row in _WINDOWED),
    *(_moe(row) for row in _MOE),
    ModelShape(name="DeepSeek-V3", **_DEEPSEEK, **_LATENT),
    ModelShape(name="Kimi-K2", **_KIMI, **_fields({**_LATENT, "max_context_tokens": 131_072})),
    ModelShape(
        name="Kimi-K2.5",
        **_KIMI,
        **_fields({**_LATENT, "weight_precision": "int4", "max_context_tokens": 262_144}),
        source=_CONFIGS,
    ),
    ModelShape(
        name="GLM-5",
        layers=78,
        hidden=6144,
        heads=64,
        kv_heads=64,
        head_size=256,
        parameters=744.0e9,
        active_parameters=40.0e9,
        vocabulary=154_880,
        experts=256,
        experts_active=8,
        **_fields({**_LATENT, "weight_precision": "bf16", "max_context_tokens": 202_752}),
        source=f"{_CONFIGS}; parameters: the publisher's README",
    ),
    ModelShape(
        name="MiniMax-M2.5",
        layers=62,
        hidden=3072,
        heads=48,
        kv_heads=8,
        head_size=128,
        parameters=230.0e9,
        active_parameters=10.0e9,
        vocabulary=200_064,
        experts=256,
        experts_active=8,
        max_context_tokens=196_608,
        weight_precision="fp8",
        source="the publisher's config.json of MiniMax-M2, deployment guide of M2.5 and model card",
    ),
    ModelShape(
        name="Qwen3.5-397B-A17B",
        layers=60,
        hidden=4096,
        heads=32,
        kv_heads=2,
        head_size=256,
        parameters=397.0e9,
        active_parameters=17.0e9,
        vocabulary=248_320,
        experts=512,
        experts_active=10,
        full_attention_layers=15,
        window_tokens=2048,  # a linear-attention layer's state: 64 x 128 x 128 values, as 16 bits
        max_context_tokens=262_144,
        source=_CONFIGS,
    ),
    ModelShape(
        name="gpt-oss-120b",
        layers=36,
        parameters=116.8e9,
        active_parameters=5.1e9,
        experts=128,
        full_attention_layers=18,
        **_GPT_OSS,
    ),
    ModelShape(
        name="gpt-oss-20b",
        layers=24,
        parameters=20.9e9,
        active_parameters=3.6e9,
        experts=32,
        full_attention_layers=12,
        **_GPT_OSS,
    ),
)
