"""Chooses between options to serve the traffic: applies the limits, finds the Pareto front, picks one.

An option of unknown latency stays allowed, and the reason states that its limit is not verified. An option
that needs an evaluation is never the pick, only the candidate. Limits only remove options, so a further
limit never makes the pick, or the candidate, cheaper.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from netra.domain.optimization.metrics import Pareto, RefusedOption
from netra.domain.optimization.model import Goals, Option, Priority
from netra.domain.optimization.wording import at_traffic, money

Measure = Literal["ttft_ms_p99", "tpot_ms_p99", "latency_ms_p99"]
MEASURES: Final[tuple[Measure, ...]] = ("ttft_ms_p99", "latency_ms_p99", "tpot_ms_p99")


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """The option to take, and the reason; `option` is None if every option breaks a limit."""

    option: Option | None
    candidate: Option | None  # the best option if all evaluations pass; None: the pick is the best
    why: str
    measure: Measure | None  # the latency compared with dollars; None: no latency is known
    front: tuple[Option, ...]
    refused: tuple[tuple[str, str], ...]  # (option, the limit it breaks)


def pick(
    options: Sequence[Option], *, goals: Goals, now_usd: float | None = None, period: str = "a month"
) -> Pick:
    """Return the best option under the limits: least dollars, least p99, or a balance of both.

    `now_usd` is the present bill, the baseline of a question about savings; None: not known. `period` is what
    it and the options' dollars are of, in words.
    """
    broken = [broken_limit(option, goals=goals, now_usd=now_usd) for option in options]
    refused = [(option.name, why) for option, why in zip(options, broken, strict=True) if why is not None]
    allowed = [option for option, why in zip(options, broken, strict=True) if why is None]
    certain = [option for option in allowed if not option.needs_evaluation]
    measure = measure_of(options, goals=goals)
    frontier = front(allowed, measure=measure)
    chosen = _best(front(certain, measure=measure), measure=measure, priority=goals.priority)
    candidate = _best(frontier, measure=measure, priority=goals.priority)
    return Pick(
        option=chosen,
        candidate=None if candidate is chosen else candidate,
        why=_why(chosen, candidate, measure=measure, goals=goals, refused=refused, period=period),
        measure=measure,
        front=tuple(frontier),
        refused=tuple(refused),
    )


def pareto_metrics(options: Sequence[Option], chosen: Pick) -> Pareto:
    """Return the options, the front, the pick and why, as the result shows them."""
    return Pareto(
        options=tuple(options),
        front=tuple(option.name for option in chosen.front),
        pick=None if chosen.option is None else chosen.option.name,
        candidate=None if chosen.candidate is None else chosen.candidate.name,
        why=chosen.why,
        measure=chosen.measure,
        refused=tuple(RefusedOption(option=name, why=why) for name, why in chosen.refused),
    )


def broken_limit(option: Option, *, goals: Goals, now_usd: float | None = None) -> str | None:
    """Return the first limit that the option is known to break, in words; None if it breaks no limit.

    The budget applies to the expected traffic: every option's dollars are assumed to grow with it. It is one
    a month, so it removes nothing where no month is known.
    """
    growth = goals.traffic_growth or 0.0
    usd = None if option.usd_per_month is None else option.usd_per_month * (1 + growth)
    limits: tuple[tuple[str, float | None, float | None, str], ...] = (
        ("budget", usd, goals.budget_usd_per_month, "USD a month"),
        ("bill", option.usd, dearest_usd(goals, now_usd=now_usd), "USD"),
        ("TTFT p99", option.ttft_ms_p99, goals.ttft_ms_p99, "ms"),
        ("TPOT p99", option.tpot_ms_p99, goals.tpot_ms_p99, "ms"),
        ("latency p99", option.latency_ms_p99, goals.latency_ms.get(""), "ms"),
        ("GPU memory", option.memory_gib, goals.gpu_memory_gib, "GiB"),
    )
    for name, value, limit, unit in limits:
        if value is not None and limit is not None and value > limit:
            at = at_traffic(growth) if name == "budget" else ""
            return f"{name} {value:,.1f} {unit}{at} is over the limit of {limit:,.1f} {unit}"
    return _broken_fleet(option, goals=goals)


def _broken_fleet(option: Option, *, goals: Goals) -> str | None:
    """Return the bound on a number of GPUs that the option breaks; None without one."""
    if option.gpu is None or option.gpus is None:
        return None
    for fleet in goals.fleets:
        is_same = option.gpu.lower().startswith(fleet.name.split()[0].lower())
        if (
            fleet.count is not None
            and (fleet.is_bound or fleet.is_owned)
            and is_same
            and option.gpus > fleet.count
        ):
            return f"{option.gpus} {option.gpu} are over the limit of {fleet.count}"
    return None


def dearest_usd(goals: Goals, *, now_usd: float | None) -> float | None:
    """Return the upper bound on the bill that a question about savings implies; None without one.

    A saving is a target and may be missed, but asking for it (or for no extra cost, a share of 0) implies a
    bill no higher than now. A negative share is the increase that is allowed.

    >>> [dearest_usd(Goals(saving_share=share), now_usd=100.0) for share in (0.2, 0.0, -0.5, None)]
    [100.0, 100.0, 150.0, None]
    """
    if goals.saving_share is None or now_usd is None:
        return None
    return now_usd * (1 - min(goals.saving_share, 0.0))


def measure_of(options: Sequence[Option], *, goals: Goals) -> Measure | None:
    """Return the latency measure to compare by: a limited one first, else the one most options know."""
    asked: tuple[Measure, ...] = (
        *(("ttft_ms_p99",) if goals.ttft_ms_p99 is not None else ()),
        *(("latency_ms_p99",) if goals.latency_ms else ()),
        *(("tpot_ms_p99",) if goals.tpot_ms_p99 is not None else ()),
    )
    counted = {measure: sum(getattr(o, measure) is not None for o in options) for measure in MEASURES}
    for measure in asked:
        if counted[measure]:
            return measure
    best = max(MEASURES, key=lambda measure: counted[measure])
    return best if counted[best] else None


def front(options: Sequence[Option], *, measure: Measure | None) -> list[Option]:
    """Return the Pareto front in dollars and `measure`, cheapest first.

    An option whose measure is unknown counts as slowest: it stays only if it is the cheapest.
    """
    ordered = sorted(options, key=lambda option: (option.usd, _ms(option, measure), option.name))
    kept: list[Option] = []
    for option in ordered:
        if not kept or _ms(option, measure) < _ms(kept[-1], measure):
            kept.append(option)
    return kept


def _ms(option: Option, measure: Measure | None) -> float:
    value: float | None = None if measure is None else getattr(option, measure)
    return float("inf") if value is None else value


def _best(frontier: Sequence[Option], *, measure: Measure | None, priority: Priority) -> Option | None:
    """Return the pick of a front: its cheapest end, its fastest end, or the least product of both."""
    if not frontier:
        return None
    if priority is Priority.COST or measure is None:
        return frontier[0]
    if priority is Priority.PERFORMANCE:
        return frontier[-1]
    known = [option for option in frontier if _ms(option, measure) < float("inf")]
    return min(known or frontier, key=lambda o: (o.usd * _ms(o, measure), o.usd))


def _why(
    chosen: Option | None,
    candidate: Option | None,
    *,
    measure: Measure | None,
    goals: Goals,
    refused: Sequence[tuple[str, str]],
    period: str,
) -> str:
    if chosen is None:
        return _none_left(candidate, refused, period=period)
    reason = {
        Priority.COST: (f"It is the cheapest option within the limits, at {money(chosen.usd)} {period}."),
        Priority.PERFORMANCE: "It has the lowest p99 latency within the limits and the budget.",
        Priority.BALANCED: "It has the lowest product of cost and p99 latency within the limits.",
    }[goals.priority]
    if goals.priority is not Priority.COST and _ms(chosen, measure) == float("inf"):
        reason = (
            "Its latency is not known, so it is chosen by cost: it is the cheapest option available today."
        )
    if candidate is not None and candidate is not chosen:
        reason += (
            f" If its answers pass an evaluation, {candidate.name} is better, at "
            f"{money(candidate.usd)} {period}."
        )
    return reason + _unverified(chosen, goals=goals)


def _unverified(chosen: Option, *, goals: Goals) -> str:
    """Name the limits that could not be verified for the pick, as its latency is not in the log."""
    limits: tuple[tuple[str, float | None, float | None], ...] = (
        ("TTFT", goals.ttft_ms_p99, chosen.ttft_ms_p99),
        ("TPOT", goals.tpot_ms_p99, chosen.tpot_ms_p99),
        ("latency", goals.latency_ms.get(""), chosen.latency_ms_p99),
    )
    open_ones = [name for name, limit, value in limits if limit is not None and value is None]
    return f" Its {' and '.join(open_ones)} is not known, so that limit is not verified." if open_ones else ""


def _none_left(candidate: Option | None, refused: Sequence[tuple[str, str]], *, period: str) -> str:
    if candidate is not None:
        return (
            f"No option available today keeps the limits; {candidate.name} would, at "
            f"{money(candidate.usd)} {period}, if its answers pass an evaluation."
        )
    if not refused:
        return "There are no options to choose from."
    name, broken = refused[0]
    return f"Every option breaks a limit; for example {name}: {broken}."
