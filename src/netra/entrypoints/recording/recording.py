"""The calls that one program reports by telemetry, kept in memory until it has ended."""

import secrets
import threading
import time
from typing import Final

import msgspec

from netra.domain.telemetry.arrivals import Arrival, arrival_of
from netra.domain.telemetry.calls import Call
from netra.domain.telemetry.records import Signal
from netra.domain.telemetry.reports import Report
from netra.domain.telemetry.settling import LATE_S, settle
from netra.ports.telemetry import TelemetryDecoder

RECORDS_MAX: Final = 500_000  # records of calls and around them; bounds memory to some hundred MB


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of a program in the order of their start, and what was found on the way."""

    calls: tuple[Call, ...]
    report: Report
    requests: int  # export requests that were taken, of any signal
    dropped: int  # records beyond `RECORDS_MAX`


class Recording:
    """Takes export requests from several threads; prompts are hashed under a key that ends with it."""

    def __init__(self, decoder: TelemetryDecoder, *, records_max: int = RECORDS_MAX) -> None:
        self._decoder = decoder
        self._records_max = records_max
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._arrivals: list[Arrival] = []
        self._records = 0
        self._requests = 0
        self._dropped = 0

    def take(self, body: bytes, *, signal: Signal, is_json: bool) -> None:
        """Keep what an export request says of calls; metrics are counted and not read.

        Raises `InvalidRequest` for a body that cannot be decoded, `PayloadTooLarge` for too many records.
        """
        blocks = self._decoder.decode(body, signal=signal, is_json=is_json)
        arrivals = [
            arrival_of(block.records(), at_s=time.time(), content_key=self._key)
            for block in blocks
            if signal is not Signal.METRICS
        ]
        with self._lock:
            self._requests += 1
            for arrival in arrivals:
                if self._records + arrival.size > self._records_max:
                    self._dropped += arrival.size
                    continue
                self._arrivals.append(arrival)
                self._records += arrival.size

    def finished(self) -> Recorded:
        """Return the calls; records of the same call are merged as in the service."""
        report = Report()
        with self._lock:
            arrivals, requests, dropped = list(self._arrivals), self._requests, self._dropped
        done_s = time.time() + LATE_S  # nothing waits for another record
        calls = settle(arrivals, now_s=done_s, report=report, done=()).calls
        return Recorded(
            calls=tuple(sorted(calls, key=lambda call: call.event.timestamp)),
            report=report,
            requests=requests,
            dropped=dropped,
        )
