"""Finds the smallest number of replicas whose replay of the real arrivals keeps the latency limits."""

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.performance.replay import Replay, Requests, replay_within
from netra.domain.optimization.performance.replica import Batching
from netra.domain.optimization.performance.roofline import Deployment, costs_of, decode_s, prefill_s
from netra.domain.optimization.wording import count

REPLAYED_REQUESTS: Final = 20_000
"""Upper bound on the requests of one replay (a fifth of a second); of a longer log, the busiest stretch."""

REPLAYED_TOKENS: Final = 2**31
"""Upper bound on the prompt tokens of one replay: a million steps of 2,048 tokens."""


class Slo(msgspec.Struct, frozen=True, kw_only=True):
    """The latency limits at a percentile; the defaults suit a person reading the streamed answer."""

    ttft_ms: float = 2000.0
    tpot_ms: float = 100.0
    latency_ms: float | None = None  # of the whole call; None: no limit
    percentile: float = 99.0

    def holds(self, replayed: Replay) -> bool:
        """Whether every request was served and each percentile is within its limit."""
        return (
            replayed.refused == 0
            and replayed.ttft_ms(self.percentile) <= self.ttft_ms
            and replayed.tpot_ms(self.percentile) <= self.tpot_ms
            and (self.latency_ms is None or replayed.latency_ms(self.percentile) <= self.latency_ms)
        )


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """The size that keeps the limits, its replay, and all sizes tried."""

    replicas: int
    replayed: Replay
    tried: tuple[int, ...]  # ascending


def busiest(requests: Requests, *, most: int = REPLAYED_REQUESTS) -> Requests:
    """Return the `most` consecutive requests that arrive closest together; all of a shorter log.

    A fleet that keeps the limits there keeps them at every calmer time, so the size is conservative.
    Returns fewer requests, but at least one, if their prompts would exceed `REPLAYED_TOKENS`.
    """
    tokens = max(int(requests.input_tokens.sum()), 1)
    most = max(1, min(most, REPLAYED_TOKENS * len(requests) // tokens))
    if len(requests) > most:
        durations = requests.arrive_s[most - 1 :] - requests.arrive_s[: len(requests) - most + 1]
        requests = _stretch(requests, int(np.argmin(durations)), most)
    return first_within(requests)


def first_within(requests: Requests, *, most_tokens: int = REPLAYED_TOKENS) -> Requests:
    """Return the first requests whose prompts total at most `most_tokens`, and at least one request."""
    fitting = int(np.count_nonzero(np.cumsum(requests.input_tokens) <= most_tokens))
    return requests if fitting == len(requests) else _stretch(requests, 0, max(1, fitting))


def _stretch(requests: Requests, start: int, length: int) -> Requests:
    stretch = slice(start, start + length)
    return Requests(
        arrive_s=requests.arrive_s[stretch] - requests.arrive_s[start],
        input_tokens=requests.input_tokens[stretch],
        output_tokens=requests.output_tokens[stretch],
    )


def smallest_fleet(
    requests: Requests,
    *,
    deployment: Deployment,
    slo: Slo,
    checkpoint: Checkpoint,
    most_replicas: int = 512,
    first_guess: int = 1,
    batching: Batching | None = None,
    balancing: Balancing = Balancing.ROUND_ROBIN,
    slowdown: float = 1.0,
) -> Fleet | None:
    """Return the smallest fleet that keeps `slo`, or None if `most_replicas` do not.

    Grows by a quarter until a size keeps the limits (the replay of a size that is too small stops early), or
    shrinks by a quarter until one breaks them, then bisects. If the next larger size breaks the limits (more
    replicas can spread a burst less evenly), the search continues above it, so no size is returned by luck.
    """
    if not holds_alone(requests, deployment=deployment, slo=slo, slowdown=slowdown):
        return None
    seen: dict[int, Replay | None] = {}

    def holds(replicas: int) -> bool:
        if replicas not in seen:
            done = 1.0 - 0.85 ** (len(seen) + 1)  # the number of sizes to try is not known in advance
            checkpoint(done, f"Replaying {count(len(requests), 'request')} on {count(replicas, 'replica')}")
            seen[replicas] = replay_within(
                requests,
                deployment=deployment,
                replicas=replicas,
                ttft_ms=slo.ttft_ms,
                tpot_ms=slo.tpot_ms,
                latency_ms=slo.latency_ms,
                percentile=slo.percentile,
                batching=batching,
                balancing=balancing,
                slowdown=slowdown,
            )
        replayed = seen[replicas]
        return replayed is not None and slo.holds(replayed)

    size = _smallest(holds, first_guess=min(max(1, first_guess), most_replicas), most=most_replicas)
    replayed = None if size is None else seen[size]
    if size is None or replayed is None:
        return None
    return Fleet(replicas=size, replayed=replayed, tried=tuple(sorted(seen)))


def holds_alone(requests: Requests, *, deployment: Deployment, slo: Slo, slowdown: float = 1.0) -> bool:
    """Return whether requests served alone keep the limits; no number of replicas does better."""
    tokens = requests.input_tokens + requests.output_tokens
    if int(tokens.max(initial=0)) > deployment.memory().kv_tokens:
        return False
    costs = costs_of(deployment)
    first_s = prefill_s(costs, prompt_tokens=requests.input_tokens.astype(np.float64))
    lone = np.ones(len(requests))
    each_s = decode_s(costs, sequences=lone, context_tokens=requests.input_tokens.astype(np.float64))
    each_s = np.where(requests.output_tokens > 1, each_s, 0.0)
    whole_s = first_s + each_s * (requests.output_tokens - 1)  # a lower bound: later steps read more
    return all(
        limit_ms is None or bool(np.percentile(taken_s, slo.percentile) * slowdown * 1e3 <= limit_ms)
        for taken_s, limit_ms in ((first_s, slo.ttft_ms), (each_s, slo.tpot_ms), (whole_s, slo.latency_ms))
    )


def _smallest(holds: Callable[[int], bool], *, first_guess: int, most: int) -> int | None:
    failing, size = 0, first_guess
    while not holds(size):
        if size == most:
            return None
        failing, size = size, min(size + max(1, size // 4), most)
    while failing == 0 and size > 1:
        smaller = size - max(1, size // 4)
        failing, size = (0, smaller) if holds(smaller) else (smaller, size)
    while size - failing > 1:
        middle = (failing + size) // 2
        failing, size = (failing, middle) if holds(middle) else (middle, size)
    while size < most and not holds(size + 1):
        size += 2
        while size <= most and not holds(size):
            size += 1
    return size if size <= most else None
