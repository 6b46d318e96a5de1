"""Open models with the shape of another in `model_table`, but weights of their own.

Source of every row: the publisher's `config.json` and model card, October 2026.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from netra.domain.optimization.performance.hardware import ModelShape

_SIBLINGS: Final = (  # name, the model of its shape, maximum context
    ("Llama-3-8B", "Llama-3.1-8B", 8192),
    ("Llama-3-70B", "Llama-3.1-70B", 8192),
    ("Llama-3.3-70B", "Llama-3.1-70B", 131_072),
    ("DeepSeek-R1-Distill-Llama-8B", "Llama-3.1-8B", 131_072),
    ("DeepSeek-R1-Distill-Llama-70B", "Llama-3.1-70B", 131_072),
    ("DeepSeek-R1-Distill-Qwen-7B", "Qwen2.5-7B", 131_072),
    ("DeepSeek-R1-Distill-Qwen-14B", "Qwen2.5-14B", 131_072),
    ("DeepSeek-R1-Distill-Qwen-32B", "Qwen2.5-32B", 131_072),
    ("Qwen2-7B", "Qwen2.5-7B", 32_768),
    ("Qwen2-72B", "Qwen2.5-72B", 32_768),
    ("Qwen2.5-Coder-32B", "Qwen2.5-32B", 32_768),
    ("QwQ-32B", "Qwen2.5-32B", 40_960),
    ("Vicuna-7B", "Llama-2-7B", 4096),
    ("Vicuna-13B", "Llama-2-13B", 4096),
    ("Mistral-Small-3.2-24B", "Mistral-Small-24B", 131_072),
    ("DeepSeek-R1", "DeepSeek-V3", 163_840),
    ("DeepSeek-V3.1", "DeepSeek-V3", 163_840),
    ("MiniMax-M2", "MiniMax-M2.5", 196_608),
    ("MiniMax-M2.1", "MiniMax-M2.5", 196_608),
    ("Kimi-K2-Thinking", "Kimi-K2.5", 262_144),
)


def siblings_of(models: Iterable[ModelShape]) -> tuple[ModelShape, ...]:
    """Return the siblings of the models that are given."""
    shapes = {model.name: model for model in models}
    return tuple(
        msgspec.structs.replace(shapes[shape], name=name, max_context_tokens=context, aliases=())
        for name, shape, context in _SIBLINGS
        if shape in shapes
    )
