"""How fast the replay and the roofline are, and whether a replay repeats bit for bit.

    python bench/replay.py [--data ../shared/data]

Replays the public hour of 19,366 requests at several sizes and under both ways of balancing.
"""

import argparse
import csv
import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np

from machine import load_line

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.replay import Requests, replay
from netra.domain.optimization.performance.roofline import Deployment, costs_of, decode_s

POINTS = 100_000


def arrivals(file: Path) -> Requests:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    at_s = np.array([datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp() for row in rows])
    return Requests(
        arrive_s=at_s - at_s[0],
        input_tokens=np.array([int(row["ContextTokens"]) for row in rows]),
        output_tokens=np.maximum(1, np.array([int(row["GeneratedTokens"]) for row in rows])),
    )


def time_roofline(deployment: Deployment) -> None:
    sequences = np.random.default_rng(1).integers(1, 256, POINTS).astype(np.float64)
    costs = costs_of(deployment)
    start = time.perf_counter()
    decode_s(costs, sequences=sequences, context_tokens=sequences * 1500.0)
    spent_s = time.perf_counter() - start
    print(f"roofline: {1e6 * spent_s / POINTS:.3f} us a point, {POINTS:,} points at once")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    file = parser.parse_args().data / "azure_llm_2023_conv.csv"
    if not file.exists():
        sys.exit(f"left out: {file} is not there, and its arrivals are what is replayed")
    print(load_line())
    requests = arrivals(file)
    gpu, model = HARDWARE.find_gpu("H100"), HARDWARE.find_model("Llama-3.1-70B")
    assert gpu is not None
    assert model is not None
    deployment = Deployment(gpu=gpu, model=model, engine=VLLM, tp=4, precision="fp8")
    time_roofline(deployment)
    for replicas in (1, 4, 16):
        for balancing in Balancing:
            start = time.perf_counter()
            seen = replay(requests, deployment=deployment, replicas=replicas, balancing=balancing)
            spent_s = time.perf_counter() - start
            again = replay(requests, deployment=deployment, replicas=replicas, balancing=balancing)
            same = seen.finished_s.tobytes() == again.finished_s.tobytes()
            print(
                f"{replicas:3} replicas, {balancing:12}: {spent_s:.2f} s, {len(requests) / spent_s:9,.0f} "
                f"requests/s, TPOT p99 {seen.tpot_ms(99):.1f} ms, repeats bit for bit: {same}"
            )


if __name__ == "__main__":
    main()
