"""The specifications of GPUs and open models, and lenient look-up by name.

The dated facts are in `gpu_table` and `model_table`; `memory` and `roofline` compute from them. This module
knows no requests and no API prices.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, Literal

import msgspec

_DRESSING: Final = re.compile(
    r"(?<![a-z0-9])(instruct|chat|hf|it|fp8|fp16|bf16|awq|gptq|nvfp4|fp4|w4a16|w8a8|int8|int4|quantized|dynamic|"
    r"turbo|versatile|base|preview|latest|\d{4}|fp8kv|kv|gguf|mxfp4|4bit|8bit|128k)(?![a-z0-9])"
)
"""Parts of a model's name that denote tuning, date or quantisation rather than shape."""

_GPU_FORMS: Final[dict[str, str]] = {
    **dict.fromkeys(("sxm2", "sxm3", "sxm4", "sxm5", "hgx", "dgx"), "sxm"),
    **dict.fromkeys(("nvidia", "amd", "tesla", "geforce", "rtx", "instinct", "gpu", "tensor", "core"), ""),
    **dict.fromkeys(("hbm2", "hbm2e", "hbm3", "hbm3e", "pcap", "ada", "generation"), ""),
    **{
        f"{size}{unit}": f"{size}gb"
        for size in (24, 32, 40, 48, 80, 94, 96, 141, 180, 192)
        for unit in ("g", "gib")
    },
}


class Gpu(msgspec.Struct, frozen=True, kw_only=True):
    """One accelerator; rates are of dense tensor arithmetic, never sparse and never vector FP16."""

    name: str
    memory_gib: float  # as the driver reports it, which is less than the label
    bandwidth_tb_per_s: float
    bf16_dense_tflops: float
    fp8_dense_tflops: float | None = None  # None: computes FP8 weights at the BF16 rate
    fp4_dense_tflops: float | None = None
    link_gb_per_s: float  # to its peers, in one direction
    link: Literal["nvlink", "pcie"]
    generation: Literal["volta", "turing", "ampere", "ada", "hopper", "blackwell", "cdna3"]
    usd_per_gpu_hour: float | None = None  # None: no dated public price; supply one to use the GPU
    price_source: str = ""
    price_as_of: date | None = None
    spec_source: str = "vendor's data sheet"
    sustained_share: float = 1.0  # of these rates, relative to what the GPUs of the fits sustain
    aliases: tuple[str, ...] = ()


class ModelShape(msgspec.Struct, frozen=True, kw_only=True):
    """The dimensions of an open model that determine its memory and step time."""

    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_size: int
    parameters: float  # total
    active_parameters: float  # used by one token; all of them in a dense model
    vocabulary: int
    tied_embeddings: bool = False
    experts: int = 0
    experts_active: int = 0
    kv_latent: int | None = None  # elements a token and layer where K and V are compressed (MLA)
    full_attention_layers: int | None = None  # where the other layers see only `window_tokens`
    window_tokens: int | None = None
    max_context_tokens: int = 131_072
    weight_precision: str = "bf16"  # as published
    source: str = "the publisher's config.json"
    as_of: date = date(2026, 10, 1)
    aliases: tuple[str, ...] = ()

    @property
    def is_moe(self) -> bool:
        """Whether a token uses only some of the weights (a mixture of experts)."""
        return self.experts > 0


class Hardware(msgspec.Struct, frozen=True, kw_only=True):
    """The catalogue of GPUs and open models, which a user may override or extend."""

    gpus: tuple[Gpu, ...]
    models: tuple[ModelShape, ...]

    def find_gpu(self, name: str) -> Gpu | None:
        """Return the first GPU that matches every word of `name`, or None.

        Case, separators, word order and the vendor's name are ignored; a bare chip name means the first
        variant in the table.
        """
        wanted = _gpu_words(name)
        return next((gpu for gpu in self.gpus if _names_gpu(gpu, wanted)), None)

    def find_model(self, name: str) -> ModelShape | None:
        """Return the model meant by `name`, with or without its publisher, or None.

        A provider's alias ("mistral-large-latest") is None: what it serves changes, and may be closed.
        """
        if name.strip().lower().endswith("-latest"):
            return None
        wanted = model_key(name)
        for model in self.models:
            if wanted and any(wanted == model_key(known) for known in (model.name, *model.aliases)):
                return model
        return None

    def with_prices(self, usd_per_gpu_hour: Mapping[str, float], *, source: str, as_of: date) -> "Hardware":
        """Return the catalogue with these prices; prices of unknown GPUs are ignored."""
        found = {
            gpu.name: price
            for name, price in usd_per_gpu_hour.items()
            if (gpu := self.find_gpu(name)) is not None
        }
        priced = (
            msgspec.structs.replace(
                gpu, usd_per_gpu_hour=found[gpu.name], price_source=source, price_as_of=as_of
            )
            if gpu.name in found
            else gpu
            for gpu in self.gpus
        )
        return msgspec.structs.replace(self, gpus=tuple(priced))

    def with_entries(self, *, gpus: Iterable[Gpu] = (), models: Iterable[ModelShape] = ()) -> "Hardware":
        """Return the catalogue with these entries, each replacing the one of its name."""
        new_gpus = {gpu.name: gpu for gpu in (*self.gpus, *gpus)}
        new_models = {model.name: model for model in (*self.models, *models)}
        return Hardware(gpus=tuple(new_gpus.values()), models=tuple(new_models.values()))

    def priced_gpus(self) -> tuple[Gpu, ...]:
        """Return the GPUs whose price is known, cheapest an hour first."""
        priced = [(gpu.usd_per_gpu_hour, gpu) for gpu in self.gpus if gpu.usd_per_gpu_hour is not None]
        return tuple(gpu for _, gpu in sorted(priced, key=lambda pair: (pair[0], pair[1].name)))


def model_key(name: str) -> str:
    """Return the identifying part of a model's name: no publisher, tuning suffix, case or punctuation.

    >>> model_key("meta-llama/Llama-3.1-70B-Instruct-FP8") == model_key("llama3.1-70b")
    True
    >>> model_key("Llama-3.1-8B") == model_key("Llama-3.1-70B")
    False
    """
    tail = name.strip().lower().rstrip("/").rsplit("/", 1)[-1]
    tail = tail.removeprefix("meta-").replace("_", "-").replace("meta-llama", "llama")
    return re.sub(r"[^a-z0-9.]", "", _DRESSING.sub("", tail))


def _gpu_words(name: str) -> frozenset[str]:
    """Return the identifying words of a GPU's name: "h200_sxm" -> {"h200", "sxm"}."""
    words: list[str] = re.findall(r"[a-z0-9]+", re.sub(r"\b\d+\s*x\s*(?=[a-z])", "", name.strip().lower()))
    return frozenset(_GPU_FORMS.get(word, word) for word in words) - {""}


def _names_gpu(gpu: Gpu, wanted: frozenset[str]) -> bool:
    """Return whether every wanted word describes `gpu`, and one of them is its chip."""
    names = [_gpu_words(name) for name in (gpu.name, *gpu.aliases)]
    chips = {re.findall(r"[a-z0-9]+", name.lower())[0] for name in (gpu.name, *gpu.aliases)}
    return bool(wanted & chips) and any(wanted <= words for words in names)
