"""Removes the events of workloads: hides them from readers immediately, frees the space in steps.

Each removal continues with every condemned log, and every process looks for such logs periodically. So
another process finishes what a killed one left undone.
"""

from typing import Final

from sqlalchemy import delete, exists, literal_column, select, update

from netra.adapters.sql.schema import (
    dead_events,
    event_blocks,
    event_courier,
    event_deletions,
    event_ids,
    event_logs,
)
from netra.adapters.sql.transactions import Query, Script, ask, inserting, param
from netra.domain.ids import UserId, WorkloadId

_OWN: Final = (event_logs.c.owner_id == param("whose"), event_logs.c.workload_id == param("which"))
# no shipment begins or ends meanwhile
_WITH_COURIER: Final = Query(select(event_courier.c.id).with_for_update())
_IS_HANDED_ON: Final = Query(
    select(event_logs.c.number).where(
        *_OWN,
        (event_logs.c.archived > literal_column("0"))
        | exists().where(event_blocks.c.log == event_logs.c.number, event_blocks.c.shipment.is_not(None)),
    )
)
_DELETE_IN_ARCHIVE: Final = inserting(event_deletions)
_CONDEMN: Final = Query(update(event_logs).where(*_OWN), sets=["owner_id", "workload_id"])
_FORGET_DEAD: Final = Query(
    delete(dead_events).where(
        dead_events.c.owner_id == param("whose"), dead_events.c.workload_id == param("which")
    )
)
_CONDEMNED: Final = Query(
    select(event_logs.c.number)
    .where(event_logs.c.owner_id.is_(None))
    .limit(1)
    .with_for_update(skip_locked=True)  # a locked one is being removed by another process
)
_IS_ANY_CONDEMNED: Final = Query(select(event_logs.c.number).where(event_logs.c.owner_id.is_(None)).limit(1))
# Blocks of a shipment stay: a retry must deliver the same ones. They are deleted on delivery.
_PURGEABLE: Final = (event_blocks.c.log == param("log"), event_blocks.c.shipment.is_(None))
_NEXT_BLOCKS: Final = Query(
    select(event_blocks.c.arrival).where(*_PURGEABLE).order_by(event_blocks.c.arrival).limit(param("most"))
)
_PURGE_BLOCKS: Final = Query(delete(event_blocks).where(*_PURGEABLE, event_blocks.c.arrival <= param("last")))
_PURGE_IDS: Final = Query(delete(event_ids).where(event_ids.c.log == param("log")))
_FORGET: Final = Query(delete(event_logs).where(event_logs.c.number == param("log")))


def condemning(workload_id: WorkloadId, owner_id: UserId) -> Script[None]:
    """Hide the events from every reader, as part of a transaction.

    A deletion is recorded for events that the archive has or may still get.
    """
    yield ask(_WITH_COURIER)
    for (log,) in (yield ask(_IS_HANDED_ON, whose=owner_id, which=workload_id)):
        yield ask(_DELETE_IN_ARCHIVE, log=log, owner_id=owner_id, workload_id=workload_id)
    yield ask(_CONDEMN, whose=owner_id, which=workload_id, owner_id=None, workload_id=None)
    yield ask(_FORGET_DEAD, whose=owner_id, which=workload_id)


def looking_for_condemned() -> Script[bool]:
    """Return whether a log is condemned and not yet removed; takes no lock."""
    return bool((yield ask(_IS_ANY_CONDEMNED)))


def purging(most: int) -> Script[bool]:
    """Remove some blocks of a condemned log; return whether there is more to remove.

    A log is removed when a query finds no block. The row count of the delete does not suffice: the
    courier may take the same blocks concurrently, and then the count is lower although others remain.
    """
    found = yield ask(_CONDEMNED)
    if not found:
        return False
    ((log,),) = found
    blocks = yield ask(_NEXT_BLOCKS, log=log, most=most)
    if blocks:
        yield ask(_PURGE_BLOCKS, log=log, last=blocks[-1][0])
    else:
        yield ask(_PURGE_IDS, log=log)
        yield ask(_FORGET, log=log)
    return True
