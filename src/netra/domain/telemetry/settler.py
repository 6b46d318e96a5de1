"""Turn staged telemetry into events once the calls are complete."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.errors import LeaseLost, NotFound, ValidationFailed
from netra.domain.quotas import Quotas
from netra.domain.telemetry.arrivals import Arrival
from netra.domain.telemetry.calls import Call
from netra.domain.telemetry.reports import Report
from netra.domain.telemetry.settling import DIGEST_BYTES, QUIET_S, Settlement, has_waiting, settle
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.sizes import limits_of
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents
from netra.ports.telemetry import Claim, TelemetryStaging
from netra.ports.workloads import EventLog

LEASE_S: Final = 60.0  # longer than the store's deadline for a batch of events
LOOK_EVERY_S: Final = 1.0  # polling interval; a small part of the time that a trace must be quiet
OUTAGE_PAUSE_S: Final = 5.0
APPENDED_EVENTS: Final = 20_000  # most events per step
SEEN_HOURS: Final = 24  # time for which a record sent again is recognised, h
HOUR_S: Final = 3600

_ARRIVALS: Final = msgspec.msgpack.Decoder(Arrival)
_REPORTS: Final = msgspec.msgpack.Decoder(Report)
_ENCODER: Final = msgspec.msgpack.Encoder()


class TelemetrySettler:
    """Settles due workloads, one at a time, in any number of processes."""

    def __init__(
        self,
        *,
        staging: TelemetryStaging,
        log: EventLog,
        clock: Clock,
        incidents: Incidents,
        quotas: Quotas,
    ) -> None:
        self._staging = staging
        self._log = log
        self._clock = clock
        self._incidents = incidents
        self._limits = limits_of(quotas)

    async def serve(self) -> None:
        """Settle until cancelled; an outage waits for the next look."""
        while True:
            pause_s = LOOK_EVERY_S
            try:
                if await self.settle_one():
                    pause_s = 0.0
            except LeaseLost:
                pause_s = LOOK_EVERY_S  # another process settles it
            except Exception as error:  # noqa: BLE001  # the outermost frame: telemetry must not wait for a restart
                self._incidents.report(error, where="settling telemetry")
                pause_s = OUTAGE_PAUSE_S
            await self._clock.pause(pause_s)

    async def settle_one(self) -> bool:
        """Settle the workload that is due longest; return whether there was one.

        Raises `Unavailable` when a store does not answer: the claim then lapses and is settled again.
        Raises `LeaseLost` when that has happened already; repeating it adds nothing.
        """
        now = self._clock.now()
        claim = await self._staging.claim(now=now, quiet_s=QUIET_S, lease_s=LEASE_S)
        if claim is None:
            return False
        report = _REPORTS.decode(claim.report) if claim.report else Report()
        settlement = await asyncio.to_thread(_settled, claim, report, now.timestamp())
        try:
            await self._append(claim, settlement.calls, report)
        except NotFound:
            await self._staging.drop(claim)
            return True
        hour = int(now.timestamp()) // HOUR_S
        await self._staging.finish(
            claim,
            now=now,
            carried=_ENCODER.encode(settlement.carried),
            has_waiting=has_waiting(settlement.carried),
            done=settlement.done,
            hour=hour,
            forget_before=hour - SEEN_HOURS,
            report=_ENCODER.encode(report),
        )
        return True

    async def _append(self, claim: Claim, calls: Sequence[Call], report: Report) -> None:
        """Add the events; those that a full workload has no room for are counted and not stored."""
        for first in range(0, len(calls), APPENDED_EVENTS):
            events = [call.event for call in calls[first : first + APPENDED_EVENTS]]
            columns = await asyncio.to_thread(columns_of, events)
            try:
                await self._log.append(
                    claim.workload_id, columns, owner_id=claim.owner_id, limits=self._limits
                )
            except ValidationFailed:
                report.refused += len(events)


def _settled(claim: Claim, report: Report, now_s: float) -> Settlement:
    arrivals = [_ARRIVALS.decode(payload) for _, payload in claim.arrivals]
    done = {
        digests[at : at + DIGEST_BYTES]
        for _, digests in claim.seen
        for at in range(0, len(digests), DIGEST_BYTES)
    }
    return settle(arrivals, now_s=now_s, report=report, done=done)
