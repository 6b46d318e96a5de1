"""Stages telemetry in dictionaries."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.ids import UserId, WorkloadId
from netra.domain.leases import has_passed, lease_end
from netra.ports.telemetry import Claim, StagedArrival

FULL: str = "Too much telemetry waits to be settled; try again in a second."


class _Stream(msgspec.Struct, kw_only=True):
    workload_id: WorkloadId
    owner_id: UserId
    arrivals: dict[int, bytes] = {}
    waiting_since: datetime | None = None
    fence: int = 0
    lease_until: datetime | None = None
    seen: dict[int, bytes] = {}
    report: bytes = b""


class MemoryTelemetryStaging:
    """`TelemetryStaging` for tests and embedded programs."""

    def __init__(self) -> None:
        self._streams: dict[tuple[UserId, WorkloadId], _Stream] = {}
        self._number = 0

    async def add(self, arrivals: Sequence[StagedArrival], *, at: datetime, max_bytes: int) -> None:
        """Keep the arrivals."""
        held = sum(len(payload) for stream in self._streams.values() for payload in stream.arrivals.values())
        if held + sum(len(arrival.payload) for arrival in arrivals) > max_bytes:
            raise Unavailable(FULL, retry_after_s=1)
        for arrival in arrivals:
            key = (arrival.owner_id, arrival.workload_id)
            stream = self._streams.get(key)
            if stream is None:
                stream = _Stream(workload_id=arrival.workload_id, owner_id=arrival.owner_id)
                self._streams[key] = stream
            stream.arrivals[self._next()] = arrival.payload
            stream.waiting_since = stream.waiting_since or at

    async def claim(self, *, now: datetime, quiet_s: float, lease_s: float) -> Claim | None:
        """Lease the workload that is due longest."""
        due = [
            (stream.waiting_since, key)
            for key, stream in self._streams.items()
            if stream.waiting_since is not None
            and stream.waiting_since + timedelta(seconds=quiet_s) <= now
            and has_passed(stream.lease_until, now=now)
        ]
        if not due:
            return None
        stream = self._streams[min(due)[1]]
        stream.fence += 1
        stream.lease_until = lease_end(now=now, lease_s=lease_s)
        return Claim(
            workload_id=stream.workload_id,
            owner_id=stream.owner_id,
            fence=stream.fence,
            arrivals=list(stream.arrivals.items()),
            seen=list(stream.seen.items()),
            report=stream.report,
        )

    async def finish(
        self,
        claim: Claim,
        *,
        now: datetime,
        carried: bytes,
        has_waiting: bool,
        done: bytes,
        hour: int,
        forget_before: int,
        report: bytes,
    ) -> None:
        """Replace what was claimed."""
        stream = self._claimed(claim)
        for number, _ in claim.arrivals:
            del stream.arrivals[number]
        later = bool(stream.arrivals)
        stream.arrivals[self._next()] = carried
        stream.waiting_since = now if later or has_waiting else None
        stream.seen = {at: kept for at, kept in stream.seen.items() if at >= forget_before}
        stream.seen[hour] = stream.seen.get(hour, b"") + done
        stream.report = report
        stream.lease_until = None

    async def drop(self, claim: Claim) -> None:
        """Forget the workload."""
        self._claimed(claim)
        del self._streams[claim.owner_id, claim.workload_id]

    async def report(self, workload_id: WorkloadId, *, owner_id: UserId) -> bytes:
        """Return the report on a workload."""
        stream = self._streams.get((owner_id, workload_id))
        return b"" if stream is None else stream.report

    def _claimed(self, claim: Claim) -> _Stream:
        stream = self._streams.get((claim.owner_id, claim.workload_id))
        if stream is None or stream.fence != claim.fence:
            raise LeaseLost(f"the telemetry of {claim.workload_id} is settled by another process")
        return stream

    def _next(self) -> int:
        self._number += 1
        return self._number
