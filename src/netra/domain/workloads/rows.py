"""Write events as JSON lines in the schema of `Event`, which intake reads."""

from collections.abc import Iterable

import msgspec

from netra.domain.workloads.model import Event


def ndjson_of(events: Iterable[Event]) -> bytes:
    """Return one JSON object a line, each line ended; fields without a value are left out."""
    encoder = msgspec.json.Encoder()
    return b"".join(encoder.encode(_given(event)) + b"\n" for event in events)


def _given(event: Event) -> dict[str, object]:
    row = {name: value for name, value in msgspec.structs.asdict(event).items() if value is not None}
    if event.prefix_hashes is None:
        del row["prefix_block_tokens"]
    return row
