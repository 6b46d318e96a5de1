"""Autoscaling and idle GPUs: policies replayed on at least a day of the log's arrivals.

Formula: `idle = 1 - sum(min(demand, held)) / sum(held)` over windows of a minute, where demand is arrivals
per second divided by one replica's capacity. Needs a day or more of data to contain the daily peak. Of two
days or more, the last one judges the numbers that the days before it gave; of less, the day itself does,
which the assumptions state.
"""

from math import ceil
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of, concerns_own_gpus
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.measures.span import dense_ends
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.performance.configurations import ServingConfiguration
from netra.domain.optimization.performance.estimates import ranked_by_estimate
from netra.domain.optimization.performance.scaling import (
    COOL_DOWN_S,
    START_UP_S,
    TARGET,
    WINDOW_S,
    Demand,
    Policy,
    Scaled,
    demand_of,
    parted,
    scaled,
)
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import Autoscaling, SupplySettings
from netra.domain.optimization.wording import count, money, percent
from netra.domain.workloads.columns import Floats

KIND: Final = "autoscaling"
FORMULA: Final = (
    "idle = 1 - sum min(demand, held) / sum held, by minute; demand = arrivals a second / carried a replica"
)
DAY_S: Final = 86_400.0
_ASSUMPTIONS: Final = (
    f"A replica serves requests {START_UP_S:,.0f} s after it is requested.",
    (
        f"The reactive policy targets {percent(TARGET)} utilisation and scales down after "
        f"{COOL_DOWN_S:,.0f} s."
    ),
)
_ONE_DAY: Final = (
    "The log covers one day, so the fixed and the hourly numbers are judged on the day they were made from: "
    "expect worse results on other days."
)
_FEWEST_DAYS: Final = 2  # whole days from which another day judges
_SHORT_ALLOWED: Final = 0.01  # largest share of the demand that may fall in minutes with too few replicas


class PricedPolicy(Scaled, frozen=True, kw_only=True):
    """One policy's replay, with its price over the log's span."""

    usd_in_window: float


class AutoscalingInputs(Inputs, frozen=True, kw_only=True):
    """The cost and the unmet demand of each policy."""

    model: str
    configuration: str
    usd_per_replica_hour: float
    days: float
    days_judged: float  # of `days`, at the end: the policies are made from those before and judged on these
    policies: tuple[PricedPolicy, ...]  # over the judged days
    saved_usd_in_window_against_fixed: float
    saved_usd_per_month_against_fixed: float | None  # None: the log covers less than a day


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the cost and unmet demand of each policy over the log; a gap if it covers less than a day."""
    if not len(study.events) or not concerns_own_gpus(study, kind=KIND):
        return ()
    if study.span.seconds < 0.98 * DAY_S:
        return (_too_short(study),)
    case = case_of(study, kind=KIND, priced_only=False)
    if isinstance(case, Gap):
        return (case,)
    ranked = ranked_by_estimate(case.candidates, load=case.load, slo=case.slo)
    if not ranked:
        return ()  # `self_hosting` reports that no configuration keeps the limits
    checkpoint(0.3, "Replaying autoscaling policies")
    configuration = ranked[0].configuration
    arrive_s = arrivals_s(study, case)
    demand = demand_of(arrive_s, seconds=study.span.seconds, carried_per_s=ranked[0].carried_per_s)
    judged = judged_on_another_day(demand)
    left_out = _outside(study, len(case.requests) - len(arrive_s))
    return (_finding(study, case, judged, configuration=configuration, left_out=left_out),)


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The policies over the days that judge them."""

    policies: list[Scaled]
    seconds: float  # of the days that judge
    note: str


def judged_on_another_day(demand: Demand) -> Judged:
    """Return the policies over the last whole day, made from the days before it; of one day, over itself."""
    a_day = ceil(DAY_S / WINDOW_S)
    whole_days = demand.windows // a_day
    if whole_days < _FEWEST_DAYS:
        policies = [scaled(demand, policy=policy) for policy in Policy]
        return Judged(policies=policies, seconds=demand.windows * WINDOW_S, note=_ONE_DAY)
    learned, last = parted(demand, window=(whole_days - 1) * a_day)
    return Judged(
        policies=[scaled(last, policy=policy, learned=learned) for policy in Policy],
        seconds=last.windows * WINDOW_S,
        note=(
            f"The numbers are made from the first {count(whole_days - 1, 'day')} and judged on the "
            f"{last.windows * WINDOW_S / 3600:,.0f} h after."
        ),
    )


def arrivals_s(study: Study, case: Case) -> Floats:
    """Return the arrival times of the calls within the span that a month is scaled from, from its start."""
    begin, end = dense_ends(study.events.at_ns)
    at_ns = study.events.at_ns[case.where]
    inside = at_ns[(at_ns >= begin) & (at_ns <= end)]
    return np.asarray((inside - begin) * 1e-9, np.float64)


def best_of(days: list[Scaled]) -> Scaled:
    """Return the policy that meets the demand with the fewest replica-hours, else that which misses least."""
    able = [day for day in days if day.short_share <= _SHORT_ALLOWED]
    if able:
        return min(able, key=lambda day: (day.replica_hours, day.policy))
    return min(days, key=lambda day: (day.short_share, day.replica_hours, day.policy))


def _finding(
    study: Study,
    case: Case,
    judged: Judged,
    *,
    configuration: ServingConfiguration,
    left_out: tuple[str, ...],
) -> Finding:
    name, usd_per_hour = configuration.name, configuration.usd_per_hour
    days = judged.policies
    fixed = next(day for day in days if day.policy is Policy.FIXED)
    best = best_of(days)
    whole_log = study.span.seconds / judged.seconds
    saved_usd = (fixed.replica_hours - best.replica_hours) * usd_per_hour * whole_log
    monthly_usd = saved_usd * study.span.per_month if study.span.is_month_known else None
    same = best.policy is Policy.FIXED
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever=f"scale {best.policy}", scope=(f"model={case.stand_in.model.name}",)),
        stance=Stance.INFORM,
        action="Keep a fixed number of replicas" if same else f"Scale replicas by the {best.policy} policy",
        impact=_impact(fixed, best, name=name, saved=_amount(saved_usd, monthly_usd)),
        grade=Grade.MODEL,
        formula=FORMULA,
        inputs=AutoscalingInputs(
            model=case.stand_in.model.name,
            configuration=name,
            usd_per_replica_hour=usd_per_hour,
            days=study.span.seconds / DAY_S,
            days_judged=judged.seconds / DAY_S,
            policies=tuple(_row(day, usd_per_hour=usd_per_hour) for day in days),
            saved_usd_in_window_against_fixed=saved_usd,
            saved_usd_per_month_against_fixed=monthly_usd,
        ),
        assumptions=(*_ASSUMPTIONS, judged.note, *left_out, *case.notes),
        evidence=rows(study, case.where),
        how_to_verify=(
            "Run the policy for a day without acting on it, and compare the replica counts it asks for."
        ),
        effort="medium",
        risk="Requests wait when demand rises faster than replicas start: keep the minimum above zero.",
        supply=SupplySettings(autoscaling=_supply(best)),
        steps=(f"Set the minimum to {best.least} and the maximum to {best.most} replicas.",),
        roll_back=f"Set both bounds to {fixed.most}.",
    )


def _outside(study: Study, outside: int) -> tuple[str, ...]:
    if not outside:
        return ()
    hours = study.span.seconds / 3600
    excluded = f"{count(outside, 'call')} outside the {hours:,.1f} h that a month is scaled from"
    return (f"Excluded from the demand: {excluded}.",)


def _impact(fixed: Scaled, best: Scaled, *, name: str, saved: str) -> str:
    idle = percent(fixed.idle_share)
    fixed_cost = f"{count(fixed.most, 'replica')} of {name}, always on, would idle {idle} of the time"
    short = f", with {percent(best.short_share)} of the demand in minutes with too few replicas"
    missed = short if best.short_share > 0.0 else ""
    if best.policy is Policy.FIXED:
        return f"{fixed_cost}{missed}; no policy that meets the demand is cheaper."
    return f"{fixed_cost}; scaling between {best.least} and {best.most} saves {saved}{missed}."


def _amount(usd: float, monthly_usd: float | None) -> str:
    return f"{money(usd)} over the log" if monthly_usd is None else f"{money(monthly_usd)} a month"


def _row(day: Scaled, *, usd_per_hour: float) -> PricedPolicy:
    return PricedPolicy(**msgspec.structs.asdict(day), usd_in_window=day.replica_hours * usd_per_hour)


def _supply(best: Scaled) -> Autoscaling:
    return Autoscaling(
        policy=best.policy,
        min_replicas=best.least,
        max_replicas=best.most,
        target_utilisation=TARGET,
        scale_down_after_s=COOL_DOWN_S,
        start_up_s=START_UP_S,
    )


def _too_short(study: Study) -> Gap:
    return Gap(
        kind=KIND,
        missing=("timestamp",),
        reason=(
            f"The log covers {study.span.seconds / 3600.0:,.1f} h; measuring the daily peak needs a "
            "day or more."
        ),
        would_add="how many replicas each hour needs, and the saving of a fleet that follows demand",
    )
