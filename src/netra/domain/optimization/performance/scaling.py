"""Autoscaling policies replayed on a day of demand: replicas held, replica-hours paid, demand not met.

Demand is replicas needed in each window, as a real number: arrivals a second over what one replica
carries. A policy sees only windows that have passed. Sizes inside a window are `fleet`'s.
"""

from enum import StrEnum
from math import ceil
from typing import Final

import msgspec
import numpy as np

from netra.domain.workloads.columns import Floats, Ints

WINDOW_S: Final = 60.0
START_UP_S: Final = 180.0  # from asking for a replica to its first answer: machine there, weights loaded
TARGET: Final = 0.7  # of a replica's capacity that a reactive policy aims to use
COOL_DOWN_S: Final = 600.0  # demand must have been lower for so long before a replica is let go


class Policy(StrEnum):
    """Who decides how many replicas run."""

    FIXED = "fixed"  # the peak's number, always
    REACTIVE = "reactive"  # follows the demand of the last windows
    HOURLY = "hourly"  # a number for each hour of the day, from the hours seen


class Scaled(msgspec.Struct, frozen=True, kw_only=True):
    """One policy's day."""

    policy: Policy
    least: int
    most: int
    replica_hours: float
    short_share: float  # of the demand, in windows with too few replicas
    idle_share: float  # of the replica-hours paid


def demand_of(
    arrive_s: Floats, *, seconds: float, carried_per_s: float, window_s: float = WINDOW_S
) -> Floats:
    """Return the replicas needed in each window of a time of `seconds`, in which all arrive.

    Empty windows count as zero.

    >>> demand_of(np.array([0.0, 1.0, 130.0]), seconds=200.0, carried_per_s=1 / 60).tolist()
    [2.0, 0.0, 1.0, 0.0]
    """
    windows = max(1, ceil(seconds / window_s))
    window = np.minimum((arrive_s // window_s).astype(np.int64), windows - 1)
    counts = np.bincount(window, minlength=windows)
    return np.asarray(counts / window_s / carried_per_s, np.float64)


def scaled(demand: Floats, *, policy: Policy, window_s: float = WINDOW_S) -> Scaled:
    """Return what `policy` would have held and missed over `demand`, of at least one window."""
    held = _held(demand, policy=policy, window_s=window_s)
    hours = float(held.sum()) * window_s / 3600.0
    served = float(np.minimum(demand, held).sum()) * window_s / 3600.0
    total = float(demand.sum())
    short = float(demand[demand > held].sum())
    return Scaled(
        policy=policy,
        least=int(held.min()),
        most=int(held.max()),
        replica_hours=hours,
        short_share=short / total if total > 0.0 else 0.0,
        idle_share=1.0 - served / hours,
    )


def _held(demand: Floats, *, policy: Policy, window_s: float) -> Ints:
    needed = np.maximum(np.ceil(demand - 1e-9), 1.0).astype(np.int64)
    if policy is Policy.FIXED:
        return np.full(len(demand), needed.max())
    if policy is Policy.HOURLY:
        return _hourly(needed, window_s=window_s)
    return _reactive(demand, window_s=window_s)


def _hourly(needed: Ints, *, window_s: float) -> Ints:
    """Return the most that was needed in the same hour of any day."""
    hour = (np.arange(len(needed)) * window_s // 3600.0).astype(np.int64) % 24
    most = np.zeros(24, np.int64)
    np.maximum.at(most, hour, needed)
    return most[hour]


def _reactive(demand: Floats, *, window_s: float) -> Ints:
    """Return what a policy holds that asks for `demand / TARGET`, grows late and shrinks later."""
    lag = ceil(START_UP_S / window_s)
    memory = max(1, ceil(COOL_DOWN_S / window_s))
    wanted = np.maximum(np.ceil(demand / TARGET - 1e-9), 1.0).astype(np.int64)
    padded = np.concatenate([np.full(lag + memory, wanted[0]), wanted])
    windows = np.lib.stride_tricks.sliding_window_view(padded, memory)
    return np.asarray(windows[1 : len(demand) + 1].max(axis=1), np.int64)
