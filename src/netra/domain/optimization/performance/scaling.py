"""Replays autoscaling policies on a day of demand: replicas held, replica-hours paid, unmet demand.

Demand is the number of replicas needed in each window, as a real number: arrivals per second divided by one
replica's capacity. A policy sees only past windows. `fleet` sizes within a window.

Only windows with an arrival are stored, so memory grows with the calls, not with the time they span.
"""

from enum import StrEnum
from math import ceil
from typing import Final

import msgspec
import numpy as np

from netra.domain.workloads.columns import Floats, Ints

WINDOW_S: Final = 60.0
START_UP_S: Final = 180.0  # from requesting a replica to its first answer: machine start and weight loading
TARGET: Final = 0.7  # target utilisation of a reactive policy
DAY_S: Final = 86_400.0  # period after which the hours of the day repeat
COOL_DOWN_S: Final = 600.0  # time that demand must stay lower before a replica is released


class Policy(StrEnum):
    """The rule that sets the number of replicas."""

    FIXED = "fixed"  # always the number that the peak needs
    REACTIVE = "reactive"  # follows the demand of the last windows
    HOURLY = "hourly"  # one number for each hour of the day, from the observed peak of that hour


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """The replicas needed by window: `needed[i]` in `window[i]`, zero in all other `windows`."""

    windows: int  # number of all windows, from window 0; at least 1
    window: Ints  # those with an arrival, ascending
    needed: Floats


class Scaled(msgspec.Struct, frozen=True, kw_only=True):
    """The replay of one policy."""

    policy: Policy
    least: int
    most: int
    replica_hours: float
    short_share: float  # of the demand, in windows with too few replicas
    idle_share: float  # of the replica-hours paid


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    """The replicas a policy holds: in the windows with demand, and summed over all windows."""

    where_needed: Ints
    least: int
    most: int
    summed: int


def demand_of(
    arrive_s: Floats, *, seconds: float, carried_per_s: float, window_s: float = WINDOW_S
) -> Demand:
    """Return the replicas needed in each window of a span of `seconds` that contains all arrivals.

    >>> demand = demand_of(np.array([0.0, 1.0, 130.0]), seconds=200.0, carried_per_s=1 / 60)
    >>> demand.windows, demand.window.tolist(), demand.needed.tolist()
    (4, [0, 2], [2.0, 1.0])
    """
    windows = max(1, ceil(seconds / window_s))
    window = np.minimum((arrive_s // window_s).astype(np.int64), windows - 1)
    found, counts = np.unique(window, return_counts=True)
    return Demand(
        windows=windows, window=found, needed=np.asarray(counts / window_s / carried_per_s, np.float64)
    )


def parted(demand: Demand, *, window: int) -> tuple[Demand, Demand]:
    """Return the demand before and from a window on, each counted from its own start.

    >>> four = Demand(windows=4, window=np.array([0, 3]), needed=np.array([2.0, 1.0]))
    >>> before, since = parted(four, window=2)
    >>> before.windows, since.window.tolist(), since.needed.tolist()
    (2, [1], [1.0])
    """
    late = demand.window >= window
    return (
        Demand(windows=window, window=demand.window[~late], needed=demand.needed[~late]),
        Demand(
            windows=demand.windows - window,
            window=demand.window[late] - window,
            needed=demand.needed[late],
        ),
    )


def scaled(
    demand: Demand, *, policy: Policy, learned: Demand | None = None, window_s: float = WINDOW_S
) -> Scaled:
    """Return the replicas held and the demand missed by `policy` over `demand`.

    A fixed number and an hourly schedule are made from `learned`, and from `demand` itself without it. Both
    start at the same hour of the day.
    """
    held = _held(demand, learned=learned or demand, policy=policy, window_s=window_s)
    hours = held.summed * window_s / 3600.0
    needed = demand.needed
    served = float(np.minimum(needed, held.where_needed).sum()) * window_s / 3600.0
    total = float(needed.sum())
    short = float(needed[needed > held.where_needed].sum())
    return Scaled(
        policy=policy,
        least=held.least,
        most=held.most,
        replica_hours=hours,
        short_share=min(1.0, short / total) if total > 0.0 else 0.0,  # rounding may pass 1
        idle_share=1.0 - served / hours,
    )


def _held(demand: Demand, *, learned: Demand, policy: Policy, window_s: float) -> _Held:
    if policy is Policy.REACTIVE:
        return _reactive(demand, window_s=window_s)
    whole = np.maximum(np.ceil(learned.needed - 1e-9), 1.0).astype(np.int64)
    if policy is Policy.HOURLY:
        return _hourly(demand, learned, whole, window_s=window_s)
    most = int(whole.max(initial=1))
    held = np.full(len(demand.needed), most)
    return _Held(where_needed=held, least=most, most=most, summed=most * demand.windows)


def _hourly(demand: Demand, learned: Demand, whole: Ints, *, window_s: float) -> _Held:
    """Return the replicas held by the hourly policy: the maximum learned for the same hour of any day."""
    hour = _hours(demand, window_s=window_s)
    most = np.ones(24, np.int64)
    np.maximum.at(most, _hours(learned, window_s=window_s), whole)
    windows = _windows_by_hour(demand.windows, window_s=window_s)
    seen = most[windows > 0]
    return _Held(
        where_needed=most[hour],
        least=int(seen.min()),
        most=int(seen.max()),
        summed=int((windows * most).sum()),
    )


def _hours(demand: Demand, *, window_s: float) -> Ints:
    return (demand.window * window_s // 3600.0).astype(np.int64) % 24


def _windows_by_hour(windows: int, *, window_s: float) -> Ints:
    """Return how many of the first `windows` windows begin in each hour of the day.

    >>> _windows_by_hour(24 * 60 + 90, window_s=60.0)[:3].tolist()
    [120, 90, 60]
    """
    a_day = ceil(DAY_S / window_s)
    hour = (np.arange(a_day) * window_s // 3600.0).astype(np.int64) % 24
    days, rest = divmod(windows, a_day)
    whole_days = days * np.bincount(hour, minlength=24)
    return np.asarray(whole_days + np.bincount(hour[:rest], minlength=24), np.int64)


def _reactive(demand: Demand, *, window_s: float) -> _Held:
    """Return the replicas held by the reactive policy, which wants `demand / TARGET` with a delay.

    In window t it holds the maximum wanted in the windows from t - lag - memory + 1 to t - lag. Before the
    first window it wants the number of the first. The number held changes only where a wanted number
    enters or leaves that range, so the sum runs over the stretches in between.
    """
    lag = ceil(START_UP_S / window_s)
    memory = max(1, ceil(COOL_DOWN_S / window_s))
    wanted = np.maximum(np.ceil(demand.needed / TARGET - 1e-9), 1.0).astype(np.int64)
    first = int(wanted[0]) if len(wanted) and demand.window[0] == 0 else 1
    window = np.concatenate((np.arange(-lag - memory, 0), demand.window))
    wanted = np.concatenate((np.full(lag + memory, first), wanted))
    edges = np.unique(np.concatenate((window + lag, window + lag + memory, [0, demand.windows])))
    edges = edges[(edges >= 0) & (edges <= demand.windows)]
    stretches = _most_wanted(edges[:-1] - lag, window=window, wanted=wanted, memory=memory)
    return _Held(
        where_needed=_most_wanted(demand.window - lag, window=window, wanted=wanted, memory=memory),
        least=int(stretches.min()),
        most=int(stretches.max()),
        summed=int((stretches * np.diff(edges)).sum()),
    )


def _most_wanted(last: Ints, *, window: Ints, wanted: Ints, memory: int) -> Ints:
    """Return the maximum wanted in the `memory` windows that end with each of `last`; 1 if empty."""
    begins = np.searchsorted(window, last - memory, side="right")
    ends = np.searchsorted(window, last, side="right")
    edges = np.column_stack((begins, ends)).ravel()
    most = np.maximum.reduceat(np.append(wanted, 1), edges)[::2]
    return np.asarray(np.where(begins < ends, most, 1), np.int64)
