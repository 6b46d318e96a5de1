"""Draws the figure of docs/engine.md from a real run: what one public hour of chat needs in replicas.

    python bench/engine_figure.py [--data ../shared/data] [--to docs/engine-replicas.svg]

The arrivals are replayed at several sizes with modelled step times, and with the fastest and slowest
that the model's 80 % interval allows.
"""

import argparse
import sys
from math import ceil
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.configurations import (
    RequestLoad,
    ServingConfiguration,
    carried_per_s,
)
from netra.domain.optimization.performance.constants import STEP_TIME_80, VLLM
from netra.domain.optimization.performance.fleet import Slo
from netra.domain.optimization.performance.replay import Requests, replay
from netra.domain.optimization.performance.roofline import Deployment
from replay import arrivals

ROOT = Path(__file__).resolve().parents[1]
SIZES = (1, 2, 3, 4, 5, 6, 8, 10, 12)
SLO = Slo()


def mean_rate_answer(requests: Requests, deployment: Deployment) -> int:
    """Return the replicas that the mean rate alone asks for."""
    load = RequestLoad(
        requests_per_s=len(requests) / float(requests.arrive_s[-1]),
        input_tokens=float(requests.input_tokens.mean()),
        output_tokens=float(requests.output_tokens.mean()),
    )
    carried = carried_per_s(ServingConfiguration(deployment=deployment, usd_per_hour=1.0), load=load, slo=SLO)
    return max(1, ceil(load.requests_per_s / carried))


def drawn(requests: Requests, deployment: Deployment, to: Path) -> None:
    fast, slow = STEP_TIME_80
    tails = {
        factor: [
            replay(requests, deployment=deployment, replicas=size, slowdown=factor).ttft_ms(99) / 1e3
            for size in SIZES
        ]
        for factor in (fast, 1.0, slow)
    }
    mpl.rcParams["svg.hashsalt"] = "netra"  # the same run writes the same file
    mpl.rcParams["svg.fonttype"] = "none"
    figure = Figure(figsize=(7, 3.6))
    axes = figure.subplots()
    axes.fill_between(SIZES, tails[fast], tails[slow], color="#9ecae1", label="80 % interval of step times")
    axes.plot(SIZES, tails[1.0], color="#08519c", marker="o", markersize=3, label="replayed")
    axes.axhline(SLO.ttft_ms / 1e3, color="#a50f15", linestyle="--", linewidth=1, label="limit")
    mean = mean_rate_answer(requests, deployment)
    axes.axvline(mean, color="#636363", linestyle=":", linewidth=1, label=f"what the mean rate asks: {mean}")
    axes.set(yscale="log", xlabel="replicas", ylabel="time to first token, p99, s")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(to, metadata={"Date": None})
    for size, low, middle, high in zip(SIZES, tails[fast], tails[1.0], tails[slow], strict=True):
        print(f"{size:3} replicas: p99 TTFT {middle:8.2f} s ({low:.2f} to {high:.2f})")
    print(f"the mean rate asks for {mean}; written to {to}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "engine-replicas.svg")
    chosen = parser.parse_args()
    file = chosen.data / "azure_llm_2023_conv.csv"
    if not file.exists():
        sys.exit(f"left out: {file} is not there, and its arrivals are what is replayed")
    gpu, model = HARDWARE.find_gpu("A100-80GB"), HARDWARE.find_model("Llama-3.1-70B")
    assert gpu is not None
    assert model is not None
    deployment = Deployment(gpu=gpu, model=model, engine=VLLM, tp=4, precision="bf16")
    drawn(arrivals(file), deployment, chosen.to)


if __name__ == "__main__":
    main()
