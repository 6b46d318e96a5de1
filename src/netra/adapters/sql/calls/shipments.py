"""Chooses which waiting blocks form a shipment and joins their rows; nothing here touches a database."""

from itertools import accumulate

from netra.adapters.sql.calls.call_blocks import unpacked
from netra.adapters.sql.transactions import Rows
from netra.ports.call_outbox import Parcel, Shipment


def fitting(waiting: Rows, *, most_events: int, most_bytes: int | None) -> int:
    """Return how many of the first blocks stay within both limits together."""
    events = accumulate(count for _, count, _ in waiting)
    sizes = accumulate(size for *_, size in waiting)
    return sum(
        count <= most_events and (most_bytes is None or size <= most_bytes)
        for count, size in zip(events, sizes, strict=True)
    )


def shipment_of(fence: int, number: int, rows: Rows) -> Shipment:
    """Return the rows of a shipment with their events unpacked."""
    return Shipment(
        fence=fence,
        number=number,
        parcels=tuple(
            Parcel(
                name=name,
                arrival=arrival,
                owner_id=owner_id,
                workload_id=workload_id,
                events=unpacked(payload),
            )
            for arrival, name, payload, owner_id, workload_id in rows
        ),
    )
