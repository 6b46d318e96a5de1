"""Bounds how many names of one column an analysis tells apart; it works group by group, name by name.

Names that stand for one thing each (sessions, prompts, ids) are not groups and stay as they are.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np

from netra.domain.workloads.columns import Events, Labels

NAMES_MAX: Final[Mapping[str, int]] = {
    "model": 1_000,
    "provider": 100,
    "feature": 1_000,
    "template": 1_000,
    "tool": 1_000,
    "status": 1_000,
}
"""Upper bound on the distinct names by column; the largest logs in use have some hundreds."""

OTHERS: Final = "(others)"  # the group of all names beyond the bound


def folded(events: Events, *, names_max: Mapping[str, int] = NAMES_MAX) -> tuple[Events, tuple[str, ...]]:
    """Return the events with the rarest names of a column as one group, and a sentence for each such column.

    The names with the most calls are kept. A log within the bounds is returned as it is. Idempotent.
    """
    changed: dict[str, Any] = {}  # Any: `replace` takes each field's own type
    notes: list[str] = []
    for column, most in names_max.items():
        labels: Labels | None = getattr(events, column)
        if labels is None or len(labels.names) <= most + 1:
            continue
        changed[column], used = _folded(labels, most=most)
        if used > most:
            notes.append(
                f"The log has {used:,} names in {column}; the {most:,} with the most calls are told apart, "
                f"the others are one group, {OTHERS}."
            )
    return (msgspec.structs.replace(events, **changed) if changed else events), tuple(notes)


def _folded(labels: Labels, *, most: int) -> tuple[Labels, int]:
    """Return the labels with `most` names and one for all others, and how many names were in use."""
    calls = np.bincount(labels.codes[labels.codes >= 0], minlength=len(labels.names))
    used = int(np.count_nonzero(calls))
    kept = np.sort(np.argsort(-calls, kind="stable")[: min(most, used)])
    codes = np.full(len(labels.names) + 1, len(kept), np.int32)
    codes[kept] = np.arange(len(kept))
    codes[-1] = -1  # a call without a name has none afterwards
    places: list[int] = kept.tolist()
    names = tuple(labels.names[place] for place in places)
    return Labels(codes=codes[labels.codes], names=(*names, OTHERS) if used > most else names), used
