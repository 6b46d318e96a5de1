"""Autoscaling and idle GPUs: policies replayed on at least a day of the log's arrivals.

Formula: `idle = 1 - sum(min(demand, held)) / sum(held)` over windows of a minute, where demand is arrivals
per second divided by one replica's capacity. Needs a day or more of data to contain the daily peak. The
hourly policy is evaluated on the days it was derived from, which its assumptions state.
"""

from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of, concerns_own_gpus
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.measures.span import dense_ends
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.performance.configurations import ServingConfiguration
from netra.domain.optimization.performance.hosting import ranked_by_estimate
from netra.domain.optimization.performance.scaling import (
    COOL_DOWN_S,
    START_UP_S,
    TARGET,
    Policy,
    Scaled,
    demand_of,
    scaled,
)
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
    "The hourly policy is evaluated on the days it was derived from: expect worse results on other days.",
)
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
    policies: tuple[PricedPolicy, ...]
    saved_usd_per_month_against_fixed: float


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
    days = [scaled(demand, policy=policy) for policy in Policy]
    left_out = _outside(study, len(case.requests) - len(arrive_s))
    return (_finding(study, case, days, configuration=configuration, left_out=left_out),)


def arrivals_s(study: Study, case: Case) -> Floats:
    """Return the arrival times of the calls within the span that a month is scaled from, from its start."""
    begin, end = dense_ends(study.events.at_ns)
    at_ns = study.events.at_ns[case.where]
    inside = at_ns[(at_ns >= begin) & (at_ns <= end)]
    return np.asarray((inside - begin) * 1e-9, np.float64)


def best_of(days: list[Scaled]) -> Scaled:
    """Return the policy that meets the demand with the fewest replica-hours; the fixed one always does."""
    able = [day for day in days if day.short_share <= _SHORT_ALLOWED]
    return min(able, key=lambda day: (day.replica_hours, day.policy))


def _finding(
    study: Study,
    case: Case,
    days: list[Scaled],
    *,
    configuration: ServingConfiguration,
    left_out: tuple[str, ...],
) -> Finding:
    name, usd_per_hour = configuration.name, configuration.usd_per_hour
    fixed = next(day for day in days if day.policy is Policy.FIXED)
    best = best_of(days)
    saved_usd = (fixed.replica_hours - best.replica_hours) * usd_per_hour * study.span.per_month
    same = best.policy is Policy.FIXED
    return Finding(
        kind=KIND,
        stance=Stance.INFORM,
        action="Keep a fixed number of replicas" if same else f"Scale replicas by the {best.policy} policy",
        impact=_impact(fixed, best, name=name, saved_usd=saved_usd),
        grade=Grade.MODEL,
        formula=FORMULA,
        inputs=AutoscalingInputs(
            model=case.stand_in.model.name,
            configuration=name,
            usd_per_replica_hour=usd_per_hour,
            days=study.span.seconds / DAY_S,
            policies=tuple(_row(day, usd_per_hour=usd_per_hour) for day in days),
            saved_usd_per_month_against_fixed=saved_usd,
        ),
        assumptions=(*_ASSUMPTIONS, *left_out, *case.notes),
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


def _impact(fixed: Scaled, best: Scaled, *, name: str, saved_usd: float) -> str:
    idle = percent(fixed.idle_share)
    fixed_cost = f"{count(fixed.most, 'replica')} of {name}, always on, would idle {idle} of the time"
    if best.policy is Policy.FIXED:
        return f"{fixed_cost}; no policy that meets the demand is cheaper."
    return f"{fixed_cost}; scaling between {best.least} and {best.most} saves {money(saved_usd)} a month."


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
