"""What a report shows, taken out of an `Advice` once, so that terminal and page say the same.

Nothing here computes advice: every number is one that the advice holds, or a difference of two.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from netra.domain.optimization.model import Advice, Gap, Grade, Recommendation, Savings
from netra.domain.optimization.wording import count, money, percent
from netra.entrypoints.terminal.wording import short_count, span

TRUST: Final[Mapping[Grade, str]] = {
    Grade.EXACT: "arithmetic on your counts and list prices",
    Grade.REPLAY: "a replay of your own sequence of calls",
    Grade.MODEL: "a calibrated model, within its interval",
    Grade.JUDGEMENT: "the money is known, the quality is not: evaluate first",
}
"""What a number of each grade rests on."""


class Shelf(enum.StrEnum):
    """Where a recommendation stands in a report."""

    PLAN = "plan"  # counted in what is saved together
    CHOICE = "choice"  # would save, and stands outside the plan
    AVOID = "avoid"  # would cost money
    KNOW = "know"  # moves no money


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One way to serve the traffic: dollars, and one measure to weigh them against."""

    name: str
    usd_per_month: float
    value: float
    is_on_front: bool
    is_pick: bool


class Frontier(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to serve the traffic, and why one of them is the pick."""

    measure: str  # "ttft_ms_p99", …
    points: tuple[Point, ...]
    why: str


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, sorted for reading."""

    advice: Advice
    headline: str
    facts: tuple[str, ...]
    is_monthly: bool  # whether dollars are a month's, or the log's own
    now_usd: float | None
    then_usd: float | None
    plan: tuple[Recommendation, ...]
    choices: tuple[Recommendation, ...]
    avoid: tuple[Recommendation, ...]
    know: tuple[Recommendation, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    frontier: Frontier | None

    @property
    def period(self) -> str:
        """What dollars are counted over, as it stands after an amount."""
        return "a month" if self.is_monthly else "in this log"

    @property
    def shown(self) -> tuple[Recommendation, ...]:
        """Every recommendation, the plan first."""
        return (*self.plan, *self.choices, *self.avoid, *self.know)


def digest_of(advice: Advice) -> Digest:
    """Return the answer sorted for reading."""
    shelves: dict[Shelf, list[Recommendation]] = {shelf: [] for shelf in Shelf}
    for recommendation in advice.recommendations:
        shelves[shelf_of(recommendation)].append(recommendation)
    metrics = advice.metrics
    watched = _section(metrics, "span")
    now_usd = _number(metrics, "bill_usd_per_month")
    plan = tuple(shelves[Shelf.PLAN])
    saved_usd = max((item.savings.cumulative_usd_per_month or 0.0 for item in plan), default=0.0)
    is_monthly = bool(watched.get("scaled", True))
    return Digest(
        advice=advice,
        headline=_headline(now_usd, saved_usd, period="a month" if is_monthly else "in this log"),
        facts=_facts(metrics),
        is_monthly=is_monthly,
        now_usd=now_usd,
        then_usd=None if now_usd is None else now_usd - saved_usd,
        plan=plan,
        choices=tuple(shelves[Shelf.CHOICE]),
        avoid=tuple(shelves[Shelf.AVOID]),
        know=tuple(shelves[Shelf.KNOW]),
        gaps=tuple(msgspec.convert(gap, Gap) for gap in metrics.get("gaps", ())),
        notes=tuple(str(note) for note in watched.get("notes", ())),
        frontier=_frontier(_section(metrics, "pareto")),
    )


def shelf_of(recommendation: Recommendation) -> Shelf:
    """Return where `recommendation` stands: the plan's have a marginal saving, and only they."""
    savings = recommendation.savings
    if savings.marginal_usd_per_month is not None:
        return Shelf.PLAN
    if savings.usd_per_month > 0:
        return Shelf.CHOICE
    return Shelf.AVOID if savings.usd_per_month < 0 else Shelf.KNOW


def interval(savings: Savings) -> str:
    """Return the bounds of a saving or a cost in words; empty where they are one point."""
    low, high = sorted((abs(savings.low), abs(savings.high)))
    if money(low) == money(high):
        return ""
    if savings.low < 0 < savings.high:
        return f"between {money(-savings.low)} lost and {money(savings.high)} saved"
    return f"{money(low)} to {money(high)} on its own"


def is_sufficient(advice: Advice) -> bool:
    """Return whether the log held enough to advise on."""
    return _section(advice.metrics, "data_sufficiency").get("sufficient", True) is not False


def _headline(now_usd: float | None, saved_usd: float, *, period: str) -> str:
    if now_usd is None:
        return "There is no bill to improve yet."
    if saved_usd <= 0:
        return f"Nothing here lowers the bill of {money(now_usd)} {period}."
    left = f"{money(saved_usd)} of {money(now_usd)} {period} can be saved"
    return f"{left}: {percent(saved_usd / now_usd)} of the bill."


def _facts(metrics: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the log in a few words, leaving out what the metrics do not have."""
    requests = _number(metrics, "requests")
    seconds = _number(_section(metrics, "span"), "seconds")
    inputs, outputs = _number(metrics, "input_tokens"), _number(metrics, "output_tokens")
    duplicates = _number(_section(metrics, "duplicates"), "share")
    said = (
        None if requests is None else count(requests, "call"),
        None if not seconds else f"over {span(seconds)}",
        None if inputs is None else f"{short_count(inputs)} tokens in",
        None if outputs is None else f"{short_count(outputs)} out",
        None if not duplicates else f"{percent(duplicates)} exact duplicates",
    )
    return tuple(fact for fact in said if fact is not None)


def _frontier(pareto: Mapping[str, Any]) -> Frontier | None:
    """Return the options as points, or None where fewer than two can be compared."""
    options: Sequence[Mapping[str, Any]] = pareto.get("options", ())
    for measure in ("ttft_ms_p99", "tpot_ms_p99", "latency_ms_p99", "memory_gib"):
        known = [option for option in options if option.get(measure) is not None]
        if len(known) < 2:
            continue
        points = tuple(
            Point(
                name=option["name"],
                usd_per_month=option["usd_per_month"],
                value=option[measure],
                is_on_front=option["name"] in pareto.get("front", ()),
                is_pick=option["name"] == pareto.get("pick"),
            )
            for option in known
        )
        return Frontier(measure=measure, points=points, why=str(pareto.get("why", "")))
    return None


def _section(metrics: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = metrics.get(name)
    return found or {}


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    found = metrics.get(name)
    return float(found) if isinstance(found, int | float) else None
