"""Amazon Bedrock's invocation logs, as S3 and CloudWatch hold them.

Input counts exclude what the cache served and stored.
"""

from collections.abc import Iterator
from typing import Final

from netra.adapters.files.formats.fields import (
    at_of,
    count_in,
    label_in,
    model_of,
    ms_of,
    nested,
    whole_object,
)
from netra.adapters.files.formats.model import Format, Row, Skip, each_row
from netra.domain.json_values import is_array
from netra.domain.telemetry.usage import EXCLUSIVE, Usage, settled
from netra.domain.telemetry.values import label_of
from netra.domain.workloads.model import Event

NO_USAGE: Final = Skip("invocations without token counts")
_SCHEMA: Final = "ModelInvocationLog"


def is_row(row: Row) -> bool:
    """Return whether a row is an invocation, or CloudWatch's record of one."""
    message = row.get("message") or row.get("@message")
    return row.get("schemaType") == _SCHEMA or (isinstance(message, str) and _SCHEMA in message)


def event_of(row: Row) -> Event | Skip:
    """Return the call of an invocation."""
    if "schemaType" not in row:
        row = whole_object(row.get("message") or row.get("@message"))
    usage = _usage(row)
    error = label_of(row.get("errorCode"))
    if not usage.is_known and error is None:
        return NO_USAGE
    answers = tuple(_objects(nested(row, "output").get("outputBodyJson")))
    metrics = _first(answers, "amazon-bedrock-invocationMetrics")
    asked = nested(row, "input", "inputBodyJson")
    about = whole_object(row.get("requestMetadata"))
    return Event(
        timestamp=at_of(row.get("timestamp"), "timestamp"),
        id=label_in(row, "requestId"),
        model=model_of(str(row.get("modelId") or "").rpartition("/")[2]),
        provider="aws",
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cached_input_tokens=usage.cached,
        cache_write_tokens=usage.written,
        latency_ms=ms_of(_first(answers, "metrics").get("latencyMs"))
        or ms_of(metrics.get("invocationLatency")),
        ttft_ms=ms_of(metrics.get("firstByteLatency")),
        streaming=str(row.get("operation")).endswith("Stream"),
        status=error or _finish(answers),
        session=label_of(about.get("session")) or label_of(about.get("sessionId")),
        feature=label_of(about.get("feature")),
        max_output_tokens=count_in(whole_object(asked.get("inferenceConfig")), "maxTokens")
        or count_in(asked, "max_tokens", "max_gen_len", "max_tokens_to_sample"),
    )


def _usage(row: Row) -> Usage:
    sent, got = nested(row, "input"), nested(row, "output")
    counts = Usage(
        input_tokens=count_in(sent, "inputTokenCount"),
        output_tokens=count_in(got, "outputTokenCount"),
        cached=count_in(sent, "cacheReadInputTokenCount"),
        written=count_in(sent, "cacheWriteInputTokenCount"),
    )
    return settled(counts, EXCLUSIVE)[0]


def _objects(body: object) -> Iterator[Row]:  # Any: JSON
    """Yield the objects of an answer: itself, or the events of its stream."""
    for one in body if is_array(body) else (body,):
        found = whole_object(one)
        if found:
            yield found


def _first(answers: tuple[Row, ...], name: str) -> Row:
    nothing: Row = {}
    return next((whole_object(one[name]) for one in answers if name in one), nothing)


def _finish(answers: tuple[Row, ...]) -> str | None:
    for one in answers:
        for about in (one, whole_object(one.get("delta")), whole_object(one.get("messageStop"))):
            found = label_of(about.get("stopReason")) or label_of(about.get("stop_reason"))
            if found is not None:
                return found
    return None


BEDROCK: Final = Format(
    name="bedrock", title="Amazon Bedrock invocation logs", is_row=is_row, reading=each_row(event_of)
)
