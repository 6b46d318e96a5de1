"""Decide whether a question must be asked back before any advice, and put the question."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from netra.domain.agents.question.readings import StatedTarget, Unread
from netra.domain.agents.question.scope import CAN, has_a_topic, is_vague, out_of_scope
from netra.domain.agents.question.sighting import Sighting

VAGUE: Final = f"What should become better: the cost, the speed, or something else? {CAN}"
NOTHING: Final = f"What would you like to know about this log? {CAN}"


def question_back(message: str, seen: Sighting, fields: Mapping[str, Any], unread: Sequence[Unread]) -> str:
    """Return the question to ask before any advice; empty if the question is clear enough to answer."""
    if not message.strip():
        return ""
    has_target = any(isinstance(reading, StatedTarget) for reading in seen.readings)
    is_about_names = bool(seen.parts or seen.move.models or seen.gpus or seen.excluded)
    outside = "" if has_target else out_of_scope(message, is_about_names=is_about_names)
    if outside:
        return outside
    if is_vague(message) and not is_about_names:
        return VAGUE
    grave = [one for one in unread if one.is_grave]
    if grave:
        return f"Please say it again more exactly: {'; '.join(one.sentence() for one in grave)}."
    return "" if _is_understood(seen, fields, has_target=has_target) else NOTHING


def _is_understood(seen: Sighting, fields: Mapping[str, Any], *, has_target: bool) -> bool:
    named = ("features", "models", "from_models", "excluded", "fleets", "analyses", "change_at", "facts")
    return (
        has_target or any(fields.get(name) for name in named) or bool(seen.families) or has_a_topic(seen.text)
    )
