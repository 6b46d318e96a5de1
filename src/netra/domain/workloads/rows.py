"""Events as rows of text: JSON lines and CSV in the schema of `Event`, which is what intake takes."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from netra.domain.workloads.model import Event


def ndjson_of(events: Iterable[Event]) -> bytes:
    """Return one JSON object a line, each line ended; fields without a value are left out."""
    encoder = msgspec.json.Encoder()
    return b"".join(encoder.encode(_given(event)) + b"\n" for event in events)


def csv_of(events: Sequence[Event]) -> str:
    """Return a table with a column for every field that some event has; block hashes stand in one cell."""
    rows = [_given(event) for event in events]
    for row, event in zip(rows, events, strict=True):
        if event.prefix_hashes is not None:
            row["prefix_hashes"] = " ".join(str(block) for block in event.prefix_hashes)
    used = [name for name in Event.__struct_fields__ if any(name in row for row in rows)]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(used)
    table.writerows([_cell(row.get(name)) for name in used] for row in rows)
    return text.getvalue()


def _given(event: Event) -> dict[str, Any]:
    row = {name: value for name, value in msgspec.structs.asdict(event).items() if value is not None}
    if event.prefix_hashes is None:
        del row["prefix_block_tokens"]
    return row


def _cell(value: Any) -> str:  # Any: whatever a field of Event can be
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, dict):
        return msgspec.json.encode(value, order="sorted").decode()
    return str(value)
