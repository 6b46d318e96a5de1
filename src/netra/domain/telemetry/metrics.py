"""Counters of tokens, which say how complete the calls of a day are; they never become events."""

from typing import Final

import msgspec

from netra.domain.telemetry.records import Attributes
from netra.domain.telemetry.values import first_label

USAGE_METRICS: Final = frozenset(
    (
        "gen_ai.client.token.usage",
        "gen_ai.client.operation.input_tokens",
        "gen_ai.client.operation.output_tokens",
        "gen_ai.client.inference.usage.input_tokens",
        "gen_ai.client.inference.usage.output_tokens",
        "claude_code.token.usage",
        "gemini_cli.token.usage",
    )
)
_INPUT_KINDS: Final = frozenset(("input", "cacheRead", "cacheCreation", "prompt", "cache"))
_OUTPUT_KINDS: Final = frozenset(("output", "completion", "thought"))
_KIND: Final = ("gen_ai.token.type", "type", "token_type")


class CounterPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a counter of tokens; a cumulative one replaces the earlier of its series."""

    metric: str
    attributes: Attributes
    resource: Attributes
    value: float
    start_ns: int = 0
    at_ns: int = 0
    is_delta: bool = False

    @property
    def series(self) -> str:
        """What a cumulative value replaces: the metric, its attributes, the sender and the start."""
        parts = (
            self.metric,
            sorted(map(str, self.attributes.items())),
            sorted(map(str, self.resource.items())),
        )
        return repr((*parts, self.start_ns))

    @property
    def direction(self) -> str | None:
        """`input` or `output`; None for a kind of token that is neither."""
        if self.metric.endswith(".input_tokens"):
            return "input"
        if self.metric.endswith(".output_tokens"):
            return "output"
        kind = first_label(self.attributes, _KIND)
        if self.metric.startswith("gemini_cli") and kind == "cache":
            return None  # a part of input
        return "input" if kind in _INPUT_KINDS else "output" if kind in _OUTPUT_KINDS else None


def is_usage_metric(name: str) -> bool:
    """Return whether a metric counts tokens of calls."""
    return name in USAGE_METRICS
