"""Read the unit, period and direction of a payload's number from the name of its field."""

import re
from typing import Final

from netra.domain.agents.guard.figures import NumberKind

_PERIODS: Final = (
    ("per_month", "month"), ("per_hour", "hour"), ("gpu_hour", "hour"), ("replica_hour", "hour"),
    ("of_a_million", "million tokens"),
    ("per_minute", "minute"), ("per_s", "second"), ("per_day", "day"), ("per_year", "year"),
)  # fmt: skip
_KINDS: Final[tuple[tuple[re.Pattern[str], NumberKind, float], ...]] = tuple(
    (re.compile(rf"(?:^|_)(?:{words})(?:_|$)"), kind, scale)
    for words, kind, scale in (
        ("usd|savings", NumberKind.USD, 1.0),
        ("percent", NumberKind.SHARE, 0.01),
        ("share|fraction|utilisation|growth|accept_rate", NumberKind.SHARE, 1.0),
        ("ms", NumberKind.TIME, 0.001),
        ("tokens", NumberKind.TOKENS, 1.0),
        ("per_s", NumberKind.COUNT, 1.0),
        ("s|seconds", NumberKind.TIME, 1.0),
        ("hours", NumberKind.TIME, 3_600.0),
        ("days", NumberKind.TIME, 86_400.0),
        ("gib", NumberKind.GIB, 1.0),
        ("at_once|concurrency", NumberKind.COUNT, 1.0),
        ("calls|requests|rows|known|answers|events|event_count|prompts", NumberKind.CALLS, 1.0),
        ("gpus", NumberKind.GPUS, 1.0),
        ("replicas|sizes_tried", NumberKind.REPLICAS, 1.0),
        ("speedup|per_month|traffic|to_mean|cv", NumberKind.FACTOR, 1.0),
    )
)
_SPREAD: Final = frozenset({"mean", "max", "min", "p50", "p90", "p99", "low", "high", "value", ""})
_SAVED: Final = re.compile(
    r"(?:^|_)(?:saved|saving|savings|marginal|cumulative|leave_one_out|share_of_bill)(?:_|$)"
)


def key_of(keys: tuple[str, ...]) -> str:
    """Return the key that states the unit: the value's own, else the nearest enclosing one."""
    for name in reversed(keys):
        if name not in _SPREAD and any(pattern.search(name) for pattern, _, _ in _KINDS):
            return name
    return keys[-1] if keys else ""


def unit_of(key: str) -> tuple[NumberKind, float]:
    """Return the kind of a key's number, and the factor to the kind's scale.

    >>> unit_of("latency_ms_p99")
    (<NumberKind.TIME: 'time'>, 0.001)
    """
    if key == "" or key.isdecimal():
        return NumberKind.ANY, 1.0
    for pattern, kind, scale in _KINDS:
        if pattern.search(key):
            return kind, scale
    return NumberKind.COUNT, 1.0


def period_of(key: str) -> str:
    """Return the period of a key's number; empty without a period."""
    return next((name for ending, name in _PERIODS if ending in key), "")


def direction(value: float, *, key: str, path: tuple[str, ...]) -> tuple[str, str]:
    """Return the signs with which the number may be written, and its direction: a saving is "down"."""
    if key == "traffic_growth":
        return ("+", "up") if value > 0 else ("-", "down")
    if any(_SAVED.search(name) for name in path) and value != 0:
        return ("-", "down") if value > 0 else ("+", "up")
    return ("-", "") if value < 0 else ("", "")
