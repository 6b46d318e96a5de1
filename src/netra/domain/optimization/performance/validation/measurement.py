"""One row of a published measurement: a deployment, a load, and the measured times."""

from typing import Final, Literal

import msgspec

from netra.domain.optimization.performance.closed_loop import closed_loop
from netra.domain.optimization.performance.constants import ENGINES, VLLM_2023
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.performance.inference_engine import Engine
from netra.domain.optimization.performance.memory import BYTES_OF
from netra.domain.optimization.performance.roofline import Deployment, costs_of, decode_s, prefill_s

_PRECISIONS: Final = (
    ("nvfp4", "fp4"),
    ("mxfp4", "fp4"),
    ("fp4", "fp4"),
    ("w4a", "int4"),
    ("int4", "int4"),
    ("awq", "int4"),
    ("gptq", "int4"),
    ("fp8", "fp8"),
    ("w8a8", "fp8"),
    ("int8", "int8"),
    ("sq", "int8"),
    ("bf16", "bf16"),
    ("bfloat16", "bf16"),
    ("fp16", "bf16"),
    ("float16", "bf16"),
    ("half", "bf16"),
    ("fp32", "fp32"),
    ("float32", "fp32"),
)
"""Spellings of precisions, most specific first; 16-bit formats cost the same and are treated as one."""


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """A measured row as written; `load` is the kind of test: callers in a closed loop, or one fixed batch.

    In a closed loop every answer is followed by the next prompt. In a fixed batch all prompts are
    prefilled together (`ttft_ms` is the time of that) and then decoded together.
    """

    line: int  # in the file, from 1
    model: str
    hardware: str
    engine: str | None
    precision: str | None
    kv_precision: str | None
    input_tokens: float
    output_tokens: float
    batch: float
    tp: int
    ttft_ms: float | None
    tpot_ms: float | None
    load: Literal["closed_loop", "fixed_batch"]
    data_parallel: int = 1  # groups of `tp` GPUs with their own attention
    expert_parallel: int = 1
    release: str = ""  # of the engine

    @property
    def setting(self) -> tuple[object, ...]:
        """The parameters except the batch: rows of one setting differ only in batch."""
        return (*self.family, self.tp, self.input_tokens, self.output_tokens)

    @property
    def family(self) -> tuple[object, ...]:
        """Model, GPU, engine, precision and kind of parallelism: the deployment without its size."""
        return (*self.any_release, self.release)

    @property
    def any_release(self) -> tuple[object, ...]:
        """The family without the release of the engine."""
        how = (self.data_parallel, self.expert_parallel > 1)
        return (self.model, self.hardware, self.engine, self.precision, self.load, *how)


class Predicted(msgspec.Struct, frozen=True, kw_only=True):
    """The model's prediction for a row, uncalibrated."""

    ttft_ms: float
    tpot_ms: float
    tpot_error: float  # mean error of TPOT on rows left out of the deployment's fit
    running: float  # callers whose sequences the cache holds; the others wait
    mixture: bool = False  # of a mixture of experts


def precision_of(text: str | None, *, default: str) -> str | None:
    """Return the precision meant by `text`, `default` if it is missing, None if it is unknown.

    >>> precision_of("fp8_block", default="bf16"), precision_of("float16", default="fp8")
    ('fp8', 'bf16')
    """
    lowered = (text or "").strip().lower()
    if not lowered:
        return default
    return next((precision for part, precision in _PRECISIONS if part in lowered), None)


def deployment_of(row: Measurement, *, hardware: Hardware) -> Deployment | str:
    """Return the deployment of a row, or the reason why it cannot be predicted."""
    model, gpu = hardware.find_model(row.model), hardware.find_gpu(row.hardware)
    if model is None:
        return f"no model {row.model!r} in the catalogue"
    if gpu is None:
        return f"no GPU {row.hardware!r} in the catalogue"
    engine = _engine_of(row)
    if engine is None:
        return f"no engine {row.engine!r} was fitted"
    precision = precision_of(row.precision, default="bf16")
    kv_precision = precision_of(row.kv_precision, default="fp8" if precision == "fp8" else "bf16")
    if precision is None or kv_precision is None:
        return f"no precision {row.precision!r} or {row.kv_precision!r} is known"
    if kv_precision not in engine.kv_mbu:
        kv_precision = "fp8" if BYTES_OF[kv_precision] <= 1.0 else "bf16"
    return Deployment(
        gpu=gpu,
        model=model,
        engine=engine,
        tp=row.tp,
        precision=precision,
        kv_precision=kv_precision,
        data_parallel=row.data_parallel,
        release=row.release,
    )


def predict(row: Measurement, *, deployment: Deployment) -> Predicted:
    """Return the model's prediction for the row."""
    costs = costs_of(deployment)
    if row.load == "closed_loop":
        seen = closed_loop(
            deployment,
            input_tokens=row.input_tokens,
            output_tokens=row.output_tokens,
            concurrency=row.batch,
        )
        ttft_s, tpot_s, running = seen.ttft_s, seen.tpot_s, seen.running
    else:
        context = row.batch * (row.input_tokens + row.output_tokens / 2.0)
        ttft_s = float(prefill_s(costs, prompt_tokens=row.input_tokens, prompts=row.batch))
        tpot_s = float(decode_s(costs, sequences=row.batch, context_tokens=context))
        running = row.batch
    fit = deployment.fit
    return Predicted(
        ttft_ms=ttft_s * 1e3,
        tpot_ms=tpot_s * 1e3,
        tpot_error=deployment.engine.tpot_error if fit is None else fit.tpot_error,
        running=running,
        mixture=deployment.model.is_moe,
    )


def _engine_of(row: Measurement) -> Engine | None:
    if row.engine is None:
        return VLLM_2023 if row.load == "fixed_batch" else ENGINES["vllm"]
    return ENGINES.get(row.engine.strip().lower())
