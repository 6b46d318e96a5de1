"""Checks the targets that name a feature or a percentile of their own, on the log and the plan."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from msgspec import UNSET

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.composition import Composition
from netra.domain.optimization.measures.latency import measured_ms
from netra.domain.optimization.metrics import TargetName, TargetOutcome
from netra.domain.optimization.model import FeatureGoal, LatencyLimit
from netra.domain.optimization.pareto import Pick
from netra.domain.optimization.study import calls_named
from netra.domain.optimization.traffic import repriced
from netra.domain.optimization.wording import money, percent

_NAMES: Final[dict[str, TargetName]] = {
    "ttft": "ttft_ms_p99",
    "tpot": "tpot_ms_p99",
    "latency": "latency_ms_p99",
}
_WORDS: Final = {
    "ttft": "Time to first token",
    "tpot": "Time per output token",
    "latency": "Time of the whole call",
}
P99: Final = 99.0


def named_targets(study: Study, composition: Composition, *, pick: Pick) -> tuple[TargetOutcome, ...]:
    """Return the outcome of every limit and goal that names its feature or its percentile."""
    keeps_models = pick.option is None or pick.option.latency_ms_p99 is not None or not pick.option.kind
    return (
        *(_limit(study, limit, is_kept=keeps_models) for limit in study.goals.limits if _is_named(limit)),
        *(target for goal in study.goals.per_feature for target in _of_feature(study, composition, goal)),
    )


def _is_named(limit: LatencyLimit) -> bool:
    """Return whether the limit has no place among the limits at the 99th percentile."""
    if limit.percentile != P99:
        return True
    return bool(limit.feature) and limit.metric != "latency"


def _limit(study: Study, limit: LatencyLimit, *, is_kept: bool) -> TargetOutcome:
    """Return a limit against the log; it is not judged where the plan changes who answers."""
    value = measured_ms(study, metric=limit.metric, percentile=limit.percentile, feature=limit.feature)
    where = f" of {limit.feature}" if limit.feature else ""
    what = f"{_WORDS[limit.metric]}{where} at p{limit.percentile:g}"
    if value is None:
        met, why = None, f"{what} is not in the log."
    else:
        met = value <= limit.value_ms if is_kept else None
        why = f"{what} is {value:,.1f} ms in the log; the limit is {limit.value_ms:,g} ms."
    return TargetOutcome(
        target=_NAMES[limit.metric],
        asked=limit.value_ms,
        reached=value,
        met=met,
        why=why if is_kept else f"{why} The plan changes who answers, so it is not judged.",
        percentile=limit.percentile,
        feature=limit.feature or UNSET,
    )


def _of_feature(study: Study, composition: Composition, goal: FeatureGoal) -> Iterator[TargetOutcome]:
    """Yield the outcome of one feature's goals."""
    mine = calls_named(study.events, names=(goal.feature,))
    planned = repriced(composition.planned, before=study.traffic, before_usd=study.now_usd)
    now_usd = study.month.usd(np.where(mine, study.now_usd, 0.0))
    then_usd = study.month.usd(np.where(mine, planned, 0.0))
    share = 1 - then_usd / now_usd if now_usd else 0.0
    costs = (
        f"The plan takes {goal.feature} from {money(now_usd)} to {money(then_usd)} a month, "
        f"{percent(share)} less."
    )
    sums: tuple[tuple[TargetName, float | None, float, bool], ...] = (
        ("saving_share", goal.saving_share, share, share >= (goal.saving_share or 0.0)),
        (
            "saving_usd_per_month",
            goal.saving_usd_per_month,
            now_usd - then_usd,
            now_usd - then_usd >= (goal.saving_usd_per_month or 0.0),
        ),
        (
            "budget_usd_per_month",
            goal.budget_usd_per_month,
            then_usd,
            then_usd <= (goal.budget_usd_per_month or 0.0),
        ),
    )
    for target, asked, reached, met in sums:
        if asked is not None:
            yield TargetOutcome(
                target=target, asked=asked, reached=reached, met=met, why=costs, feature=goal.feature
            )
    if goal.speedup is not None:
        yield TargetOutcome(
            target="speedup",
            asked=goal.speedup,
            reached=None,
            met=None,
            why=f"The speed of {goal.feature} alone under the plan is not computed.",
            feature=goal.feature,
        )
