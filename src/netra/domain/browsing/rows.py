"""Events as rows again, from their columns."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from netra.domain.workloads.columns import FLAGS, FLOATS, INTEGERS, LABELS, MAPPINGS, Events, Labels
from netra.domain.workloads.mappings import charges_of, label_set_of
from netra.domain.workloads.model import Event

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def event_at(events: Events, index: int) -> Event:
    """Return event `index` with its values and its prefix hashes."""
    fields: dict[str, Any] = {  # Any: each column's own type
        **{name: _name(getattr(events, name), index) for name in LABELS if name not in MAPPINGS},
        **{name: _number(getattr(events, name), index, int) for name in INTEGERS},
        **{name: _number(getattr(events, name), index, float) for name in FLOATS},
        **{name: _number(getattr(events, name), index, bool) for name in FLAGS},
    }
    charges, labels = _name(events.charges, index), _name(events.labels, index)
    prefixes = events.prefixes
    if prefixes is not None and prefixes.offsets[index + 1] > prefixes.offsets[index]:
        begin, end = prefixes.offsets[index : index + 2]
        fields["prefix_hashes"] = prefixes.hashes[begin:end].tolist()
        fields["prefix_block_tokens"] = int(prefixes.block_tokens[index])
    return Event(
        timestamp=_EPOCH + timedelta(microseconds=int(events.at_ns[index]) // 1_000),
        model=events.model.of(index) or "",
        input_tokens=int(events.input_tokens[index]),
        output_tokens=int(events.output_tokens[index]),
        id=None if events.id is None else events.id[index],
        charges=None if charges is None else charges_of(charges),
        labels=None if labels is None else label_set_of(labels),
        **fields,
    )


def _name(column: Labels | None, index: int) -> str | None:
    return None if column is None else column.of(index)


def _number(column: Any, index: int, kind: type) -> Any:  # Any: an array of one of three types, or None
    if column is None:
        return None
    value = column[index]
    return None if (np.isnan(value) if kind is float else value < 0) else kind(value)
