"""Events of workloads as lists of columns in memory."""

from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import Events, concatenated, empty_events, nanoseconds
from netra.ports.workloads import Appended


class Log(msgspec.Struct, kw_only=True):
    """What one workload has: batches in the order they came, and the ids in them."""

    parts: list[Events] = []
    ids: set[str] = set()


class MemoryEventLog:
    """`EventLog` for tests and embedded programs."""

    def __init__(self) -> None:
        self._logs: dict[tuple[UserId, WorkloadId], Log] = {}

    async def append(self, workload_id: WorkloadId, events: Events, *, owner_id: UserId) -> Appended:
        """Add the events whose id is new."""
        log = self._logs.setdefault((owner_id, workload_id), Log())
        is_new = _new_ones(events, log.ids)
        if is_new.any():
            log.parts.append(events.take(np.flatnonzero(is_new)))  # `take` copies: nothing is shared
        return Appended(is_new=is_new)

    async def read(
        self,
        workload_id: WorkloadId,
        *,
        owner_id: UserId,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Events:
        """Return the events of a time span, oldest first."""
        log = self._logs.get((owner_id, workload_id))
        if log is None or not log.parts:
            return empty_events()
        log.parts[:] = [concatenated(log.parts)]
        found = log.parts[0]
        is_in = np.ones(len(found), np.bool_)
        if since is not None:
            is_in &= found.at_ns >= nanoseconds(since)
        if until is not None:
            is_in &= found.at_ns < nanoseconds(until)
        chosen = np.flatnonzero(is_in)
        return found.take(chosen[np.argsort(found.at_ns[chosen], kind="stable")])

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete all events of the workload."""
        self._logs.pop((owner_id, workload_id), None)


def _new_ones(events: Events, seen: set[str]) -> npt.NDArray[np.bool_]:
    is_new = np.ones(len(events), np.bool_)
    for index, event_id in enumerate(() if events.id is None else events.id):
        if event_id is None:
            continue
        is_new[index] = event_id not in seen
        seen.add(event_id)
    return is_new
