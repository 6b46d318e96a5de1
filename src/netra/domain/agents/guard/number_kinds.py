"""The kinds of numbers that a text can state, with the words for their units."""

import enum
from collections.abc import Mapping
from typing import Final


class NumberKind(enum.StrEnum):
    """The kind of thing that a number counts; each kind has one scale."""

    USD = "usd"
    FOREIGN = "foreign"  # money in another currency than US dollars
    SHARE = "share"  # 0.2 for "20 %"
    FACTOR = "factor"
    TIME = "time"  # seconds
    GIB = "gib"
    TOKENS = "tokens"
    CALLS = "calls"
    GPUS = "gpus"
    REPLICAS = "replicas"
    COUNT = "count"  # of other things, or of an unstated one
    ANY = "any"  # a number of the payload without a stated kind


MAGNITUDES: Final[Mapping[str, float]] = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "b": 1e9,
    "billion": 1e9,
}
UNITS: Final[tuple[tuple[NumberKind, float, str], ...]] = (
    (NumberKind.SHARE, 0.01, r"%|percent(?:age)?(?: points?)?|per cent|pct|points"),
    (NumberKind.SHARE, 0.0001, r"basis points?|bps"),
    (NumberKind.FACTOR, 1.0, r"x|×|times|fold"),
    (NumberKind.TIME, 0.001, r"ms|msecs?|millis(?:econds?)?|milliseconds?"),
    (NumberKind.TIME, 1e-6, r"µs|μs|microseconds?"),
    (NumberKind.TIME, 1.0, r"s|secs?|seconds?"),
    (NumberKind.TIME, 60.0, r"mins?|minutes?"),
    (NumberKind.TIME, 3_600.0, r"h|hrs?|hours?"),
    (NumberKind.TIME, 86_400.0, r"d|days?"),
    (NumberKind.TIME, 604_800.0, r"weeks?"),
    (NumberKind.TIME, 2_629_800.0, r"months?"),
    (NumberKind.TIME, 31_557_600.0, r"years?"),
    (NumberKind.GIB, 1.0, r"gib|gb|gigabytes?"),
    (NumberKind.GIB, 1 / 1_024, r"mib|mb|megabytes?"),
    (NumberKind.GIB, 1_024.0, r"tib|tb|terabytes?"),
    (NumberKind.USD, 1.0, r"usd|us dollars?|dollars?|bucks"),
    (NumberKind.USD, 0.01, r"cents?"),
    (NumberKind.FOREIGN, 1.0, r"€|£|¥|eur|euros?|gbp|pounds?|jpy|yen|chf|francs?"),
)
NOUNS: Final[Mapping[str, NumberKind]] = {
    "token": NumberKind.TOKENS,
    **dict.fromkeys(
        ("call", "request", "query", "event", "row", "answer", "response", "prompt"), NumberKind.CALLS
    ),
    "gpu": NumberKind.GPUS,
    "replica": NumberKind.REPLICAS,
}
