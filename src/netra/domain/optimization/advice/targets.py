"""Checks the targets of a question against the plan, the evaluations and the pick."""

from collections.abc import Mapping
from typing import Final

import msgspec

from netra.domain.optimization.metrics import GrowthBill, PlanBill, TargetName, TargetOutcome
from netra.domain.optimization.model import Goals, Option, formatted_ms
from netra.domain.optimization.pareto import Pick
from netra.domain.optimization.wording import at_traffic, money, percent

_LIMITED: Final[Mapping[TargetName, tuple[str, str]]] = {
    "ttft_ms_p99": ("Time to first token at the 99th percentile", "ms"),
    "tpot_ms_p99": ("Time per output token at the 99th percentile", "ms"),
    "latency_ms_p99": ("Time of the whole call at the 99th percentile", "ms"),
    "gpu_memory_gib": ("Memory needed on one GPU", "GiB"),
}
"""The limits a question may set: name in words, and unit."""


_FIELDS: Final[Mapping[str, str]] = {
    "ttft_ms_p99": "ttft_ms of these calls",
    "tpot_ms_p99": "ttft_ms and latency_ms of these calls",
    "latency_ms_p99": "latency_ms of these calls",
}
"""The columns that a measure of the present traffic is computed from."""


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars a month, or of the log: now, under the plan, and with every evaluation passed too."""

    now_usd: float
    planned_usd: float
    evaluated_usd: float
    is_monthly: bool = True  # otherwise dollars of the log itself, which is too short for a month
    left_out_usd: float = 0.0  # of the calls that the question leaves out; a budget has to pay them too
    in_window: float = 1.0  # what turns them into dollars of the log's own time
    growth: float = 0.0  # traffic growth as a share; dollars are assumed to grow with it

    def monthly(self, usd: float) -> float | None:
        """Return the dollars where they are a month's."""
        return usd if self.is_monthly else None

    def share(self, usd: float) -> float:
        """Return the saving of `usd` against now, as a share."""
        return 1 - usd / self.now_usd if self.now_usd else 0.0


def plan_bill(bill: Bill) -> PlanBill:
    """Return the bill now, under the plan and with the evaluations passed."""
    saved_usd = bill.now_usd - bill.planned_usd
    return PlanBill(
        now_usd_in_window=bill.now_usd * bill.in_window,
        planned_usd_in_window=bill.planned_usd * bill.in_window,
        saved_usd_in_window=saved_usd * bill.in_window,
        if_evaluations_pass_usd_in_window=bill.evaluated_usd * bill.in_window,
        saved_share=bill.share(bill.planned_usd),
        if_evaluations_pass_saved_share=bill.share(bill.evaluated_usd),
        now_usd_per_month=bill.monthly(bill.now_usd),
        planned_usd_per_month=bill.monthly(bill.planned_usd),
        saved_usd_per_month=bill.monthly(saved_usd),
        if_evaluations_pass_usd_per_month=bill.monthly(bill.evaluated_usd),
    )


def growth_bill(bill: Bill) -> GrowthBill:
    """Return the bill and the plan at the traffic growth in question."""
    now_usd, planned_usd = bill.now_usd * (1 + bill.growth), bill.planned_usd * (1 + bill.growth)
    return GrowthBill(
        traffic_growth=bill.growth,
        bill_usd_in_window=now_usd * bill.in_window,
        planned_usd_in_window=planned_usd * bill.in_window,
        bill_usd_per_month=bill.monthly(now_usd),
        planned_usd_per_month=bill.monthly(planned_usd),
    )


def targets_of(
    goals: Goals, *, bill: Bill, current: Option, pick: Pick, asked: Option | None = None
) -> tuple[TargetOutcome, ...]:
    """Return each target with the value reached; `met` is None where the log cannot show it.

    Limits are judged on the option `asked` about, if the question names a fleet, else on the pick.
    """
    found: list[TargetOutcome] = []
    if goals.saving_share is not None:
        found.append(_saving(goals.saving_share, bill=bill))
    if goals.saving_usd_per_month is not None:
        found.append(_saved(goals.saving_usd_per_month, bill=bill))
    if goals.budget_usd_per_month is not None:
        found.append(_budget(goals.budget_usd_per_month, bill=bill))
    if goals.speedup is not None:
        found.append(_speedup(goals.speedup, current=current, pick=pick))
    option = asked or pick.option or current
    limits: tuple[tuple[TargetName, float | None, float | None], ...] = (
        ("ttft_ms_p99", goals.ttft_ms_p99, option.ttft_ms_p99),
        ("tpot_ms_p99", goals.tpot_ms_p99, option.tpot_ms_p99),
        ("latency_ms_p99", goals.latency_ms.get(""), option.latency_ms_p99),
        ("gpu_memory_gib", goals.gpu_memory_gib, option.memory_gib),
    )
    for name, limit, value in limits:
        if limit is not None:
            found.append(_limit(name, limit=limit, value=value, option=option))
    return tuple(found)


def _saving(asked: float, *, bill: Bill) -> TargetOutcome:
    reached, evaluated = bill.share(bill.planned_usd), bill.share(bill.evaluated_usd)
    met = reached >= asked
    further = _further(met=met, may_be_met=evaluated >= asked, bound=percent(evaluated))
    return TargetOutcome(
        target="saving_share",
        asked=asked,
        reached=reached,
        reached_if_evaluations_pass=evaluated,
        met=met,
        why=f"The plan saves {percent(reached)} of the bill{further}.",
    )


def _further(*, met: bool, may_be_met: bool, bound: str) -> str:
    """Return what evaluations could add: a total only where even that misses the target."""
    if met:
        return ""
    if may_be_met:
        return "; the changes that could reach the target need an evaluation first"
    return f", and {bound} even if every evaluation passes"


def _saved(asked: float, *, bill: Bill) -> TargetOutcome:
    """Return a saving in dollars a month; not judged where the log is too short for a month."""
    reached, evaluated = bill.now_usd - bill.planned_usd, bill.now_usd - bill.evaluated_usd
    if not bill.is_monthly:
        why = f"The log is too short to tell a month from; in its own time the plan saves {money(reached)}."
        return TargetOutcome(
            target="saving_usd_per_month",
            asked=asked,
            reached=None,
            reached_if_evaluations_pass=None,
            met=None,
            why=why,
        )
    met = reached >= asked
    further = _further(met=met, may_be_met=evaluated >= asked, bound=money(evaluated))
    return TargetOutcome(
        target="saving_usd_per_month",
        asked=asked,
        reached=reached,
        reached_if_evaluations_pass=evaluated,
        met=met,
        why=f"The plan saves {money(reached)} a month{further}.",
    )


def _budget(asked: float, *, bill: Bill) -> TargetOutcome:
    if not bill.is_monthly:
        return TargetOutcome(
            target="budget_usd_per_month",
            asked=asked,
            reached=None,
            reached_if_evaluations_pass=None,
            met=None,
            why=(
                f"The log is too short to tell a month from; in its own time the plan costs "
                f"{money(bill.planned_usd)}{at_traffic(bill.growth)} of {money(bill.now_usd)}."
            ),
        )
    reached = (bill.planned_usd + bill.left_out_usd) * (1 + bill.growth)
    evaluated = (bill.evaluated_usd + bill.left_out_usd) * (1 + bill.growth)
    met = reached <= asked
    further = _further(met=met, may_be_met=evaluated <= asked, bound=money(evaluated))
    left_out = f" This counts {money(bill.left_out_usd)} of the calls left out." if bill.left_out_usd else ""
    return TargetOutcome(
        target="budget_usd_per_month",
        asked=asked,
        reached=reached,
        reached_if_evaluations_pass=evaluated,
        met=met,
        why=f"The plan costs {money(reached)} a month{at_traffic(bill.growth)}{further}.{left_out}",
    )


def _speedup(asked: float, *, current: Option, pick: Pick) -> TargetOutcome:
    """Return the speedup of the pick, and that of the fastest option on the front, evaluated or not."""
    before = _ms(current, pick)
    known = [option for option in pick.front if _ms(option, pick)]
    if not before or not known or pick.measure is None:
        return TargetOutcome(
            target="speedup",
            asked=asked,
            reached=None,
            reached_if_evaluations_pass=None,
            met=None,
            why="There are no latencies to compare: send ttft_ms or latency_ms with each call.",
        )
    fastest = min(known, key=lambda option: (_ms(option, pick) or 0.0, option.name))
    fastest_ms = _ms(fastest, pick) or before
    chosen = current if pick.option is None or not _ms(pick.option, pick) else pick.option
    after = _ms(chosen, pick) or before
    return TargetOutcome(
        target="speedup",
        asked=asked,
        reached=before / after,
        reached_if_evaluations_pass=before / fastest_ms,
        met=before / after >= asked,
        why=(
            f"The pick's p99 is {formatted_ms(chosen, pick.measure)} against {before:,.0f} ms "
            "now; the fastest "
            f"option, {fastest.name}, has {formatted_ms(fastest, pick.measure)}."
        ),
    )


def _ms(option: Option, pick: Pick) -> float | None:
    value: float | None = None if pick.measure is None else getattr(option, pick.measure)
    return value


def _formatted(option: Option, name: TargetName, value: float) -> str:
    """Format an option's value of the limited measure; a modelled latency as its range."""
    if getattr(option, f"{name}_range", None) is None:
        return f"{value:,.1f} {_LIMITED[name][1]}"
    return formatted_ms(option, name)


def _unknown_for(option: Option, name: TargetName) -> str:
    """Return of which option a measure is not known, and why."""
    if option.kind or option.replicas is not None:
        return f" for {option.name}: neither the log nor a replay shows it"
    if name == "gpu_memory_gib":
        return ": a provider's GPUs serve these calls"
    return f": the log has no {_FIELDS[name]}"


def _limit(name: TargetName, *, limit: float, value: float | None, option: Option) -> TargetOutcome:
    what, unit = _LIMITED[name]
    if value is None:
        return TargetOutcome(
            target=name,
            asked=limit,
            reached=None,
            met=None,
            why=f"{what} is not known{_unknown_for(option, name)}.",
        )
    return TargetOutcome(
        target=name,
        asked=limit,
        reached=value,
        met=value <= limit,
        why=(
            f"{what} of “{option.name}” is {_formatted(option, name, value)}; the limit is {limit:,g} {unit}."
        ),
    )
