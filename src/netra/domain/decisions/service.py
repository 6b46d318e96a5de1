"""Decide about recommendations, and list what was decided."""

from collections.abc import Sequence

import msgspec

from netra.domain.decisions.model import Decide, DecidedOn, DecidedSavings, Decision
from netra.domain.decisions.rules import DECISIONS_PER_WORKLOAD_MAX, check_version, decided, reopened
from netra.domain.errors import ValidationFailed
from netra.domain.ids import RunId, UserId, WorkloadId
from netra.ports.clock import Clock
from netra.ports.decisions import DecisionStore
from netra.ports.runs import RunStore
from netra.ports.workloads import WorkloadStore


class DecisionService:
    """Manages decisions; every call names the owner of the workload."""

    def __init__(
        self, *, decisions: DecisionStore, workloads: WorkloadStore, runs: RunStore, clock: Clock
    ) -> None:
        self._decisions = decisions
        self._workloads = workloads
        self._runs = runs
        self._clock = clock

    async def all_of(self, workload_id: WorkloadId, *, owner_id: UserId) -> Sequence[Decision]:
        """Return the workload's decisions, latest first. Raises `NotFound`."""
        await self._workloads.get(workload_id, owner_id=owner_id)
        return await self._decisions.all_of(workload_id, owner_id=owner_id)

    async def decide(self, command: Decide) -> Decision:
        """Store a decision and return it.

        Raises `NotFound` for the workload or the run, `PreconditionFailed` for a version that is not the
        latest, `ValidationFailed` for fields that do not go together, and for a run without this key.
        """
        asked = reopened(command)
        await self._workloads.get(asked.workload_id, owner_id=asked.owner_id)
        before = await self._decisions.find(asked.workload_id, asked.key, owner_id=asked.owner_id)
        check_version(asked.if_version, before)
        if asked.run_id is not None:
            on = await self._shown(asked, asked.run_id)
        elif before is not None:
            on = before.on
        else:
            message = "run_id must name the run whose result has this recommendation"
            raise ValidationFailed.of("run_id", "missing", message)
        made = decided(asked, before=before, on=on, now=self._clock.now())
        return await self._decisions.put(
            made, replaces=asked.if_version, max_per_workload=DECISIONS_PER_WORKLOAD_MAX
        )

    async def _shown(self, asked: Decide, run_id: RunId) -> DecidedOn:
        """Return the recommendation as the run shows it."""
        run = await self._runs.get(run_id, owner_id=asked.owner_id)
        if run.result is not None:
            result = msgspec.json.decode(run.result, type=_Result)
            if result.metrics.workload_id == asked.workload_id:
                for found in result.recommendations:
                    if found.key == asked.key:
                        return DecidedOn(
                            run_id=run_id, kind=found.kind, action=found.action, savings=found.savings
                        )
        message = f"run {run_id!r} has no recommendation {asked.key!r} for this workload"
        raise ValidationFailed.of("run_id", "no_such_recommendation", message)


class _Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    action: str
    savings: DecidedSavings
    key: str = ""


class _Metrics(msgspec.Struct, frozen=True, kw_only=True):
    workload_id: str | None = None


class _Result(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a stored result that a decision keeps."""

    recommendations: tuple[_Recommendation, ...]
    metrics: _Metrics
