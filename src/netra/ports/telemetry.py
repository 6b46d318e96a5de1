"""Telemetry on its way to events: decode requests, and keep records until they are complete."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from netra.domain.ids import UserId, WorkloadId
from netra.domain.telemetry.metrics import CounterPoint
from netra.domain.telemetry.records import Attributes, Record, Signal


class Block(Protocol):
    """The telemetry of one sender within a request; its records are decoded as they are read."""

    @property
    def resource(self) -> Attributes:
        """The sender's attributes."""
        ...

    def __len__(self) -> int:
        """Return the number of records."""
        ...

    def records(self) -> Iterable[Record]:
        """Yield the spans or log records. Raises `InvalidRequest` for one that cannot be decoded."""
        ...

    def points(self) -> Iterable[CounterPoint]:
        """Yield the data points of counters of tokens. Raises `InvalidRequest`."""
        ...


class TelemetryDecoder(Protocol):
    """Decodes export requests of OTLP."""

    def decode(self, body: bytes, *, signal: Signal, is_json: bool) -> Sequence[Block]:
        """Return one block for each sender in a request; blocks until done.

        Raises `InvalidRequest`, which names the fault, for a body that is no export of this signal, and
        `PayloadTooLarge` for too many records.
        """
        ...


class StagedArrival(msgspec.Struct, frozen=True, kw_only=True):
    """What one request brought for one workload, encoded; `records` of it are kept."""

    workload_id: WorkloadId
    owner_id: UserId
    payload: bytes
    records: int


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """All that is staged of one workload, under a lease with a fencing token.

    `seen` are the digests of records whose calls are stored, by the hour in which they were; `report` is
    empty for a workload without one.
    """

    workload_id: WorkloadId
    owner_id: UserId
    fence: int
    arrivals: Sequence[tuple[int, bytes]]  # number and payload, in order of arrival
    seen: Sequence[tuple[int, bytes]]
    report: bytes


class TelemetryStaging(Protocol):
    """Keeps records until those of the same call have come; bounded in bytes."""

    async def add(self, arrivals: Sequence[StagedArrival], *, at: datetime, max_bytes: int) -> None:
        """Keep the arrivals, all or none, durably.

        Raises `Unavailable`, to be retried after a second, when more than `max_bytes` would wait.
        """
        ...

    async def claim(self, *, now: datetime, quiet_s: float, lease_s: float) -> Claim | None:
        """Lease a workload that is due: something of it arrived, or was carried over, `quiet_s` ago.

        The one that is due longest comes first; None when none is, or all are leased.
        """
        ...

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
        """Replace what was claimed by what is carried over, in one step, and end the lease.

        With `has_waiting`, the workload is due again `quiet_s` after `now`. `done` is added to the digests of
        `hour`; hours before `forget_before` are forgotten. Raises `LeaseLost` when the claim is not the
        latest; then nothing changes.
        """
        ...

    async def drop(self, claim: Claim) -> None:
        """Forget all of a claimed workload, which no longer exists. Raises `LeaseLost`."""
        ...

    async def report(self, workload_id: WorkloadId, *, owner_id: UserId) -> bytes:
        """Return the report on a workload; empty where nothing came in."""
        ...
