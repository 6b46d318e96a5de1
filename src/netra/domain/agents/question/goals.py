"""Read `Goals` from a run's message and parameters, without a language model.

Parameters override the message. Each part that is not understood adds a sentence to `Goals.unread`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final

from netra.domain.agents.question import changes, topics
from netra.domain.agents.question.asking_back import question_back
from netra.domain.agents.question.doubts import doubts_of
from netra.domain.agents.question.fleets import serving_fields
from netra.domain.agents.question.mentions import NO_NAMES, KnownNames, same_name
from netra.domain.agents.question.parameters import read_parameters
from netra.domain.agents.question.per_feature import goal_fields
from netra.domain.agents.question.readings import Retracted, Unread
from netra.domain.agents.question.sighting import Sighting, sighted
from netra.domain.agents.question.unread import unread_of
from netra.domain.optimization.explain.asked import KIND as EXPLAIN_CHANGE
from netra.domain.optimization.model import Goals, LatencyLimit, Priority

UNREAD_MAX: Final = 12  # most sentences in `Goals.unread`; keeps the answer short for a text full of numbers
BEFORE_AFTER: Final = "upgrade_review"  # in `Goals.analyses`: evaluate a change
RIGHT_SIZING: Final = "right_sizing"  # in `Goals.analyses`: compare other models
QUALITY: Final = "quality"  # in `Goals.constraints`: answers may not get worse

_NEAR: Final = 0.75  # similarity of a name to one of the log, from 0 to 1, that suggests a typing slip
_UNKNOWN_PART: Final = "no feature, function or tool of this name is in the log"
_LISTS: Final = ("features", "models", "gpus", "constraints", "analyses")


def read_goals(
    message: str, parameters: Mapping[str, Any], *, now: datetime, names: KnownNames = NO_NAMES
) -> Goals:
    """Return the goals of a question; accepts any text and any values without raising.

    `names` are the names in the workload's log, once it has been read. Other names are then reported as
    unread.

    >>> from datetime import UTC
    >>> goals = read_goals("20 % cheaper, please", {"budget": 5000}, now=datetime(2026, 11, 21, tzinfo=UTC))
    >>> goals.saving_share, goals.budget_usd_per_month, goals.priority.value
    (0.2, 5000.0, 'cost')
    """
    asked = read_parameters(parameters)
    seen = sighted("\n".join([message, *asked.words]), names, now=now)
    stated = goal_fields(seen)
    stated |= serving_fields(seen.fleets) if "served_on" not in asked.fields else {}
    fields = _merged(stated | _implied(seen, stated), asked.fields)
    fields["features"], unknown = _sifted(fields["features"], names)
    fields["limits"], unlimited = _limits_sifted(fields["limits"], names)
    unheld = _unheld(fields["excluded"], names)
    fields |= _at_p99(fields, asked.fields)
    unread = (
        *asked.unread,
        *unread_of(seen),
        *doubts_of(seen, fields),
        *(_unknown_part(name, names) for name in (*unknown, *unlimited, *unheld)),
    )
    sentences = tuple(dict.fromkeys(piece.sentence() for piece in unread))
    ask_back = question_back(message, seen, fields, unread) if not asked.fields else ""
    return Goals(**fields, unread=_shortened(sentences), ask_back=ask_back)


def _shortened(sentences: Sequence[str]) -> tuple[str, ...]:
    """Return at most `UNREAD_MAX` sentences; the last one counts those that are left out."""
    if len(sentences) <= UNREAD_MAX:
        return tuple(sentences)
    return (*sentences[: UNREAD_MAX - 1], f"{len(sentences) - UNREAD_MAX + 1} more parts that set no goal")


def _implied(seen: Sighting, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the goals stated without a number: caps, priority, analyses and the date of a change."""
    text = seen.text
    implied: dict[str, Any] = {"constraints": (), "split_by": topics.split_in(text)}
    is_budgeted = not {"saving_share", "budget_usd_per_month", "saving_usd_per_month"}.isdisjoint(fields)
    if not is_budgeted and topics.is_money_capped(text):
        implied["saving_share"] = 0.0
    if "speedup" not in fields and not fields["limits"] and topics.is_speed_kept(text):
        implied["speedup"] = 1.0
    if topics.is_quality_kept(text):
        implied["constraints"] = (QUALITY,)
    implied["priority"] = _priority(seen, fields)
    analyses = topics.analyses_in(text)
    implied["excluded_kinds"] = topics.unwanted_in(text)
    implied["analyses"] = analyses
    if changes.asks_before_after(
        text, is_dated=any(changes.dates_a_change(seen.quotes, one.start, one.end) for one in seen.dates)
    ):
        # the new model is already in use
        implied["analyses"] = (*(kind for kind in analyses if kind != RIGHT_SIZING), BEFORE_AFTER)
        implied["change_at"] = _change_at(seen)
    elif changes.asks_why(text):
        implied["change_at"] = _change_at(seen)
    elif not all(model.known for model in seen.move.models):
        implied["analyses"] = tuple(dict.fromkeys((*analyses, RIGHT_SIZING)))
    if changes.asks_why(text):
        implied["analyses"] = (EXPLAIN_CHANGE, *implied["analyses"])
    return implied


def _change_at(seen: Sighting) -> datetime | None:
    return next((date.at for date in seen.dates if date.at is not None), None)


def _priority(seen: Sighting, fields: Mapping[str, Any]) -> Priority | None:
    """Return the objective: balanced if both cost and speed have a target, else the one mentioned."""
    if fields.get("saving_share", 0.0) > 0 and fields.get("speedup", 0.0) > 1:
        return Priority.BALANCED
    priority = topics.priority_in(seen.text)
    if fields.get("speedup", 0.0) > 1:
        return Priority.BALANCED if priority is Priority.COST else priority or Priority.PERFORMANCE
    is_speed_retracted = any(
        isinstance(one, Retracted) and one.target is not None and one.target.field == "speedup"
        for one in seen.readings
    )
    return Priority.COST if is_speed_retracted and priority is Priority.BALANCED else priority


def _merged(stated: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Merge both sources: parameters override single fields, lists and limits are united."""
    fields = {name: value for name, value in {**stated, **asked}.items() if value is not None}
    for name in _LISTS:
        fields[name] = tuple(dict.fromkeys((*asked.get(name, ()), *stated[name])))
    fields["limits"] = _united(stated["limits"], _as_limits(asked))
    return fields


def _as_limits(asked: Mapping[str, Any]) -> tuple[LatencyLimit, ...]:
    """Return the limits that parameters state, at the 99th percentile."""
    latency: Mapping[str, float] = asked.get("latency_ms", {})
    first, each = asked.get("ttft_ms_p99"), asked.get("tpot_ms_p99")
    return (
        *(() if first is None else (LatencyLimit(metric="ttft", value_ms=first),)),
        *(() if each is None else (LatencyLimit(metric="tpot", value_ms=each),)),
        *(LatencyLimit(metric="latency", value_ms=ms, feature=feature) for feature, ms in latency.items()),
    )


def _united(stated: Sequence[LatencyLimit], asked: Sequence[LatencyLimit]) -> tuple[LatencyLimit, ...]:
    """Return all limits; a parameter's replaces the message's of the same metric, percentile and feature."""
    found = {(one.metric, one.percentile, one.feature.lower()): one for one in (*stated, *asked)}
    return tuple(found.values())


def _at_p99(fields: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the limits at the 99th percentile in the fields of their own."""
    limits: Sequence[LatencyLimit] = fields["limits"]
    at_p99 = [limit for limit in limits if limit.percentile == 99.0]
    whole: dict[str, Any] = {
        "latency_ms": {one.feature: one.value_ms for one in at_p99 if one.metric == "latency"}
    }
    for field, metric in (("ttft_ms_p99", "ttft"), ("tpot_ms_p99", "tpot")):
        found = [one.value_ms for one in at_p99 if one.metric == metric and not one.feature]
        whole[field] = asked.get(field, min(found, default=None))
    return whole


def _sifted(features: Iterable[str], names: KnownNames) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the features as spelled in the log, and the unknown ones; keep all before the log is read."""
    known = names.parts()
    if names == NO_NAMES:
        return tuple(features), ()
    found = {name: _spelling(name, known) for name in features}
    kept = tuple(dict.fromkeys(spelt for spelt in found.values() if spelt is not None))
    return kept, tuple(name for name, spelt in found.items() if spelt is None)


def _limits_sifted(
    limits: Sequence[LatencyLimit], names: KnownNames
) -> tuple[tuple[LatencyLimit, ...], tuple[str, ...]]:
    kept, unknown = _sifted(dict.fromkeys(one.feature for one in limits if one.feature), names)
    good = [one for one in limits if one.feature not in unknown]
    return tuple(
        LatencyLimit(
            metric=one.metric,
            value_ms=one.value_ms,
            percentile=one.percentile,
            feature=_spelling(one.feature, kept) or one.feature,
        )
        for one in good
    ), unknown


def _spelling(name: str, known: Sequence[str]) -> str | None:
    return next((spelt for spelt in known if same_name(spelt, name)), None)


def _unheld(excluded: Sequence[str], names: KnownNames) -> tuple[str, ...]:
    """Return the excluded names that the log lacks."""
    known = (*names.parts(), *names.models)
    return tuple(name for name in excluded if names != NO_NAMES and _spelling(name, known) is None)


def _unknown_part(name: str, names: KnownNames) -> Unread:
    """Return a name that the log lacks as unread; one close to a name of the log is asked back."""
    near = get_close_matches(name.lower(), names.parts(), n=1, cutoff=_NEAR)
    if near:
        return Unread(text=name, why=f"not in the log; did you mean {near[0]}?", is_grave=True)
    return Unread(text=name, why=_UNKNOWN_PART)
