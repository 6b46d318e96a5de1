"""What a report shows, taken out of an `Advice` once, so that terminal and page say the same.

Nothing here computes advice: every number is one that the advice holds, or a difference of two.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from netra.domain.optimization.model import Advice, Gap, Grade, Recommendation, Savings
from netra.domain.optimization.wording import cost_change, count, money, percent
from netra.entrypoints.reports.units import milliseconds, short_count, span
from netra.entrypoints.terminal.answers import plain_advice

TRUST: Final[Mapping[Grade, str]] = {
    Grade.EXACT: "arithmetic on your counts and list prices",
    Grade.REPLAY: "a replay of your own sequence of calls",
    Grade.MODEL: "a calibrated model, within its interval",
    Grade.JUDGEMENT: "the money is known, the quality is not: evaluate first",
}
"""What a number of each grade rests on."""

MEASURES: Final[Mapping[str, str]] = {
    "ttft_ms_p99": "time to first token, p99",
    "tpot_ms_p99": "time per output token, p99",
    "latency_ms_p99": "whole call, p99",
    "memory_gib": "memory of one GPU",
}
"""What ways to serve the traffic are weighed by, first of them first, in words."""

WORTH_SAYING: Final = 0.01  # of the bill; below it the domain's verdict is "nothing" too


class Shelf(enum.StrEnum):
    """Where a recommendation stands in a report."""

    PLAN = "plan"  # counted in what is saved together
    EVALUATE = "evaluate"  # would save if its answers are good enough
    AVOID = "avoid"  # would cost money
    KNOW = "know"  # moves no money, or none beside the plan


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One way to serve the traffic: dollars, and one measure to weigh them against."""

    name: str
    usd_per_month: float
    value: float | None  # None: the log does not say
    bounds: tuple[float, float] | None  # of 80 %, where the value is modelled; never shown without
    is_on_front: bool
    is_pick: bool


class Frontier(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to serve the traffic, and why one of them is the pick."""

    measure: str  # "ttft_ms_p99", …
    points: tuple[Point, ...]
    why: str  # the reason for the pick

    def told(self, point: Point) -> str:
        """Return a point's measure in words: what was measured as a number, what is modelled as a range."""
        if point.value is None:
            return "not known"
        if self.measure == "memory_gib":
            return f"{point.value:,.0f} GiB"
        if point.bounds is None:
            return milliseconds(point.value)
        return f"{milliseconds(point.bounds[0])} to {milliseconds(point.bounds[1])}"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was asked for, and whether it is reached; None where the log cannot tell."""

    met: bool | None
    why: str


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, sorted for reading."""

    advice: Advice
    headline: str
    prospect: str  # what evaluations could add; empty where there is nothing to evaluate
    facts: tuple[str, ...]
    is_monthly: bool  # whether dollars are a month's, or the log's own
    now_usd: float | None
    then_usd: float | None
    plan: tuple[Recommendation, ...]  # the largest step first
    to_evaluate: tuple[Recommendation, ...]
    avoid: tuple[Recommendation, ...]
    know: tuple[Recommendation, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    frontier: Frontier | None
    targets: tuple[Target, ...]

    @property
    def period(self) -> str:
        """What dollars are counted over, as it stands after an amount."""
        return _period(is_monthly=self.is_monthly)

    @property
    def steps(self) -> tuple[Recommendation, ...]:
        """The plan in the order it was priced: each step's saving is what the steps before it left."""
        return tuple(sorted(self.plan, key=lambda item: item.inputs.get("applied_as", 0)))

    @property
    def shown(self) -> tuple[Recommendation, ...]:
        """Every recommendation, the plan first."""
        return (*self.plan, *self.to_evaluate, *self.avoid, *self.know)


def digest_of(advice: Advice) -> Digest:
    """Return the answer sorted for reading, with every text in it plain."""
    advice = plain_advice(advice)
    shelves: dict[Shelf, list[Recommendation]] = {shelf: [] for shelf in Shelf}
    for recommendation in advice.recommendations:
        shelves[shelf_of(recommendation)].append(recommendation)
    metrics = advice.metrics
    planned = _section(metrics, "plan")
    now_usd = _number(planned, "now_usd_per_month")
    then_usd = _number(planned, "planned_usd_per_month")
    is_monthly = bool(_section(metrics, "span").get("scaled", True))
    return Digest(
        advice=advice,
        headline=_headline(now_usd, then_usd, period=_period(is_monthly=is_monthly)),
        prospect=_prospect(planned, period=_period(is_monthly=is_monthly)),
        facts=_facts(metrics),
        is_monthly=is_monthly,
        now_usd=now_usd,
        then_usd=then_usd,
        plan=tuple(shelves[Shelf.PLAN]),
        to_evaluate=tuple(shelves[Shelf.EVALUATE]),
        avoid=tuple(shelves[Shelf.AVOID]),
        know=tuple(shelves[Shelf.KNOW]),
        gaps=tuple(msgspec.convert(gap, Gap) for gap in metrics.get("gaps", ())),
        notes=_notes(metrics),
        frontier=_frontier(_section(metrics, "pareto")),
        targets=tuple(Target(met=said["met"], why=said["why"]) for said in metrics.get("targets", ())),
    )


def shelf_of(recommendation: Recommendation) -> Shelf:
    """Return where `recommendation` stands: the plan's have a marginal saving, and only they."""
    savings = recommendation.savings
    if savings.marginal_usd_per_month is not None:
        return Shelf.PLAN
    stance = recommendation.inputs.get("stance")
    return Shelf(stance) if stance in {Shelf.EVALUATE, Shelf.AVOID} else Shelf.KNOW


def worth_of(recommendation: Recommendation, *, now_usd: float | None) -> tuple[float, str]:
    """Return the dollars a report counts for it, saved above zero, and what they do to the bill.

    Within the plan that is what it adds to the steps priced before it, else what it is worth alone.
    """
    marginal_usd = recommendation.savings.marginal_usd_per_month
    if marginal_usd is None or not now_usd:
        return recommendation.savings.usd_per_month, recommendation.cost_change
    return marginal_usd, cost_change(marginal_usd / now_usd)


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


def _headline(now_usd: float | None, then_usd: float | None, *, period: str) -> str:
    if not now_usd or then_usd is None:
        return "There is no bill to improve yet."
    saved_usd = now_usd - then_usd
    if saved_usd < WORTH_SAYING * now_usd:
        return f"Nothing here is worth more than 1 % of the bill of {money(now_usd)} {period}."
    left = f"{money(saved_usd)} of {money(now_usd)} {period} can be saved"
    return f"{left}: {percent(saved_usd / now_usd)} of the bill."


def _prospect(planned: Mapping[str, Any], *, period: str) -> str:
    evaluated_usd = _number(planned, "if_evaluations_pass_usd_per_month")
    then_usd = _number(planned, "planned_usd_per_month")
    if evaluated_usd is None or then_usd is None or evaluated_usd > then_usd * (1 - WORTH_SAYING):
        return ""
    less = percent(_number(planned, "if_evaluations_pass_saved_share") or 0.0)
    return f"If what needs an evaluation passes it, the bill is {money(evaluated_usd)} {period}: {less} less."


def _period(*, is_monthly: bool) -> str:
    return "a month" if is_monthly else "in this log"


def _notes(metrics: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a reader must know about how the numbers were scaled and priced."""
    assumed = _section(metrics, "models_assumed")
    priced = [f"Calls of {label!r} are priced as {model}." for label, model in assumed.items()]
    return (*_section(metrics, "span").get("notes", ()), *priced)


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
    for measure in MEASURES:
        if sum(option.get(measure) is not None for option in options) < 2:
            continue
        points = tuple(
            Point(
                name=option["name"],
                usd_per_month=option["usd_per_month"],
                value=option.get(measure),
                bounds=_bounds(option.get(f"{measure}_range")),
                is_on_front=option["name"] in pareto.get("front", ()),
                is_pick=option["name"] == pareto.get("pick"),
            )
            for option in options
        )
        return Frontier(measure=measure, points=points, why=str(pareto.get("why", "")))
    return None


def _bounds(pair: Sequence[float] | None) -> tuple[float, float] | None:
    return None if pair is None else (float(pair[0]), float(pair[1]))


def _section(metrics: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = metrics.get(name)
    return found or {}


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    found = metrics.get(name)
    return float(found) if isinstance(found, int | float) else None
