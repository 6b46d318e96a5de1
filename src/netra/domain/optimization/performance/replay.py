"""Replays real arrivals through replicas, to find when each request would have got its tokens.

Deterministic: the same requests give the same times, bit for bit. `fleet` sizes fleets with it.
"""

from math import inf
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.performance.balancing import Balancing, drawn
from netra.domain.optimization.performance.batch_limits import default_batching
from netra.domain.optimization.performance.percentiles import over_percentile
from netra.domain.optimization.performance.replica import NEVER, Batching, Replica, table_at
from netra.domain.optimization.performance.roofline import Deployment, costs_of
from netra.domain.workloads.columns import Events, Floats, Ints

MAX_REPLICAS: Final = 4096
"""Upper bound on the replicas of one replay, which bounds its memory; more are refused."""

_COUNTED_EVERY: Final = 1000  # requests of one replica between two counts of the slow ones
Assigned = list[tuple[Replica, list[int]]]


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """n requests, oldest first; times in seconds from the first one."""

    arrive_s: Floats
    input_tokens: Ints
    output_tokens: Ints

    def __len__(self) -> int:
        return len(self.arrive_s)


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """The times of every request; NaN for a request that no replica can hold."""

    replicas: int
    ttft_s: Floats
    tpot_s: Floats  # mean over the answer after its first token; NaN for answers of one token
    finished_s: Floats  # from the first arrival
    latency_s: Floats  # of the whole call, from its own arrival
    refused: int  # requests whose prompt and answer exceed a replica's cache
    busy_share: float  # busy share of the replicas' time from the first arrival to the last token

    def ttft_ms(self, percentile: float) -> float:
        """Return a percentile of TTFT in milliseconds; NaN if no request was served."""
        return _percentile_ms(self.ttft_s, percentile)

    def tpot_ms(self, percentile: float) -> float:
        """Return a percentile of TPOT in milliseconds; 0 if no answer had a second token."""
        tpot = _percentile_ms(self.tpot_s, percentile)
        return 0.0 if np.isnan(tpot) else tpot

    def latency_ms(self, percentile: float) -> float:
        """Return a percentile of the whole call's latency in milliseconds; NaN if no request was served."""
        return _percentile_ms(self.latency_s, percentile)

    def good_share(self, *, ttft_ms: float, tpot_ms: float, latency_ms: float | None = None) -> float:
        """Return the share of all requests served within the limits: goodput over throughput."""
        slow = (self.ttft_s * 1e3 > ttft_ms) | (np.nan_to_num(self.tpot_s) * 1e3 > tpot_ms)
        slow |= self.latency_s * 1e3 > (inf if latency_ms is None else latency_ms)
        return float(np.mean(~slow & ~np.isnan(self.ttft_s))) if len(self.ttft_s) else 1.0


def requests_of(events: Events) -> Requests:
    """Return the calls of a log sorted oldest first as requests, with at least one token each way."""
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
    batching: Batching | None = None,
    balancing: Balancing = Balancing.ROUND_ROBIN,
    ready_s: tuple[float, ...] = (),
    slowdown: float = 1.0,
    seed: int = 0,
) -> Replay:
    """Return the times at which each request gets its tokens from `replicas` replicas of `deployment`.

    `ready_s` are the replicas' start-up times from the first arrival (0 by default); a replica is assigned
    its share of requests from the start, and serves them once it is ready. `slowdown` stretches every step,
    for intervals; `batching` is by default the engine's own on this GPU. Random balancing draws by `seed`
    and the request's position, so a replay depends on neither the clock nor a source of randomness.
    """
    stage = _staged(
        requests,
        deployment=deployment,
        replicas=replicas,
        batching=batching,
        ready_s=ready_s,
        slowdown=slowdown,
    )
    if balancing is not Balancing.LEAST_LOADED:
        for replica, mine in stage.shares(balancing, seed=seed):
            replica.serve(mine, stage.arrive_s)
            replica.advance(NEVER)
    else:
        _by_load(stage)
    return _summary(requests, stage)


def replay_within(
    requests: Requests,
    *,
    deployment: Deployment,
    replicas: int,
    ttft_ms: float,
    tpot_ms: float,
    latency_ms: float | None = None,
    percentile: float = 99.0,
    batching: Batching | None = None,
    balancing: Balancing = Balancing.ROUND_ROBIN,
    slowdown: float = 1.0,
    seed: int = 0,
) -> Replay | None:
    """Return the replay, or None as soon as a percentile is sure to exceed its limit or a request is refused.

    Unless requests go by load the replicas are independent, so they are replayed one by one while slow
    requests are counted: a fleet that is far too small is abandoned after a few of its replicas.
    """
    if balancing is Balancing.LEAST_LOADED:
        return replay(
            requests,
            deployment=deployment,
            replicas=replicas,
            batching=batching,
            balancing=balancing,
            slowdown=slowdown,
        )
    stage = _staged(
        requests,
        deployment=deployment,
        replicas=replicas,
        batching=batching,
        ready_s=(),
        slowdown=slowdown,
    )
    if len(stage.served) < len(requests):
        return None
    limits_ms = (ttft_ms, tpot_ms, inf if latency_ms is None else latency_ms)
    tally = _Tally(requests, stage, limits_ms=limits_ms, percentile=percentile)
    for replica, mine in stage.shares(balancing, seed=seed):
        for start in range(0, len(mine), _COUNTED_EVERY):
            replica.serve(mine[start : start + _COUNTED_EVERY], stage.arrive_s)
            if tally.has_failed(mine):
                return None
        replica.advance(NEVER)
        if tally.has_failed(mine):
            return None
        tally.keep(mine)
    return _summary(requests, stage)


class _ReplayStage(msgspec.Struct, frozen=True, kw_only=True):
    """The initial state of a replay: fresh replicas, and the requests that they can hold, as lists."""

    fleet: list[Replica]
    arrive_s: list[float]
    served: list[int]
    first_s: list[float]  # NaN until the request's first token
    finished_s: list[float]

    def shares(self, balancing: Balancing, *, seed: int) -> Assigned:
        """Return each replica with its requests, by round-robin or at random."""
        size = len(self.fleet)
        if balancing is Balancing.ROUND_ROBIN:
            return [(replica, self.served[turn::size]) for turn, replica in enumerate(self.fleet)]
        mine: list[list[int]] = [[] for _ in self.fleet]
        for request, place in zip(self.served, drawn(len(self.served), size=size, seed=seed), strict=True):
            mine[place].append(request)
        return list(zip(self.fleet, mine, strict=True))


def _staged(
    requests: Requests,
    *,
    deployment: Deployment,
    replicas: int,
    batching: Batching | None,
    ready_s: tuple[float, ...],
    slowdown: float,
) -> _ReplayStage:
    if not 1 <= replicas <= MAX_REPLICAS:
        raise ValueError(f"replicas must be 1 to {MAX_REPLICAS}, not {replicas}")
    batching = batching or default_batching(deployment.gpu)
    table = table_at(costs_of(deployment), batching, slowdown)
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
    return _ReplayStage(
        fleet=fleet,
        arrive_s=requests.arrive_s.tolist(),
        served=served.tolist(),
        first_s=times[0],
        finished_s=times[1],
    )


class _Tally:
    """Counts the requests over a limit, replica by replica: on TTFT, on TPOT and on the whole call."""

    def __init__(
        self,
        requests: Requests,
        stage: _ReplayStage,
        *,
        limits_ms: tuple[float, float, float],
        percentile: float,
    ) -> None:
        self._stage = stage
        self._limits_s = tuple(limit * 1e-3 for limit in limits_ms)
        self._gaps = requests.output_tokens - 1
        self._arrive_s = requests.arrive_s
        self._slow = (0, 0, 0)
        everything, several = len(requests), int(np.count_nonzero(self._gaps > 0))
        self._too_many = tuple(over_percentile(of, percentile) for of in (everything, several, everything))

    def has_failed(self, mine: list[int]) -> bool:
        """Return whether the slow requests, with those of `mine`, put a percentile over its limit."""
        counts = self._counted(mine)
        return any(
            kept + more >= too_many
            for kept, more, too_many in zip(self._slow, counts, self._too_many, strict=True)
        )

    def keep(self, mine: list[int]) -> None:
        """Add the slow requests of a finished replica."""
        ttft, tpot, latency = self._counted(mine)
        self._slow = self._slow[0] + ttft, self._slow[1] + tpot, self._slow[2] + latency

    def _counted(self, mine: list[int]) -> tuple[int, int, int]:
        first = np.array([self._stage.first_s[request] for request in mine])
        finished = np.array([self._stage.finished_s[request] for request in mine])
        ttft_s, tpot_s, latency_s = self._limits_s
        slow_first = first - self._arrive_s[mine] > ttft_s  # NaN (not yet begun) compares false
        slow_each = (finished - first > tpot_s * self._gaps[mine]) & (self._gaps[mine] > 0)
        slow_whole = finished - self._arrive_s[mine] > latency_s
        first_count, each_count, whole_count = map(np.count_nonzero, (slow_first, slow_each, slow_whole))
        return int(first_count), int(each_count), int(whole_count)


def _by_load(stage: _ReplayStage) -> None:
    for request in stage.served:
        at_s = stage.arrive_s[request]
        _least_loaded(stage.fleet, at_s).give(request, at_s=at_s)
    for replica in stage.fleet:
        replica.advance(NEVER)


def _least_loaded(fleet: list[Replica], at_s: float) -> Replica:
    for replica in fleet:
        replica.advance(at_s)
    return min(fleet, key=_outstanding)


def _outstanding(replica: Replica) -> int:
    return replica.outstanding


def _summary(requests: Requests, stage: _ReplayStage) -> Replay:
    first, finished, fleet = np.array(stage.first_s), np.array(stage.finished_s), stage.fleet
    gaps = requests.output_tokens - 1
    tpot = np.divide(finished - first, gaps, out=np.full(len(requests), np.nan), where=gaps > 0)
    span_s = max((replica.now for replica in fleet), default=0.0)
    busy_s = sum(replica.busy_s for replica in fleet)
    return Replay(
        replicas=len(fleet),
        ttft_s=first - requests.arrive_s,
        tpot_s=tpot,
        finished_s=finished,
        latency_s=finished - requests.arrive_s,
        refused=len(requests) - len(stage.served),
        busy_share=busy_s / (span_s * len(fleet)) if span_s > 0.0 else 0.0,
    )


def _percentile_ms(seconds: npt.NDArray[np.float64], percentile: float) -> float:
    known = seconds[~np.isnan(seconds)]
    return float(np.percentile(known, percentile)) * 1e3 if len(known) else float("nan")
