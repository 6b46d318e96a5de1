"""Stores decisions about recommendations in a table; deleting their workload deletes them too."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import func, select, update

from netra.adapters.sql.instants import instant, instant_or_none, micros, micros_or_none
from netra.adapters.sql.locks import locking_events_of
from netra.adapters.sql.operations_schema import decisions
from netra.adapters.sql.transactions import Database, Query, Row, Script, ask, inserting, param
from netra.adapters.sql.workloads import getting
from netra.domain.decisions.model import DecidedOn, Decision, DecisionKey, DecisionState, DismissalReason
from netra.domain.decisions.rules import check_room, check_version
from netra.domain.ids import UserId, WorkloadId

_MINE = (decisions.c.owner_id == param("whose"), decisions.c.workload_id == param("which"))
_ONE = (*_MINE, decisions.c.key == param("wanted"))
_CHANGING: Final = (
    "version",
    "state",
    "reason",
    "note",
    "effective_at",
    "until_at",
    "decided_at",
    "decided_on",
)

_FIND = Query(select(*decisions.c).where(*_ONE))
_ALL = Query(select(*decisions.c).where(*_MINE).order_by(decisions.c.decided_at.desc(), decisions.c.key))
_COUNT = Query(select(func.count()).select_from(decisions).where(*_MINE))
_INSERT = inserting(decisions)
_CHANGE = Query(update(decisions).where(*_ONE).values({name: param(f"new_{name}") for name in _CHANGING}))


class SqlDecisionStore:
    """`DecisionStore` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, workload_id: WorkloadId, key: DecisionKey, *, owner_id: UserId) -> Decision | None:
        """Return the decision, or None."""
        return await self._database.read(lambda: _finding(workload_id, key, owner_id))

    async def all_of(self, workload_id: WorkloadId, *, owner_id: UserId) -> Sequence[Decision]:
        """Return the workload's decisions, latest first."""
        return await self._database.view(lambda: _listing(workload_id, owner_id))

    async def put(self, decision: Decision, *, replaces: int | None, max_per_workload: int) -> Decision:
        """Store the decision with the next version."""
        return await self._database.write(
            lambda: _putting(decision, replaces=replaces, most=max_per_workload)
        )


def _finding(workload_id: WorkloadId, key: DecisionKey, owner_id: UserId) -> Script[Decision | None]:
    rows = yield ask(_FIND, whose=owner_id, which=workload_id, wanted=key)
    return _decision(rows[0]) if rows else None


def _listing(workload_id: WorkloadId, owner_id: UserId) -> Script[Sequence[Decision]]:
    rows = yield ask(_ALL, whose=owner_id, which=workload_id)
    return [_decision(row) for row in rows]


def _putting(decision: Decision, *, replaces: int | None, most: int) -> Script[Decision]:
    owner_id, workload_id = decision.owner_id, decision.workload_id
    yield locking_events_of(workload_id, owner_id)  # as the deletion of the workload does
    yield from getting(workload_id, owner_id)
    stored = yield from _finding(workload_id, decision.key, owner_id)
    check_version(replaces, stored)
    if stored is None:
        ((count,),) = yield ask(_COUNT, whose=owner_id, which=workload_id)
        check_room(count, most=most)
        made = msgspec.structs.replace(decision, version=1)
        yield ask(_INSERT, owner_id=owner_id, workload_id=workload_id, key=decision.key, **_columns(made))
        return made
    made = msgspec.structs.replace(decision, version=stored.version + 1)
    changed = {f"new_{name}": value for name, value in _columns(made).items()}
    yield ask(_CHANGE, whose=owner_id, which=workload_id, wanted=decision.key, **changed)
    return made


def _columns(decision: Decision) -> dict[str, object]:
    values = (
        decision.version,
        decision.state.value,
        None if decision.reason is None else decision.reason.value,
        decision.note,
        micros_or_none(decision.effective_at),
        micros_or_none(decision.until),
        micros(decision.at),
        msgspec.json.encode(decision.on),
    )
    return dict(zip(_CHANGING, values, strict=True))


def _decision(row: Row) -> Decision:
    owner_id, workload_id, key, version, state, reason, note, effective_at, until, at, on = row
    return Decision(
        workload_id=workload_id,
        owner_id=owner_id,
        key=key,
        state=DecisionState(state),
        on=msgspec.json.decode(on, type=DecidedOn),
        at=instant(at),
        version=version,
        reason=None if reason is None else DismissalReason(reason),
        note=note,
        effective_at=instant_or_none(effective_at),
        until=instant_or_none(until),
    )
