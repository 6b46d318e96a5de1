"""Accept events immediately, and deliver them to an archive later, in order and exactly once.

`ArchivedEventLog` is the event log that the services use: it accepts events even while the archive is
down, and reads from both places. `EventCourier` delivers events, in one process at a time.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.ids import UserId, WorkloadId
from netra.domain.quotas import Quotas
from netra.domain.workloads.columns import Events
from netra.domain.workloads.joining import concatenated
from netra.domain.workloads.sizes import LogLimits
from netra.ports.call_outbox import EventArchive, EventOutbox
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents
from netra.ports.workloads import Appended, EventLog

LEASE_S: Final = (
    30.0  # longer than the archive's deadline for a shipment, so that two processes rarely send the same one
)
SHIPMENT_EVENTS: Final = 100_000  # most events per shipment, stored as one part in the archive
SHIPMENT_BYTES: Final = 67_108_864  # most bytes per shipment, as columns; a single batch may be larger
LOOK_EVERY_S: Final = 1.0  # polling interval; bounds the delay of another process's events without a wake-up
OUTAGE_PAUSE_S: Final = 1.0
FULL_RETRY_S: Final = 5


@asynccontextmanager
async def archived(
    log: EventLog,
    *,
    outbox: EventOutbox,
    archive: EventArchive,
    quotas: Quotas,
    clock: Clock,
    incidents: Incidents,
) -> "AsyncGenerator[ArchivedEventLog]":
    """Return `log` backed by an archive, and deliver events to it until the block ends."""
    wake_up = asyncio.Event()
    courier = EventCourier(outbox=outbox, archive=archive, wake_up=wake_up, clock=clock, incidents=incidents)
    serving = asyncio.create_task(courier.serve())
    try:
        yield ArchivedEventLog(log=log, outbox=outbox, archive=archive, wake_up=wake_up, quotas=quotas)
    finally:
        serving.cancel()
        await asyncio.wait({serving})


class ArchivedEventLog:
    """An `EventLog` that accepts events into one store and archives them in another."""

    def __init__(
        self,
        *,
        log: EventLog,
        outbox: EventOutbox,
        archive: EventArchive,
        wake_up: asyncio.Event,
        quotas: Quotas,
    ) -> None:
        self._log = log
        self._outbox = outbox
        self._archive = archive
        self._wake_up = wake_up  # set when there are events to deliver
        self._quotas = quotas

    async def append(
        self, workload_id: WorkloadId, events: Events, *, owner_id: UserId, limits: LogLimits | None = None
    ) -> Appended:
        """Add the events with a new id. Raises `Unavailable` while too many wait for the archive."""
        waiting = await self._outbox.backlog()
        if (
            waiting.events + len(events) > self._quotas.max_waiting_events
            or waiting.bytes > self._quotas.max_waiting_bytes
        ):
            raise Unavailable(
                f"{waiting.events} events wait already for the store of events; try again later.",
                retry_after_s=FULL_RETRY_S,
            )
        appended = await self._log.append(workload_id, events, owner_id=owner_id, limits=limits)
        self._wake_up.set()
        return appended

    async def read(
        self,
        workload_id: WorkloadId,
        *,
        owner_id: UserId,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Events:
        """Return the events of a time span, oldest first, including those not yet archived.

        Waiting events are read first. Batches delivered in between are excluded from the archive's read, so
        that no event is missing or read twice. Raises `Unavailable` when the archive holds events of the
        workload and does not answer.
        """
        waiting = await self._outbox.waiting(workload_id, owner_id=owner_id, since=since, until=until)
        if not waiting.has_archived:
            return waiting.events.sorted_by_time()
        archived = await self._archive.read(
            workload_id, owner_id=owner_id, since=since, until=until, without=waiting.arrivals
        )
        parts = [part for part in (archived, waiting.events) if len(part)]
        return await asyncio.to_thread(_merged, parts) if parts else archived

    async def delete(self, workload_id: WorkloadId, *, owner_id: UserId) -> None:
        """Delete the workload's events: immediately for readers, later in the archive."""
        await self._log.delete(workload_id, owner_id=owner_id)
        self._wake_up.set()


def _merged(parts: Sequence[Events]) -> Events:
    return concatenated(parts).sorted_by_time()


class EventCourier:
    """Delivers waiting events to the archive; one process holds the lease, others poll."""

    def __init__(
        self,
        *,
        outbox: EventOutbox,
        archive: EventArchive,
        wake_up: asyncio.Event,
        clock: Clock,
        incidents: Incidents,
    ) -> None:
        self._outbox = outbox
        self._archive = archive
        self._wake_up = wake_up
        self._clock = clock
        self._incidents = incidents
        self._held: int | None = None

    async def serve(self) -> None:
        """Deliver events until cancelled."""
        try:
            while True:
                if not await self._try_delivery():
                    await self._wait_for_events()
        finally:
            with suppress(Unavailable):  # then the lease expires by itself
                await self._release_lease()

    async def deliver(self) -> bool:
        """Delete one workload and send one shipment to the archive; return whether anything was done."""
        has_deleted = await self._delete()
        shipment = await self._outbox.lease(
            lease_s=LEASE_S, most_events=SHIPMENT_EVENTS, most_bytes=SHIPMENT_BYTES, held=self._held
        )
        if shipment is None:
            await self._release_lease()
            return has_deleted
        self._held = shipment.fence
        if refused := await self._archive.put(shipment):
            await self._outbox.bury(shipment, refused=refused)  # the accepted events are shipped again
        else:
            await self._outbox.delivered(shipment)
        return True

    async def _delete(self) -> bool:
        for deletion in (await self._outbox.deletions())[
            :1
        ]:  # one per turn, so that events do not wait for many deletions
            try:
                await self._archive.delete(deletion.workload_id, owner_id=deletion.owner_id)
            except (
                Unavailable
            ) as error:  # do not block deliveries: an archive may accept inserts but not deletes
                self._incidents.report(error, where="deleting events")
                return False
            await self._outbox.forget(deletion)
            return True
        return False

    async def _try_delivery(self) -> bool:
        try:
            return await self.deliver()
        except LeaseLost:
            self._held = None  # another process holds the lease
        except Unavailable as error:  # the events wait; a full archive may still pass its health check
            self._incidents.report(error, where="handing events on")
            await self._clock.pause(OUTAGE_PAUSE_S)
        except Exception as error:  # noqa: BLE001  # the outermost frame: events must not wait for a restart
            self._incidents.report(error, where="handing events on")
            await self._clock.pause(OUTAGE_PAUSE_S)
        return False

    async def _wait_for_events(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._wake_up.wait()
        self._wake_up.clear()

    async def _release_lease(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            await self._outbox.release(held)
