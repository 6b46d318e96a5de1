"""The goals of a question as `netra question --json` prints them; a field that was not stated is absent."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from netra.domain.optimization.model import FeatureGoal, Goals, GpuFleet, LatencyLimit


class LimitSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A limit on a latency; without a `feature` it is on all calls."""

    metric: Literal["ttft", "tpot", "latency"]
    percentile: float
    value_ms: float
    feature: str | UnsetType = UNSET


class FleetSummary(msgspec.Struct, frozen=True, kw_only=True):
    """GPUs that the question names."""

    name: str
    owned: bool
    count: int | UnsetType = UNSET


class FeatureSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The goals of one feature."""

    saving_share: float | UnsetType = UNSET
    saving_usd_per_month: float | UnsetType = UNSET
    speedup: float | UnsetType = UNSET
    traffic_growth: float | UnsetType = UNSET
    budget_usd_per_month: float | UnsetType = UNSET


class QuestionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What was understood of a question, and what was not."""

    saving_share: float | UnsetType = UNSET
    saving_usd_per_month: float | UnsetType = UNSET
    speedup: float | UnsetType = UNSET
    traffic_growth: float | UnsetType = UNSET
    budget_usd_per_month: float | UnsetType = UNSET
    limits: tuple[LimitSummary, ...] | UnsetType = UNSET
    features: tuple[str, ...] | UnsetType = UNSET
    excluded: tuple[str, ...] | UnsetType = UNSET
    models: tuple[str, ...] | UnsetType = UNSET
    from_models: tuple[str, ...] | UnsetType = UNSET
    gpus: tuple[FleetSummary, ...] | UnsetType = UNSET
    change_at: str | UnsetType = UNSET
    priority: str | UnsetType = UNSET
    analyses: tuple[str, ...] | UnsetType = UNSET
    constraints: tuple[str, ...] | UnsetType = UNSET
    per_feature: dict[str, FeatureSummary] | UnsetType = UNSET
    facts: tuple[str, ...] | UnsetType = UNSET
    assumed: tuple[str, ...] | UnsetType = UNSET
    unread: tuple[str, ...] | UnsetType = UNSET
    ask_back: bool | UnsetType = UNSET
    ask_back_text: str | UnsetType = UNSET


NO_MORE_MONEY = "no_more_money"
"""In `constraints`: the bill may not rise."""
NO_SLOWER = "no_slower"
"""In `constraints`: no answer may become slower."""


def summary_of(goals: Goals) -> QuestionSummary:
    """Return the summary of `goals`."""
    return QuestionSummary(
        saving_share=goals.saving_share or UNSET,
        saving_usd_per_month=_stated(goals.saving_usd_per_month),
        speedup=UNSET if goals.speedup == 1 else _stated(goals.speedup),
        traffic_growth=_stated(goals.traffic_growth),
        budget_usd_per_month=_stated(goals.budget_usd_per_month),
        limits=tuple(_limit(limit) for limit in goals.limits) or UNSET,
        features=goals.features or UNSET,
        excluded=goals.excluded or UNSET,
        models=goals.models or UNSET,
        from_models=goals.from_models or UNSET,
        gpus=tuple(_fleet(fleet) for fleet in goals.fleets) or UNSET,
        change_at=UNSET if goals.change_at is None else goals.change_at.isoformat().replace("+00:00", "Z"),
        priority=goals.priority.value,
        analyses=goals.analyses or UNSET,
        constraints=_constraints(goals) or UNSET,
        per_feature={one.feature: _feature(one) for one in goals.per_feature} or UNSET,
        facts=goals.facts or UNSET,
        assumed=goals.assumed or UNSET,
        unread=goals.unread or UNSET,
        ask_back=True if goals.ask_back else UNSET,
        ask_back_text=goals.ask_back or UNSET,
    )


def _stated(value: float | None) -> float | UnsetType:
    return UNSET if value is None else value


def _constraints(goals: Goals) -> tuple[str, ...]:
    caps = [
        *([NO_MORE_MONEY] if goals.saving_share == 0 else []),
        *([NO_SLOWER] if goals.speedup == 1 else []),
        *(f"no_{kind}" for kind in goals.excluded_kinds),
    ]
    return tuple(dict.fromkeys((*goals.constraints, *caps)))


def _limit(limit: LatencyLimit) -> LimitSummary:
    return LimitSummary(
        metric=limit.metric,
        percentile=limit.percentile,
        value_ms=limit.value_ms,
        feature=limit.feature or UNSET,
    )


def _fleet(fleet: GpuFleet) -> FleetSummary:
    return FleetSummary(
        name=fleet.name, owned=fleet.is_owned, count=UNSET if fleet.count is None else fleet.count
    )


def _feature(one: FeatureGoal) -> FeatureSummary:
    return FeatureSummary(
        saving_share=_stated(one.saving_share),
        saving_usd_per_month=_stated(one.saving_usd_per_month),
        speedup=_stated(one.speedup),
        traffic_growth=_stated(one.traffic_growth),
        budget_usd_per_month=_stated(one.budget_usd_per_month),
    )
