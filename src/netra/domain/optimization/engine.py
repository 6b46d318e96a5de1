"""The engine's door: measure a log, weigh every idea for it, say what to do. Pure and deterministic.

Three stages that a caller may run apart, `measure`, `optimise` and `advise`, each telling its progress
to a checkpoint; `analyse` runs the first two. What the ideas are is the analysers'.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from msgspec import UnsetType
from msgspec.structs import replace

from netra.domain.optimization.advice.actions import actions_of
from netra.domain.optimization.advice.recommendations import recommendations_of, verdict
from netra.domain.optimization.advice.supply import supply_config
from netra.domain.optimization.advice.targets import Bill, growth_bill, plan_bill, targets_of
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.analysers.models.upgrade_review import change_verdict
from netra.domain.optimization.analysers.registry import ANALYSERS
from netra.domain.optimization.composition import Composition, compose
from netra.domain.optimization.measures.bill import billed_metrics
from netra.domain.optimization.measures.latency import tails_of
from netra.domain.optimization.measures.log_metrics import log_metrics
from netra.domain.optimization.metrics import BilledMetrics, Metrics
from netra.domain.optimization.model import Action, Checkpoint, Gap, Goals, Option, Stance, never_stop
from netra.domain.optimization.pareto import Pick, pareto_metrics, pick
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.prefix import TTLS_S
from netra.domain.optimization.pricing import PriceList, unpriced_labels
from netra.domain.optimization.progress import only_forward, within
from netra.domain.optimization.result import Advice, Recommendation
from netra.domain.optimization.study import study_of
from netra.domain.optimization.traffic import UNPRICED, Traffic
from netra.domain.optimization.verdicts.verdict import ChangeVerdict
from netra.domain.optimization.wording import count
from netra.domain.workloads.columns import Events

NO_EVENTS: Final = Gap(
    kind="workload",
    missing=("timestamp", "model", "input_tokens", "output_tokens"),
    reason="The workload holds no calls.",
    would_add="Everything: send one row a call with these four fields, and an analysis becomes possible.",
)


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A log made ready, and what it looks like in numbers."""

    study: Study
    metrics: BilledMetrics


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """Every idea with its money, and the choice between ways to serve the traffic."""

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
    """Return the log, given in any order, made ready and described."""
    checkpoint = only_forward(checkpoint)
    study = study_of(events, goals=goals, prices=prices, hardware=hardware, checkpoint=checkpoint)
    checkpoint(0.8, "Describing the workload")
    told = [reuse for reuse in study.reuse if reuse.ttl_s in TTLS_S]  # not those only one tariff needed
    described = log_metrics(study.events, reuse=told)
    checkpoint(0.9, "Describing the bill")
    return Measured(study=study, metrics=billed_metrics(study, described))


def optimise(measured: Measured, *, checkpoint: Checkpoint = never_stop) -> Analysis:
    """Return every idea weighed, composed and ranked, and the pick among ways to serve the traffic."""
    study, checkpoint = measured.study, only_forward(checkpoint)
    findings, gaps = found_by_all(study, checkpoint=within(checkpoint, begin=0.0, end=0.6))
    composition = compose(study, findings, checkpoint=within(checkpoint, begin=0.6, end=0.95))
    checkpoint(0.95, "Choosing under the limits")
    options = options_of(study, composition, findings)
    now_usd = composition.current_usd_per_month
    chosen = pick(options, goals=study.goals, now_usd=now_usd)
    return Analysis(
        study=study,
        composition=composition,
        recommendations=recommendations_of(composition, span=study.span, asked=study.goals.analyses),
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
        ),
    )


def analyse(
    events: Events,
    *,
    goals: Goals,
    prices: PriceList,
    hardware: Hardware,
    checkpoint: Checkpoint = never_stop,
) -> Analysis:
    """Return the whole analysis of a log; an empty one gets the gaps and nothing else."""
    begun = within(checkpoint, begin=0.0, end=0.3)
    measured = measure(events, goals=goals, prices=prices, hardware=hardware, checkpoint=begun)
    return optimise(measured, checkpoint=within(checkpoint, begin=0.3, end=1.0))


def advise(analysis: Analysis) -> Advice:
    """Return the documented result, without the words."""
    return Advice(
        recommendations=analysis.recommendations,
        metrics=analysis.metrics,
        actions=planned_actions(analysis),
        supply_config=supply_config(analysis.study, analysis.composition),
    )


def planned_actions(analysis: Analysis) -> tuple[Action, ...]:
    """Return the steps to take, each with its check and its way back."""
    return actions_of(analysis.composition, analysis.recommendations)


def found_by_all(study: Study, *, checkpoint: Checkpoint) -> tuple[tuple[Finding, ...], tuple[Gap, ...]]:
    """Return what every analyser found, and what it lacked; an empty log has only something to ask for."""
    if not len(study.events):
        return (), (NO_EVENTS,)
    findings: list[Finding] = []
    gaps: list[Gap] = []
    share = 1 / len(ANALYSERS)
    for number, (_, analyser) in enumerate(ANALYSERS):
        inside = within(checkpoint, begin=number * share, end=(number + 1) * share)
        for said in analyser(study, checkpoint=inside):
            if isinstance(said, Finding):
                findings.append(said)
            else:
                gaps.append(said)
    return tuple(findings), (*gaps, *_priceless(study))


def options_of(study: Study, composition: Composition, findings: Sequence[Finding]) -> tuple[Option, ...]:
    """Return the traffic as it is, the plan, and every option that an analyser replayed."""
    current = current_option(study)
    if not len(study.events):
        return ()
    plan = replace(current, name="the plan", usd_per_month=composition.planned_usd_per_month)
    if _leaves_models(study, composition.planned):  # the log measured others; a fleet's option tells its own
        plan = replace(plan, ttft_ms_p99=None, tpot_ms_p99=None, latency_ms_p99=None)
    offered = [
        option if finding.stance is not Stance.EVALUATE else replace(option, needs_evaluation=True)
        for finding in findings
        for option in finding.options
    ]
    return (current, *((plan,) if composition.plan else ()), *offered)


def _leaves_models(study: Study, planned: Traffic) -> bool:
    """Say whether some call is answered by own GPUs, or by another model or provider than in the log."""
    makers = [(tariff.provider, tariff.model) for tariff in planned.tariffs]
    maker = np.array([*map(makers.index, makers), UNPRICED])
    moved = maker[planned.tariff] != maker[study.traffic.tariff]
    return bool((moved | planned.hosted)[planned.kept].any())


def current_option(study: Study) -> Option:
    """Return the traffic as it is, with the tails the log holds."""
    tails = tails_of(study)
    return Option(
        name="as it is",
        usd_per_month=study.month.usd(study.now_usd),
        ttft_ms_p99=tails.ttft_ms_p99,
        tpot_ms_p99=tails.tpot_ms_p99,
        latency_ms_p99=tails.latency_ms_p99,
    )


def _priceless(study: Study) -> tuple[Gap, ...]:
    """Say which models of the log are in no price book, as their calls cost an unknown amount."""
    labels = unpriced_labels(study.events, study.prices)
    if not labels:
        return ()
    calls = int((study.traffic.tariff == UNPRICED).sum())
    return (
        Gap(
            kind="prices",
            missing=tuple(f"a price of {label}" for label in labels),
            reason=(
                f"{count(calls, 'call')} went to models that are in no price book; their cost is not in "
                "the bill."
            ),
            would_add="The cost of these calls: name the model they should be priced as, or add its prices.",
        ),
    )


def _metrics(
    measured: Measured,
    composition: Composition,
    *,
    gaps: tuple[Gap, ...],
    options: Sequence[Option],
    chosen: Pick,
    change: ChangeVerdict | UnsetType,
) -> Metrics:
    """Return the measured metrics with the sections that only the analysis knows."""
    study = measured.study
    times = 1.0 if study.span.is_month_known else 1 / study.month.per_call  # else the log's own dollars
    bill = Bill(
        now_usd=composition.current_usd_per_month * times,
        planned_usd=composition.planned_usd_per_month * times,
        evaluated_usd=composition.evaluated_usd_per_month * times,
        is_monthly=study.span.is_month_known,
        growth=study.goals.traffic_growth or 0.0,
    )
    return Metrics(
        **msgspec.structs.asdict(measured.metrics),
        gaps=gaps,
        verdict=verdict(composition, span=study.span, per_call=study.month.per_call),
        plan=plan_bill(bill),
        growth=growth_bill(bill),
        targets=targets_of(study.goals, bill=bill, current=current_option(study), pick=chosen),
        change=change,
        pareto=pareto_metrics(options, chosen),
    )
