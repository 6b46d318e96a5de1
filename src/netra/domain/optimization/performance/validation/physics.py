"""Finds measured rows that no hardware can reach: below the time of reading or computing at full rate."""

from typing import Final

from netra.domain.optimization.performance.memory import kv_bytes_per_token
from netra.domain.optimization.performance.roofline import (
    Deployment,
    compute_tflops,
    computed_parameters,
    streamed_bytes,
)
from netra.domain.optimization.performance.validation.measurement import Measurement
from netra.domain.optimization.wording import percent

PEAK_MOST: Final = 0.75
"""Largest share of the peak arithmetic rate that a whole load test can imply; no engine sustains more."""

_PHYSICAL: Final = 0.97
"""Share of the bandwidth's lower bound that a row may fall to: data sheets round the bandwidth."""

_EVEN_CHOICE: Final = 0.75
"""Share of the experts of an even choice that a batch reads at least: tokens choose some experts together."""


def impossible(row: Measurement, *, deployment: Deployment) -> str | None:
    """Return why the row cannot have been measured on this deployment, or None."""
    checks = (_unplaceable, _below_reading, _below_computing, _above_peak, _above_bandwidth)
    return next((found for check in checks if (found := check(row, deployment)) is not None), None)


def _unplaceable(row: Measurement, deployment: Deployment) -> str | None:
    model = deployment.model
    if model.heads % row.tp:
        return f"{model.heads} attention heads of {model.name} do not split over {row.tp} GPUs"
    memory = deployment.memory()
    if memory.weights_gib > memory.memory_gib:
        return (
            f"{memory.weights_gib:,.1f} GiB of weights a GPU do not fit the {memory.memory_gib:,.1f} GiB of "
            f"a {deployment.gpu.name}"
        )
    return None


def _below_reading(row: Measurement, deployment: Deployment) -> str | None:
    floor_ms = 1e3 * _weights_s(deployment, tokens=1.0)
    if row.tpot_ms is None or row.tpot_ms >= _PHYSICAL * floor_ms:
        return None
    return (
        f"{row.tpot_ms:,.2f} ms per token is less than the {floor_ms:,.2f} ms needed to read the weights "
        "once at full bandwidth"
    )


def _below_computing(row: Measurement, deployment: Deployment) -> str | None:
    prompts = row.batch if row.load == "fixed_batch" else 1.0
    floor_ms = 1e3 * prompts * row.input_tokens * _token_s(deployment)
    if row.ttft_ms is None or row.ttft_ms >= _PHYSICAL * floor_ms:
        return None
    return (
        f"{row.ttft_ms:,.2f} ms to the first token is less than the {floor_ms:,.2f} ms needed to compute "
        "its prompt at the peak rate"
    )


def _above_peak(row: Measurement, deployment: Deployment) -> str | None:
    """Compare the arithmetic of `B / (TTFT + OSL TPOT)` requests a second with the peak."""
    whole_s = _whole_s(row)
    if whole_s is None:
        return None
    share = row.batch * (row.input_tokens + row.output_tokens) * _token_s(deployment) / whole_s
    if share <= PEAK_MOST:
        return None
    return (
        f"its {row.batch:g} requests in {whole_s:,.2f} s imply {percent(share)} of the peak arithmetic "
        f"rate, and no engine sustains more than {percent(PEAK_MOST)}"
    )


def _above_bandwidth(row: Measurement, deployment: Deployment) -> str | None:
    """Compare the bytes of a step of the sequences that decode, by Little's law, with the bandwidth."""
    whole_s = _whole_s(row)
    if whole_s is None or row.tpot_ms is None:
        return None
    step_s = row.tpot_ms * 1e-3
    running = row.batch * row.output_tokens * step_s / whole_s / deployment.data_parallel
    bandwidth = deployment.gpu.bandwidth_tb_per_s * 1e12
    kv = kv_bytes_per_token(deployment.model, tp=deployment.tp, precision=deployment.kv_precision)
    cache_s = running * (row.input_tokens + row.output_tokens / 2.0) * kv / bandwidth
    share = (_weights_s(deployment, tokens=max(running, 1.0)) + cache_s) / step_s
    if share <= 1.0 / _PHYSICAL:
        return None
    return f"the {running:,.0f} sequences that decode at its times imply {percent(share)} of the bandwidth"


def _whole_s(row: Measurement) -> float | None:
    """Return the seconds of a whole call in a closed loop."""
    if row.load != "closed_loop" or row.ttft_ms is None or row.tpot_ms is None:
        return None
    return (row.ttft_ms + row.output_tokens * row.tpot_ms) * 1e-3


def _token_s(deployment: Deployment) -> float:
    """Return the seconds that the replica needs for one token at the peak arithmetic rate."""
    peak = compute_tflops(deployment.gpu, precision=deployment.precision) * 1e12 * deployment.gpus
    return 2.0 * computed_parameters(deployment.model) / peak


def _weights_s(deployment: Deployment, *, tokens: float) -> float:
    """Return the seconds to read once what a step of `tokens` touches, at full bandwidth."""
    model, bandwidth = deployment.model, deployment.gpu.bandwidth_tb_per_s * 1e12
    shared, experts = streamed_bytes(model, precision=deployment.precision)
    touched = 0.0
    if model.is_moe:
        one = model.experts_active / model.experts
        even = 1.0 - (1.0 - one) ** (tokens * deployment.data_parallel)
        touched = max(one, _EVEN_CHOICE * even)
    return (shared / deployment.tp + touched * experts / deployment.gpus) / bandwidth
