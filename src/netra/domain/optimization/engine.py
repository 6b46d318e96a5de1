"""The engine's entry point: measure a log, price every finding, build the advice. Pure and deterministic.

Has three stages that a caller may run separately: `measure`, `optimise` and `advise`. The first two report
progress to a checkpoint; `analyse` runs both. The findings come from the analysers.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from msgspec import UnsetType
from msgspec.structs import replace

from netra.domain.optimization.advice.actions import actions_of
from netra.domain.optimization.advice.fleet_targets import asked_option, fleet_targets
from netra.domain.optimization.advice.named_targets import named_targets
from netra.domain.optimization.advice.recommendations import period_of, recommendations_of, verdict
from netra.domain.optimization.advice.supply import supply_config
from netra.domain.optimization.advice.targets import Bill, growth_bill, plan_bill, targets_of
from netra.domain.optimization.analysers.hosting.rent import with_own_fleet
from netra.domain.optimization.analysers.model import Finding, Study, dollars_of
from netra.domain.optimization.analysers.models.upgrade_review import change_verdict
from netra.domain.optimization.analysers.registry import ANALYSERS
from netra.domain.optimization.composition import Composition, compose
from netra.domain.optimization.explain.asked import asked_explanation
from netra.domain.optimization.horizon import judged
from netra.domain.optimization.measures.bill import billed_metrics
from netra.domain.optimization.measures.latency import tails_of
from netra.domain.optimization.measures.log_metrics import log_metrics
from netra.domain.optimization.measures.price_gaps import price_gaps
from netra.domain.optimization.metrics import BilledMetrics, Metrics
from netra.domain.optimization.model import Action, Checkpoint, Gap, Goals, Option, Stance, never_stop
from netra.domain.optimization.pareto import Pick, pareto_metrics, pick
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.prefix import TTLS_S
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.progress import only_forward, within
from netra.domain.optimization.result import Advice, Recommendation
from netra.domain.optimization.study import selectors_of, study_of
from netra.domain.optimization.traffic import UNPRICED, Traffic
from netra.domain.optimization.verdicts.verdict import ChangeVerdict
from netra.domain.workloads.columns import Events

NO_EVENTS: Final = Gap(
    kind="workload",
    missing=("timestamp", "model", "input_tokens", "output_tokens"),
    reason="The workload holds no calls.",
    would_add="The whole analysis: send one row per call with these four fields.",
)


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A prepared log and its measured metrics."""

    study: Study
    metrics: BilledMetrics


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """Every finding priced, and the pick among the options to serve the traffic."""

    study: Study
    composition: Composition
    recommendations: tuple[Recommendation, ...]
    gaps: tuple[Gap, ...]
    options: tuple[Option, ...]
    pick: Pick
    metrics: Metrics


def measure(
    events: Events,
    *,
    goals: Goals,
    prices: PriceList,
    hardware: Hardware,
    checkpoint: Checkpoint = never_stop,
) -> Measured:
    """Return the prepared study of a log, in any order, and its metrics."""
    checkpoint = only_forward(checkpoint)
    study = with_own_fleet(
        study_of(events, goals=goals, prices=prices, hardware=hardware, checkpoint=checkpoint)
    )
    checkpoint(0.8, "Describing the workload")
    reported = [reuse for reuse in study.reuse if reuse.ttl_s in TTLS_S]  # without a tariff's own TTLs
    described = log_metrics(study.events, reuse=reported)
    checkpoint(0.9, "Describing the bill")
    return Measured(study=study, metrics=billed_metrics(study, described))


def optimise(measured: Measured, *, checkpoint: Checkpoint = never_stop) -> Analysis:
    """Return every finding priced, composed and ranked, and the pick among the options."""
    study, checkpoint = measured.study, only_forward(checkpoint)
    found, gaps = found_by_all(study, checkpoint=within(checkpoint, begin=0.0, end=0.55))
    checkpoint(0.55, "Pricing the next 12 months")
    findings = tuple(judged(study, finding) for finding in found)
    composition = compose(study, findings, checkpoint=within(checkpoint, begin=0.6, end=0.95))
    checkpoint(0.95, "Choosing under the limits")
    options = options_of(study, composition, findings)
    now_usd = composition.current_usd_per_month * _shown(study)
    chosen = pick(options, goals=_with_budget_left(study), now_usd=now_usd, period=period_of(study.span))
    return Analysis(
        study=study,
        composition=composition,
        recommendations=recommendations_of(
            composition, span=study.span, asked=study.goals.analyses, within=selectors_of(study)
        ),
        gaps=gaps,
        options=options,
        pick=chosen,
        metrics=_metrics(
            measured,
            composition,
            gaps=gaps,
            options=options,
            chosen=chosen,
            change=change_verdict(study.goals, findings, gaps),
            findings=findings,
        ),
    )


def _with_budget_left(study: Study) -> Goals:
    """Return the goals with the part of the budget that the calls left out do not use."""
    goals = study.goals
    if goals.budget_usd_per_month is None or not study.excluded_usd:
        return goals
    left_usd = goals.budget_usd_per_month - study.excluded_usd * study.span.per_month
    return replace(goals, budget_usd_per_month=max(left_usd, 0.0))


def analyse(
    events: Events,
    *,
    goals: Goals,
    prices: PriceList,
    hardware: Hardware,
    checkpoint: Checkpoint = never_stop,
) -> Analysis:
    """Return the analysis of a log; that of an empty log holds only gaps."""
    begun = within(checkpoint, begin=0.0, end=0.3)
    measured = measure(events, goals=goals, prices=prices, hardware=hardware, checkpoint=begun)
    return optimise(measured, checkpoint=within(checkpoint, begin=0.3, end=1.0))


def advise(analysis: Analysis) -> Advice:
    """Return the documented result, without the report text."""
    return Advice(
        recommendations=analysis.recommendations,
        metrics=analysis.metrics,
        actions=planned_actions(analysis),
        supply_config=supply_config(analysis.study, analysis.composition),
    )


def planned_actions(analysis: Analysis) -> tuple[Action, ...]:
    """Return the actions to take, each with its verification and rollback."""
    return actions_of(analysis.composition, analysis.recommendations)


def found_by_all(study: Study, *, checkpoint: Checkpoint) -> tuple[tuple[Finding, ...], tuple[Gap, ...]]:
    """Return the findings and gaps of every analyser; an empty log yields one gap."""
    if not len(study.events):
        return (), (NO_EVENTS,)
    findings: list[Finding] = []
    gaps: list[Gap] = []
    share = 1 / len(ANALYSERS)
    for number, (kind, analyser) in enumerate(ANALYSERS):
        if kind in study.goals.excluded_kinds:
            continue
        inside = within(checkpoint, begin=number * share, end=(number + 1) * share)
        for result in analyser(study, checkpoint=inside):
            if isinstance(result, Finding):
                findings.append(result)
            else:
                gaps.append(result)
    return tuple(findings), (*gaps, *price_gaps(study), *_folds(study))


def options_of(study: Study, composition: Composition, findings: Sequence[Finding]) -> tuple[Option, ...]:
    """Return the current traffic, the plan, and every option that an analyser replayed."""
    current = current_option(study)
    if not len(study.events):
        return ()
    plan = replace(current, name="the plan", **dollars_of(study, composition.planned_usd_per_month))
    if _leaves_models(study, composition.planned):  # the logged latencies do not apply
        plan = replace(plan, ttft_ms_p99=None, tpot_ms_p99=None, latency_ms_p99=None)
    offered = [
        option if finding.stance is not Stance.EVALUATE else replace(option, needs_evaluation=True)
        for finding in findings
        for option in finding.options
    ]
    return (current, *((plan,) if composition.plan else ()), *offered)


def _leaves_models(study: Study, planned: Traffic) -> bool:
    """Return whether own GPUs, or another model or provider than in the log, answer some call."""
    makers = [(tariff.provider, tariff.model) for tariff in planned.tariffs]
    maker = np.array([*map(makers.index, makers), UNPRICED])
    moved = maker[planned.tariff] != maker[study.traffic.tariff]
    own = planned.hosted & ~study.traffic.hosted
    return bool((moved | own)[planned.kept].any())


def current_option(study: Study) -> Option:
    """Return the current traffic as an option, with the logged tail latencies."""
    tails = tails_of(study)
    return Option(
        name="as it is",
        **dollars_of(study, study.bill_usd_a_month),
        ttft_ms_p99=tails.ttft_ms_p99,
        tpot_ms_p99=tails.tpot_ms_p99,
        latency_ms_p99=tails.latency_ms_p99,
    )


def _shown(study: Study) -> float:
    """Return what turns dollars a month into those to show: the log's own where no month is known."""
    return 1.0 if study.span.is_month_known else 1 / study.month.per_call


def _folds(study: Study) -> tuple[Gap, ...]:
    """Return the columns of which only some values are analysed separately."""
    return tuple(
        Gap(
            kind="workload",
            missing=("fewer names in a column",),
            reason=sentence,
            would_add="Advice for each name: send the kind of call, not a value unique to each call.",
        )
        for sentence in study.folds
    )


def _metrics(
    measured: Measured,
    composition: Composition,
    *,
    gaps: tuple[Gap, ...],
    options: Sequence[Option],
    chosen: Pick,
    change: ChangeVerdict | UnsetType,
    findings: Sequence[Finding],
) -> Metrics:
    """Return the measured metrics with the sections that only the analysis knows."""
    study = measured.study
    times = _shown(study)
    bill = Bill(
        now_usd=composition.current_usd_per_month * times,
        planned_usd=composition.planned_usd_per_month * times,
        evaluated_usd=composition.evaluated_usd_per_month * times,
        is_monthly=study.span.is_month_known,
        left_out_usd=study.excluded_usd * (study.span.per_month if study.span.is_month_known else 1.0),
        in_window=1 / study.month.per_call / times,
        growth=study.goals.traffic_growth or 0.0,
    )
    explanation, unexplained = asked_explanation(study.events, prices=study.prices, goals=study.goals)
    return Metrics(
        **msgspec.structs.asdict(measured.metrics),
        gaps=(*unexplained, *gaps),
        verdict=verdict(composition, span=study.span, per_call=study.month.per_call),
        plan=plan_bill(bill),
        growth=growth_bill(bill),
        targets=(
            *fleet_targets(study, findings, gaps),
            *targets_of(
                study.goals,
                bill=bill,
                current=current_option(study),
                pick=chosen,
                asked=asked_option(findings),
            ),
            *named_targets(study, composition, pick=chosen),
        ),
        change=change,
        explanation=explanation,
        pareto=pareto_metrics(options, chosen),
    )
