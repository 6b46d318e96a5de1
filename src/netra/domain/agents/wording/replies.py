"""The answer in words: plain paragraphs from the computed result, the same for the same result.

Nothing is computed here; every number of the text stands in the advice it is written from.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from netra.domain.agents.wording.missing_data import unread_sentence
from netra.domain.optimization.advice.recommendations import WORTH_SAYING
from netra.domain.optimization.model import Advice, Goals, Grade, Recommendation
from netra.domain.optimization.wording import count, money, percent

SHOWN: Final = 3  # recommendations told in full; the rest stand in the result
GAPS: Final = 3

_TRUST: Final[Mapping[Grade, str]] = {
    Grade.EXACT: "exact arithmetic on your counts and list prices",
    Grade.REPLAY: "a replay of your own sequence of calls",
    Grade.MODEL: "a calibrated model, within the interval given",
    Grade.JUDGEMENT: "the money is computed, the quality is not: evaluate before you switch",
}
_TARGETS: Final[Mapping[str, str]] = {
    "saving_share": "The saving asked for",
    "budget_usd_per_month": "The budget",
    "speedup": "The speed-up asked for",
    "ttft_ms_p99": "The limit on the time to first token",
    "tpot_ms_p99": "The limit on the time per output token",
    "latency_ms_p99": "The latency limit",
    "gpu_memory_gib": "The GPU memory limit",
}


def reply(advice: Advice, *, goals: Goals) -> str:
    """Return the report: the answer, the targets, what to do, what is missing."""
    metrics = advice.metrics
    paragraphs = [
        _headline(metrics),
        _targets(metrics),
        _growth(metrics),
        _features(metrics),
        *_recommendations(advice.recommendations, period=_period(metrics)),
        _first_step(advice),
        _gaps(metrics, asked=goals.analyses),
        _notes(metrics),
        unread_sentence(goals),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _headline(metrics: Mapping[str, Any]) -> str:
    """Say what the log costs and what the plan makes of it."""
    plan, period = metrics["plan"], _period(metrics)
    calls = count(metrics["requests"], "call")
    now_usd, planned_usd = plan["now_usd_per_month"], plan["planned_usd_per_month"]
    bill = f"Your {calls}{_scope(metrics)} cost {money(metrics['bill_usd'])} at list prices"
    if metrics["span"]["scaled"]:
        bill += f", which is {money(now_usd)} a month at this rate"
    said = metrics["verdict"]
    if plan["saved_share"] >= WORTH_SAYING:
        said = (
            f"The plan below brings that to {money(planned_usd)} {period}: "
            f"{money(plan['saved_usd_per_month'])} less, {percent(plan['saved_share'])} of the bill."
        )
    evaluated_usd, evaluated_share = _evaluated(plan)
    if evaluated_share - plan["saved_share"] >= WORTH_SAYING:
        said += (
            f" If the evaluations named below pass as well, it is {money(evaluated_usd)} {period}, "
            f"{percent(evaluated_share)} less than now."
        )
    return f"{bill}. {said}{_unpaid(metrics)}"


def _unpaid(metrics: Mapping[str, Any]) -> str:
    """Say what of the bill is of calls that were turned away, where that is a sum at all."""
    if not metrics["unpaid_usd"] > 0:
        return ""
    calls = count(metrics["requests_unpaid"], "call")
    return (
        f" Of the bill, {money(metrics['unpaid_usd'])} is the list price of {calls} that were refused and "
        "not charged: no saving counts it."
    )


def _scope(metrics: Mapping[str, Any]) -> str:
    """Name the parts of the product that the answer is limited to."""
    return f" of {_listed(metrics['scope']['features'])}" if "scope" in metrics else ""


def _period(metrics: Mapping[str, Any]) -> str:
    """Return what dollars are counted over: a log too short to scale speaks for itself only."""
    return "a month" if metrics["span"]["scaled"] else "over the log"


def _evaluated(plan: Mapping[str, Any]) -> tuple[float, float]:
    return plan["if_evaluations_pass_usd_per_month"], plan["if_evaluations_pass_saved_share"]


def _targets(metrics: Mapping[str, Any]) -> str:
    return " ".join(_target(target) for target in metrics["targets"])


def _target(target: Mapping[str, Any]) -> str:
    name = _TARGETS[target["target"]]
    verdict = {True: "is met", False: "is not met", None: "cannot be judged"}[target["met"]]
    return f"{name} ({_asked(target)}) {verdict}: {target['why']}"


def _asked(target: Mapping[str, Any]) -> str:
    asked = target["asked"]
    if target["target"] == "saving_share":
        return f"{percent(asked)}" if asked else "no more money than now"
    if target["target"] == "budget_usd_per_month":
        return f"{money(asked)} a month"
    if target["target"] == "speedup":
        return f"{asked:g} times as fast" if asked != 1 else "no slower than now"
    return f"{asked:g} GiB" if target["target"] == "gpu_memory_gib" else f"{asked:g} ms"


def _growth(metrics: Mapping[str, Any]) -> str:
    growth = metrics["growth"]
    share = growth["traffic_growth"]
    if not share:
        return ""
    change = f"{percent(abs(share))} {'more' if share > 0 else 'less'} traffic"
    now_usd, planned_usd = growth["bill_usd_per_month"], growth["planned_usd_per_month"]
    said = f"With {change}, billed by the token as now, the month costs {money(now_usd)} as it is"
    return f"{said} and {money(planned_usd)} by the plan." if planned_usd < now_usd else f"{said}."


def _features(metrics: Mapping[str, Any]) -> str:
    """Say, for every feature with a limit, whether the log keeps it."""
    limited = [row for row in metrics["latency"]["by_feature"] if row["limit_ms"] is not None]
    return " ".join(
        f"{row['feature']} has a p99 latency of {row['latency_ms_p99']:,.0f} ms against the limit of "
        f"{row['limit_ms']:,.0f} ms, so the log {'keeps' if row['met'] else 'breaks'} it"
        + (f" ({count(row['calls_over_limit'], 'call')} over)." if row["calls_over_limit"] else ".")
        for row in limited[:GAPS]
    )


def _recommendations(found: Sequence[Recommendation], *, period: str) -> Iterable[str]:
    """Tell the first recommendations in full, in the order they come."""
    for recommendation in found[:SHOWN]:
        said = (_sentence(recommendation.action), _sentence(recommendation.impact))
        yield " ".join(sentence for sentence in (*said, _worth(recommendation, period=period)) if sentence)


def _worth(recommendation: Recommendation, *, period: str) -> str:
    """Return a recommendation's money, how sure it is, and how to check it."""
    savings, trust = recommendation.savings, _TRUST[recommendation.grade]
    check = f"To check: {_sentence(recommendation.how_to_verify)}"
    sure = f"Grade {recommendation.grade.value}: {trust}."
    if savings.usd_per_month == 0:
        return f"{sure} {check}"
    is_planned = savings.marginal_usd_per_month is not None
    verb = _verb(savings.usd_per_month, is_planned=is_planned)
    low, high = sorted((abs(savings.low), abs(savings.high)))
    between = "" if money(low) == money(high) else f", between {money(low)} and {money(high)}"
    if savings.low < 0 < savings.high:
        between = f", between a loss of {money(-savings.low)} and a gain of {money(savings.high)}"
    amount = f"{money(abs(savings.usd_per_month))} {period}{between}"
    return f"{verb} {amount} ({recommendation.cost_change}). {sure} {check}"


def _verb(saved_usd: float, *, is_planned: bool) -> str:
    if is_planned:
        return "Saves" if saved_usd > 0 else "Costs"
    return "Would save" if saved_usd > 0 else "Would cost"


def _first_step(advice: Advice) -> str:
    if not advice.actions:
        return ""
    first = advice.actions[0]
    said = [f"Do this first: {_sentence(first.title)}", *(_sentence(step) for step in first.steps[:1])]
    if first.roll_back:
        said.append(f"To take it back: {_sentence(first.roll_back)}")
    return " ".join(said)


def _gaps(metrics: Mapping[str, Any], *, asked: Sequence[str]) -> str:
    """Say what the log lacks and what it would add, for what was asked first of all."""
    gaps = sorted(metrics["gaps"], key=lambda gap: gap["kind"] not in asked)  # stable: else as they come
    told = [_gap(gap) for gap in gaps[:GAPS]]
    return f"What is missing: {' '.join(told)}" if told else ""


def _gap(gap: Mapping[str, Any]) -> str:
    reason, adds = _sentence(gap["reason"]), _sentence(gap["would_add"])
    return f"{reason} {_listed(gap['missing'])} would add: {adds}" if gap["missing"] else f"{reason} {adds}"


def _notes(metrics: Mapping[str, Any]) -> str:
    """Say what was taken for granted about models and time."""
    assumed = [
        f"Calls labelled {label} are priced as {model}." for label, model in metrics["models_assumed"].items()
    ]
    return " ".join([*assumed, *metrics["span"]["notes"]])


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _sentence(text: str) -> str:
    """Return `text` as a sentence of its own; a name that opens it keeps its case."""
    stripped = text.strip()
    if not stripped:
        return ""
    ended = stripped if stripped[-1] in ".!?" else f"{stripped}."
    first, *_ = ended.split()
    return ended[0].upper() + ended[1:] if first.rstrip(".,!?").isalpha() else ended
