"""The ports that commands on a file need: the file's reader, prices and a clock, without any store."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netra.adapters.files.measurements import read_measurements
from netra.adapters.files.reader import FileRequestLogs
from netra.adapters.local.clock import SystemClock
from netra.adapters.otlp.decoder import OtlpDecoder
from netra.adapters.otlp.json_bodies import logs_of, spans_of
from netra.adapters.prices.price_audit import GenaiPriceAudit
from netra.bootstrap.prices import price_book
from netra.domain.optimization.performance.validation.measurement import Measurement
from netra.domain.telemetry.records import Record
from netra.domain.workloads.model import RowFault
from netra.domain.workloads.sizes import limits_of
from netra.ports.clock import Clock
from netra.ports.log_files import RequestLogs
from netra.ports.price_audit import PriceAudit
from netra.ports.prices import PriceBook
from netra.ports.telemetry import TelemetryDecoder
from netra.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class FilePorts:
    """The ports that the analysis of one file needs."""

    clock: Clock
    prices: PriceBook
    price_audit: PriceAudit
    log_files: RequestLogs


def file_ports(settings: Settings) -> FilePorts:
    """Return the ports for the analysis of a file."""
    return FilePorts(
        clock=SystemClock(),
        prices=price_book(settings),
        price_audit=GenaiPriceAudit(),
        log_files=request_logs(settings),
    )


def telemetry_decoder() -> TelemetryDecoder:
    """Return the decoder of OTLP export requests."""
    return OtlpDecoder()


def request_logs(settings: Settings) -> RequestLogs:
    """Return the reader of log files, within the limits of a workload."""
    return FileRequestLogs(limits=limits_of(settings.quotas), records_of=_records_of)


def _records_of(body: bytes) -> Iterator[Record]:
    """Yield the spans and log records of an OTLP/JSON export request."""
    yield from spans_of(body)
    yield from logs_of(body)


def measurements_in(path: Path) -> tuple[tuple[Measurement, ...], tuple[RowFault, ...]]:
    """Return the measured inference times in a CSV file, and its unreadable lines.

    Raises `UnreadableFile` when the file is not a table of measurements.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return read_measurements(lines)
