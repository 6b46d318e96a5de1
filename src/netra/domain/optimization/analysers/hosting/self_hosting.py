"""Self-host or API: the smallest fleet whose replay of the real arrivals keeps the limits, against the bill.

Formula: `saved = API bill - replicas x GPUs a replica x $/GPU-h x hours`, with the replicas from `fleet`.
The decision uses the dollars of the coming month; if the question names a change, that month is like the
time since. Both sides use list prices; the fleet's size comes from a calibrated model with an interval; the
quality of the open model's answers is grade D. Valid for one engine per replica of at most 8 GPUs.
Excludes staff and storage; spare replicas on request.
"""

from functools import partial
from typing import Final

import msgspec
from msgspec import UNSET

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.hosting.break_even import BreakEvens, break_evens
from netra.domain.optimization.analysers.hosting.fleet_option import option_of, served_by
from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of
from netra.domain.optimization.analysers.hosting.hosting_inputs import (
    HostingInputs,
    UnreachableInputs,
)
from netra.domain.optimization.analysers.hosting.own_gpus import on_own_gpus
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.measures.span import MONTH_H
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.performance.hosting import (
    Hosting,
    cheapest_fleets,
    sizes_of,
)
from netra.domain.optimization.performance.sizing import DRAWS_STATED, step_bounds
from netra.domain.optimization.progress import within
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import NO_SETTINGS
from netra.domain.optimization.traffic import Bools, Traffic, hosted
from netra.domain.optimization.wording import count, money, percent

KIND: Final = "self_hosting"
FORMULA: Final = (
    "saved = API bill - replicas x GPUs a replica x $/GPU-h x hours; replicas by replay at p99 limits"
)
_HOUR_S: Final = 3600.0

Sizes = tuple[int, int | None]
"""Lower and upper bound of the replicas over the 80 % interval of step times; None: no number suffices."""


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Compare the cost of serving the calls on own GPUs with the API's; return a gap if data is missing."""
    if not len(study.events):
        return ()
    case = case_of(study, kind=KIND, priced_only=study.goals.served_on is None)
    if isinstance(case, Gap):
        return (case,)
    if (present := on_own_gpus(study, case)) is not None:
        return (present,)
    fleets = cheapest_fleets(
        case.replayed,
        candidates=case.candidates,
        load=case.load,
        slo=case.slo,
        sizing=case.sizing,
        checkpoint=within(checkpoint, begin=0.0, end=0.8),
        states_all=True,
    )
    if not fleets:
        return (_unreachable(study, case),)
    checkpoint(0.8, "Bounding the fleet's size")
    sizes = sizes_of(
        case.replayed,
        hosting=fleets[0],
        slo=case.slo,
        checkpoint=within(checkpoint, begin=0.8, end=0.9),
    )
    bounds = Bounds(
        sizes=sizes,
        holding_share=fleets[0].holding_share or 0.0,
        break_evens=break_evens(
            case,
            fleets[0],
            api_usd=case.api_usd_per_month,
            rent_usd=_rent_usd(study, fleets[0]),
            knows_month=study.span.is_month_known,
            checkpoint=within(checkpoint, begin=0.9, end=1.0),
        ),
    )
    return (_finding(study, case, fleets, bounds),)


def _rent_usd(study: Study, best: Hosting) -> float:
    """Return the rent of the coming month in dollars."""
    return best.usd_per_hour * study.span.seconds / _HOUR_S * study.month.per_hosting


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """The sizes over the interval of step times, how often the proposed one holds, and where it pays."""

    sizes: Sizes
    break_evens: BreakEvens
    holding_share: float  # of replays with slow steps and random balancing


def _finding(study: Study, case: Case, fleets: tuple[Hosting, ...], bounds: Bounds) -> Finding:
    best, sizes = fleets[0], bounds.sizes
    hosting_usd = best.usd_per_hour * study.span.seconds / _HOUR_S
    rent_usd = _rent_usd(study, best)
    saved_usd = case.api_usd_per_month - rent_usd
    least, most = _rent_shares(best, sizes)
    may_fail = sizes[1] is None  # with slow steps no fleet keeps the limits: the saving's lower bound is zero
    surely = saved_usd > 0.0 and not may_fail and case.api_usd_per_month > most * rent_usd
    certain = case.stand_in.is_same and not case.unheld and surely
    stance = Stance.DO if certain else Stance.EVALUATE if saved_usd > 0.0 else Stance.AVOID
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever=f"{case.stand_in.model.name} @ {best.configuration.deployment.gpu.name}"),
        stance=stance,
        action=_action(case, best, saved_usd),
        impact=_impact(study, case, best, rent_usd=rent_usd),
        grade=Grade.MODEL if case.stand_in.is_same else Grade.JUDGEMENT,
        formula=FORMULA,
        inputs=_inputs(study, case, best, bounds),
        assumptions=_assumptions(case, best, bounds),
        evidence=rows(study, case.where, weight=study.traffic.input_tokens + study.traffic.output_tokens),
        how_to_verify=(
            f"Rent one replica ({best.configuration.name}) for an hour, send it "
            f"{percent(1 / best.fleet.replicas)} of an hour of this log at its own pace, compare p99 "
            "TTFT and TPOT with the interval given, and score a sample of answers against the present "
            "model's."
        ),
        effort="high",
        risk=(
            "Another model's answers differ in quality. A fleet costs money when idle and needs people on "
            "call; bursts larger than those in this log have to wait."
        ),
        change=partial(_host, where=case.where, usd=hosting_usd),
        low_share=0.0 if may_fail else None,
        rent_shares=(least, most),
        options=tuple(option_of(study, case, hosting, kind=KIND) for hosting in fleets),
        supply=served_by(best) if saved_usd > 0.0 else NO_SETTINGS,
        steps=_steps(best),
        roll_back="Send the calls to the API again, then release the GPUs.",
    )


def _host(traffic: Traffic, *, where: Bools, usd: float) -> Traffic:
    return hosted(traffic, where & traffic.kept, hosting_usd_in_window=usd)


def _rent_shares(best: Hosting, sizes: Sizes) -> tuple[float, float]:
    """Return the bounds of the rent as factors; the upper one is that of the chosen fleet if unbounded."""
    fewest, most = sizes
    return fewest / best.fleet.replicas, (most or best.fleet.replicas) / best.fleet.replicas


def _action(case: Case, best: Hosting, saved_usd: float) -> str:
    model, fleet = case.stand_in.model.name, f"{best.fleet.replicas} x ({best.configuration.name})"
    if saved_usd > 0.0:
        return f"Serve these calls yourself: {model} on {fleet}"
    return f"Stay on the API: {model} on {fleet} would cost more at this traffic"


def _impact(study: Study, case: Case, best: Hosting, *, rent_usd: float) -> str:
    fast, slow = best.tails.ttft_ms_p99
    holds = "holds" if best.gpus == 1 else "hold"
    against = (
        f"{money(rent_usd)} a month, against {money(case.api_usd_per_month)} of list prices"
        if study.span.is_month_known
        else f"against {money(case.api_usd_per_month / MONTH_H)} an hour of list prices at the log's rate"
    )
    return (
        f"{count(best.gpus, 'GPU')} {holds} the limits at {money(best.usd_per_hour)} an hour, {against}; "
        f"replayed TTFT p99 {fast:,.0f} to {slow:,.0f} ms."
    )


def _inputs(study: Study, case: Case, best: Hosting, bounds: Bounds) -> HostingInputs:
    hours = study.span.seconds / _HOUR_S
    hosting_usd = best.usd_per_hour * hours
    rent_usd, api_usd = _rent_usd(study, best), case.api_usd_per_month
    gpu = best.configuration.deployment.gpu
    return HostingInputs(
        calls=len(case.requests),
        replayed_calls=len(case.replayed),
        api_usd_in_window=case.api_usd,
        hosting_usd_in_window=hosting_usd,
        api_usd_per_hour=api_usd / MONTH_H,
        hosting_usd_per_hour=best.usd_per_hour,
        api_usd_per_month=api_usd if study.span.is_month_known else None,
        hosting_usd_per_month=rent_usd if study.span.is_month_known else None,
        hours=hours,
        model=case.stand_in.model.name,
        gpu=gpu.name,
        usd_per_gpu_hour=gpu.usd_per_gpu_hour,
        gpu_price_source=gpu.price_source,
        gpu_price_as_of=None if gpu.price_as_of is None else gpu.price_as_of.isoformat(),
        gpus=best.gpus,
        replicas=best.fleet.replicas,
        replicas_low=bounds.sizes[0],
        replicas_high=bounds.sizes[1],
        spare_replicas=best.spare,
        balancing=best.balancing,
        slow_replays_holding=bounds.holding_share,
        sizes_tried=tuple(best.fleet.tried),
        ttft_ms_p99_low=best.tails.ttft_ms_p99[0],
        ttft_ms_p99_high=best.tails.ttft_ms_p99[1],
        tpot_ms_p99_low=best.tails.tpot_ms_p99[0],
        tpot_ms_p99_high=best.tails.tpot_ms_p99[1],
        good_share=_good_share(case, best),
        ttft_limit_ms_p99=case.slo.ttft_ms,
        tpot_limit_ms_p99=case.slo.tpot_ms,
        latency_limit_ms_p99=case.slo.latency_ms,
        utilisation=case.load.requests_per_s / (best.carried_per_s * best.fleet.replicas),
        break_even_traffic=bounds.break_evens.traffic,
        break_even_curve=bounds.break_evens.curve,
    )


def _good_share(case: Case, best: Hosting) -> float:
    slo = case.slo
    return best.fleet.replayed.good_share(ttft_ms=slo.ttft_ms, tpot_ms=slo.tpot_ms, latency_ms=slo.latency_ms)


def _assumptions(case: Case, best: Hosting, bounds: Bounds) -> tuple[str, ...]:
    deployment = best.configuration.deployment
    return (
        *case.notes,
        (
            f"vLLM with weights at {deployment.precision} and the cache at {deployment.kv_precision}; "
            "no prefix-cache reuse is assumed."
        ),
        "GPUs are rented for the whole span of the log at the stated price, busy or not.",
        "Step times are modelled, not measured here; the interval holds for 80 % of them.",
        "For the break-even, the same calls are replayed closer together or further apart.",
        _sized_for(best, bounds),
    )


def _sized_for(best: Hosting, bounds: Bounds) -> str:
    """Return the sentence on what the size was replayed with, and how often it holds."""
    slow = f"{step_bounds(best.configuration.deployment)[1]:.2f} times the modelled step times"
    at = slow if best.tails.holds_when_slow else "the modelled step times"
    spare = f", and {count(best.spare, 'spare replica')}" if best.spare else ""
    return (
        f"Sized for {_balancing(best)} balancing at {at}{spare}; {percent(bounds.holding_share)} of "
        f"{DRAWS_STATED} replays with random balancing at {slow} keep the limits."
    )


def _balancing(best: Hosting) -> str:
    return str(best.balancing).replace("_", " ")


def _steps(best: Hosting) -> tuple[str, ...]:
    serving = served_by(best).serving
    start = "" if serving is UNSET else f" with: {serving.command}"
    return (
        f"Rent {count(best.gpus, 'GPU')} of {best.configuration.deployment.gpu.name}.",
        f"Start {count(best.fleet.replicas, 'replica')}{start}.",
        f"Balance requests ({_balancing(best)}, or more evenly) and send 5 % of the calls there.",
        "Compare, then increase the share.",
    )


def _unreachable(study: Study, case: Case) -> Finding:
    names = ", ".join(one.name for one in case.candidates[:5])
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever=f"{case.stand_in.model.name} @ no GPU"),
        stance=Stance.INFORM,
        action=f"Do not self-host {case.stand_in.model.name} under these limits",
        impact=f"No number of replicas of {names} keeps the limits. {case.limits}",
        grade=Grade.MODEL,
        formula=FORMULA,
        inputs=UnreachableInputs(
            calls=len(case.requests),
            candidates=tuple(one.name for one in case.candidates),
            ttft_limit_ms_p99=case.slo.ttft_ms,
            tpot_limit_ms_p99=case.slo.tpot_ms,
            latency_limit_ms_p99=case.slo.latency_ms,
        ),
        assumptions=case.notes,
        evidence=rows(study, case.where),
        how_to_verify=(
            "Measure the longest prompts, one at a time, on one replica of the fastest configuration."
        ),
        effort="low",
        risk="None: nothing changes.",
    )
