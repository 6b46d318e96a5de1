"""Take in telemetry: decode, choose the workload, read what it says of calls, and stage it."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

import msgspec

from netra.domain.ids import UserId, WorkloadId
from netra.domain.telemetry.arrivals import Arrival, arrival_of, counters_of
from netra.domain.telemetry.calls import read_groups
from netra.domain.telemetry.destinations import Destinations, Unplaced, name_of
from netra.domain.telemetry.merging import groups_of
from netra.domain.telemetry.records import Signal
from netra.domain.telemetry.reports import Report, silence
from netra.ports.clock import Clock
from netra.ports.intake_meter import IntakeMeter
from netra.ports.prompt_keys import PromptKeys
from netra.ports.telemetry import Block, StagedArrival, TelemetryDecoder, TelemetryStaging
from netra.ports.workloads import WorkloadStore

STAGED_BYTES_MAX: Final = 1_073_741_824  # records that wait for others, encoded, of all workloads
DECODING_MAX: Final = 2  # requests decoded at a time in one process: each may take 200 MB for 64 MiB
MESSAGES_MAX: Final = 5  # sentences in one answer

_ENCODER: Final = msgspec.msgpack.Encoder()
_REPORTS: Final = msgspec.msgpack.Decoder(Report)


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """An export request: its body without compression, and the workload that it names, if any."""

    body: bytes
    signal: Signal
    is_json: bool
    workload_id: WorkloadId | None = None  # of the path
    workload: str | None = None  # id or name, of a header


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an export: records that were rejected, and what to change."""

    rejected: int = 0
    message: str = ""


class _Placed(msgspec.Struct, frozen=True, kw_only=True):
    blocks: dict[WorkloadId, list[Block]]
    rejected: int
    messages: list[str]


class TelemetryService:
    """Takes in export requests; answers once what they say is kept durably."""

    def __init__(
        self,
        *,
        decoder: TelemetryDecoder,
        staging: TelemetryStaging,
        workloads: WorkloadStore,
        destinations: Destinations,
        meter: IntakeMeter,
        keys: PromptKeys,
        clock: Clock,
    ) -> None:
        self._decoder = decoder
        self._staging = staging
        self._workloads = workloads
        self._destinations = destinations
        self._meter = meter
        self._keys = keys
        self._clock = clock
        self._decoding = asyncio.Semaphore(DECODING_MAX)

    async def take(self, export: Export, *, owner_id: UserId) -> Outcome:
        """Keep what an export says of calls.

        Raises `InvalidRequest` for a body that cannot be decoded, `NotFound` for a path's unknown workload,
        `RateLimited` above the limits of records and bytes, `Unavailable` when too much waits already.
        """
        async with self._decoding:
            blocks = await asyncio.to_thread(
                self._decoder.decode, export.body, signal=export.signal, is_json=export.is_json
            )
            await self._meter.admit(owner_id, records=sum(map(len, blocks)), size=len(export.body))
            placed = await self._placed(export, blocks, owner_id=owner_id)
            at = self._clock.now()
            arrivals = {
                workload_id: await asyncio.to_thread(
                    self._arrival, mine, workload_id, export.signal, at.timestamp()
                )
                for workload_id, mine in placed.blocks.items()
            }
        staged = [_staged(arrival, workload_id, owner_id) for workload_id, arrival in arrivals.items()]
        if staged:
            await self._staging.add(staged, at=at, max_bytes=STAGED_BYTES_MAX)
        messages = [*placed.messages, *await asyncio.to_thread(_silences, arrivals.values())]
        return Outcome(rejected=placed.rejected, message=" ".join(dict.fromkeys(messages[:MESSAGES_MAX])))

    async def report(self, workload_id: WorkloadId, *, owner_id: UserId) -> Report:
        """Return what came in for a workload. Raises `NotFound`."""
        await self._workloads.get(workload_id, owner_id=owner_id)
        stored = await self._staging.report(workload_id, owner_id=owner_id)
        return _REPORTS.decode(stored) if stored else Report()

    async def _placed(self, export: Export, blocks: Sequence[Block], *, owner_id: UserId) -> _Placed:
        """Return the blocks by workload; those without a workload are rejected with a message."""
        if export.workload_id is not None:
            await self._workloads.get(export.workload_id, owner_id=owner_id)
            found = {export.workload_id: list(blocks)} if blocks else {}
            return _Placed(blocks=found, rejected=0, messages=[])
        by_workload: dict[WorkloadId, list[Block]] = {}
        rejected, messages = 0, list[str]()
        for block in blocks:
            name: str | Unplaced = export.workload or name_of(block.resource)
            place = (
                name if isinstance(name, Unplaced) else await self._destinations.find(name, owner_id=owner_id)
            )
            if isinstance(place, Unplaced):
                rejected += len(block)
                messages.append(place.message)
            else:
                by_workload.setdefault(place, []).append(block)
        return _Placed(blocks=by_workload, rejected=rejected, messages=messages)

    def _arrival(
        self, blocks: Sequence[Block], workload_id: WorkloadId, signal: Signal, at_s: float
    ) -> Arrival:
        if signal is Signal.METRICS:
            return counters_of(chain.from_iterable(block.points() for block in blocks))
        records = chain.from_iterable(block.records() for block in blocks)
        return arrival_of(records, at_s=at_s, content_key=self._keys.key_of(workload_id))


def _staged(arrival: Arrival, workload_id: WorkloadId, owner_id: UserId) -> StagedArrival:
    return StagedArrival(
        workload_id=workload_id, owner_id=owner_id, payload=_ENCODER.encode(arrival), records=arrival.size
    )


def _silences(arrivals: Iterable[Arrival]) -> list[str]:
    """Return what to do about calls of this request whose counts no record of it has."""
    found: list[str] = []
    for arrival in arrivals:
        tellers = [row.teller for row in arrival.rows]
        if all(teller.has_counts or teller.is_failed for teller in tellers):
            continue
        reading = read_groups(groups_of(tellers, [each.span for each in arrival.around]))
        silent = [group.tellers[0] for group in reading.without_usage]
        if silent:
            models = dict.fromkeys((teller.model or "?" for teller in silent), 1)
            streams = sum(bool(teller.streaming) for teller in silent)
            found.append(silence(models, streams=streams, total=len(silent)))
    return found
