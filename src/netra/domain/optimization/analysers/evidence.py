"""Builds the evidence of a finding: the number of rows, and a few event ids to look up."""

from typing import Final

import numpy as np

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Evidence
from netra.domain.optimization.traffic import Bools, Change, repriced
from netra.domain.workloads.columns import Floats, Ints, Labels

SAMPLE_EVENTS: Final = 5
UNNAMED: Final = "(none)"  # the group of calls without a name


def rows(study: Study, where: Bools, *, weight: Ints | Floats | None = None) -> Evidence:
    """Return the count of the events in `where` and the names of the largest by weight, then the oldest."""
    chosen = np.flatnonzero(where)
    if weight is not None and len(chosen) > SAMPLE_EVENTS:
        chosen_weight = np.asarray(weight[chosen], np.float64)
        least = np.partition(chosen_weight, -SAMPLE_EVENTS)[-SAMPLE_EVENTS]
        chosen = chosen[chosen_weight >= least]
        chosen = chosen[np.argsort(-np.asarray(weight[chosen], np.float64), kind="stable")]
    return Evidence(
        rows=int(where.sum()),
        of_rows=len(where),
        sample_events=tuple(name_of(study, int(index)) for index in chosen[:SAMPLE_EVENTS]),
    )


def name_of(study: Study, index: int) -> str:
    """Return the id of a study's event, else its position in the log as sent, from 1."""
    ids = study.events.id
    found = None if ids is None else ids[index]
    return f"#{int(study.places[index]) + 1}" if found is None else str(found)


def saved_by_call_usd(study: Study, change: Change) -> Floats:
    """Return the dollars saved on each call, without hosting costs; negative where a call costs more."""
    changed = change(study.traffic)
    return study.now_usd - repriced(changed, before=study.traffic, before_usd=study.now_usd)


def groups_of(study: Study) -> tuple[str, Labels]:
    """Return the field that groups the calls, and its labels.

    The field the question asks about comes first, then the most specific one logged: template, tool,
    feature. Without any of them, all calls form one group.
    """
    events = study.events
    columns = {"template": events.template, "tool": events.tool, "feature": events.feature}
    for field in sorted(columns, key=lambda name: name != study.goals.split_by):
        labels = columns[field]
        if labels is not None:
            return field, with_unnamed(labels)
    return "all calls", Labels(codes=np.zeros(len(events), np.int32), names=("all calls",))


def with_unnamed(labels: Labels) -> Labels:
    """Return the labels with the unnamed calls as a group of their own."""
    missing = labels.codes < 0
    if not missing.any():
        return labels
    codes = np.where(missing, len(labels.names), labels.codes).astype(np.int32)
    return Labels(codes=codes, names=(*labels.names, UNNAMED))
