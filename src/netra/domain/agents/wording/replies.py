"""Write the answer as plain paragraphs; the same result always gives the same text.

This module computes nothing: every number in the text comes from the advice.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import UNSET

from netra.domain.agents.wording.echo import echo_text
from netra.domain.agents.wording.headline import (
    TRUST,
    basis,
    headline,
    outlook,
    period,
    prospect,
    warnings,
)
from netra.domain.optimization.explain.wording import notes, summary
from netra.domain.optimization.metrics import Metrics, TargetName, TargetOutcome
from netra.domain.optimization.model import Gap, Goals
from netra.domain.optimization.result import Advice, Recommendation
from netra.domain.optimization.wording import count, money, percent

SHOWN: Final = 3  # most recommendations described in full; the others are in the result only
GAPS: Final = 3

_TARGETS: Final[Mapping[TargetName, str]] = {
    "saving_share": "The saving asked for",
    "saving_usd_per_month": "The saving asked for",
    "budget_usd_per_month": "The budget",
    "speedup": "The speed-up asked for",
    "ttft_ms_p99": "The limit on the time to first token",
    "tpot_ms_p99": "The limit on the time per output token",
    "latency_ms_p99": "The latency limit",
    "gpu_memory_gib": "The GPU memory limit",
    "gpus": "The fleet asked about",
    "rent_usd_in_window": "The rent of your own GPUs",
}
_FLEETS: Final[tuple[TargetName, ...]] = ("gpus", "rent_usd_in_window")  # their reasons are the verdict


def reply(advice: Advice, *, goals: Goals) -> str:
    """Return the report: summary, targets, recommendations, missing data."""
    metrics = advice.metrics
    paragraphs = [
        echo_text(goals),
        _explanation(metrics),
        _opening(metrics),
        _targets(metrics),
        _growth(metrics),
        " ".join(outlook(metrics)),
        _features(metrics),
        *_recommendations(advice.recommendations, period=period(metrics)),
        prospect(metrics),
        _first_step(advice),
        _gaps(metrics, asked=goals.analyses),
        _notes(metrics),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _opening(metrics: Metrics) -> str:
    """Return the log's cost and the plan's saving."""
    calls = count(metrics.requests, "call")
    bill = f"Your {calls}{_scope(metrics)} cost {money(metrics.bill_usd)} {basis(metrics)}"
    if metrics.plan is not UNSET and metrics.span is not UNSET and metrics.span.is_month_known:
        bill += f", which is {money(metrics.plan.now_usd)} a month at this rate{_interval(metrics)}"
    parts = (*warnings(metrics), f"{bill}.", headline(metrics), _unpaid(metrics))
    return " ".join(part for part in parts if part)


def _interval(metrics: Metrics) -> str:
    """Return the interval of the month's bill."""
    month = metrics.bill_usd_per_month
    return "" if month is None else f", between {money(month.low)} and {money(month.high)}"


def _explanation(metrics: Metrics) -> str:
    """Return why the bill changed, where the question asks for it."""
    if metrics.explanation is UNSET:
        return ""
    return " ".join((summary(metrics.explanation), *notes(metrics.explanation)))


def _unpaid(metrics: Metrics) -> str:
    """Return the part of the bill for calls that the provider refused and did not charge; empty if zero."""
    if metrics.unpaid_usd is UNSET or metrics.requests_unpaid is UNSET or not metrics.unpaid_usd > 0:
        return ""
    calls = count(metrics.requests_unpaid, "call")
    return (
        f"Of the bill, {money(metrics.unpaid_usd)} is the list price of {calls} that were refused and "
        "not charged: no saving counts it."
    )


def _scope(metrics: Metrics) -> str:
    """Return the phrase that names the features the answer is limited to, and those it leaves out."""
    scope = metrics.scope
    if scope is UNSET:
        return ""
    only = f" of {_listed(scope.features)}" if scope.features else ""
    return f"{only} outside {_listed(scope.excluded)}" if scope.excluded is not UNSET else only


def _targets(metrics: Metrics) -> str:
    return " ".join(_target(target) for target in metrics.targets)


def _target(target: TargetOutcome) -> str:
    if target.target in _FLEETS:
        return target.why
    verdict = {True: "is met", False: "is not met", None: "cannot be judged"}[target.met]
    where = "" if target.feature is UNSET else f" for {target.feature}"
    return f"{_TARGETS[target.target]}{where} ({_asked(target)}) {verdict}: {target.why}"


def _asked(target: TargetOutcome) -> str:
    asked = target.asked or 0.0  # only a fleet, which has words of its own, is asked about without a number
    if target.target == "saving_share":
        return f"{percent(asked)}" if asked else "no more money than now"
    if target.target in ("budget_usd_per_month", "saving_usd_per_month"):
        return f"{money(asked)} a month"
    if target.target == "speedup":
        return f"{asked:g} times as fast" if asked != 1 else "no slower than now"
    if target.target == "gpu_memory_gib":
        return f"{asked:g} GiB"
    return f"{asked:g} ms" if target.percentile is UNSET else f"{asked:g} ms at p{target.percentile:g}"


def _growth(metrics: Metrics) -> str:
    growth = metrics.growth
    if growth is UNSET or not growth.traffic_growth:
        return ""
    share = growth.traffic_growth
    change = f"{percent(abs(share))} {'more' if share > 0 else 'less'} traffic"
    now_usd, planned_usd = growth.bill_usd, growth.planned_usd
    span = "month" if metrics.span is UNSET or metrics.span.is_month_known else "time of the log"
    bill = f"With {change}, billed by the token as now, the {span} costs {money(now_usd)} as it is"
    return f"{bill} and {money(planned_usd)} by the plan." if planned_usd < now_usd else f"{bill}."


def _features(metrics: Metrics) -> str:
    """Return, for every feature with a latency limit, whether the log meets it."""
    if metrics.latency is UNSET:
        return ""
    limited = [row for row in metrics.latency.by_feature if row.limit_ms is not None]
    return " ".join(
        f"{row.feature} has a p99 latency of {row.latency_ms_p99:,.0f} ms against the limit of "
        f"{row.limit_ms:,.0f} ms, so the log {'keeps' if row.met else 'breaks'} it"
        + (f" ({count(row.calls_over_limit, 'call')} over)." if row.calls_over_limit else ".")
        for row in limited[:GAPS]
    )


def _recommendations(found: Sequence[Recommendation], *, period: str) -> Iterable[str]:
    """Yield a paragraph for each of the first recommendations, in order."""
    for recommendation in found[:SHOWN]:
        sentences = (_sentence(recommendation.action), _sentence(recommendation.impact))
        yield " ".join(
            sentence for sentence in (*sentences, _worth(recommendation, period=period)) if sentence
        )


def _worth(recommendation: Recommendation, *, period: str) -> str:
    """Return a recommendation's saving, its grade and how to verify it."""
    savings, trust = recommendation.savings, TRUST[recommendation.grade]
    check = f"To check: {_sentence(recommendation.how_to_verify)}"
    sure = f"Grade {recommendation.grade.value}: {trust}."
    if savings.usd == 0:
        return f"{sure} {check}"
    verb = _verb(savings.usd, is_planned=savings.applied_as is not None)
    amount = f"{money(abs(savings.usd))} {period}{_between(savings.bounds)}"
    return f"{verb} {amount} ({_change(recommendation)}). {sure} {check}"


def _between(bounds: tuple[float, float] | None) -> str:
    """Return the interval of a saving; empty where it is a point or not known."""
    if bounds is None:
        return ""
    low, high = bounds
    if low < 0 < high:
        return f", between a loss of {money(-low)} and a gain of {money(high)}"
    least, most = sorted((abs(low), abs(high)))
    return "" if money(least) == money(most) else f", between {money(least)} and {money(most)}"


def _change(recommendation: Recommendation) -> str:
    """Return the change of the bill with its interval, or the reason why there is no interval."""
    savings = recommendation.savings
    if savings.share_low is None or savings.share_high is None:
        return f"{recommendation.cost_change} of the bill; no interval: {savings.interval}"
    return f"{recommendation.cost_change} of the bill{_shares(savings.share_low, savings.share_high)}"


def _shares(low: float, high: float) -> str:
    """Return the interval of a saving's share of the bill; empty where it is a point."""
    if low < 0 < high:
        return f", between {percent(-low)} more and {percent(high)} less"
    ends = [percent(share) for share in sorted((abs(low), abs(high)))]
    return "" if ends[0] == ends[1] else f", between {ends[0]} and {ends[1]}"


def _verb(saved_usd: float, *, is_planned: bool) -> str:
    if is_planned:
        return "Saves" if saved_usd > 0 else "Costs"
    return "Would save" if saved_usd > 0 else "Would cost"


def _first_step(advice: Advice) -> str:
    if not advice.actions:
        return ""
    first = advice.actions[0]
    sentences = [f"Do this first: {_sentence(first.title)}", *(_sentence(step) for step in first.steps[:1])]
    if first.roll_back:
        sentences.append(f"To undo it: {_sentence(first.roll_back)}")
    return " ".join(sentences)


def _gaps(metrics: Metrics, *, asked: Sequence[str]) -> str:
    """Return the data missing from the log and its use; gaps of the analyses asked for come first."""
    # the sort is stable, so other gaps keep their order
    gaps = sorted(metrics.gaps, key=lambda gap: gap.kind not in asked)
    sentences = [_gap(gap) for gap in gaps[:GAPS]]
    return f"What is missing: {' '.join(sentences)}" if sentences else ""


def _gap(gap: Gap) -> str:
    reason, adds = _sentence(gap.reason), _sentence(gap.would_add)
    return f"{reason} {_listed(gap.missing)} would add: {adds}" if gap.missing else f"{reason} {adds}"


def _notes(metrics: Metrics) -> str:
    """Return the assumptions about models and time."""
    labels: Mapping[str, str] = {} if metrics.models_assumed is UNSET else metrics.models_assumed
    assumed = [f"Calls labelled {label} are priced as {model}." for label, model in labels.items()]
    return " ".join([*assumed, *(() if metrics.span is UNSET else metrics.span.notes)])


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _sentence(text: str) -> str:
    """Return `text` as a sentence; an initial word that is not plain letters keeps its case."""
    stripped = text.strip()
    if not stripped:
        return ""
    ended = stripped if stripped[-1] in ".!?" else f"{stripped}."
    first, *_ = ended.split()
    return ended[0].upper() + ended[1:] if first.rstrip(".,!?").isalpha() else ended
