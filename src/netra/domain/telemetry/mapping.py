"""Turn one record into what it says of a call: the columns of an event, from whatever attribute has them."""

import hashlib
from typing import Any, Final

import msgspec

from netra.domain.json_values import is_series
from netra.domain.quotas import PREFIX_HASHES_PER_EVENT_MAX
from netra.domain.telemetry import attribute_names as names
from netra.domain.telemetry.counts import counts_of
from netra.domain.telemetry.dialects import ESTIMATING
from netra.domain.telemetry.np1 import prefix_hashes
from netra.domain.telemetry.prompts import prompt_of
from netra.domain.telemetry.recognition import CLAUDE_CODE, FAILED_FROM, event_names
from netra.domain.telemetry.records import Attributes, Record, adjusted_count
from netra.domain.telemetry.tellers import Ancestor, Teller
from netra.domain.telemetry.timing import first_chunk_ms, is_streaming, span_of_time
from netra.domain.telemetry.usage import Note, Usage
from netra.domain.telemetry.values import (
    LABEL_MAX,
    TEXT_READ_MAX,
    first,
    first_count,
    first_label,
    label_of,
    list_of,
    number_of,
    object_of,
    truth_of,
)

COST_MAX: Final = 1e6  # dollars of one call; a larger figure is no cost
LATENCY_MS_MAX: Final = 1e10
_OF_ANCESTORS: Final = frozenset(("gen_ai.operation.name", *names.SESSION, *names.FEATURE))


class _Identified(msgspec.Struct):
    id: str | None = None


_IDENTIFIED: Final = msgspec.json.Decoder(_Identified)


def teller_of(record: Record, *, is_likely: bool = False, content_key: bytes | None = None) -> Teller:
    """Return what a record says of a call; with a key, its prompt is hashed and forgotten."""
    attributes = record.attributes
    usage, notes = counts_of(record)
    parameters = object_of(first(attributes, names.PARAMETERS))
    start_ns, end_ns = span_of_time(record)
    streaming = is_streaming(record, parameters)
    ttft_ms = first_chunk_ms(record, start_ns, end_ns, streaming=streaming)
    is_estimate = bool(streaming) and usage.is_known and _is_estimate(record, usage)
    return Teller(
        key=key_of(record),
        scope=record.scope[:LABEL_MAX],
        version=record.version[:64],
        trace=record.trace_id,
        span=record.span_id,
        parent=record.parent_id,
        start_ns=start_ns,
        end_ns=end_ns,
        is_log=record.is_log,
        is_likely=is_likely,
        is_estimate=is_estimate,
        is_instant=start_ns == end_ns and record.is_log,
        input_tokens=usage.input_tokens if usage.is_known else None,
        output_tokens=(usage.output_tokens or 0) if usage.is_known else None,
        cached=usage.cached,
        written=usage.written,
        written_1h=usage.written_1h,
        reasoning=usage.reasoning,
        latency_ms=_latency_ms(record, start_ns, end_ns),
        ttft_ms=ttft_ms,
        streaming=True if streaming is None and ttft_ms is not None else streaming,
        stands_for=adjusted_count(record.trace_state) if record.trace_state else 1.0,
        notes=(*notes, Note.ESTIMATED) if is_estimate else notes,
        **_labels(record, parameters),
        **model_and_provider(record, parameters),
        **_prompt(attributes, content_key),
    )


def _labels(record: Record, parameters: Attributes) -> dict[str, Any]:  # Any: columns of a teller
    """Return the columns that no time and no count is in."""
    attributes = record.attributes
    is_failed = _is_failed(record)
    tier = first_label(attributes, names.SERVICE_TIER)
    return {
        "is_failed": is_failed,
        "status": _status(record, is_failed=is_failed),
        "response_id": response_id_of(attributes),
        "max_output_tokens": _cap(attributes, parameters),
        "cost": _cost(attributes),
        "session": first_label(attributes, names.SESSION) or _metadata(attributes, "session_id"),
        "template": _template(record),
        "feature": first_label(attributes, names.FEATURE) or _metadata(attributes, "feature"),
        "tool": label_of(attributes.get("netra.tool")),
        "offline": True if tier in names.OFFLINE_TIERS else None,
        "service_tier": tier,
        "deadline_s": number_of(attributes.get("netra.deadline_s")),
        "accepted": truth_of(attributes.get("netra.accepted")),
    }


def ancestor_of(record: Record) -> Ancestor:
    """Return what calls within a span that is no call take from it."""
    attributes = record.attributes
    name = None if record.parent_id else label_of(attributes.get("http.route")) or label_of(record.name)
    if attributes.keys().isdisjoint(_OF_ANCESTORS):  # as most spans are
        return Ancestor(trace=record.trace_id, span=record.span_id, parent=record.parent_id, name=name)
    operation = attributes.get("gen_ai.operation.name")
    tool = label_of(attributes.get("gen_ai.tool.name")) if operation == "execute_tool" else None
    return Ancestor(
        trace=record.trace_id,
        span=record.span_id,
        parent=record.parent_id,
        name=name,
        session=first_label(attributes, names.SESSION),
        feature=first_label(attributes, names.FEATURE),
        tool=tool,
        is_agent=isinstance(operation, str) and operation in ("invoke_agent", "create_agent", "execute_tool"),
    )


def key_of(record: Record) -> str:
    """Return what identifies a record: its span, or a digest of a log record, which has no id."""
    if record.span_id and not record.is_log:
        return f"{record.trace_id}:{record.span_id}"
    said = repr((record.scope, record.name, record.end_ns, sorted(record.attributes.items(), key=str)))
    return "log:" + hashlib.blake2b(said.encode(errors="replace"), digest_size=12).hexdigest()


def model_and_provider(record: Record, parameters: Attributes) -> dict[str, Any]:  # Any: two columns
    """Return the model without the prefix that frameworks add, and the provider by its catalogue name."""
    attributes = record.attributes
    model = first_label(attributes, names.MODEL) or label_of(parameters.get("model"))
    provider = _provider(record)
    if model is not None and "/" in model and provider != "openrouter":
        prefix, _, rest = model.partition("/")
        if prefix.lower() in names.MODEL_PREFIXES and rest:
            model = rest
            provider = provider or names.PROVIDERS.get(prefix.lower(), prefix.lower())
    return {"model": model or label_of(record.resource.get("netra.model")), "provider": provider}


def _provider(record: Record) -> str | None:
    vercel = label_of(record.attributes.get("ai.model.provider"))
    if vercel is not None:  # `openai.chat`, `anthropic.messages`: also what it sends as `gen_ai.system`
        maker = vercel.partition(".")[0]
        return names.PROVIDERS.get(maker.lower(), maker)
    for name in names.PROVIDER:
        provider = label_of(record.attributes.get(name))
        if provider is None:
            continue
        if provider.lower() not in names.FRAMEWORKS:
            return names.PROVIDERS.get(provider.lower(), provider)
    if record.scope.startswith(CLAUDE_CODE) or "claude_code.api_request" in event_names(record):
        return "anthropic"
    if record.scope.startswith("codex") or "codex.sse_event" in event_names(record):
        return "openai"
    return "google" if any(name.startswith("gemini_cli.") for name in event_names(record)) else None


def response_id_of(attributes: Attributes) -> str | None:
    """Return the provider's id of the answer, also from the answer's own JSON."""
    found = first_label(attributes, names.RESPONSE_ID)
    output = attributes.get("output.value")
    if found is not None or not isinstance(output, str) or len(output) > TEXT_READ_MAX:
        return found
    if not output.startswith("{"):
        return None
    try:
        return label_of(_IDENTIFIED.decode(output).id)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def _is_failed(record: Record) -> bool:
    if record.is_failed:
        return True
    if record.is_log:
        code = first_count(record.attributes, ("status_code", "http.response.status_code")) or 0
        return code >= FAILED_FROM or any(name.endswith("api_error") for name in event_names(record))
    return str(record.attributes.get("langfuse.observation.level", "")).upper() == "ERROR"


def _status(record: Record, *, is_failed: bool) -> str | None:
    attributes = record.attributes
    if not is_failed:
        reasons = list_of(first(attributes, names.FINISH))
        return label_of(reasons[0]) if reasons else ("ok" if record.is_log else None)
    for name in names.STATUS_OF_FAILURE:
        status = label_of(attributes.get(name))
        if status is not None and not (status.isdigit() and int(status) < FAILED_FROM):
            return status.rpartition(".")[2] or status
    raised = [event.exception_type for event in record.events if event.exception_type]
    return label_of(raised[-1].rpartition(".")[2]) if raised else "error"


def _is_estimate(record: Record, usage: Usage) -> bool:
    """Return whether a stream's counts may be estimated; a part of them shows that the provider counted."""
    return record.scope.startswith(ESTIMATING) and not (usage.cached or usage.written or usage.reasoning)


def _latency_ms(record: Record, start_ns: int, end_ns: int) -> float | None:
    seconds = number_of(record.attributes.get("gen_ai.latency.e2e"))
    if seconds is not None:
        return min(seconds * 1000, LATENCY_MS_MAX)
    if end_ns <= start_ns:
        return None
    return min((end_ns - start_ns) / 1e6, LATENCY_MS_MAX)


def _cap(attributes: Attributes, parameters: Attributes) -> int | None:
    return first_count(attributes, names.CAP) or first_count(parameters, names.CAP_PARAMETERS) or None


def _cost(attributes: Attributes) -> float | None:
    cost = number_of(first(attributes, names.COST))
    if cost is None:
        cost = number_of(object_of(attributes.get("langfuse.observation.cost_details")).get("total"))
    return cost if cost and cost <= COST_MAX else None


def _template(record: Record) -> str | None:
    attributes = record.attributes
    own = label_of(attributes.get("netra.template"))
    for prefix in ("gen_ai.prompt", "langfuse.observation.prompt"):
        name = label_of(attributes.get(f"{prefix}.name"))
        if own is None and name is not None:
            version = label_of(attributes.get(f"{prefix}.version"))
            own = name if version is None else f"{name}@{version}"[:LABEL_MAX]
    found = own or first_label(attributes, names.TEMPLATE)
    if found is None and "langfuse.observation.type" in attributes:
        return label_of(record.name)
    return found


def _metadata(attributes: Attributes, name: str) -> str | None:
    """Return a field of OpenInference's metadata, which is one JSON object."""
    metadata = attributes.get("metadata")
    return None if metadata is None else label_of(object_of(metadata).get(name))


def _prompt(attributes: Attributes, content_key: bytes | None) -> dict[str, Any]:
    """Return the hashes that the client made of the prompt, else those made here of its text."""
    hashes: object = attributes.get("netra.prompt.prefix_hashes")
    prompt_hash = label_of(attributes.get("netra.prompt.hash"))
    if is_series(hashes) and all(type(block) is int for block in hashes):
        pseudo_tokens = first_count(attributes, ("netra.prompt.pseudo_tokens",))
        blocks = tuple(hashes[:PREFIX_HASHES_PER_EVENT_MAX])
        return {"prompt_hash": prompt_hash, "prefix_hashes": blocks, "pseudo_tokens": pseudo_tokens}
    text = None if content_key is None or prompt_hash is not None else prompt_of(attributes)
    if text is None or content_key is None:
        return {"prompt_hash": prompt_hash}
    made = prefix_hashes(text, content_key)
    return {"prompt_hash": made.prompt, "prefix_hashes": made.blocks, "pseudo_tokens": made.pseudo_tokens}
