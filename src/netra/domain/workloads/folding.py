"""Bound the distinct names per column of an analysis, which works group by group.

Columns whose names are individual ids (sessions, prompts, ids) are not groups and are not changed.
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
"""Upper bound on distinct names by column; the largest known logs have some hundreds."""

OTHERS: Final = "(others)"  # the group of all names beyond the bound


def folded(events: Events, *, names_max: Mapping[str, int] = NAMES_MAX) -> tuple[Events, tuple[str, ...]]:
    """Merge a column's rarest names into one group; return the events, and a note for each such column.

    Keeps the names with the most calls. Returns a log within the bounds unchanged. Idempotent.
    """
    changed: dict[str, Any] = {}  # Any: each field has its own type
    notes: list[str] = []
    for column, most in names_max.items():
        labels: Labels | None = getattr(events, column)
        if labels is None or len(labels.names) <= most + 1:
            continue
        changed[column], used = _folded(labels, most=most)
        if used > most:
            notes.append(
                f"The log has {used:,} names in {column}; the {most:,} with the most calls are kept, "
                f"the others are one group, {OTHERS}."
            )
    return (msgspec.structs.replace(events, **changed) if changed else events), tuple(notes)


def _folded(labels: Labels, *, most: int) -> tuple[Labels, int]:
    """Return the labels with `most` names and one group of others, and the number of names in use."""
    calls = np.bincount(labels.codes[labels.codes >= 0], minlength=len(labels.names))
    used = int(np.count_nonzero(calls))
    kept = np.sort(np.argsort(-calls, kind="stable")[: min(most, used)])
    codes = np.full(len(labels.names) + 1, len(kept), np.int32)
    codes[kept] = np.arange(len(kept))
    codes[-1] = -1  # calls without a name
    places: list[int] = kept.tolist()
    names = tuple(labels.names[place] for place in places)
    return Labels(codes=codes[labels.codes], names=(*names, OTHERS) if used > most else names), used
