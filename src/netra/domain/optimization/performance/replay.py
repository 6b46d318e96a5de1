"""Replay of real arrivals through replicas: when each request would have got its tokens.

Deterministic: the same requests give the same times, bit for bit. Sizing a fleet is `fleet`'s.
"""

from enum import StrEnum
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.performance.replica import NEVER, Batching, Replica, table_of
from netra.domain.optimization.performance.roofline import Deployment, costs_of
from netra.domain.workloads.columns import Events, Floats, Ints

MAX_REPLICAS: Final = 4096
"""A bound on what one replay holds in memory; past it the answer is "too many" and not a number."""


SERVING: Final = Batching()


class Balancing(StrEnum):
    """How a request finds its replica."""

    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"  # fewest unfinished requests, the first of equals


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """What arrives: n requests, oldest first, at seconds from the first one."""

    arrive_s: Floats
    input_tokens: Ints
    output_tokens: Ints

    def __len__(self) -> int:
        return len(self.arrive_s)


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """The times of every request; NaN for one that no replica can hold."""

    replicas: int
    ttft_s: Floats
    tpot_s: Floats  # mean over the answer after its first token; NaN for answers of one token
    finished_s: Floats  # from the first arrival
    refused: int  # prompt and answer exceed the whole cache of a replica
    busy_share: float  # of the replicas' time from the first arrival to the last token

    def ttft_ms(self, percentile: float) -> float:
        """Return a percentile of TTFT in milliseconds; NaN when nothing was served."""
        return _percentile_ms(self.ttft_s, percentile)

    def tpot_ms(self, percentile: float) -> float:
        """Return a percentile of TPOT in milliseconds; 0 when no answer had a second token."""
        tpot = _percentile_ms(self.tpot_s, percentile)
        return 0.0 if np.isnan(tpot) else tpot

    def good_share(self, *, ttft_ms: float, tpot_ms: float) -> float:
        """Return the share of all requests served within both limits: goodput over throughput."""
        slow = (self.ttft_s * 1e3 > ttft_ms) | (np.nan_to_num(self.tpot_s) * 1e3 > tpot_ms)
        return float(np.mean(~slow & ~np.isnan(self.ttft_s))) if len(self.ttft_s) else 1.0


def requests_of(events: Events) -> Requests:
    """Return the calls of a log, which is oldest first, as requests of at least one token each way."""
    start = int(events.at_ns[0]) if len(events) else 0
    return Requests(
        arrive_s=np.asarray((events.at_ns - start) * 1e-9, np.float64),
        input_tokens=np.maximum(events.input_tokens, 1),
        output_tokens=np.maximum(events.output_tokens, 1),
    )


def replay(
    requests: Requests,
    *,
    deployment: Deployment,
    replicas: int,
    batching: Batching = SERVING,
    balancing: Balancing = Balancing.ROUND_ROBIN,
    ready_s: tuple[float, ...] = (),
    slowdown: float = 1.0,
) -> Replay:
    """Return when each request gets its tokens from `replicas` replicas of `deployment`.

    `ready_s` are the replicas' start-up times from the first arrival (0 where not given); a replica gets
    its share of requests from the start, and begins on them when it is ready. `slowdown` stretches every
    step, for intervals. Time of day and chance play no part.
    """
    if not 1 <= replicas <= MAX_REPLICAS:
        raise ValueError(f"replicas must be 1 to {MAX_REPLICAS}, not {replicas}")
    table = table_of(costs_of(deployment), batching=batching).slower(slowdown)
    capacity = deployment.memory().kv_tokens
    lists = (requests.input_tokens.tolist(), requests.output_tokens.tolist())
    times = ([float("nan")] * len(requests), [float("nan")] * len(requests))
    fleet = [
        Replica(table, batching=batching, kv_tokens=capacity, requests=lists, results=times)
        for _ in range(replicas)
    ]
    for replica, at_s in zip(fleet, ready_s, strict=False):
        replica.now = at_s
    served = (requests.input_tokens + requests.output_tokens <= capacity).nonzero()[0]
    _run(fleet, requests.arrive_s.tolist(), served.tolist(), balancing)
    return _summary(requests, fleet, times, refused=len(requests) - len(served))


def _run(fleet: list[Replica], arrive_s: list[float], served: list[int], balancing: Balancing) -> None:
    for turn, request in enumerate(served):
        at_s = arrive_s[request]
        if balancing is Balancing.ROUND_ROBIN:
            replica = fleet[turn % len(fleet)]
            replica.advance(at_s)
        else:
            replica = _least_loaded(fleet, at_s)
        replica.give(request, at_s=at_s)
    for replica in fleet:
        replica.advance(NEVER)


def _least_loaded(fleet: list[Replica], at_s: float) -> Replica:
    for replica in fleet:
        replica.advance(at_s)
    return min(fleet, key=_outstanding)


def _outstanding(replica: Replica) -> int:
    return replica.outstanding


def _summary(
    requests: Requests, fleet: list[Replica], times: tuple[list[float], list[float]], *, refused: int
) -> Replay:
    first, finished = np.array(times[0]), np.array(times[1])
    gaps = requests.output_tokens - 1
    tpot = np.divide(finished - first, gaps, out=np.full(len(requests), np.nan), where=gaps > 0)
    span_s = max((replica.now for replica in fleet), default=0.0)
    busy_s = sum(replica.busy_s for replica in fleet)
    return Replay(
        replicas=len(fleet),
        ttft_s=first - requests.arrive_s,
        tpot_s=tpot,
        finished_s=finished,
        refused=refused,
        busy_share=busy_s / (span_s * len(fleet)) if span_s > 0.0 else 0.0,
    )


def _percentile_ms(seconds: npt.NDArray[np.float64], percentile: float) -> float:
    known = seconds[~np.isnan(seconds)]
    return float(np.percentile(known, percentile)) * 1e3 if len(known) else float("nan")
