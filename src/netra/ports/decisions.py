"""Store of decisions about recommendations."""

from collections.abc import Sequence
from typing import Protocol

from netra.domain.decisions.model import Decision, DecisionKey
from netra.domain.ids import UserId, WorkloadId


class DecisionStore(Protocol):
    """Stores the latest decision of each key; every method sees only the owner's.

    Decisions are deleted together with their workload, in the same step.
    """

    async def find(self, workload_id: WorkloadId, key: DecisionKey, *, owner_id: UserId) -> Decision | None:
        """Return the decision, or None."""
        ...

    async def all_of(self, workload_id: WorkloadId, *, owner_id: UserId) -> Sequence[Decision]:
        """Return the workload's decisions, latest `at` first, ties by key; empty for an unknown workload."""
        ...

    async def put(self, decision: Decision, *, replaces: int | None, max_per_workload: int) -> Decision:
        """Store the decision with the next version after the stored one, and return it.

        With `replaces`, only over that version, or over any for `rules.SOME_VERSION`: of concurrent calls
        that replace the same version, one succeeds and the others raise `PreconditionFailed`. Raises
        `NotFound` when the workload does not exist, and `ValidationFailed` when a new key would exceed
        `max_per_workload`.
        """
        ...
