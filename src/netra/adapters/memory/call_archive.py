"""An archive of events in memory."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import Events, empty_events, nanoseconds
from netra.domain.workloads.joining import concatenated
from netra.ports.call_outbox import Parcel, Refused, Shipment


class MemoryEventArchive:
    """`EventArchive` for tests."""

    def __init__(self) -> None:
        self._shipments: set[tuple[str, ...]] = set()
        self._parcels: list[Parcel] = []

    async def put(self, shipment: Shipment) -> Sequence[Refused]:
        """Store the shipment; rejects nothing."""
        name = tuple(parcel.name for parcel in shipment.parcels)
        if name not in self._shipments:
            self._shipments.add(name)
            self._parcels.extend(shipment.parcels)
        return ()

    async def read(
        self,
        workload_id: WorkloadId,
        *,
        owner_id: UserId,
        since: datetime | None,
        until: datetime | None,
        without: Sequence[int],
    ) -> Events:
        """Return the events of a time span, oldest first."""
        parts = [
            parcel.events
            for parcel in self._of(workload_id, owner_id=owner_id)
            if parcel.arrival not in without
        ]
        events = concatenated([empty_events(), *parts])
        first_ns = 0 if since is None else nanoseconds(since)
        is_in = events.at_ns >= first_ns
        if until is not None:
            is_in &= events.at_ns < nanoseconds(until)
        return events.take(np.flatnonzero(is_in)).sorted_by_time()

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete all events of the workload."""
        own = self._of(workload_id, owner_id=owner_id)
        self._parcels = [parcel for parcel in self._parcels if not any(parcel is one for one in own)]

    def _of(self, workload_id: WorkloadId, *, owner_id: UserId) -> Sequence[Parcel]:
        own = (
            parcel
            for parcel in self._parcels
            if (parcel.owner_id, parcel.workload_id) == (owner_id, workload_id)
        )
        return sorted(own, key=lambda parcel: parcel.arrival)
