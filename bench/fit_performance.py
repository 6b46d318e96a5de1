"""Fits the performance model's constants and prints how far they miss rows that were left out.

    python bench/fit_performance.py [--data ../shared/data] [--table]

The split comes first: within each kind of deployment (engine, precision, GPU, kind of model, release) the
groups are the pairs of prompt and answer length, or the group sizes where a file has one pair. The constants
are fitted without each group in turn and judged on exactly that group. `--table` prints the table that
stands in `netra.domain.optimization.performance.fits`.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from netra.adapters.files.measurements import read_measurements
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.constants import SEVERAL, VLLM_2023
from netra.domain.optimization.performance.inference_engine import Engine, Fit, with_fit
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.performance.validation.decisions import MARGIN_ERRORS, decide
from netra.domain.optimization.performance.validation.faulty_rows import Judged, sound_rows
from netra.domain.optimization.performance.validation.measurement import (
    Measurement,
    Predicted,
    deployment_of,
    predict,
)
from netra.domain.optimization.performance.validation.scorecard import tpot_errors, ttft_errors
from netra.domain.optimization.performance.validation.transfer import (
    KINDS,
    covered_by_change,
    pairs_of,
    points_of,
    settled,
    transfer_errors,
)

Vector = npt.NDArray[np.float64]
Values = dict[str, float]

FILES: Final = ("dense_measured.csv", "moe_measured.csv", "llama70b_h200_measured.csv")
EAGER_FILE: Final = "splitwise_a100_measured.csv"

NOISE_TPOT: Final = 0.05  # of a log ratio: the weight of a row's time per token in the fit …
NOISE_TTFT: Final = 0.30  # … and of its time to first token
ROBUST: Final = 4.0  # standard deviations from which a row counts less
MARGINS: Final = (0.5, 1.0, 1.25, 1.5, 2.0)  # printed after the shipped safety margin
BOUNDS: Final = (10, 90)  # percentiles of the 80 % intervals

COMMON: Final[dict[str, tuple[float, float]]] = {
    "mfu": (0.50, 0.4),
    "mbu": (0.88, 0.05),
    "kv_mbu": (0.60, 0.25),
    "layer_us": (50.0, 0.5),
    "allreduce_us": (3.1, 0.3),
    "link_efficiency": (0.80, 0.3),
    "one_shot_efficiency": (0.51, 0.4),
    "ttft_prefills": (1.2, 0.6),
    "ttft_prefills_per_sequence": (0.06, 1.0),
    "ttft_steps": (6.0, 0.8),
}
"""The start of each constant, and how far in log units it may leave it before the rows must insist."""

EXTRA: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "vllm": {"wide_batch_share": (0.26, 0.5)},
    "trtllm": {"ttft_prefills": (0.9, 0.5), "ttft_steps": (14.0, 0.4)},
    "sglang": {
        "prefill_first_share": (0.60, 0.3),
        "host_layer_us": (20.0, 0.7),
        "host_sequence_us": (10.0, 1.0),
    },
}
MIXTURE: Final[dict[str, tuple[float, float]]] = {
    "mfu": (0.35, 0.4),
    "mbu": (0.80, 0.05),
    "expert_mbu": (0.65, 0.25),
    "layer_us": (70.0, 0.7),
}
DATA_PARALLEL: Final[dict[str, tuple[float, float]]] = {
    "data_parallel_prefill": (2.0, 0.7),
    "data_parallel_layer_us": (200.0, 0.7),
}
EAGER: Final[dict[str, tuple[float, float]]] = {
    "mfu": (0.50, 0.5),
    "mbu": (0.75, 0.1),
    "kv_mbu": (0.50, 0.5),
    "layer_us": (20.0, 0.5),
    "link_efficiency": (0.6, 0.3),
    "host_layer_us": (520.0, 0.3),
    "host_sequence_us": (100.0, 1.0),
    "host_pair_us": (2.0, 1.0),
    "host_rank_us": (100.0, 1.0),
    "host_vocabulary_us": (20.0, 1.0),
}

Key = tuple[str, bool, str, str, str]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one kind of deployment, and the constants to fit on them."""

    engine: Engine
    mixture: bool
    precision: str
    gpu: str
    generation: str
    release: str
    rows: tuple[Measurement, ...]
    start: dict[str, tuple[float, float]]

    @property
    def name(self) -> str:
        what = "mixtures" if self.mixture else "dense"
        return f"{self.engine.name} {self.release} {what} {self.precision} {self.gpu}"

    def fit(self, values: Values, *, tpot_error: float, ttft_error: float | None) -> Fit:
        return Fit(
            precision=self.precision,
            gpu=self.gpu,
            generation=self.generation,
            mixture=self.mixture,
            release=self.release,
            values=values,
            rows=len(self.rows),
            tpot_error=tpot_error,
            ttft_error=ttft_error,
        )

    def engine_with(self, values: Values) -> Engine:
        return with_fit(self.engine, self.fit(values, tpot_error=0.0, ttft_error=None))


def deployment(row: Measurement) -> Deployment:
    found = deployment_of(row, hardware=HARDWARE)
    assert not isinstance(found, str), found
    return found


def kinds_of(rows: Iterable[Measurement]) -> list[Kind]:
    """Group rows into kinds. Releases are kept apart where a mixture was measured on several."""
    groups: dict[Key, list[Measurement]] = {}
    for row in rows:
        seen = deployment(row)
        mixture = seen.model.is_moe
        release = row.release if mixture and seen.engine.name == "trtllm" else ""
        key = (seen.engine.name, mixture, seen.precision, seen.gpu.name, release)
        groups.setdefault(key, []).append(row)
    return [_kind(members) for _, members in sorted(groups.items())]


def _kind(rows: Sequence[Measurement]) -> Kind:
    seen = deployment(rows[0])
    mixture, name = seen.model.is_moe, seen.engine.name
    start = COMMON | EXTRA.get(name, {}) if name != VLLM_2023.name else EAGER
    if mixture:
        start = COMMON | MIXTURE | (EXTRA[name] if name == "trtllm" else {})
    if any(row.data_parallel > 1 for row in rows):
        start = start | DATA_PARALLEL
    return Kind(
        engine=msgspec.structs.replace(seen.engine, fits=()),
        mixture=mixture,
        precision=seen.precision,
        gpu=seen.gpu.name,
        generation=seen.gpu.generation,
        release=rows[0].release if mixture and name == "trtllm" else "",
        rows=tuple(rows),
        start=start,
    )


def predictions(rows: Sequence[Measurement], engine: Engine) -> list[Predicted]:
    return [predict(row, deployment=msgspec.structs.replace(deployment(row), engine=engine)) for row in rows]


def is_sustained(row: Measurement, seen: Predicted) -> bool:
    """Whether the cache holds the batch: a caller that waits for memory is not what a TTFT model predicts."""
    return seen.running >= row.batch


def fitted(kind: Kind, rows: Sequence[Measurement]) -> Values:
    """Least squares of log ratios with a prior, by Gauss-Newton on the logs of the constants."""
    names = list(kind.start)
    start = np.log([kind.start[name][0] for name in names])
    spread = np.array([kind.start[name][1] for name in names])
    tpot = np.log(np.array([row.tpot_ms for row in rows], dtype=float))
    ttft = np.log(np.array([row.ttft_ms for row in rows], dtype=float))

    def residuals(x: Vector) -> Vector:
        engine = kind.engine_with(dict(zip(names, np.exp(x).tolist(), strict=True)))
        seen = predictions(rows, engine)
        held = np.array([is_sustained(row, one) for row, one in zip(rows, seen, strict=True)])
        each = (np.log([one.tpot_ms for one in seen]) - tpot) / NOISE_TPOT
        first = np.where(held, (np.log([one.ttft_ms for one in seen]) - ttft) / NOISE_TTFT, 0.0)
        misses = np.concatenate([each, first])
        return np.concatenate([misses / (1.0 + (misses / ROBUST) ** 2) ** 0.25, (x - start) / spread])

    x = start
    for _ in range(30):
        base = residuals(x)
        slopes = [(residuals(x + 1e-4 * unit) - base) / 1e-4 for unit in np.eye(len(x))]
        jacobian = np.array(slopes).T
        step = np.linalg.solve(jacobian.T @ jacobian, -jacobian.T @ base)
        scale = 1.0
        while scale > 1e-3 and np.sum(residuals(x + scale * step) ** 2) > np.sum(base**2):
            scale /= 2.0
        x = x + scale * step
        if np.abs(scale * step).max() < 1e-4:
            break
    return dict(zip(names, np.exp(x).tolist(), strict=True))


def group_of(kind: Kind) -> Callable[[Measurement], object]:
    """Return what is left out together: a pair of lengths, or a group size where there is one pair."""
    pairs = {(row.input_tokens, row.output_tokens) for row in kind.rows}
    if len(pairs) > 1:
        return lambda row: (row.input_tokens, row.output_tokens)
    return lambda row: row.tp


def left_out(kind: Kind) -> list[Judged]:
    """Predict every row with constants fitted without its group."""
    key = group_of(kind)
    judged: list[Judged] = []
    for value in dict.fromkeys(key(row) for row in kind.rows):
        inside = [row for row in kind.rows if key(row) == value]
        rest = [row for row in kind.rows if key(row) != value]
        engine = kind.engine_with(fitted(kind, rest))
        judged += zip(inside, predictions(inside, engine), strict=True)
    return judged


def sustained(judged: Sequence[Judged]) -> list[Judged]:
    return [(row, seen) for row, seen in judged if is_sustained(row, seen)]


def mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def sound(path: Path) -> list[Measurement]:
    """Return one row a setting of a file, without those that cannot be right."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows, unread = read_measurements(lines)
    kept, faults = sound_rows(rows, hardware=HARDWARE)
    for fault in (*unread, *faults):
        print(f"  left out of {path.name}: {fault.message}")
    return [row for row, _ in settled(kept) if row.ttft_ms is not None]


def print_kind(kind: Kind, values: Values, judged: Sequence[Judged]) -> Fit:
    inside = list(zip(kind.rows, predictions(kind.rows, kind.engine_with(values)), strict=True))
    tpot, ttft = mean(tpot_errors(judged)), mean(ttft_errors(sustained(judged)))
    print(
        f"{kind.name}: {len(kind.rows)} settings; TPOT {mean(tpot_errors(inside)):.1%} in the fit, "
        f"{tpot:.1%} left out; TTFT {mean(ttft_errors(sustained(inside))):.1%} and {ttft:.1%}"
    )
    return kind.fit(
        {name: float(f"{value:.4g}") for name, value in values.items()},
        tpot_error=round(tpot, 3),
        ttft_error=round(ttft, 3),
    )


def print_intervals(judged: Sequence[Judged]) -> None:
    """Print the 80 % bounds of a change by kind of change, and what the shipped ones cover."""
    pairs = pairs_of(points_of(judged))
    errors, covered = transfer_errors(pairs), covered_by_change(pairs)
    for code, name in enumerate((*KINDS, SEVERAL)):
        chosen = pairs.kind == code
        if not chosen.any():
            continue
        low, high = np.exp(np.percentile(pairs.residual[chosen], BOUNDS))
        print(
            f"    {name:8} {int(chosen.sum()):6} pairs, median error {np.median(errors[chosen]):.1%}, "
            f"80 % within x{low:.3f} .. x{high:.3f}; the shipped bounds cover {covered[name][0]:.1%}"
        )


def print_summary(name: str, judged: Sequence[Judged]) -> None:
    ratios = [row.tpot_ms / seen.tpot_ms for row, seen in judged if row.tpot_ms]
    low, high = np.percentile(ratios, BOUNDS)
    print(
        f"\n{name}, rows left out: TPOT MAPE {mean(tpot_errors(judged)):.1%}, TTFT MAPE "
        f"{mean(ttft_errors(sustained(judged))):.1%}; 80 % of the step times within x{low:.2f} .. x{high:.2f}"
    )
    print_intervals(judged)
    for errors in (MARGIN_ERRORS, *MARGINS):
        decided = decide(judged, hardware=HARDWARE, errors=errors)
        if decided.count:
            print(
                f"    {decided.count} decisions with a margin of {errors:.2f} errors: limit broken "
                f"{decided.slo_broken_share:.1%}, mean regret {decided.mean_regret:.1%}"
            )


def print_strangers(kinds: Sequence[Kind], found: dict[str, Fit]) -> None:
    """Print the step times of kinds that no fit has seen: the interval of an unmeasured deployment."""
    for mixture in (False, True):
        ratios: list[float] = []
        for kind in kinds:
            if kind.mixture != mixture or kind.engine.name == VLLM_2023.name:
                continue
            for other in kinds:
                if other.mixture == mixture and other.name != kind.name and other.engine.name == "vllm":
                    engine = with_fit(kind.engine, found[other.name])
                    seen = predictions(kind.rows, engine)
                    ratios += [
                        row.tpot_ms / one.tpot_ms
                        for row, one in zip(kind.rows, seen, strict=True)
                        if row.tpot_ms
                    ]
        if ratios:
            low, middle, high = np.percentile(ratios, (BOUNDS[0], 50, BOUNDS[1]))
            print(
                f"  {'mixtures' if mixture else 'dense'} with vLLM's constants of other deployments: "
                f"80 % of the step times within x{low:.2f} .. x{high:.2f}, median x{middle:.2f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--table", action="store_true", help="print the table of fits as Python")
    arguments = parser.parse_args()
    folder: Path = arguments.data
    if not folder.is_dir():
        sys.exit(f"left out: {folder} is not there, and the constants are fitted on its files")
    rows = [row for name in (*FILES, EAGER_FILE) for row in sound(folder / name)]
    kinds = kinds_of(rows)
    found: dict[str, Fit] = {}
    judged: dict[str, list[Judged]] = {}
    for kind in kinds:
        seen = left_out(kind)
        error = mean(tpot_errors(seen))
        judged[kind.name] = [(row, msgspec.structs.replace(one, tpot_error=error)) for row, one in seen]
        found[kind.name] = print_kind(kind, fitted(kind, kind.rows), judged[kind.name])
    today = [kind for kind in kinds if kind.engine.name != VLLM_2023.name]
    for name, mixture in (("Dense models", False), ("Mixtures of experts", True)):
        print_summary(name, [one for kind in today if kind.mixture == mixture for one in judged[kind.name]])
    eager = [one for kind in kinds if kind.engine.name == VLLM_2023.name for one in judged[kind.name]]
    print_summary("vLLM of 2023", eager)
    print_strangers(kinds, found)
    if arguments.table:
        for kind in kinds:
            print(f"# {kind.engine.name}\n{found[kind.name]},")


if __name__ == "__main__":
    main()
