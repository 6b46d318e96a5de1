"""When a call began and ended, whether it streamed, and how long its first chunk took."""

from datetime import datetime
from typing import Final

from netra.domain.telemetry import attribute_names as names
from netra.domain.telemetry.dialects import MODEL_UNSURE_OF_STREAM
from netra.domain.telemetry.recognition import event_names
from netra.domain.telemetry.records import Attributes, Record
from netra.domain.telemetry.values import first, number_of, truth_of

_MS_NS: Final = 1_000_000
_SECOND_NS: Final = 1_000_000_000
_STRANDS: Final = "gen_ai.server.time_to_first_token"


def instant_ns(value: object) -> int | None:
    """Return an instant in nanoseconds since 1970, of ISO 8601 text; without a zone it is in UTC."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip().strip('"'))
    except ValueError:
        return None
    offset = at.utcoffset()
    naive = at.replace(tzinfo=None)
    if offset is not None:
        naive -= offset
    past = naive - datetime(1970, 1, 1)  # noqa: DTZ001  # both are in UTC
    return (past.days * 86_400 + past.seconds) * _SECOND_NS + past.microseconds * 1000


def span_of_time(record: Record) -> tuple[int, int]:
    """Return start and end of the call; a log record has its end, and a duration."""
    attributes = record.attributes
    end_ns = record.end_ns or record.start_ns
    if record.is_log:
        end_ns = end_ns or instant_ns(attributes.get("event.timestamp")) or 0
        if "codex.sse_event" in event_names(record):
            return end_ns, end_ns  # its duration is that of one event of the stream
        duration_ms = number_of(attributes.get("duration_ms"))
        return end_ns - int((duration_ms or 0) * _MS_NS), end_ns
    if attributes.get("logfire.span_type") == "log":
        duration_s = number_of(attributes.get("duration"))
        return end_ns - int((duration_s or 0) * _SECOND_NS), end_ns
    return record.start_ns, max(end_ns, record.start_ns)


def is_streaming(record: Record, parameters: Attributes) -> bool | None:
    """Return whether the answer was streamed; None where the emitter does not say."""
    attributes = record.attributes
    operation = attributes.get("ai.operationId")
    if isinstance(operation, str) and operation.endswith((".doStream", ".doGenerate")):
        return operation.endswith(".doStream")
    if attributes.get("logfire.span_type") == "log" and "duration" in attributes:
        return True
    if "codex.sse_event" in event_names(record):
        return True
    said = truth_of(first(attributes, names.STREAMING))
    if said is None:
        said = truth_of(parameters.get("stream"))
    is_unsure = record.scope.startswith(MODEL_UNSURE_OF_STREAM) or "langsmith.span.kind" in attributes
    return None if said is False and is_unsure else said


def first_chunk_ms(record: Record, start_ns: int, end_ns: int, *, streaming: bool | None) -> float | None:
    """Return the time to the first chunk in milliseconds, by whatever the emitter calls it."""
    attributes = record.attributes
    seconds = number_of(first(attributes, names.TTFT_SECONDS))
    found = None if seconds is None else seconds * 1000
    if found is None:
        found = number_of(first(attributes, names.TTFT_MS))
    if found is None:
        found = _server_ms(record, streaming=streaming)
    if found is None:
        found = _first_event_ms(record, start_ns)
    if found is None:
        found = _completion_start_ms(attributes, start_ns, end_ns)
    return None if found is None or found > 1e10 else found


def _server_ms(record: Record, *, streaming: bool | None) -> float | None:
    value = number_of(record.attributes.get(_STRANDS))
    if value is None:
        return None
    if record.scope.startswith("openlit"):
        return value * 1000 if streaming else None  # of an answer that is not streamed it is the duration
    return value  # Strands sends milliseconds


def _first_event_ms(record: Record, start_ns: int) -> float | None:
    for event in record.events:
        if event.name in names.TTFT_EVENTS and event.at_ns >= start_ns:
            return (event.at_ns - start_ns) / _MS_NS
    return None


def _completion_start_ms(attributes: Attributes, start_ns: int, end_ns: int) -> float | None:
    began = instant_ns(attributes.get("langfuse.observation.completion_start_time"))
    if began is None or not start_ns <= began < end_ns - _MS_NS:  # at the end, it is no first chunk
        return None
    return (began - start_ns) / _MS_NS
