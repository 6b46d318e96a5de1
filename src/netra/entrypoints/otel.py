"""Send a program's model calls to Netra by OpenTelemetry: `netra.otel.start(endpoint, key)`.

It turns on the instrumentors that are installed, hashes prompts under a key that stays here, and removes the
text before anything leaves the process. Nothing in it raises, and no model call waits for it: spans are
exported from a bounded queue in a thread of their own.
"""

import os
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Any, Final

from netra.domain.telemetry.mapping import response_id_of
from netra.domain.telemetry.np1 import prefix_hashes
from netra.domain.telemetry.prompts import prompt_of
from netra.domain.telemetry.records import Attributes

INSTRUMENTORS: Final = frozenset(
    (
        *("genai_openai", "genai-openai", "openai", "openai_v2", "genai_anthropic", "anthropic", "bedrock"),
        *("google_genai", "google-genai", "genai_google", "litellm", "groq", "mistralai", "langchain"),
    )
)
"""Names of instrumentors of model SDKs, as their packages register them."""

CONTENT_NAMES: Final = frozenset(
    (
        *("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"),
        *("gen_ai.tool.definitions", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
        *(
            "gen_ai.prompt",
            "gen_ai.completion",
            "input.value",
            "output.value",
            "ai.prompt",
            "ai.prompt.messages",
        ),
        *("ai.prompt.tools", "ai.response.text", "ai.response.toolCalls", "request_data", "final_result"),
        *("pydantic_ai.all_messages", "metadata.usage_object.messages", "exception.stacktrace"),
    )
)
CONTENT_PREFIXES: Final = (
    *("llm.input_messages.", "llm.output_messages.", "llm.prompts.", "llm.tools.", "gen_ai.prompt."),
    *("gen_ai.completion.", "langfuse.observation.input", "langfuse.observation.output"),
    *("gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response", "embedding.embeddings."),
)
"""Attributes that hold prompts, answers or arguments; they never leave the process."""


def start(
    endpoint: str | None = None,
    key: str | None = None,
    *,
    service: str | None = None,
    prefix_key: str | None = None,
    exporter: Any = None,  # Any: a span exporter of OpenTelemetry, an optional package
) -> bool:
    """Export spans of model calls to Netra; return whether that was set up, with a warning where it was not.

    `endpoint` is Netra's address (`NETRA_BASE_URL`), `key` an API key with the scope `ingest`
    (`NETRA_API_KEY`), `prefix_key` the output of `netra keys prefix` (`NETRA_PREFIX_KEY`).
    """
    try:
        _start(endpoint, key, service=service, prefix_key=prefix_key, exporter=exporter)
    except Exception as error:  # noqa: BLE001  # telemetry must never break the program that sends it
        warnings.warn(f"netra.otel is off: {error}", RuntimeWarning, stacklevel=2)
        return False
    return True


def _start(
    endpoint: str | None, key: str | None, *, service: str | None, prefix_key: str | None, exporter: Any
) -> None:
    from opentelemetry import trace  # the program's own packages
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    secret = prefix_key or os.environ.get("NETRA_PREFIX_KEY")
    inner = exporter or _exporter(endpoint, key)
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider(resource=Resource.create({"service.name": service} if service else {}))
        trace.set_tracer_provider(provider)
    hide = Hiding(None if secret is None else bytes.fromhex(secret))
    provider.add_span_processor(BatchSpanProcessor(_hiding_exporter(inner, hide)))
    for found in entry_points(group="opentelemetry_instrumentor"):
        if found.name in INSTRUMENTORS:
            found.load()().instrument(tracer_provider=provider)


def _exporter(endpoint: str | None, key: str | None) -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    base = endpoint or os.environ.get("NETRA_BASE_URL")
    secret = key or os.environ.get("NETRA_API_KEY")
    if not base or not secret:
        raise ValueError("give endpoint and key, or set NETRA_BASE_URL and NETRA_API_KEY")
    return OTLPSpanExporter(
        endpoint=f"{base.rstrip('/')}/api/otlp/v1/traces", headers={"authorization": f"Bearer {secret}"}
    )


class Hiding:
    """Replaces the content of a span's attributes by hashes of the prompt."""

    def __init__(self, key: bytes | None) -> None:
        self._key = key

    def __call__(self, attributes: Attributes) -> dict[str, Any]:
        """Return the attributes without content; with a key, with the hashes of the prompt."""
        kept = without_content(attributes)
        if (found := response_id_of(attributes)) is not None:
            kept["gen_ai.response.id"] = found  # OpenInference has it only in the answer
        if self._key is None or len(kept) == len(attributes):
            return kept
        text = prompt_of(attributes)
        if text is not None:
            made = prefix_hashes(text, self._key)
            kept["netra.prompt.hash"] = made.prompt
            kept["netra.prompt.prefix_hashes"] = list(made.blocks)
            kept["netra.prompt.pseudo_tokens"] = made.pseudo_tokens
        return kept


def without_content(attributes: Attributes) -> dict[str, Any]:
    """Return the attributes that hold no words of a prompt or an answer."""
    return {name: value for name, value in attributes.items() if not is_content(name)}


def is_content(name: str) -> bool:
    """Return whether an attribute holds words of a prompt or an answer."""
    return name in CONTENT_NAMES or name.startswith(CONTENT_PREFIXES)


def _hiding_exporter(inner: Any, hide: Callable[[Attributes], dict[str, Any]]) -> Any:
    """Return an exporter that hides the content of each span before `inner` sends it."""
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    def hidden(span: ReadableSpan) -> ReadableSpan:
        events = [
            Event(event.name, without_content(event.attributes or {}), event.timestamp)
            for event in span.events
        ]
        return ReadableSpan(
            name=span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=hide(span.attributes or {}),
            events=events,
            links=span.links,
            kind=span.kind,
            status=span.status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    class HidingExporter(SpanExporter):
        """Exports spans without their content."""

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            result: SpanExportResult = inner.export([hidden(span) for span in spans])
            return result

        def shutdown(self) -> None:
            inner.shutdown()

    return HidingExporter()
