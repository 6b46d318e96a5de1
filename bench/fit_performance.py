"""Fits the performance model's constants again and prints how far they miss rows held out.

    python bench/fit_performance.py [--data ../shared/data]

Splits are stated with each figure: constants are fitted without the rows of one group size (or model, or
prompt length) and judged on exactly those rows. What is printed as "shipped" stands in
`netra.domain.optimization.performance.constants`.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from netra.adapters.files.measurements import read_measurements
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.constants import TRT_LLM, VLLM, VLLM_2023, Engine
from netra.domain.optimization.performance.validation.faulty_rows import Judged, sound_rows
from netra.domain.optimization.performance.validation.measurement import (
    Measurement,
    Predicted,
    deployment_of,
    predict,
)
from netra.domain.optimization.performance.validation.transfer import (
    KINDS,
    Pairs,
    covered_share,
    pairs_of,
    points_of,
)

Vector = npt.NDArray[np.float64]

SERVING_START = np.array([0.62, 0.85, 3.0, 35.0, 0.75, 0.58, 55.0, 0.39, 0.70, 0.58, 0.05])
SERVING_SPREAD = np.array([0.3, 0.04, 0.5, 0.5, 0.3, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0])
"""mfu, mbu, all-reduce us; then layer us, cache mbu, link efficiency of TensorRT-LLM, and of vLLM;
small all-reduces of TensorRT-LLM, and how much slower vLLM reads weights for 32 rows and more.

The spread is how far, in log units, a constant may leave its start before the rows must insist: it keeps
a constant that the rows cannot tell from another one near what the hardware is known to do.
"""

EAGER_START = np.array([0.50, 0.75, 0.5, 20.0, 520.0, 100.0, 2.0, 0.6, 100.0, 20.0])
EAGER_SPREAD = np.array([0.5, 0.1, 0.5, 0.5, 0.3, 1.0, 1.0, 0.3, 1.0, 1.0])
"""mfu, mbu, cache mbu, layer us, host us a layer, a sequence, a pair of sequences; link efficiency; host us
a GPU of the group, and a thousand entries of the vocabulary.
"""

NOISE_TPOT, NOISE_TTFT = 0.05, 0.40

Engines = Callable[[Vector], dict[str, Engine]]


def serving_engines(x: Vector) -> dict[str, Engine]:
    mfu, mbu, reduce_us, *rest, one_shot, wide = (float(value) for value in x)
    small = {**TRT_LLM.one_shot_efficiency, "nvlink": one_shot}
    starts = (
        (msgspec.structs.replace(TRT_LLM, one_shot_efficiency=small), rest[:3]),
        (msgspec.structs.replace(VLLM, wide_batch_share={"fp8": wide}), rest[3:]),
    )
    engines = {}
    for engine, (layer_us, kv_mbu, link) in starts:
        engines[engine.name] = msgspec.structs.replace(
            engine,
            mfu=mfu,
            mbu=mbu,
            allreduce_us={**engine.allreduce_us, "nvlink": reduce_us},
            layer_us=layer_us,
            kv_mbu={**engine.kv_mbu, "fp8": kv_mbu},
            link_efficiency={**engine.link_efficiency, "nvlink": link},
        )
    return engines


def eager_engines(x: Vector) -> dict[str, Engine]:
    mfu, mbu, kv_mbu, layer_us, host_us, sequence_us, pair_us, link, rank_us, vocabulary_us = x.tolist()
    return {
        VLLM_2023.name: msgspec.structs.replace(
            VLLM_2023,
            mfu=mfu,
            mbu=mbu,
            kv_mbu={"bf16": kv_mbu},
            layer_us=layer_us,
            host_layer_us=host_us,
            host_sequence_us=sequence_us,
            host_pair_us=pair_us,
            host_rank_us=rank_us,
            host_vocabulary_us=vocabulary_us,
            link_efficiency={**VLLM_2023.link_efficiency, "nvlink": link},
        )
    }


def predictions(rows: Sequence[Measurement], engines: dict[str, Engine]) -> list[Predicted]:
    predicted = []
    for row in rows:
        deployment = deployment_of(row, hardware=HARDWARE)
        assert not isinstance(deployment, str), deployment
        engine = engines[deployment.engine.name]
        predicted.append(predict(row, deployment=msgspec.structs.replace(deployment, engine=engine)))
    return predicted


def fit(
    rows: Sequence[Measurement], start: Vector, spread: Vector, engines: Engines, *, ttft: bool
) -> Vector:
    """Least squares of log ratios with a prior, by Gauss-Newton on the logs of the constants."""
    tpot = np.log(np.array([row.tpot_ms for row in rows], dtype=float))
    first = np.log(np.array([row.ttft_ms for row in rows], dtype=float))

    def residuals(x: Vector) -> Vector:
        seen = predictions(rows, engines(np.exp(x)))
        parts = [(np.log([one.tpot_ms for one in seen]) - tpot) / NOISE_TPOT, (x - np.log(start)) / spread]
        if ttft:
            parts.append((np.log([one.ttft_ms for one in seen]) - first) / NOISE_TTFT)
        return np.concatenate(parts)

    x = np.log(start)
    for _ in range(20):
        base = residuals(x)
        slopes = [(residuals(x + 1e-4 * unit) - base) / 1e-4 for unit in np.eye(len(x))]
        jacobian = np.array(slopes).T
        step = np.linalg.solve(jacobian.T @ jacobian, -jacobian.T @ base)
        scale = 1.0
        while scale > 1e-2 and np.sum(residuals(x + scale * step) ** 2) > np.sum(base**2):
            scale /= 2.0
        x = x + scale * step
        if np.abs(step).max() < 1e-4:
            break
    return np.exp(x)


def medians(rows: Sequence[Measurement]) -> list[Measurement]:
    """One row a setting: the median of its repeats."""
    groups: dict[object, list[Measurement]] = {}
    for row in rows:
        groups.setdefault((*row.setting, row.batch), []).append(row)
    return [
        msgspec.structs.replace(
            group[0],
            tpot_ms=float(np.median([row.tpot_ms for row in group])),
            ttft_ms=float(np.median([row.ttft_ms for row in group])),
        )
        for group in groups.values()
    ]


def held_out(
    rows: Sequence[Measurement],
    key: Callable[[Measurement], object],
    refit: Callable[[Sequence[Measurement]], dict[str, Engine]],
) -> list[Judged]:
    """Every row, predicted by constants fitted without the rows that share its key."""
    judged: list[Judged] = []
    for value in dict.fromkeys(key(row) for row in rows):
        inside = [row for row in rows if key(row) == value]
        engines = refit([row for row in rows if key(row) != value])
        judged += zip(inside, predictions(inside, engines), strict=True)
    return judged


def mape(judged: Sequence[Judged], *, ttft: bool = False) -> float:
    ratios = [
        (seen.ttft_ms / row.ttft_ms) if ttft else (seen.tpot_ms / row.tpot_ms)
        for row, seen in judged
        if row.ttft_ms is not None and row.tpot_ms is not None
    ]
    return float(np.mean(np.abs(np.array(ratios) - 1.0)))


def print_bounds(pairs: Pairs) -> None:
    for code, name in enumerate((*KINDS, "several")):
        residuals = pairs.residual[pairs.kind == code]
        if len(residuals):
            low, high = np.exp(np.quantile(residuals, [0.1, 0.9]))
            print(f"    {name:8} {len(residuals):6} pairs, 80 % within x{low:.3f} .. x{high:.3f}")


def study(
    title: str,
    rows: Sequence[Measurement],
    start: Vector,
    spread: Vector,
    engines: Engines,
    splits: dict[str, Callable[[Measurement], object]],
    *,
    ttft: bool,
) -> Vector:
    constants = fit(rows, start, spread, engines, ttft=ttft)
    inside = list(zip(rows, predictions(rows, engines(constants)), strict=True))
    print(f"{title}: {len(rows)} settings")
    print("  fitted:", " ".join(f"{value:.4g}" for value in constants))
    print(f"  on the rows fitted: TPOT MAPE {mape(inside):.2%}, TTFT MAPE {mape(inside, ttft=True):.2%}")
    for name, key in splits.items():
        judged = held_out(rows, key, lambda kept: engines(fit(kept, start, spread, engines, ttft=ttft)))
        pairs = pairs_of(points_of(judged))
        print(
            f"  held out by {name}: TPOT MAPE {mape(judged):.2%}, "
            f"transfer median {np.median(np.abs(np.expm1(-pairs.residual))):.2%}, "
            f"80 % interval covers {covered_share(pairs):.1%}"
        )
        print_bounds(pairs)
    return constants


def sound(path: Path) -> list[Measurement]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows, unread = read_measurements(lines)
    kept, faults = sound_rows(rows, hardware=HARDWARE)
    for fault in (*unread, *faults):
        print(f"  left out: {fault.message}")
    return medians([row for row, _ in kept])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    folder: Path = parser.parse_args().data
    if not folder.is_dir():
        sys.exit(f"left out: {folder} is not there, and the constants are fitted on its files")
    study(
        "vLLM and TensorRT-LLM of 2025, Llama-3.1-70B on H200",
        sound(folder / "llama70b_h200_measured.csv"),
        SERVING_START,
        SERVING_SPREAD,
        serving_engines,
        {"group size": lambda row: row.tp, "prompt length": lambda row: row.input_tokens},
        ttft=False,
    )
    study(
        "vLLM of 2023, Llama-2-70B and BLOOM-176B on A100",
        sound(folder / "splitwise_a100_measured.csv"),
        EAGER_START,
        EAGER_SPREAD,
        eager_engines,
        {"group size": lambda row: row.tp, "model": lambda row: row.model},
        ttft=True,
    )


if __name__ == "__main__":
    main()
