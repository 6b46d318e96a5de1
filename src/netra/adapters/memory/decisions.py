"""Stores decisions in the dictionaries of the workload store."""

from collections.abc import Sequence

import msgspec

from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.domain.decisions.model import Decision, DecisionKey
from netra.domain.decisions.rules import check_room, check_version
from netra.domain.ids import UserId, WorkloadId


class MemoryDecisionStore:
    """`DecisionStore` for tests and embedded programs; it never awaits another, so each method is atomic."""

    def __init__(self, workloads: MemoryWorkloadStore) -> None:
        self._workloads = workloads

    async def find(self, workload_id: WorkloadId, key: DecisionKey, *, owner_id: UserId) -> Decision | None:
        """Return the decision, or None."""
        return self._workloads.decisions.get((owner_id, workload_id), {}).get(key)

    async def all_of(self, workload_id: WorkloadId, *, owner_id: UserId) -> Sequence[Decision]:
        """Return the workload's decisions, latest first."""
        stored = self._workloads.decisions.get((owner_id, workload_id), {}).values()
        by_key = sorted(stored, key=lambda decision: decision.key)
        return sorted(by_key, key=lambda decision: decision.at, reverse=True)

    async def put(self, decision: Decision, *, replaces: int | None, max_per_workload: int) -> Decision:
        """Store the decision with the next version."""
        await self._workloads.get(decision.workload_id, owner_id=decision.owner_id)
        mine = self._workloads.decisions.setdefault((decision.owner_id, decision.workload_id), {})
        stored = mine.get(decision.key)
        check_version(replaces, stored)
        if stored is None:
            check_room(len(mine), most=max_per_workload)
        version = 1 if stored is None else stored.version + 1
        made = mine[decision.key] = msgspec.structs.replace(decision, version=version)
        return made
