"""List the parts of a question that set no goal, and why."""

import re
from typing import Final

from netra.domain.agents.question import changes, topics
from netra.domain.agents.question.dates import Dated
from netra.domain.agents.question.leftovers import nameless_exclusions
from netra.domain.agents.question.readings import StatedTarget, Unread
from netra.domain.agents.question.scope import asks_for_causes, has_a_topic
from netra.domain.agents.question.sighting import Sighting
from netra.domain.agents.question.strays import UNKNOWN, unknown_names

_DIGIT: Final = re.compile("[0-9]")
_NO_TOPIC: Final = "no target, name or topic that this engine knows was found"
_NO_CHANGE: Final = "a date without a change; the whole log is studied"
_OTHER_DATE: Final = "another date; the change is taken to be at the first one"
_CAUSES: Final = "the log holds which calls failed and what they cost, not why"


def unread_of(seen: Sighting) -> list[Unread]:
    """Return the parts of the message that set no goal."""
    unread = [reading for reading in seen.readings if isinstance(reading, Unread)]
    unread += [
        Unread(text=family.name, why="a family of models; name the one that is meant")
        for family in seen.families
    ]
    unread += [
        Unread(text=slip.name, why=f"not in the log; did you mean {name}?", is_grave=True)
        for slip, name in seen.slips
    ]
    unread += [Unread(text=name, why=UNKNOWN) for name in unknown_names(seen.text)]
    unread += [Unread(text=date.text, why="no day of the calendar") for date in seen.dates if date.at is None]
    unread += _dates(seen)
    unread += _contradictions(seen)
    unread += nameless_exclusions(seen.text)
    if asks_for_causes(seen.text):
        unread.append(Unread(text="why", why=_CAUSES))
    if seen.language:
        why = f"a question in {seen.language}; only numbers, names and common phrases of it are read"
        unread.append(Unread(text=seen.language, why=why))
    if not is_named(seen) and not (topics.is_on_topic(seen.text) or has_a_topic(seen.text)):
        unread.append(Unread(text=seen.quotes, why=_NO_TOPIC))
    return unread


def _dates(seen: Sighting) -> list[Unread]:
    """Return the dates that no change uses, and those that differ from the date of the change."""
    is_growing = _is_growing(seen)
    days = [date for date in seen.dates if _is_day(date) and not (date.is_to_come and is_growing)]
    is_dated = any(changes.dates_a_change(seen.quotes, one.start, one.end) for one in seen.dates)
    if changes.asks_before_after(seen.text, is_dated=is_dated):
        known = [date for date in seen.dates if date.at is not None]
        others = [
            one
            for one in days
            if one.at is not None and known[0].at is not None and one.at.date() != known[0].at.date()
        ]
        return [Unread(text=one.text, why=_OTHER_DATE) for one in others if _DIGIT.search(one.text)]
    is_asked = any(isinstance(one, StatedTarget) for one in seen.readings)
    used = [date for date in days if not is_asked or _DIGIT.search(date.text)]
    return [Unread(text=date.text, why=_NO_CHANGE) for date in used]


def _is_growing(seen: Sighting) -> bool:
    return any(isinstance(one, StatedTarget) and one.field == "traffic_growth" for one in seen.readings)


def _is_day(date: Dated) -> bool:
    """Return whether a date names a day, unlike "today"."""
    return date.at is not None and not date.text.isalpha() and not date.text.lower().startswith("this ")


def is_named(seen: Sighting) -> bool:
    """Return whether the question names or states anything."""
    return bool(
        seen.move.models
        or seen.move.from_models
        or seen.gpus
        or seen.parts
        or seen.excluded
        or seen.readings
        or seen.families
        or seen.slips
        or (seen.dates and changes.names_a_change(seen.text))
    )


def _contradictions(seen: Sighting) -> list[Unread]:
    """Return the targets that contradict an earlier one; the earlier one is used."""
    first: dict[tuple[str, str, float | None], float] = {}
    unread: list[Unread] = []
    for target in seen.readings:
        if not isinstance(target, StatedTarget):
            continue
        keys = [(target.field, part, target.percentile) for part in target.parts or ("",)]
        stands = next((first[key] for key in keys if key in first), target.value)
        first |= dict.fromkeys(keys, stands)
        if stands != target.value:
            text = f"{target.field} {target.value:g}"
            why = f"stated twice; the first, {stands:g}, is used"
            unread.append(Unread(text=text, why=why, is_grave=True))
    return unread
