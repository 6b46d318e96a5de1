"""Turn the readings of a question into fields of `Goals`; goals of different features stay apart."""

from collections.abc import Sequence
from typing import Any, Final

from netra.domain.agents.question.limits import metric_of
from netra.domain.agents.question.readings import Fact, Retracted, StatedTarget
from netra.domain.agents.question.sighting import Sighting
from netra.domain.optimization.model import FeatureGoal, LatencyLimit

FACTS_MAX: Final = 12  # most facts kept from one question
DEFAULT_PERCENTILE: Final = 99.0
_METRICS: Final = ("ttft", "tpot", "latency")


def goal_fields(seen: Sighting) -> dict[str, Any]:
    """Return the fields of `Goals` that the names and the numbers of a question set."""
    targets = [reading for reading in seen.readings if isinstance(reading, StatedTarget)]
    limits = [target for target in targets if target.field in _METRICS]
    others = [target for target in targets if target.field not in _METRICS]
    fields: dict[str, Any] = {"limits": _limits(limits), "models": _models(seen)}
    fields |= _goals(others, limits, seen)
    fields["from_models"] = tuple(dict.fromkeys(one.name for one in seen.move.from_models))
    fields["excluded"] = tuple(dict.fromkeys(one.name for one in seen.excluded))
    fields["fleets"] = seen.fleets
    fields["gpus"] = tuple(dict.fromkeys(gpu.name for gpu in seen.gpus))
    fields["facts"] = _facts(seen)
    fields["assumed"] = _assumed(seen, targets)
    return fields


def _models(seen: Sighting) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.name for one in seen.move.models))


def _limits(limits: Sequence[StatedTarget]) -> tuple[LatencyLimit, ...]:
    """Return the limits; of two on the same measure the first is used."""
    found: dict[tuple[str, float, str], LatencyLimit] = {}
    for target in limits:
        percentile = DEFAULT_PERCENTILE if target.percentile is None else target.percentile
        for feature in target.parts or ("",):
            key = (target.field, percentile, feature)
            found.setdefault(key, _limit(target, percentile=percentile, feature=feature))
    return tuple(found.values())


def _limit(target: StatedTarget, *, percentile: float, feature: str) -> LatencyLimit:
    return LatencyLimit(
        metric=metric_of(target.field), value_ms=target.value, percentile=percentile, feature=feature
    )


def _goals(others: Sequence[StatedTarget], limits: Sequence[StatedTarget], seen: Sighting) -> dict[str, Any]:
    """Return the goals for all calls, the goals of single features, and the features to study."""
    scopes = {target.parts for target in others if target.field != "traffic_growth" or target.parts}
    limited = {name for limit in limits for name in limit.parts}
    elsewhere: set[str] = limited.difference(*scopes) if scopes else set()
    is_apart = bool(scopes - {()}) and (len(scopes) > 1 or bool(elsewhere))
    fields: dict[str, Any] = {}
    apart: dict[str, dict[str, Any]] = {}
    for target in others:
        if is_apart and target.parts:
            for name in target.parts:
                apart.setdefault(name, {}).setdefault(target.field, target.value)
        else:
            fields.setdefault(target.field, target.value)
    fields["per_feature"] = tuple(FeatureGoal(feature=name, **goals) for name, goals in apart.items())
    narrowed = () if is_apart else tuple(name for target in others for name in target.parts)
    fields["features"] = _features(seen, narrowed=narrowed, apart=tuple(apart))
    return fields


def _features(seen: Sighting, *, narrowed: Sequence[str], apart: Sequence[str]) -> tuple[str, ...]:
    """Return the features to study: a feature with only a limit, or a goal of its own, narrows nothing."""
    mentioned = [part for part in seen.parts if part.name not in (*seen.tied, *apart)]
    if any(other.name not in narrowed and narrowed for other in mentioned):
        return tuple(dict.fromkeys((*narrowed, *(part.name for part in mentioned))))
    names = (*(part.name for part in mentioned), *narrowed)
    return tuple(dict.fromkeys(names))


def _facts(seen: Sighting) -> tuple[str, ...]:
    facts = [reading.text for reading in seen.readings if isinstance(reading, Fact)]
    return tuple(dict.fromkeys((*facts, *seen.past_fleets)))[:FACTS_MAX]


def _assumed(seen: Sighting, targets: Sequence[StatedTarget]) -> tuple[str, ...]:
    """Return the assumptions made to read the question."""
    back = [f"“{one.text}” is taken back" for one in seen.readings if isinstance(one, Retracted)]
    unsaid = [t for t in targets if t.field in _METRICS and t.percentile is None]
    percentile = ["a limit without a percentile is judged at p99"] if unsaid else []
    dates = [date.assumed for date in seen.dates if date.assumed]
    stated = [target.assumed for target in targets if target.assumed]
    return tuple(dict.fromkeys((*seen.slipped, *stated, *percentile, *dates, *back)))
