"""How often the fleets that Netra proposes keep their limits, in replays that their size was not made with.

    python bench/fleets_hold.py [--data ../shared/data] [--draws 20] [--log azure|day] [--model NAME] [--all]

Two logs: the public hour of 19,366 calls of a chat service, and a day drawn from ServeGen's arrivals of
DeepSeek-R1 (every client's arrivals in a window of 600 s are a renewal process of that window's rate and
family; the file has no lengths, so these are log-normal about a mean of each client's own). For each
question every fleet that is proposed is replayed with the slowest steps of its 80 % interval and random
balancing, with seeds that its sizing did not use: over what it was sized on, and over the whole log with
`--all`. The share that keeps the limits stands beside the stated one.
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from machine import load_line
from replay import arrivals

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of
from netra.domain.optimization.model import Gap, Goals, never_stop
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.fleet import Slo
from netra.domain.optimization.performance.hosting import Hosting, cheapest_fleets
from netra.domain.optimization.performance.replay import Requests
from netra.domain.optimization.performance.sizing import draws_of, step_bounds
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.study import study_of
from netra.domain.workloads.columns import Events, labels_of

Floats = npt.NDArray[np.float64]

WINDOW_S: Final = 600.0  # of the ServeGen files
FIRST_SEED: Final = 1_000  # far from the seeds that sizes are made with
MODELS: Final = ("Llama-3.1-70B", "Llama-3.1-8B", "Qwen3-32B", "gpt-oss-120b")
LIMITS: Final = {
    "default limits": Goals(),
    "TTFT 1 s, TPOT 50 ms": Goals(ttft_ms_p99=1000.0, tpot_ms_p99=50.0),
    "whole call 30 s": Goals(latency_ms={"": 30_000.0}),
}


def day(path: Path, *, seed: int = 1) -> Requests:
    """Return a day of calls with the arrivals of a ServeGen file."""
    rng = np.random.default_rng(seed)
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if row[1] != "t_s"]
    clients = {name: number for number, name in enumerate(dict.fromkeys(row[0] for row in rows))}
    means = rng.lognormal(7, 0.8, len(clients)), rng.lognormal(5, 0.6, len(clients))
    at: list[Floats] = []
    who: list[npt.NDArray[np.int64]] = []
    for row in rows:
        found = renewals(float(row[2]), row[4], row[5], rng) + float(row[1])
        at.append(found)
        who.append(np.full(len(found), clients[row[0]], np.int64))
    at_s, client = np.concatenate(at), np.concatenate(who)
    order = np.argsort(at_s, kind="stable")
    at_s, client = at_s[order], client[order]
    tokens = [
        np.clip(rng.lognormal(0, sigma, len(at_s)) * mean[client], 1, most).astype(np.int64)
        for mean, sigma, most in zip(means, (0.7, 0.8), (16_000, 4_000), strict=True)
    ]
    return Requests(arrive_s=at_s - at_s[0], input_tokens=tokens[0], output_tokens=tokens[1])


def renewals(rate: float, family: str, shape: str, rng: np.random.Generator) -> Floats:
    """Return one client's arrivals in a window: gaps of the family and shape, with the mean of the rate."""
    if rate <= 0.0:
        return np.empty(0)
    count = int(rate * WINDOW_S * 3 + 50)
    if family == "Gamma":
        gaps = rng.gamma(float(shape), 1.0, count) / float(shape)
    elif family == "Weibull":
        gaps = rng.weibull(float(shape), count)
        gaps /= gaps.mean()
    else:
        gaps = rng.exponential(1.0, count)
    at_s = np.cumsum(gaps / rate)
    return np.asarray(at_s[at_s < WINDOW_S])


def case(requests: Requests, model: str, goals: Goals) -> Case | Gap:
    """Return the question of serving the requests with an open model under the limits."""
    labels = labels_of([model] * len(requests))
    if labels is None:
        raise ValueError("no request to serve")
    events = Events(
        at_ns=1_700_000_000_000_000_000 + (requests.arrive_s * 1e9).astype(np.int64),
        model=labels,
        input_tokens=requests.input_tokens,
        output_tokens=requests.output_tokens,
    )
    study = study_of(
        events,
        goals=goals,
        prices=PriceList(tariffs={}),
        hardware=HARDWARE,
    )
    return case_of(study, kind="self_hosting", priced_only=False)


def held(requests: Requests, hosting: Hosting, *, slo: Slo, draws: int) -> list[bool]:
    """Return whether each replay with slow steps and random balancing keeps the limits."""
    deployment = hosting.configuration.deployment
    found = draws_of(
        requests,
        deployment=deployment,
        replicas=hosting.needed,
        slo=slo,
        batching=hosting.batching,
        slowdown=step_bounds(deployment)[1],
        draws=draws,
        first_seed=FIRST_SEED,
    )
    return [one is not None for one in found]


def logs(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, Requests]]:
    """Yield the logs that are there."""
    files = {"azure": "azure_llm_2023_conv.csv", "day": "servegen_deepseek_r1_arrivals.csv"}
    for name in names:
        path = folder / files[name]
        if not path.exists():
            print(f"{name} is left out: {path} is not there")
        else:
            yield name, arrivals(path) if name == "azure" else day(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--log", choices=("azure", "day"), action="append")
    parser.add_argument("--model", choices=MODELS, action="append")
    parser.add_argument("--all", action="store_true", help="replay the whole log too")
    arguments = parser.parse_args()
    print(load_line())
    right: list[bool] = []
    for name, requests in logs(arguments.data, arguments.log or ("azure", "day")):
        print(f"{name}: {len(requests):,} calls over {requests.arrive_s[-1] / 3600:.1f} h")
        for model in arguments.model or MODELS:
            for limits, goals in LIMITS.items():
                begun = time.perf_counter()
                asked = case(requests, model, goals)
                if isinstance(asked, Gap):
                    print(f"  {model}, {limits}: {asked.reason}")
                    continue
                fleets = cheapest_fleets(
                    asked.replayed,
                    candidates=asked.candidates,
                    load=asked.load,
                    slo=asked.slo,
                    sizing=asked.sizing,
                    checkpoint=never_stop,
                    states_all=True,
                )
                spent_s = time.perf_counter() - begun
                print(f"  {model}, {limits}: {len(fleets)} fleets, sized in {spent_s:.0f} s")
                right += [
                    print_fleet(asked, hosting, arguments.draws, whole=arguments.all) for hosting in fleets
                ]
    print(f"{sum(right)} of {len(right)} fleets hold in every replay, or as often as stated within 5 points")


def print_fleet(asked: Case, hosting: Hosting, draws: int, *, whole: bool) -> bool:
    """Print one fleet, and return whether it holds always or as often as is stated."""
    share = float(np.mean(held(asked.replayed, hosting, slo=asked.slo, draws=draws)))
    stated = hosting.holding_share
    right = share == 1.0 or (stated is not None and abs(share - stated) < 0.051)
    over = ""
    if whole and len(asked.requests) > len(asked.replayed):
        over = f"; {np.mean(held(asked.requests, hosting, slo=asked.slo, draws=3)):.0%} over the whole log"
    print(
        f"    {hosting.needed:4} x {hosting.configuration.name}: holds in {share:.0%} of {draws}, stated "
        f"{'nothing' if stated is None else f'{stated:.0%}'}{over}{'' if right else '  <-- wrong'}",
        flush=True,
    )
    return right


if __name__ == "__main__":
    main()
