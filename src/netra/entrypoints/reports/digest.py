"""Selects what a report shows from an `Advice`, so that the terminal and the page show the same.

Computes no advice: every number is one of the advice's, or a difference of two.
"""

import enum
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from netra.domain.agents.wording.echo import echo_of
from netra.domain.agents.wording.headline import (
    answer,
    basis,
    is_priced,
    outlook,
    period,
    prospect,
    rate,
    warnings,
)
from netra.domain.optimization.explain.wording import notes
from netra.domain.optimization.metrics import Metrics, Pareto, TargetOutcome
from netra.domain.optimization.model import Gap, Savings, Stance
from netra.domain.optimization.result import Advice, Recommendation
from netra.domain.optimization.wording import cost_change, count, money, percent
from netra.entrypoints.reports.answers import plain_advice
from netra.entrypoints.reports.units import milliseconds, short_count, span

MEASURES: Final[Mapping[str, str]] = {
    "ttft_ms_p99": "time to first token, p99",
    "tpot_ms_p99": "time per output token, p99",
    "latency_ms_p99": "whole call, p99",
    "memory_gib": "memory of one GPU",
}
"""The measures to compare options by, in order of preference, with their names."""


ASKED_BACK: Final = "The question needs a word more before any advice."
"""The headline of an answer that asks back."""


class Shelf(enum.StrEnum):
    """The section of a report that a recommendation belongs to."""

    PLAN = "plan"  # counted in the total saving
    EVALUATE = "evaluate"  # saves money if an evaluation passes
    AVOID = "avoid"  # would cost money or break a limit
    KNOW = "know"  # saves no money, or no more than the plan already does


class FrontierPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One option to serve the traffic: its cost, and one measure to compare it by."""

    name: str
    usd: float  # a month, or of the log itself where no month is known
    value: float | None  # None: not known from the log
    bounds: tuple[float, float] | None  # 80 % interval of a modelled value, always shown with it
    is_on_front: bool
    is_pick: bool


class Frontier(msgspec.Struct, frozen=True, kw_only=True):
    """The options to serve the traffic, and the reason for the pick."""

    measure: str  # "ttft_ms_p99", …
    points: tuple[FrontierPoint, ...]
    why: str  # the reason for the pick

    def formatted(self, point: FrontierPoint) -> str:
        """Format a point's measure: a measured one as a number, a modelled one as a range."""
        if point.value is None:
            return "not known"
        if self.measure == "memory_gib":
            return f"{point.value:,.0f} GiB"
        if point.bounds is None:
            return milliseconds(point.value)
        return f"{milliseconds(point.bounds[0])} to {milliseconds(point.bounds[1])}"


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, sorted into the sections of a report."""

    advice: Advice
    echo: tuple[str, ...]  # what was understood of the question, what was not, and what was assumed
    headline: str
    warnings: tuple[str, ...]  # what a reader must know before any number
    rate: str  # the bill in the log's own time, then a month's with its interval
    prospect: str  # the further saving if evaluations pass; empty without evaluations
    facts: tuple[str, ...]
    now_usd: float | None
    then_usd: float | None
    plan: tuple[Recommendation, ...]  # largest saving first
    to_evaluate: tuple[Recommendation, ...]
    avoid: tuple[Recommendation, ...]
    know: tuple[Recommendation, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    frontier: Frontier | None
    targets: tuple[TargetOutcome, ...]

    @property
    def words(self) -> str:
        """The text of an answer without recommendations, after its echo; empty for other answers."""
        return "" if self.shown else self.advice.report.removeprefix(" ".join(self.echo)).lstrip()

    @property
    def period(self) -> str:
        """The time that dollars refer to, as a suffix of an amount."""
        return period(self.advice.metrics)

    @property
    def steps(self) -> tuple[Recommendation, ...]:
        """The plan in pricing order: each step's saving is on top of the steps before it."""
        return tuple(sorted(self.plan, key=lambda item: item.savings.applied_as or 0))

    @property
    def shown(self) -> tuple[Recommendation, ...]:
        """Every recommendation, the plan first."""
        return (*self.plan, *self.to_evaluate, *self.avoid, *self.know)


def digest_of(advice: Advice, *, dropped: str = "") -> Digest:
    """Return the answer sorted into sections, with every text sanitised.

    `dropped` says which part of the log is in no figure; it stands at the head of the headline.
    """
    advice = plain_advice(advice)
    shelves: dict[Shelf, list[Recommendation]] = {shelf: [] for shelf in Shelf}
    for recommendation in advice.recommendations:
        shelves[shelf_of(recommendation)].append(recommendation)
    metrics = advice.metrics
    plan = metrics.plan
    return Digest(
        advice=advice,
        echo=() if metrics.goals is UNSET else echo_of(metrics.goals).sentences,
        headline=ASKED_BACK if _is_asked_back(metrics) else f"{dropped} {answer(metrics)}".lstrip(),
        warnings=warnings(metrics),
        rate=rate(metrics),
        prospect=prospect(metrics),
        facts=_facts(metrics),
        now_usd=None if plan is UNSET else plan.now_usd,
        then_usd=None if plan is UNSET else plan.planned_usd,
        plan=tuple(shelves[Shelf.PLAN]),
        to_evaluate=tuple(shelves[Shelf.EVALUATE]),
        avoid=tuple(shelves[Shelf.AVOID]),
        know=tuple(shelves[Shelf.KNOW]),
        gaps=metrics.gaps,
        notes=_notes(metrics),
        frontier=None if metrics.pareto is UNSET else _frontier(metrics.pareto),
        targets=metrics.targets,
    )


def _is_asked_back(metrics: Metrics) -> bool:
    return metrics.goals is not UNSET and bool(metrics.goals.ask_back)


def shelf_of(recommendation: Recommendation) -> Shelf:
    """Return the section of `recommendation`; only those of the plan have a marginal saving."""
    if recommendation.savings.applied_as is not None:
        return Shelf.PLAN
    shelves = {Stance.EVALUATE: Shelf.EVALUATE, Stance.AVOID: Shelf.AVOID}
    return shelves.get(recommendation.stance, Shelf.KNOW)


def worth_of(recommendation: Recommendation, *, now_usd: float | None) -> tuple[float, str]:
    """Return the dollars a report shows for it, positive if saved, and the change of the bill.

    Within the plan it is the marginal saving on top of the steps priced before it, else the saving alone.
    """
    marginal_usd = recommendation.savings.marginal_usd
    if marginal_usd is None or not now_usd:
        return recommendation.savings.usd, recommendation.cost_change
    return marginal_usd, cost_change(marginal_usd / now_usd)


def interval(savings: Savings) -> str:
    """Return the bounds of a saving or a cost in words; empty where they are equal or unknown.

    Within the plan, a marginal saving is shown, which the interval of the saving alone does not bound.
    """
    if savings.bounds is None or savings.marginal_usd not in {None, savings.usd}:
        return ""
    low, high = savings.bounds
    if low < 0 < high:
        return f"between {money(-low)} lost and {money(high)} saved"
    least, most = sorted((abs(low), abs(high)))
    return "" if money(least) == money(most) else f"{money(least)} to {money(most)}"


def is_sufficient(advice: Advice) -> bool:
    """Return whether the log sufficed for advice and has a call with a known price."""
    return advice.metrics.data_sufficiency.sufficient and is_priced(advice.metrics)


def _notes(metrics: Metrics) -> tuple[str, ...]:
    """Return the notes on how the numbers were scaled and priced."""
    assumed: Mapping[str, str] = {} if metrics.models_assumed is UNSET else metrics.models_assumed
    priced = [f"Calls of {label!r} are priced as {model}." for label, model in assumed.items()]
    counted = () if metrics.billed is UNSET else (f"The bill is counted {basis(metrics)}.",)
    explained = () if metrics.explanation is UNSET else notes(metrics.explanation)
    return (
        *explained,
        *counted,
        *outlook(metrics),
        *(() if metrics.span is UNSET else metrics.span.notes),
        *priced,
    )


def _facts(metrics: Metrics) -> tuple[str, ...]:
    """Return the log in a few words, omitting unknown metrics."""
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
    """Return the options as points, or None if fewer than two can be compared."""
    for measure in MEASURES:
        if sum(getattr(option, measure) is not None for option in pareto.options) < 2:
            continue
        points = tuple(
            FrontierPoint(
                name=option.name,
                usd=option.usd,
                value=getattr(option, measure),
                bounds=getattr(option, f"{measure}_range", None),
                is_on_front=option.name in pareto.front,
                is_pick=option.name == pareto.pick,
            )
            for option in pareto.options
        )
        return Frontier(measure=measure, points=points, why=pareto.why)
    return None
