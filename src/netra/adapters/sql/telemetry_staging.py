"""Stages telemetry in tables; a workload is settled under a lease with a fencing token."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, func, literal_column, select, update

from netra.adapters.sql.instants import micros
from netra.adapters.sql.locks import locking
from netra.adapters.sql.operations_schema import telemetry_arrivals, telemetry_seen, telemetry_streams
from netra.adapters.sql.transactions import Database, Query, Script, ask, inserting, param
from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.ids import UserId, WorkloadId
from netra.domain.leases import HORIZON, lease_end
from netra.ports.telemetry import Claim, StagedArrival

_STREAM: Final = telemetry_streams.c
_ARRIVAL: Final = telemetry_arrivals.c
_SEEN: Final = telemetry_seen.c
_ZERO: Final[ColumnElement[int]] = literal_column("0")
_OWN: Final = (_STREAM.owner_id == param("whose"), _STREAM.workload_id == param("which"))
_OWN_ARRIVALS: Final = (_ARRIVAL.owner_id == param("whose"), _ARRIVAL.workload_id == param("which"))
_OWN_SEEN: Final = (_SEEN.owner_id == param("whose"), _SEEN.workload_id == param("which"))

_HELD: Final = Query(select(func.coalesce(func.sum(_ARRIVAL.bytes), _ZERO)))
_FIND: Final = Query(select(_STREAM.waiting_since).where(*_OWN))
_OPEN: Final = inserting(telemetry_streams)
_WAIT: Final = Query(update(telemetry_streams).where(*_OWN), sets=["waiting_since"])
_INSERT: Final = inserting(telemetry_arrivals, without=["number"])
_DUE: Final = Query(
    select(_STREAM.owner_id, _STREAM.workload_id, _STREAM.fence, _STREAM.report)
    .where(
        _STREAM.waiting_since <= param("quiet_before"),
        # a lease that ends beyond the horizon was taken before the clock was set back
        (_STREAM.lease_until <= param("now")) | (_STREAM.lease_until > param("horizon")),
    )
    .order_by(_STREAM.waiting_since)
    .limit(1)
)
_TAKE: Final = Query(update(telemetry_streams).where(*_OWN), sets=["fence", "lease_until"])
_ARRIVALS: Final = Query(
    select(_ARRIVAL.number, _ARRIVAL.payload).where(*_OWN_ARRIVALS).order_by(_ARRIVAL.number)
)
_DIGESTS: Final = Query(select(_SEEN.hour, _SEEN.digests).where(*_OWN_SEEN).order_by(_SEEN.hour))
_FENCE: Final = Query(select(_STREAM.fence).where(*_OWN).with_for_update())
_REMOVE: Final = Query(delete(telemetry_arrivals).where(*_OWN_ARRIVALS, _ARRIVAL.number <= param("last")))
_LATER: Final = Query(select(func.count()).select_from(telemetry_arrivals).where(*_OWN_ARRIVALS))
_FORGET: Final = Query(delete(telemetry_seen).where(*_OWN_SEEN, _SEEN.hour < param("before")))
_OF_HOUR: Final = Query(select(_SEEN.digests).where(*_OWN_SEEN, _SEEN.hour == param("at")))
_NEW_HOUR: Final = inserting(telemetry_seen)
_SAME_HOUR: Final = Query(
    update(telemetry_seen).where(*_OWN_SEEN, _SEEN.hour == param("at")), sets=["digests"]
)
_END: Final = Query(update(telemetry_streams).where(*_OWN), sets=["waiting_since", "lease_until", "report"])
_REPORT: Final = Query(select(_STREAM.report).where(*_OWN))
_DROPS: Final = (
    Query(delete(telemetry_arrivals).where(*_OWN_ARRIVALS)),
    Query(delete(telemetry_seen).where(*_OWN_SEEN)),
    Query(delete(telemetry_streams).where(*_OWN)),
)


class SqlTelemetryStaging:
    """`TelemetryStaging` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, arrivals: Sequence[StagedArrival], *, at: datetime, max_bytes: int) -> None:
        """Store the arrivals, all or nothing."""
        ordered = sorted(arrivals, key=lambda arrival: (arrival.owner_id, arrival.workload_id))
        await self._database.write(lambda: _adding(ordered, at=at, max_bytes=max_bytes))

    async def claim(self, *, now: datetime, quiet_s: float, lease_s: float) -> Claim | None:
        """Lease the workload that is due longest."""
        return await self._database.write(lambda: _claiming(now=now, quiet_s=quiet_s, lease_s=lease_s))

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
        """Replace what was claimed by what is carried over."""
        await self._database.write(
            lambda: _finishing(
                claim,
                now=now,
                carried=carried,
                has_waiting=has_waiting,
                done=done,
                hour=hour,
                forget_before=forget_before,
                report=report,
            )
        )

    async def drop(self, claim: Claim) -> None:
        """Forget all of a claimed workload."""
        await self._database.write(lambda: _dropping(claim))

    async def report(self, workload_id: WorkloadId, *, owner_id: UserId) -> bytes:
        """Return the report on a workload."""
        return await self._database.read(lambda: _reporting(workload_id, owner_id))


def _adding(arrivals: Sequence[StagedArrival], *, at: datetime, max_bytes: int) -> Script[None]:
    held = yield ask(_HELD)
    if int(held[0][0]) + sum(len(arrival.payload) for arrival in arrivals) > max_bytes:
        raise Unavailable("Too much telemetry waits to be settled; try again in a second.", retry_after_s=1)
    for arrival in arrivals:
        own = {"whose": arrival.owner_id, "which": arrival.workload_id}
        yield locking(_name(arrival.owner_id, arrival.workload_id))
        rows = yield ask(_FIND, **own)
        if not rows:
            yield ask(
                _OPEN,
                owner_id=arrival.owner_id,
                workload_id=arrival.workload_id,
                waiting_since=micros(at),
                fence=0,
                lease_until=0,
                report=b"",
            )
        elif rows[0][0] is None:
            yield ask(_WAIT, **own, waiting_since=micros(at))
        yield from _inserting(arrival.owner_id, arrival.workload_id, arrival.payload)


def _inserting(owner_id: UserId, workload_id: WorkloadId, payload: bytes) -> Script[None]:
    yield ask(_INSERT, owner_id=owner_id, workload_id=workload_id, bytes=len(payload), payload=payload)


def _claiming(*, now: datetime, quiet_s: float, lease_s: float) -> Script[Claim | None]:
    yield locking("claims of telemetry")  # of concurrent claims, each gets another workload
    quiet_before = micros(now) - int(quiet_s * 1_000_000)
    due = yield ask(_DUE, quiet_before=quiet_before, now=micros(now), horizon=micros(now + HORIZON))
    if not due:
        return None
    owner_id, workload_id, fence, report = due[0]
    own = {"whose": owner_id, "which": workload_id}
    yield ask(_TAKE, **own, fence=fence + 1, lease_until=micros(lease_end(now=now, lease_s=lease_s)))
    arrivals = yield ask(_ARRIVALS, **own)
    seen = yield ask(_DIGESTS, **own)
    return Claim(
        workload_id=WorkloadId(workload_id),
        owner_id=UserId(owner_id),
        fence=fence + 1,
        arrivals=[(number, bytes(payload)) for number, payload in arrivals],
        seen=[(hour, bytes(digests)) for hour, digests in seen],
        report=bytes(report),
    )


def _finishing(
    claim: Claim,
    *,
    now: datetime,
    carried: bytes,
    has_waiting: bool,
    done: bytes,
    hour: int,
    forget_before: int,
    report: bytes,
) -> Script[None]:
    own = {"whose": claim.owner_id, "which": claim.workload_id}
    yield from _checking(claim)
    if claim.arrivals:
        yield ask(_REMOVE, **own, last=claim.arrivals[-1][0])
    later = yield ask(_LATER, **own)
    yield from _inserting(claim.owner_id, claim.workload_id, carried)
    yield ask(_FORGET, **own, before=forget_before)
    known = yield ask(_OF_HOUR, **own, at=hour)
    if known:
        yield ask(_SAME_HOUR, **own, at=hour, digests=bytes(known[0][0]) + done)
    elif done:
        yield ask(_NEW_HOUR, owner_id=claim.owner_id, workload_id=claim.workload_id, hour=hour, digests=done)
    waiting_since = micros(now) if has_waiting or later[0][0] else None
    yield ask(_END, **own, waiting_since=waiting_since, lease_until=0, report=report)


def _dropping(claim: Claim) -> Script[None]:
    yield from _checking(claim)
    yield from forgetting_telemetry(claim.workload_id, claim.owner_id)


def forgetting_telemetry(workload_id: WorkloadId, owner_id: UserId) -> Script[None]:
    """Delete all telemetry of a workload, as part of a transaction."""
    for query in _DROPS:
        yield ask(query, whose=owner_id, which=workload_id)


def _checking(claim: Claim) -> Script[None]:
    """Raise `LeaseLost` unless the claim is the latest; additions wait until the transaction ends."""
    yield locking(_name(claim.owner_id, claim.workload_id))
    rows = yield ask(_FENCE, whose=claim.owner_id, which=claim.workload_id)
    if not rows or rows[0][0] != claim.fence:
        raise LeaseLost(f"the telemetry of {claim.workload_id} is settled by another process")


def _reporting(workload_id: WorkloadId, owner_id: UserId) -> Script[bytes]:
    rows = yield ask(_REPORT, whose=owner_id, which=workload_id)
    return bytes(rows[0][0]) if rows else b""


def _name(owner_id: UserId, workload_id: WorkloadId) -> str:
    return f"telemetry of {owner_id} in {workload_id}"
