"""The published checkpoints of the catalogue's open models: publisher, licence and quantised versions.

Ids, publishers and licences as on the publishers' model cards, read October to December 2026. A precision
without an entry is served from the 16-bit checkpoint where an engine quantises on loading, else not at all.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from netra.domain.optimization.performance.hardware import ModelShape

_LLAMA: Final = "Llama Community License"
_GEMMA: Final = "Gemma Terms of Use"
_APACHE: Final = "Apache-2.0"
_MIT: Final = "MIT"
_MODIFIED_MIT: Final = "Modified MIT"

NON_COMMERCIAL: Final = frozenset(
    {"CC-BY-NC-4.0", "Mistral Research License", "Qwen Research License", "OPT-175B License"}
)
"""Licences that do not allow commercial use without an agreement with the publisher."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The weights to load: an id of a model hub, and the engine's flag that quantises them on loading."""

    model_id: str
    licence: str | None  # None: not in the list
    quantise: str | None = None  # quantised on loading, from 16 bits

    @property
    def publisher(self) -> str | None:
        """The account that publishes the weights."""
        return self.model_id.split("/")[0] if "/" in self.model_id else None

    @property
    def is_non_commercial(self) -> bool:
        """Whether the licence does not allow commercial use."""
        return self.licence in NON_COMMERCIAL


class _Published(msgspec.Struct, frozen=True):
    model_id: str
    licence: str
    quantised: Mapping[str, str] = {}  # by precision


def checkpoint_of(model: ModelShape, *, precision: str) -> Checkpoint | None:
    """Return the weights of `model` at a precision, or None if they are not published.

    A model that the user's own catalogue adds is served under its name there, at its own precision.

    >>> from netra.domain.optimization.performance.catalogue import HARDWARE
    >>> llama = HARDWARE.find_model("Llama-3.1-70B")
    >>> checkpoint_of(llama, precision="fp8").model_id
    'RedHatAI/Meta-Llama-3.1-70B-Instruct-FP8'
    >>> checkpoint_of(llama, precision="fp4") is None
    True
    """
    published = _PUBLISHED.get(model.name)
    model_id, licence = (model.name, None) if published is None else (published.model_id, published.licence)
    same = {precision, model.weight_precision} <= {"bf16", "fp16"}
    if precision == model.weight_precision or same:
        return Checkpoint(model_id=model_id, licence=licence)
    if published is not None and precision in published.quantised:
        return Checkpoint(model_id=published.quantised[precision], licence=licence)
    if model.weight_precision in {"bf16", "fp16"} and precision == "fp8":
        return Checkpoint(model_id=model_id, licence=licence, quantise="fp8")
    if model.weight_precision in {"bf16", "fp16"} and precision == "fp32":
        return Checkpoint(model_id=model_id, licence=licence)
    return None


def _llama(size: str) -> _Published:
    name = f"Meta-Llama-3.1-{size}-Instruct"
    quantised = {
        "fp8": f"RedHatAI/{name}-FP8",
        "int4": f"RedHatAI/{name}-quantized.w4a16",
        "int8": f"RedHatAI/{name}-quantized.w8a8",
    }
    return _Published(f"meta-llama/Llama-3.1-{size}-Instruct", _LLAMA, quantised)


def _qwen25(size: str, licence: str = _APACHE) -> _Published:
    name = f"Qwen/Qwen2.5-{size}-Instruct"
    return _Published(name, licence, {"int4": f"{name}-AWQ"})


def _qwen3(size: str, *, int4: str | None = "AWQ") -> _Published:
    name = f"Qwen/Qwen3-{size}"
    quantised = {"fp8": f"{name}-FP8"} | ({} if int4 is None else {"int4": f"{name}-{int4}"})
    return _Published(name, _APACHE, quantised)


_PUBLISHED: Final[Mapping[str, _Published]] = {
    "Llama-3.1-8B": _llama("8B"),
    "Llama-3.1-70B": _llama("70B"),
    "Llama-3.1-405B": _Published(
        "meta-llama/Llama-3.1-405B-Instruct",
        _LLAMA,
        {
            "fp8": "meta-llama/Llama-3.1-405B-Instruct-FP8",
            "int4": "RedHatAI/Meta-Llama-3.1-405B-Instruct-quantized.w4a16",
        },
    ),
    "Llama-3-8B": _Published("meta-llama/Meta-Llama-3-8B-Instruct", _LLAMA),
    "Llama-3-70B": _Published("meta-llama/Meta-Llama-3-70B-Instruct", _LLAMA),
    "Llama-3.3-70B": _Published(
        "meta-llama/Llama-3.3-70B-Instruct",
        _LLAMA,
        {
            "fp8": "RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic",
            "int4": "RedHatAI/Llama-3.3-70B-Instruct-quantized.w4a16",
            "fp4": "nvidia/Llama-3.3-70B-Instruct-FP4",
        },
    ),
    "DeepSeek-R1-Distill-Llama-8B": _Published("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", _MIT),
    "DeepSeek-R1-Distill-Llama-70B": _Published("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", _MIT),
    "DeepSeek-R1-Distill-Qwen-7B": _Published("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", _MIT),
    "DeepSeek-R1-Distill-Qwen-14B": _Published("deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", _MIT),
    "DeepSeek-R1-Distill-Qwen-32B": _Published("deepseek-ai/DeepSeek-R1-Distill-Qwen-32B", _MIT),
    "Qwen2-7B": _Published("Qwen/Qwen2-7B-Instruct", _APACHE, {"int4": "Qwen/Qwen2-7B-Instruct-AWQ"}),
    "Qwen2-72B": _Published(
        "Qwen/Qwen2-72B-Instruct", "Qwen License", {"int4": "Qwen/Qwen2-72B-Instruct-AWQ"}
    ),
    "Qwen2.5-Coder-32B": _Published(
        "Qwen/Qwen2.5-Coder-32B-Instruct", _APACHE, {"int4": "Qwen/Qwen2.5-Coder-32B-Instruct-AWQ"}
    ),
    "QwQ-32B": _Published("Qwen/QwQ-32B", _APACHE, {"int4": "Qwen/QwQ-32B-AWQ"}),
    "Vicuna-7B": _Published("lmsys/vicuna-7b-v1.5", _LLAMA),
    "Vicuna-13B": _Published("lmsys/vicuna-13b-v1.5", _LLAMA),
    "Mistral-Small-3.2-24B": _Published("mistralai/Mistral-Small-3.2-24B-Instruct-2506", _APACHE),
    "DeepSeek-R1": _Published("deepseek-ai/DeepSeek-R1", _MIT, {"fp4": "nvidia/DeepSeek-R1-FP4"}),
    "DeepSeek-V3.1": _Published("deepseek-ai/DeepSeek-V3.1", _MIT),
    "MiniMax-M2": _Published("MiniMaxAI/MiniMax-M2", _MODIFIED_MIT),
    "MiniMax-M2.1": _Published("MiniMaxAI/MiniMax-M2.1", _MODIFIED_MIT),
    "Kimi-K2-Thinking": _Published("moonshotai/Kimi-K2-Thinking", _MODIFIED_MIT),
    "Llama-3.2-1B": _Published("meta-llama/Llama-3.2-1B-Instruct", _LLAMA),
    "Llama-3.2-3B": _Published("meta-llama/Llama-3.2-3B-Instruct", _LLAMA),
    "Llama-2-7B": _Published("meta-llama/Llama-2-7b-chat-hf", _LLAMA),
    "Llama-2-13B": _Published("meta-llama/Llama-2-13b-chat-hf", _LLAMA),
    "Llama-2-70B": _Published("meta-llama/Llama-2-70b-chat-hf", _LLAMA),
    "CodeLlama-34B": _Published("codellama/CodeLlama-34b-Instruct-hf", _LLAMA),
    "Mistral-7B": _Published("mistralai/Mistral-7B-Instruct-v0.3", _APACHE),
    "Mistral-Nemo-12B": _Published("mistralai/Mistral-Nemo-Instruct-2407", _APACHE),
    "Mistral-Small-24B": _Published("mistralai/Mistral-Small-3.1-24B-Instruct-2503", _APACHE),
    "Mistral-Large-123B": _Published("mistralai/Mistral-Large-Instruct-2411", "Mistral Research License"),
    "Mixtral-8x7B": _Published("mistralai/Mixtral-8x7B-Instruct-v0.1", _APACHE),
    "Mixtral-8x22B": _Published("mistralai/Mixtral-8x22B-Instruct-v0.1", _APACHE),
    "Qwen2.5-0.5B": _qwen25("0.5B"),
    "Qwen2.5-1.5B": _qwen25("1.5B"),
    "Qwen2.5-3B": _qwen25("3B", "Qwen Research License"),
    "Qwen2.5-7B": _qwen25("7B"),
    "Qwen2.5-14B": _qwen25("14B"),
    "Qwen2.5-32B": _qwen25("32B"),
    "Qwen2.5-72B": _qwen25("72B", "Qwen License"),
    "Qwen3-0.6B": _qwen3("0.6B", int4=None),
    "Qwen3-1.7B": _qwen3("1.7B", int4=None),
    "Qwen3-4B": _qwen3("4B"),
    "Qwen3-8B": _qwen3("8B"),
    "Qwen3-14B": _qwen3("14B"),
    "Qwen3-32B": _qwen3("32B"),
    "Qwen3-30B-A3B": _qwen3("30B-A3B", int4="GPTQ-Int4"),
    "Qwen3-235B-A22B": _qwen3("235B-A22B", int4="GPTQ-Int4"),
    "Qwen3.5-397B-A17B": _Published("Qwen/Qwen3.5-397B-A17B", _APACHE, {"fp8": "Qwen/Qwen3.5-397B-A17B-FP8"}),
    "Phi-4-14B": _Published("microsoft/phi-4", _MIT),
    "Yi-34B": _Published("01-ai/Yi-1.5-34B-Chat", _APACHE),
    "Command-R-Plus-104B": _Published("CohereLabs/c4ai-command-r-plus-08-2024", "CC-BY-NC-4.0"),
    "OPT-30B": _Published("facebook/opt-30b", "OPT-175B License"),
    "OPT-66B": _Published("facebook/opt-66b", "OPT-175B License"),
    "BLOOM-176B": _Published("bigscience/bloom", "BigScience RAIL 1.0"),
    "Gemma-2-9B": _Published("google/gemma-2-9b-it", _GEMMA),
    "Gemma-2-27B": _Published("google/gemma-2-27b-it", _GEMMA),
    "Gemma-3-4B": _Published("google/gemma-3-4b-it", _GEMMA),
    "Gemma-3-12B": _Published("google/gemma-3-12b-it", _GEMMA),
    "Gemma-3-27B": _Published("google/gemma-3-27b-it", _GEMMA),
    "DeepSeek-V3": _Published("deepseek-ai/DeepSeek-V3-0324", _MIT, {"fp4": "nvidia/DeepSeek-V3-0324-NVFP4"}),
    "Kimi-K2": _Published("moonshotai/Kimi-K2-Instruct", _MODIFIED_MIT),
    "Kimi-K2.5": _Published("moonshotai/Kimi-K2.5", _MODIFIED_MIT, {"fp4": "nvidia/Kimi-K2.5-NVFP4"}),
    "GLM-5": _Published("zai-org/GLM-5", _MIT, {"fp8": "zai-org/GLM-5-FP8", "fp4": "nvidia/GLM-5-NVFP4"}),
    "MiniMax-M2.5": _Published("MiniMaxAI/MiniMax-M2.5", _MODIFIED_MIT),
    "gpt-oss-120b": _Published("openai/gpt-oss-120b", _APACHE),
    "gpt-oss-20b": _Published("openai/gpt-oss-20b", _APACHE),
}
