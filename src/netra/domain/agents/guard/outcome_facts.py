"""Derive the other side of what is counted: calls that succeeded, do not repeat, keep a limit."""

from collections.abc import Iterator
from typing import Final

from netra.domain.agents.guard.facts import Fact, Rows
from netra.domain.agents.guard.figures import NumberKind
from netra.domain.agents.guard.known_verdicts import Change, KnownVerdicts, TimedFeature
from netra.domain.agents.guard.naming import Name, NameKind, change_of

_STATUS_WORDS: Final = frozenset({"call", "request"})


def facts_of_outcomes(known: KnownVerdicts) -> Iterator[Fact]:
    """Yield the counts and shares of calls on the other side of each outcome."""
    total = known.requests
    if total > 0:
        for name, section in (("succeed", known.failures), ("unrepeated", known.duplicates)):
            if section.requests is not None:
                yield from _calls(total - section.requests, total, needs=(name,))
        if known.failures.share is None and known.failures.requests is not None:
            yield from _calls(known.failures.requests, total, needs=("fail",))
        for change in known.recommendations:
            yield from _of_change(change, total, saved=known.plan.saved_usd_per_month)
    for row in known.latency.by_feature:
        yield from _of_limit(row)
    yield from _of_spread(known)
    yield from _of_plan(known)


def _calls(value: float, total: float, *, needs: tuple[str, ...], rows: Rows = ()) -> Iterator[Fact]:
    for amount, kind in ((value, NumberKind.CALLS), (value / total, NumberKind.SHARE)):
        yield Fact(
            value=amount,
            kind=kind,
            words=_STATUS_WORDS,
            path=f"calls: {', '.join(needs)}",
            rows=rows,
            needs=needs,
            population="call" if kind is NumberKind.SHARE else "",
        )


def _of_change(change: Change, total: float, *, saved: float | None) -> Iterator[Fact]:
    """Yield the calls that a change leaves, and its part of the plan's saving."""
    rows: Rows = (frozenset({change_of(change.kind), Name(text=change.id, kind=NameKind.RECOMMENDATION)}),)
    if change.kind == "batch" and change.calls is not None:
        yield from _calls(total - change.calls, total, needs=("cannot_wait",))
        yield from _calls(change.calls, total, needs=("can_wait",))
        spent = change.inputs.get("eligible_usd_in_window")
        if isinstance(spent, int | float):
            yield Fact(
                value=spent - change.savings.usd_in_window,
                kind=NumberKind.USD,
                path="cost of the calls that can wait at batch prices",
                rows=rows,
                needs=("batch", "would"),
                has_way=True,
            )
    if change.kind == "right_sizing" and change.model and change.calls is not None:
        model: Rows = (frozenset({Name(text=change.model, kind=NameKind.MODEL), change_of(change.kind)}),)
        yield from _calls(total - change.calls, total, needs=("misfit",), rows=model)
        yield Fact(
            value=change.calls / total,
            kind=NumberKind.SHARE,
            path=f"share of the calls that fit {change.model}",
            rows=model,
            needs=("fit",),
            population="call",
        )
    if saved and saved > 0 and change.savings.usd_per_month and change.savings.applied_as is not None:
        for part in {change.savings.usd_per_month, change.savings.marginal_usd_per_month}:
            if part is not None and part > 0:
                yield Fact(
                    value=part / saved,
                    kind=NumberKind.SHARE,
                    path=f"{change.id}'s part of the plan's saving",
                    rows=rows,
                    population="saving",
                )


def _of_spread(known: KnownVerdicts) -> Iterator[Fact]:
    """Yield the mean and the p99 of all calls in medians."""
    if known.span.per_month is not None:
        yield Fact(
            value=known.span.per_month,
            kind=NumberKind.FACTOR,
            path="how often the log fits into a month",
            needs=("of_log",),
        )
    spread = known.profile.latency_ms
    for name, value in (("mean", spread.mean), ("p99", spread.p99)):
        if value is not None and spread.p50:
            yield Fact(
                value=value / spread.p50,
                kind=NumberKind.FACTOR,
                path=f"the {name} latency of all calls in medians",
                needs=("tail_ratio",),
            )


def _of_limit(row: TimedFeature) -> Iterator[Fact]:
    """Yield the calls that keep the limit, how far the p99 is from it, and the p99 in medians."""
    rows: Rows = (frozenset({Name(text=row.feature, kind=NameKind.FEATURE)}),)
    if row.latency_ms_p50 > 0:
        yield Fact(
            value=row.latency_ms_p99 / row.latency_ms_p50,
            kind=NumberKind.FACTOR,
            path=f"{row.feature}'s p99 in medians",
            rows=rows,
            needs=("tail_ratio",),
        )
    if row.limit_ms is None or row.limit_ms <= 0:
        return
    if row.calls_over_limit is not None and row.calls > 0:
        yield from _calls(row.calls - row.calls_over_limit, row.calls, needs=("within_limit",), rows=rows)
    for value, kind in (
        (abs(row.latency_ms_p99 - row.limit_ms) / 1_000, NumberKind.TIME),
        (abs(row.latency_ms_p99 / row.limit_ms - 1), NumberKind.SHARE),
        (row.latency_ms_p99 / row.limit_ms, NumberKind.FACTOR),
    ):
        is_over = row.latency_ms_p99 > row.limit_ms
        yield Fact(
            value=value,
            kind=kind,
            path=f"{row.feature}'s p99 {'over' if is_over else 'under'} its limit",
            rows=rows,
            needs=("over_by" if is_over else "under_by",),
        )


def _of_plan(known: KnownVerdicts) -> Iterator[Fact]:
    """Yield what is left of the bill with the plan, and how far a target is exceeded."""
    plan = known.plan
    if plan.saved_share is not None and plan.now_usd_per_month:
        yield Fact(
            value=1 - plan.saved_share,
            kind=NumberKind.SHARE,
            path="the part of the bill that the plan leaves",
            needs=("remain",),
            population="money",
        )
    yield from _combined(known)
    for target in known.targets:
        if target.target == "saving_share" and target.asked is not None and target.reached is not None:
            yield Fact(
                value=abs(target.reached - target.asked),
                kind=NumberKind.SHARE,
                path="points between the saving asked for and the plan's",
                needs=("limit", "points"),
            )


def _combined(known: KnownVerdicts) -> Iterator[Fact]:
    """Yield what the plan saves of a grown bill, and what the evaluations add to it."""
    plan, growth = known.plan, known.growth
    now, planned, passed = (
        plan.now_usd_per_month,
        plan.planned_usd_per_month,
        plan.if_evaluations_pass_usd_per_month,
    )
    grown, held = growth.bill_usd_per_month, growth.planned_usd_per_month
    for more, less, needs, path in (
        (grown, held, ("saving", "growth"), "what the plan saves of the grown bill"),
        (planned, passed, ("if_pass",), "what passed evaluations save beyond the plan"),
        (now, passed, ("if_pass", "saving"), "what the plan and passed evaluations save"),
    ):
        is_known = (
            more is not None and less is not None and (growth.traffic_growth > 0 or "growth" not in needs)
        )
        if is_known and more is not None and less is not None:
            for value, kind in (
                (more - less, NumberKind.USD),
                (1 - less / more if more else 0.0, NumberKind.SHARE),
            ):
                yield Fact(
                    value=value,
                    kind=kind,
                    period="month" if kind is NumberKind.USD else "",
                    signs="-",
                    way="down",
                    path=path,
                    needs=needs,
                    population="money" if kind is NumberKind.SHARE else "",
                    has_way=True,
                )
