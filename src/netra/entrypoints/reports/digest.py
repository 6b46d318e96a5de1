"""What a report shows, taken out of an `Advice` once, so that terminal and page say the same.

Nothing here computes advice: every number is one that the advice holds, or a difference of two.
"""

import enum
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from netra.domain.agents.wording.headline import headline, period, prospect
from netra.domain.optimization.metrics import Metrics, Pareto, TargetOutcome
from netra.domain.optimization.model import Gap, Savings, Stance
from netra.domain.optimization.result import Advice, Recommendation
from netra.domain.optimization.wording import cost_change, count, money, percent
from netra.entrypoints.reports.units import milliseconds, short_count, span

MEASURES: Final[Mapping[str, str]] = {
    "ttft_ms_p99": "time to first token, p99",
    "tpot_ms_p99": "time per output token, p99",
    "latency_ms_p99": "whole call, p99",
    "memory_gib": "memory of one GPU",
}
"""What ways to serve the traffic are weighed by, first of them first, in words."""


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
    targets: tuple[TargetOutcome, ...]

    @property
    def period(self) -> str:
        """What dollars are counted over, as it stands after an amount."""
        return period(self.advice.metrics)

    @property
    def steps(self) -> tuple[Recommendation, ...]:
        """The plan in the order it was priced: each step's saving is what the steps before it left."""
        return tuple(sorted(self.plan, key=lambda item: item.savings.applied_as or 0))

    @property
    def shown(self) -> tuple[Recommendation, ...]:
        """Every recommendation, the plan first."""
        return (*self.plan, *self.to_evaluate, *self.avoid, *self.know)


def digest_of(advice: Advice) -> Digest:
    """Return the answer sorted for reading."""
    shelves: dict[Shelf, list[Recommendation]] = {shelf: [] for shelf in Shelf}
    for recommendation in advice.recommendations:
        shelves[shelf_of(recommendation)].append(recommendation)
    metrics = advice.metrics
    plan = metrics.plan
    return Digest(
        advice=advice,
        headline=headline(metrics),
        prospect=prospect(metrics),
        facts=_facts(metrics),
        is_monthly=metrics.span is UNSET or metrics.span.is_month_known,
        now_usd=None if plan is UNSET else plan.now_usd_per_month,
        then_usd=None if plan is UNSET else plan.planned_usd_per_month,
        plan=tuple(shelves[Shelf.PLAN]),
        to_evaluate=tuple(shelves[Shelf.EVALUATE]),
        avoid=tuple(shelves[Shelf.AVOID]),
        know=tuple(shelves[Shelf.KNOW]),
        gaps=metrics.gaps,
        notes=_notes(metrics),
        frontier=None if metrics.pareto is UNSET else _frontier(metrics.pareto),
        targets=metrics.targets,
    )


def shelf_of(recommendation: Recommendation) -> Shelf:
    """Return where `recommendation` stands: the plan's were applied in some order, and only they."""
    if recommendation.savings.applied_as is not None:
        return Shelf.PLAN
    shelves = {Stance.EVALUATE: Shelf.EVALUATE, Stance.AVOID: Shelf.AVOID}
    return shelves.get(recommendation.stance, Shelf.KNOW)


def worth_of(recommendation: Recommendation, *, now_usd: float | None) -> tuple[float, str]:
    """Return the dollars a report counts for it, saved above zero, and what they do to the bill.

    Within the plan that is what it adds to the steps priced before it, else what it is worth alone.
    """
    marginal_usd = recommendation.savings.marginal_usd
    if marginal_usd is None or not now_usd:
        return recommendation.savings.usd, recommendation.cost_change
    return marginal_usd, cost_change(marginal_usd / now_usd)


def interval(savings: Savings) -> str:
    """Return the bounds of what is counted for it; empty where they are one point or not known.

    Within the plan that is a marginal saving, which the interval of the saving alone does not bound.
    """
    if savings.bounds is None or savings.marginal_usd not in {None, savings.usd}:
        return ""
    low, high = savings.bounds
    if low < 0 < high:
        return f"between {money(-low)} lost and {money(high)} saved"
    least, most = sorted((abs(low), abs(high)))
    return "" if money(least) == money(most) else f"{money(least)} to {money(most)}"


def is_sufficient(advice: Advice) -> bool:
    """Return whether the log held enough to advise on."""
    return advice.metrics.data_sufficiency.sufficient


def _notes(metrics: Metrics) -> tuple[str, ...]:
    """Return what a reader must know about how the numbers were scaled and priced."""
    assumed = {} if metrics.models_assumed is UNSET else metrics.models_assumed
    priced = [f"Calls of {label!r} are priced as {model}." for label, model in assumed.items()]
    return (*(() if metrics.span is UNSET else metrics.span.notes), *priced)


def _facts(metrics: Metrics) -> tuple[str, ...]:
    """Return the log in a few words, leaving out what the metrics do not have."""
    seconds = None if metrics.span is UNSET else metrics.span.seconds
    duplicates = metrics.duplicates.share
    facts = (
        count(metrics.requests, "call"),
        f"over {span(seconds)}" if seconds else None,
        f"{short_count(metrics.input_tokens)} tokens in" if metrics.requests else None,
        f"{short_count(metrics.output_tokens)} out" if metrics.requests else None,
        f"{percent(duplicates)} exact duplicates" if duplicates else None,
    )
    return tuple(fact for fact in facts if fact is not None)


def _frontier(pareto: Pareto) -> Frontier | None:
    """Return the options as points, or None where fewer than two can be compared."""
    for measure in MEASURES:
        if sum(getattr(option, measure) is not None for option in pareto.options) < 2:
            continue
        points = tuple(
            Point(
                name=option.name,
                usd_per_month=option.usd_per_month,
                value=getattr(option, measure),
                bounds=getattr(option, f"{measure}_range", None),
                is_on_front=option.name in pareto.front,
                is_pick=option.name == pareto.pick,
            )
            for option in pareto.options
        )
        return Frontier(measure=measure, points=points, why=pareto.why)
    return None
