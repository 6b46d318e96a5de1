"""Read `Goals` from a run's message and parameters, without a language model.

Parameters override the message. Each part that is not understood adds a sentence to `Goals.unread`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from netra.domain.agents.question import topics
from netra.domain.agents.question.dates import Dated, instants
from netra.domain.agents.question.mentions import (
    NO_NAMES,
    KnownNames,
    Mention,
    blanked,
    families_in,
    gpus_in,
    models_in,
    parts_in,
    same_name,
)
from netra.domain.agents.question.number_targets import targets_in
from netra.domain.agents.question.parameters import read_parameters
from netra.domain.agents.question.readings import Reading, StatedTarget, Unread
from netra.domain.optimization.model import Goals, Priority

UNREAD_MAX: Final = 12  # most sentences in `Goals.unread`; keeps the answer short for a text full of numbers
BEFORE_AFTER: Final = "upgrade_review"  # in `Goals.analyses`: evaluate a change
RIGHT_SIZING: Final = "right_sizing"  # in `Goals.analyses`: compare other models
QUALITY: Final = "quality"  # in `Goals.constraints`: answers may not get worse

_UNKNOWN_PART: Final = "no feature, function or tool of this name is in the log"


class _MessageParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything found in the text."""

    text: str
    models: tuple[Mention, ...]
    families: tuple[Mention, ...]
    gpus: tuple[Mention, ...]
    dates: tuple[Dated, ...]
    parts: tuple[Mention, ...]
    readings: tuple[Reading, ...]


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
    words = _words("\n".join([message, *asked.words]), names, now=now)
    fields = _merged(_goal_fields(words), asked.fields)
    fields["features"], unknown = _sifted(fields["features"], names)
    fields["latency_ms"], unlimited = _limits_sifted(fields["latency_ms"], names)
    unread = (*asked.unread, *_unread(words), *(_unknown_part(name) for name in (*unknown, *unlimited)))
    sentences = tuple(dict.fromkeys(piece.sentence() for piece in unread))
    return Goals(**fields, unread=sentences[:UNREAD_MAX])


def _words(text: str, names: KnownNames, *, now: datetime) -> _MessageParts:
    """Find names and blank them out first, so that a digit in a name is not read as a number."""
    models = models_in(text, known=names.models)
    text = _without(text, models)
    families, gpus, dates = families_in(text), gpus_in(text), instants(text, now=now)
    text = _without(text, (*gpus, *(date for date in dates if not date.text.isalpha())))
    parts = parts_in(text, known=names.parts())
    plain = _without(text, parts)
    return _MessageParts(
        text=plain,
        models=models,
        families=families,
        gpus=gpus,
        dates=dates,
        parts=parts,
        readings=targets_in(plain, parts),
    )


def _without(text: str, found: Iterable[Mention | Dated]) -> str:
    return blanked(text, [(piece.start, piece.end) for piece in found])


def _goal_fields(words: _MessageParts) -> dict[str, Any]:
    """Return the fields of `Goals` set by the words."""
    fields: dict[str, Any] = {"latency_ms": {}}
    for target in _targets(words):
        if target.field == "latency_ms":
            fields["latency_ms"].setdefault(target.part, target.value)
        else:
            fields.setdefault(target.field, target.value)
    fields["features"] = tuple(part.name for part in words.parts if part.name not in fields["latency_ms"])
    fields["models"] = tuple(model.name for model in words.models)
    fields["gpus"] = tuple(gpu.name for gpu in words.gpus)
    fields["analyses"] = topics.analyses_in(words.text)
    return fields | _implied(words, fields)


def _implied(words: _MessageParts, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the goals stated without a number: caps, priority, analyses and the date of a change."""
    implied: dict[str, Any] = {"constraints": (), "split_by": topics.split_in(words.text)}
    if {"saving_share", "budget_usd_per_month"}.isdisjoint(fields) and topics.is_money_capped(words.text):
        implied["saving_share"] = 0.0
    if "speedup" not in fields and not fields["latency_ms"] and topics.is_speed_kept(words.text):
        implied["speedup"] = 1.0
    if topics.is_quality_kept(words.text):
        implied["constraints"] = (QUALITY,)
    implied["priority"] = _priority(words, fields)
    if _is_before_after(words):
        # the new model is already in use
        asked = (kind for kind in fields["analyses"] if kind != RIGHT_SIZING)
        implied["analyses"] = (*asked, BEFORE_AFTER)
        implied["change_at"] = next((date.at for date in words.dates if date.at is not None), None)
    elif not all(model.known for model in words.models):
        implied["analyses"] = tuple(dict.fromkeys((*fields["analyses"], RIGHT_SIZING)))
    return implied


def _priority(words: _MessageParts, fields: Mapping[str, Any]) -> Priority | None:
    """Return the objective: balanced if both cost and speed have a target, else the one mentioned."""
    if fields.get("saving_share", 0.0) > 0 and fields.get("speedup", 0.0) > 1:
        return Priority.BALANCED
    priority = topics.priority_in(words.text)
    if fields.get("speedup", 0.0) > 1:
        return Priority.BALANCED if priority is Priority.COST else priority or Priority.PERFORMANCE
    return priority


def _is_before_after(words: _MessageParts) -> bool:
    return topics.asks_before_after(words.text, is_dated=bool(words.dates))


def _merged(stated: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Merge both sources: parameters override single fields, lists and limits are united."""
    fields = {name: value for name, value in {**stated, **asked}.items() if value is not None}
    for name in ("features", "models", "gpus", "constraints", "analyses"):
        fields[name] = tuple(dict.fromkeys((*asked.get(name, ()), *stated[name])))
    fields["latency_ms"] = {**stated["latency_ms"], **asked.get("latency_ms", {})}
    return fields


def _targets(words: _MessageParts) -> list[StatedTarget]:
    return [reading for reading in words.readings if isinstance(reading, StatedTarget)]


def _sifted(features: Iterable[str], names: KnownNames) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the features as spelled in the log, and the unknown ones; keep all before the log is read."""
    known = names.parts()
    if names == NO_NAMES:
        return tuple(features), ()
    found = {name: _spelling(name, known) for name in features}
    kept = tuple(dict.fromkeys(spelt for spelt in found.values() if spelt is not None))
    return kept, tuple(name for name, spelt in found.items() if spelt is None)


def _limits_sifted(
    limits: Mapping[str, float], names: KnownNames
) -> tuple[dict[str, float], tuple[str, ...]]:
    kept, unknown = _sifted([part for part in limits if part], names)
    spelt = {part: _spelling(part, kept) or part for part in limits}
    good = {spelt[part]: limit for part, limit in limits.items() if part not in unknown}
    return good, unknown


def _spelling(name: str, known: Sequence[str]) -> str | None:
    return next((spelt for spelt in known if same_name(spelt, name)), None)


def _unknown_part(name: str) -> Unread:
    return Unread(text=name, why=_UNKNOWN_PART)


def _unread(words: _MessageParts) -> list[Unread]:
    """Return the parts of the message that set no goal."""
    unread = [reading for reading in words.readings if isinstance(reading, Unread)]
    unread += [
        Unread(text=family.name, why="a family of models; name the one that is meant")
        for family in words.families
    ]
    unread += [
        Unread(text=date.text, why="no day of the calendar") for date in words.dates if date.at is None
    ]
    unread += _contradictions(words)
    is_named = words.models or words.gpus or words.parts or words.readings
    if not is_named and not topics.is_on_topic(words.text):
        unread.append(
            Unread(text=words.text, why="no target, name or topic that this engine knows was found")
        )
    return unread


def _contradictions(words: _MessageParts) -> list[Unread]:
    """Return the targets that contradict an earlier one; the earlier one is used."""
    first: dict[tuple[str, str], float] = {}
    unread: list[Unread] = []
    for target in _targets(words):
        stands = first.setdefault((target.field, target.part), target.value)
        if stands != target.value:
            text = f"{target.field} {target.value:g}"
            unread.append(Unread(text=text, why=f"stated twice; the first, {stands:g}, is used"))
    return unread
