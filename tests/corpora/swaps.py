"""Give each figure of a result to its owner, and to every other subject of its kind.

The words of the sentences come from a file, so that development and scoring can use different ones.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

Patterns = Mapping[str, Sequence[str]]
Figure = tuple[str, str, str, float, Callable[[float], str]]
RECOMMENDATIONS: Final = {
    "prompt_caching": "prompt caching",
    "batch": "the batch interface",
    "exact_duplicates": "the response cache for repeated prompts",
    "waste": "avoiding wasted calls",
    "output_length": "capping the output",
}
APART: Final = 0.04  # share by which the other subject's own figure must differ


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence about a result."""

    payload: str
    text: str
    honest: bool
    kind: str


def swaps(result: Mapping[str, Any], patterns: Patterns, *, payload: str, seed: int) -> Iterator[Sentence]:
    """Yield each figure with its owner (honest), and with every other subject (dishonest)."""
    draw = random.Random(seed)  # noqa: S311 (chooses words)
    rows: dict[tuple[str, str], dict[str, tuple[float, str]]] = {}
    for kind, measure, subject, value, write in _figures(result):
        if value:
            rows.setdefault((kind, measure), {})[subject] = (value, write(value))
    for (kind, measure), subjects in rows.items():
        words = patterns.get(f"{kind}.{measure}", patterns.get(measure, ()))
        for owner, (value, figure) in subjects.items():
            for subject, (other, written) in subjects.items():
                is_owner = subject == owner
                if not is_owner and (written == figure or _is_near(value, other)):
                    continue
                text = draw.choice(words).format(s=subject, v=figure, kind=kind)
                label = f"{kind}.{measure}"
                yield Sentence(payload=payload, text=_capital(text), honest=is_owner, kind=label)


def _figures(result: Mapping[str, Any]) -> Iterator[Figure]:
    metrics = result["metrics"]
    for kind in ("model", "feature", "template", "tool"):
        for row in metrics.get(f"by_{kind}") or []:
            if row["name"]:
                yield kind, "usd_in_window", row["name"], row["usd_in_window"], _usd
                for measure in ("requests", "input_tokens", "output_tokens"):
                    yield kind, measure, row["name"], row[measure], _count
    for row in metrics["latency"]["by_feature"]:
        yield "feature", "latency_p50", row["feature"], row["latency_ms_p50"], _milliseconds
        yield "feature", "latency_p99", row["feature"], row["latency_ms_p99"], _milliseconds
    for one in result["recommendations"]:
        for row in one["inputs"].get("schemes") or []:
            if row["read_share"] > 0.02:
                yield "model", "read_share", row["model"], row["read_share"], _share
        name, saved = RECOMMENDATIONS.get(one["kind"]), one["savings"]
        if name and (saved["usd_per_month"] or 0) > 0.5:
            yield "recommendation", "saves", name, saved["usd_per_month"], _usd
            yield "recommendation", "share_of_bill", name, saved["share_of_bill"], _share
            yield "recommendation", "saves_in_window", name, saved["usd_in_window"], _usd


def _is_near(value: float, other: float) -> bool:
    return abs(value - other) <= APART * max(abs(value), abs(other))


def _capital(text: str) -> str:
    return (
        text[0].upper() + text[1:] if text.startswith(("the ", "prompt ", "avoiding ", "capping ")) else text
    )


def _usd(value: float) -> str:
    return f"${value:,.0f}" if abs(value) >= 1_000 else f"${value:,.2f}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _milliseconds(value: float) -> str:
    return f"{value:,.0f} ms"


def _share(value: float) -> str:
    return f"{value * 100:.1f} %"
