"""Combine findings into a plan: savings do not add up, so the remaining traffic is priced after each change.

The plan is the set of certain findings whose changes, applied in `ORDER`, result in the lowest cost.
Analysers produce the findings; `pareto` picks an option under limits.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.model import ORDER, Finding, Study
from netra.domain.optimization.measures.span import Month
from netra.domain.optimization.model import Checkpoint, Stance
from netra.domain.optimization.traffic import Traffic, repriced
from netra.domain.optimization.worth_bounds import Interval, Known, Part, Value, bounded
from netra.domain.workloads.columns import Floats

EXHAUSTIVE_FINDINGS: Final = (
    4  # findings; up to here all 16 plans are priced, beyond it the weakest are dropped one by one
)
_CENT_SHARE: Final = 1e-12  # share of the bill; smaller differences are rounding errors


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """One finding's dollars, in the window and a month; outside the plan only what it saves alone."""

    finding: Finding
    saved_usd: float  # alone, against the traffic as it is; negative is a loss
    low_usd: float | None  # at the log's own bill; None: the log cannot bound it
    high_usd: float | None
    share: Interval  # of the bill of the month's calls
    touched_usd: float  # present cost of the calls it changes; upper bound of the saving
    touched_calls: int
    monthly: Value  # the first three as dollars a month
    marginal_usd: float | None = None  # its own step in the plan
    marginal_usd_per_month: float | None = None
    cumulative_usd_per_month: float | None = None  # with all earlier steps
    leave_one_out_usd_per_month: float | None = None  # loss of the plan without it


class Composition(msgspec.Struct, frozen=True, kw_only=True):
    """Every finding with its dollars, those of the plan first, in the order of application."""

    planned_usd: float
    planned: Traffic
    plan: tuple[Worth, ...]
    others: tuple[Worth, ...]
    current_usd_per_month: float
    planned_usd_per_month: float
    evaluated_usd_per_month: float  # to pay if every evaluation worth making also passes


def compose(study: Study, findings: Sequence[Finding], *, checkpoint: Checkpoint) -> Composition:
    """Price each finding alone and in the plan.

    `cumulative = cost(as it is) - cost(after the changes so far)` and each marginal is the step in
    it, so marginals sum to the cumulative exactly, up to the rounding of floats: in the window, and in
    the month, which prices the same traffic with the study's `month`.
    """
    ordered = sorted(findings, key=lambda finding: ORDER.index(finding.kind))
    worths: list[Worth] = []
    for number, finding in enumerate(ordered):
        checkpoint(0.5 * number / len(ordered), f"Pricing {finding.kind.replace('_', ' ')}")
        worths.append(worth_alone(study, finding))
    certain = [worth for worth in worths if worth.finding.stance is Stance.DO and worth.finding.change]
    stop_point = partial(checkpoint, 0.5, "Choosing the changes that go together")
    stop_point()
    now = State(traffic=study.traffic, by_call_usd=study.now_usd, month=study.month, stop_point=stop_point)
    chosen = best_together(now, certain)
    stop_point = partial(checkpoint, 0.8, "Pricing each change in its turn")
    stop_point()
    now = msgspec.structs.replace(now, stop_point=stop_point)
    others = [worth for worth in worths if all(worth is not member for member in chosen)]
    return _in_turn(now, chosen, others=others)


def worth_alone(study: Study, finding: Finding) -> Worth:
    """Price `finding` alone: its saving in the window, with its interval."""
    if finding.change is None:
        return _moves_nothing(finding)
    before, month = study.now_usd, study.month
    changed = finding.change(study.traffic)
    by_call = before - repriced(changed, before=study.traffic, before_usd=before)
    hosting_usd = changed.hosting_usd_in_window - study.traffic.hosting_usd_in_window
    touched = (by_call != 0) | (changed.hosted != study.traffic.hosted)
    touched_usd = float(before[touched].sum())
    since, can_lose = slice(month.first, None), bool((by_call < 0).any())
    sampled = study.sampling.share(by_call[since], before[since])
    margin = None if isinstance(sampled, str) else sampled.margin
    part = Part(
        usd=float(by_call.sum()),
        bill_usd=float(before.sum()),
        rent_usd=hosting_usd,
        most_usd=touched_usd,
        can_lose=can_lose,
    )
    monthly = Part(
        usd=month.usd(by_call),
        bill_usd=month.usd(before),
        rent_usd=hosting_usd * month.per_hosting,
        most_usd=month.usd(np.where(touched, before, 0.0)),
        can_lose=can_lose,
    )
    value = bounded(finding, part, margin=margin)
    known = Known(seconds=month.seconds, swing=month.swing) if study.span.is_month_known else None
    return Worth(
        finding=finding,
        saved_usd=value.saved_usd,
        low_usd=value.low_usd,
        high_usd=value.high_usd,
        share=_share(
            finding, monthly, margin=margin, basis=sampled if isinstance(sampled, str) else sampled.basis
        ),
        touched_usd=touched_usd,
        touched_calls=int(touched.sum()),
        monthly=bounded(finding, monthly, margin=margin, known=known),
    )


def _moves_nothing(finding: Finding) -> Worth:
    return Worth(
        finding=finding,
        saved_usd=0.0,
        low_usd=0.0,
        high_usd=0.0,
        share=Interval(low=0.0, high=0.0, basis="it moves no money"),
        touched_usd=0.0,
        touched_calls=0,
        monthly=Value(saved_usd=0.0, low_usd=0.0, high_usd=0.0),
    )


def _share(finding: Finding, monthly: Part, *, margin: float | None, basis: str) -> Interval:
    """Return the interval of the saving's share of the bill."""
    value = bounded(finding, monthly, margin=margin)
    if value.low_usd is None or value.high_usd is None or monthly.bill_usd <= 0:
        return Interval(low=None, high=None, basis=basis)
    return Interval(low=value.low_usd / monthly.bill_usd, high=value.high_usd / monthly.bill_usd, basis=basis)


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Traffic after some changes, with the cost of each call."""

    traffic: Traffic
    by_call_usd: Floats
    month: Month
    stop_point: Callable[
        [], None
    ]  # called before each change, so that the work can be stopped between any two

    @property
    def usd(self) -> float:
        """Dollars of the window, hosting included."""
        return float(self.by_call_usd.sum()) + self.traffic.hosting_usd_in_window

    @property
    def usd_per_month(self) -> float:
        """Dollars of a month like the calls that `month` names, hosting included."""
        return self.month.usd(self.by_call_usd, hosting_usd=self.traffic.hosting_usd_in_window)

    def after(self, worths: Sequence[Worth]) -> "State":
        """Return the state after the findings' changes, in their order."""
        changed = self.traffic
        for change in [worth.finding.change for worth in worths if worth.finding.change is not None]:
            self.stop_point()
            changed = change(changed)
        self.stop_point()
        by_call_usd = repriced(changed, before=self.traffic, before_usd=self.by_call_usd)
        return msgspec.structs.replace(self, traffic=changed, by_call_usd=by_call_usd)


def best_together(now: State, certain: Sequence[Worth]) -> list[Worth]:
    """Return the findings, in order, with the lowest monthly cost; the smaller set on a tie."""
    if len(certain) > EXHAUSTIVE_FINDINGS:
        return _without_burdens(now, certain)
    plans = sorted(_plans(now, certain), key=lambda plan: len(plan[1]))
    noise_usd = _CENT_SHARE * now.usd_per_month
    least_usd, best = plans[0]
    for usd, members in plans[1:]:
        if usd < least_usd - noise_usd:
            least_usd, best = usd, members
    return list(best)


def _plans(state: State, certain: Sequence[Worth]) -> Iterator[tuple[float, tuple[Worth, ...]]]:
    """Yield every subset with its remaining cost; subsets with a common prefix share their states."""
    if not certain:
        yield state.usd_per_month, ()
        return
    first, rest = certain[0], certain[1:]
    yield from _plans(state, rest)
    for usd, members in _plans(state.after([first]), rest):
        yield usd, (first, *members)


def _without_burdens(now: State, certain: Sequence[Worth]) -> list[Worth]:
    """Drop the findings without which the plan costs no more, weakest first."""
    noise_usd = _CENT_SHARE * now.usd_per_month
    chosen = list(certain)
    for worth in sorted(certain, key=lambda worth: worth.monthly.saved_usd):
        fewer = [other for other in chosen if other is not worth]
        if now.after(fewer).usd_per_month <= now.after(chosen).usd_per_month + noise_usd:
            chosen = fewer
    return chosen


def _in_turn(now: State, chosen: Sequence[Worth], *, others: Sequence[Worth]) -> Composition:
    waiting = [
        worth for worth in others if worth.finding.stance is Stance.EVALUATE and worth.monthly.saved_usd > 0
    ]
    states = [now]
    for worth in chosen:
        states.append(states[-1].after([worth]))
    usd, monthly = [state.usd for state in states], [state.usd_per_month for state in states]
    plan = [
        msgspec.structs.replace(
            worth,
            marginal_usd=usd[turn] - usd[turn + 1],
            marginal_usd_per_month=monthly[turn] - monthly[turn + 1],
            cumulative_usd_per_month=monthly[0] - monthly[turn + 1],
            leave_one_out_usd_per_month=states[turn].after(chosen[turn + 1 :]).usd_per_month - monthly[-1],
        )
        for turn, worth in enumerate(chosen)
    ]
    return Composition(
        planned_usd=usd[-1],
        planned=states[-1].traffic,
        plan=tuple(plan),
        others=tuple(others),
        current_usd_per_month=monthly[0],
        planned_usd_per_month=monthly[-1],
        evaluated_usd_per_month=_with_evaluations(now, chosen, waiting=waiting, planned_usd=monthly[-1]),
    )


def _with_evaluations(
    now: State, chosen: Sequence[Worth], *, waiting: Sequence[Worth], planned_usd: float
) -> float:
    """Return the monthly cost when the uncertain changes that still save are added, largest first."""
    members, least_usd = list(chosen), planned_usd
    for worth in sorted(waiting, key=lambda worth: -worth.monthly.saved_usd):
        joined = sorted((*members, worth), key=lambda member: ORDER.index(member.finding.kind))
        usd = now.after(joined).usd_per_month
        if usd < least_usd:
            members, least_usd = joined, usd
    return least_usd
