"""A program that calls a model's SDK under instrumentors: `python calling.py NAME+NAME`.

It runs by itself, so that no instrumentor patches the SDK of the tests. Environment: `OPENAI_BASE_URL`, and
`OTEL_*` for the exporter.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module

import openai
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

INSTRUMENTORS = {
    "openllmetry": "opentelemetry.instrumentation.openai",
    "openinference": "openinference.instrumentation.openai",
    "genai": "opentelemetry.instrumentation.genai.openai",
}
QUESTION = "Does the quillwort of Zephyria grow?"
SYSTEM = "You are a botanist of the archipelago of Zephyria. " * 40  # several blocks of a prefix
THREADS, OVERLAPPING = 4, 12
MODEL = "gpt-4o-2024-08-06"


def main() -> None:
    """Call in every way, and send what was seen of it."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    for name in sys.argv[1].split("+"):
        import_module(INSTRUMENTORS[name]).OpenAIInstrumentor().instrument(tracer_provider=provider)
    client = openai.OpenAI(api_key="none", max_retries=0)
    tracer = provider.get_tracer("app")
    with tracer.start_as_current_span("GET /plants", attributes={"http.route": "/plants"}):
        whole(client)
        streamed(client, has_usage=True)
        streamed(client, has_usage=False)
        client.responses.create(model=MODEL, instructions=SYSTEM, input=QUESTION)
        refused(client)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(whole, [client] * OVERLAPPING))
    assert provider.force_flush()
    provider.shutdown()


def whole(client: openai.OpenAI) -> None:
    """Ask for one answer."""
    client.chat.completions.create(
        model=MODEL,
        max_completion_tokens=500,
        messages=[{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}],
    )


def streamed(client: openai.OpenAI, *, has_usage: bool) -> None:
    """Ask for a stream and read it."""
    stream = client.chat.completions.create(
        model=MODEL,
        stream=True,
        stream_options={"include_usage": True} if has_usage else openai.omit,
        messages=[{"role": "user", "content": QUESTION}],
    )
    for _ in stream:
        pass


def refused(client: openai.OpenAI) -> None:
    """Ask a model that refuses."""
    with suppress(openai.RateLimitError):
        client.chat.completions.create(
            model="gpt-4o-limited", messages=[{"role": "user", "content": QUESTION}]
        )


if __name__ == "__main__":
    main()
