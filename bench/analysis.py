"""A million events end to end, and the parts that decide how long that takes, beside their goals.

    python bench/analysis.py [--events 1000000] [--data ../shared/data]

The log is made here, columns from a seeded generator: four features, three models, prompts that share
their start, sessions, failures, latencies, a day long. Each part is the best of a few runs in this
process; the whole is run once, as a service would, and its peak is the process's own. On a shared
machine the time at work says what the time on the wall would be on a free one.
"""

import argparse
import itertools
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from machine import load_line

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from netra.adapters.prices.book import GenaiPriceBook
from netra.domain.optimization import engine
from netra.domain.optimization.model import Checkpoint, Goals, never_stop
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.replay import Requests, replay, requests_of
from netra.domain.optimization.performance.roofline import Deployment, costs_of, decode_s
from netra.domain.optimization.prefix import prefix_reuse
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import billed
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import Events, Labels, Prefixes

MODELS = ("gpt-4o", "gpt-4.1-mini", "claude-sonnet-4-5")
PROVIDERS = ("openai", "openai", "anthropic")
FEATURES = ("chat", "search", "tagging", "digest")
BLOCK_TOKENS = 256
BEGIN_NS = 1_762_000_000_000_000_000
POINTS = 100_000


def made_log(count: int, *, seed: int = 7) -> Events:
    """Return a day of calls whose rate follows the hours, in columns."""
    rng = np.random.default_rng(seed)
    hours = 1.0 + 0.8 * np.sin(np.arange(24) * np.pi / 12 - 2)
    hour = rng.choice(24, count, p=hours / hours.sum())
    at_ns = np.sort(((hour + rng.random(count)) * 3.6e12).astype(np.int64)) + BEGIN_NS
    model = rng.choice(len(MODELS), count, p=(0.6, 0.25, 0.15)).astype(np.int32)
    feature = rng.choice(len(FEATURES), count, p=(0.4, 0.3, 0.2, 0.1)).astype(np.int32)
    input_tokens = np.clip(rng.lognormal(6.9, 0.9, count), 16, 30_000).astype(np.int64)
    output_tokens = np.clip(rng.exponential(180, count), 1, 4_000).astype(np.int64)
    ttft_ms = rng.lognormal(5.9, 0.5, count)
    return Events(
        at_ns=at_ns,
        model=Labels(codes=model, names=MODELS),
        provider=Labels(codes=np.array([0, 0, 1], np.int32)[model], names=("openai", "anthropic")),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        latency_ms=ttft_ms + 15.0 * output_tokens,
        ttft_ms=ttft_ms,
        status=Labels(codes=(rng.random(count) < 0.01).astype(np.int32), names=("ok", "timeout")),
        feature=Labels(codes=feature, names=FEATURES),
        session=Labels(
            codes=rng.integers(0, count // 4 + 1, count).astype(np.int32),
            names=tuple(f"s{number}" for number in range(count // 4 + 1)),
        ),
        prefixes=_prefixes(input_tokens, feature, rng),
    )


def _prefixes(input_tokens: np.ndarray, feature: np.ndarray, rng: np.random.Generator) -> Prefixes:
    """Return chains that begin with the feature's own blocks, go on with a popular text, end alone."""
    lengths = -(-input_tokens // BLOCK_TOKENS)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    owner = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(offsets[-1]) - offsets[:-1][owner]
    text = (rng.zipf(1.3, len(lengths)) % 50_000)[owner]
    shared = feature[owner].astype(np.int64) * 1_000 + place
    popular = 10**9 + text * 1_000 + place
    own = 10**12 + owner * 1_000 + place
    hashes = np.where(place < 2, shared, np.where(place < 5, popular, own))
    return Prefixes(
        hashes=hashes, offsets=offsets, block_tokens=np.full(len(lengths), BLOCK_TOKENS, np.int32)
    )


class Stopwatch:
    """A checkpoint that keeps when, in seconds of work, it was called."""

    def __init__(self) -> None:
        self.heard = [(time.process_time(), 0.0, "the start")]

    def __call__(self, done: float, doing: str) -> None:
        self.heard.append((time.process_time(), done, doing))

    def gaps(self) -> list[tuple[float, str]]:
        """Return the waits between two calls and what was said before them, longest first."""
        pairs = zip(self.heard, self.heard[1:], strict=False)
        return sorted(((after[0] - before[0], before[2]) for before, after in pairs), reverse=True)

    def went_back(self) -> bool:
        """Whether any share told was less than the one before it."""
        shares = [share for _, share, _ in self.heard]
        return any(after < before for before, after in itertools.pairwise(shares))


def analysed(events: Events, prices: PriceList, *, goals: Goals, checkpoint: Checkpoint) -> int:
    analysis = engine.analyse(events, goals=goals, prices=prices, hardware=HARDWARE, checkpoint=checkpoint)
    return len(engine.advise(analysis).recommendations)


def best_s(work: Callable[[], object], *, runs: int = 3) -> float:
    spent: list[float] = []
    for _ in range(runs):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def row(name: str, value: str, *, must: str = "", aim: str = "") -> None:
    print(f"{name:<44} {value:>22}   {must:>14} {aim:>14}")


def told(events: Events, prices: PriceList) -> None:
    watch = Stopwatch()
    before_mib = peak_mib()
    start, started = time.perf_counter(), time.process_time()
    count = analysed(events, prices, goals=Goals(), checkpoint=watch)
    watch(1.0, "the end")
    spent_s, worked_s = time.perf_counter() - start, time.process_time() - started
    print(f"{len(events):,} events, {count} recommendations, {before_mib:,.0f} MiB before")
    row("end to end, s", f"{spent_s:.2f}", must="20", aim="8")
    row("  of it at work, s", f"{worked_s:.2f}")
    row("peak, MiB", f"{peak_mib():,.0f}", must="1,500", aim="800")
    row("a checkpoint stepped backwards", str(watch.went_back()), must="False")
    for gap_s, doing in watch.gaps()[:8]:
        row(f"  {gap_s:6.2f} s after", doing[:60])


def small(prices: PriceList) -> None:
    watch = Stopwatch()
    analysed(made_log(20_000), prices, goals=Goals(gpus=("H100",)), checkpoint=watch)
    watch(1.0, "the end")
    gap_s, doing = watch.gaps()[0]
    row("20,000 events: longest wait for a checkpoint, s", f"{gap_s:.2f}", must="0.3")
    row("  after", doing[:60])
    row("  in all, s", f"{watch.heard[-1][0] - watch.heard[0][0]:.2f}")


def parts(events: Events, prices: PriceList, *, arrivals: Requests) -> None:
    gpu, model = HARDWARE.find_gpu("H100"), HARDWARE.find_model("Llama-3.1-70B")
    assert gpu is not None
    assert model is not None
    deployment = Deployment(gpu=gpu, model=model, engine=VLLM, tp=4, precision="fp8")
    spent_s = best_s(lambda: replay(arrivals, deployment=deployment, replicas=4))
    row("replay, requests/s", f"{len(arrivals) / spent_s:,.0f}", must="100,000")
    costs, sequences = costs_of(deployment), np.random.default_rng(1).integers(1, 256, POINTS).astype(float)
    spent_s = best_s(lambda: decode_s(costs, sequences=sequences, context_tokens=sequences * 1500.0))
    row("roofline, us a point, many at once", f"{1e6 * spent_s / POINTS:.3f}", must="a few")
    spent_s = best_s(lambda: decode_s(costs, sequences=8.0, context_tokens=12_000.0))
    row("roofline, us a point, one alone", f"{1e6 * spent_s:.1f}", must="a few")
    spent_s = best_s(lambda: billed(events, prices).usd())
    row("bill, requests/s", f"{len(events) / spent_s:,.0f}", must="1,000,000")
    spent_s = best_s(lambda: prefix_reuse(events, ttls_s=(60, 300, 3600, None)), runs=1)
    blocks = 0 if events.prefixes is None else len(events.prefixes.hashes)
    row(f"prefix replay, 4 TTLs, {blocks:,} blocks, s", f"{spent_s:.2f}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    chosen = parser.parse_args(arguments)
    print(load_line())
    book = GenaiPriceBook()
    events = made_log(chosen.events)
    prices = price_list(events, book, default_model="gpt-4o")
    if chosen.profile:
        import cProfile
        import pstats

        profile = cProfile.Profile()
        profile.runcall(analysed, events, prices, goals=Goals(), checkpoint=never_stop)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(60)
        return
    row("", "measured", must="must", aim="aim")
    told(events, prices)
    parts(events, prices, arrivals=requests_of(events.take(np.arange(min(20_000, len(events))))))
    small(prices)


if __name__ == "__main__":
    main()
