"""Locks held to the end of a transaction, for engines with concurrent writers."""

from hashlib import blake2b
from typing import Any

from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from netra.adapters.sql.transactions import Query, Step, ask
from netra.domain.ids import UserId, WorkloadId


class pg_advisory_xact_lock(GenericFunction[Any]):  # noqa: N801 (the function's own name)
    """Locks the key exclusively until the transaction ends; a no-op on SQLite, which has one writer."""

    inherit_cache = True


@compiles(pg_advisory_xact_lock, "sqlite")
def _nothing(element: pg_advisory_xact_lock, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


_LOCK = Query(select(pg_advisory_xact_lock(bindparam("key", type_=BigInteger))), is_awaited=False)


def locking_runs_of(owner_id: UserId) -> Step:
    """Return the step that locks the creation and removal of this owner's runs."""
    return locking(f"runs of {owner_id}")


def locking_events_of(workload_id: WorkloadId, owner_id: UserId) -> Step:
    """Return the step that locks additions to and the deletion of the workload's events."""
    return locking(f"events of {owner_id} in {workload_id}")


def locking(name: str) -> Step:
    """Return the step that locks `name`; other transactions that lock it wait until this one ends."""
    return ask(_LOCK, key=int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True))
