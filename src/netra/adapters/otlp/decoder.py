"""Decode OTLP export requests, protobuf and JSON, one sender at a time."""

from collections.abc import Sequence
from typing import Final

import msgspec

from netra.adapters.otlp.json_bodies import JsonBlock, json_resources_of
from netra.adapters.otlp.protobuf_bodies import ProtobufBlock, resources_of
from netra.domain.errors import InvalidRequest, PayloadTooLarge
from netra.domain.telemetry.records import Signal
from netra.ports.telemetry import Block

RECORDS_MAX: Final = 50_000  # spans, log records or metrics in one request


class OtlpDecoder:
    """`TelemetryDecoder` for OTLP 1.x."""

    def __init__(self, *, records_max: int = RECORDS_MAX) -> None:
        self._records_max = records_max

    def decode(self, body: bytes, *, signal: Signal, is_json: bool) -> Sequence[Block]:
        """Return one block for each sender in a request."""
        blocks = _json_blocks(body, signal) if is_json else _protobuf_blocks(body, signal)
        records = sum(map(len, blocks))
        if records > self._records_max:
            raise PayloadTooLarge(
                f"The request has {records} records; at most {self._records_max} go in one: "
                "lower OTEL_BSP_MAX_EXPORT_BATCH_SIZE or the collector's send_batch_max_size."
            )
        return blocks


def _protobuf_blocks(body: bytes, signal: Signal) -> Sequence[Block]:
    try:
        return [ProtobufBlock(resource, signal) for resource in resources_of(body, signal)]
    except ValueError as error:
        raise InvalidRequest(f"The body is no protobuf export of {signal.value}: {error}.") from error


def _json_blocks(body: bytes, signal: Signal) -> Sequence[Block]:
    try:
        resources = json_resources_of(body, signal)
    except RecursionError as error:
        raise InvalidRequest("The body is nested too deeply to be an export.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The body is no JSON export of {signal.value}: {error}.") from error
    return [JsonBlock(resource, signal) for resource in resources]
