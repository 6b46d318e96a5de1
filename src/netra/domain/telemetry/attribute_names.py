"""Names of attributes by column of an event, in the order in which they are trusted.

Generations of the OpenTelemetry conventions for generative AI, OpenInference, OpenLLMetry, the Vercel AI SDK,
LangSmith, Langfuse, Logfire, vLLM, Claude Code, Codex and Gemini CLI.
"""

from typing import Final

INPUT: Final = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    "ai.usage.tokens",  # of an embedding
    "llm.usage.prompt_tokens",
    "input_tokens",
    "input_token_count",
)
CACHED: Final = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.cache_read_tokens",
    "gen_ai.usage.details.cache_read_input_tokens",
    "gen_ai.usage.input_tokens.cached",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.inputTokenDetails.cacheReadTokens",
    "ai.usage.cachedInputTokens",
    "cache_read_tokens",
    "cached_token_count",
    "cached_content_token_count",
)
WRITTEN: Final = (
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "gen_ai.usage.details.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_tokens",
    "gen_ai.usage.cache_creation_tokens",
    "llm.token_count.prompt_details.cache_write",
    "ai.usage.inputTokenDetails.cacheWriteTokens",
    "cache_creation_tokens",
    "cache_write_token_count",
)
WRITTEN_1H: Final = (
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
    "gen_ai.usage.details.ephemeral_1h_input_tokens",
    "cache_creation_1h_tokens",  # Claude Code, seen in 2.1.332
)
OUTPUT: Final = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
    "llm.usage.completion_tokens",
    "output_tokens",
    "output_token_count",
)
REASONING: Final = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "gen_ai.usage.details.thoughts_tokens",
    "gen_ai.usage.output_tokens.reasoning",
    "llm.token_count.completion_details.reasoning",
    "ai.usage.outputTokenDetails.reasoningTokens",
    "ai.usage.reasoningTokens",
    "reasoning_token_count",
    "thoughts_token_count",
)
TOTAL: Final = (
    "gen_ai.usage.total_tokens",
    "llm.token_count.total",
    "llm.usage.total_tokens",
    "ai.usage.totalTokens",
    "total_token_count",
)
MODEL: Final = (
    "gen_ai.response.model",
    "ai.response.model",
    "llm.response.model_name",
    "llm.model_name",
    "embedding.model_name",
    "langfuse.observation.model.name",
    "gen_ai.request.model",
    "ai.model.id",
    "model",
)
PROVIDER: Final = (
    "gen_ai.provider.name",
    "llm.provider",
    "gen_ai.system",
    "llm.system",
    "langsmith.metadata.ls_provider",
)
RESPONSE_ID: Final = ("gen_ai.response.id", "ai.response.id", "request_id")
STATUS_OF_FAILURE: Final = ("http.response.status_code", "http.status_code", "status_code", "error.type")
FINISH: Final = (
    "gen_ai.response.finish_reasons",
    "ai.response.finishReason",
    "llm.finish_reason",
    "anthropic.message.stop_reason",
    "finish_reason",
    "stop_reason",
)
CAP: Final = ("gen_ai.request.max_tokens", "ai.settings.maxOutputTokens", "langsmith.metadata.ls_max_tokens")
CAP_PARAMETERS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")
PARAMETERS: Final = ("llm.invocation_parameters", "langfuse.observation.model.parameters")
STREAMING: Final = ("gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming")
TTFT_SECONDS: Final = (
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.client.operation.time_to_first_chunk",
    "gen_ai.latency.time_to_first_token",
)
TTFT_MS: Final = ("ai.response.msToFirstChunk", "ttft_ms")
TTFT_EVENTS: Final = frozenset(("First Token Stream Event", "gen_ai.content.completion.chunk"))
COST: Final = (
    "gen_ai.cost.total_cost",
    "operation.cost",
    "cost_usd",
    "gen_ai.usage.cost",
    "gen_ai.usage.total_cost",
    "llm.cost.total",
)
SESSION: Final = (
    "netra.session",
    "session.id",
    "gen_ai.conversation.id",
    "langfuse.session.id",
    "ai.telemetry.metadata.sessionId",
    "langsmith.metadata.session_id",
    "langsmith.metadata.thread_id",
    "traceloop.association.properties.session_id",
    "gcp.vertex.agent.session_id",
    "conversation.id",
)
TEMPLATE: Final = (
    "ai.telemetry.functionId",
    "code.function.name",
    "code.function",
    "query_source",
    "originator",  # of Codex
)
FEATURE: Final = (
    "netra.feature",
    "ai.telemetry.metadata.feature",
    "langsmith.metadata.feature",
    "langfuse.trace.metadata.feature",
    "langfuse.observation.metadata.feature",
    "traceloop.association.properties.feature",
    "gen_ai.workflow.name",
    "traceloop.workflow.name",
    "gen_ai.agent.name",
)
SERVICE_TIER: Final = (
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "anthropic.response.service_tier",
)
OFFLINE_TIERS: Final = frozenset(("batch", "flex"))

USAGE_OBJECTS: Final = (
    "langsmith.metadata.usage_metadata",
    "metadata.usage_object",
    "ai.response.providerMetadata",
    "gen_ai.usage.raw",
    "gcp.vertex.agent.llm_response",
)
"""Attributes that hold the provider's usage as an object; counts that no attribute has are read here."""

FRAMEWORKS: Final = frozenset(
    (
        "strands-agents",
        "microsoft.agent_framework",
        "langchain",
        "gcp.vertex.agent",
        "autogen",
        "llamaindex",
        "dspy",
        "litellm",
        "semantic_kernel",
        "vercel",
        "crewai",
        "haystack",
        "agno",
    )
)
"""Names of frameworks that some emitters send as the provider."""

PROVIDERS: Final = {
    "aws.bedrock": "aws",
    "aws_bedrock": "aws",
    "bedrock": "aws",
    "amazon-bedrock": "aws",
    "amazon_bedrock": "aws",
    "azure-openai": "azure",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "az.ai.openai": "azure",
    "gcp.vertex_ai": "google",
    "gcp.gen_ai": "google",
    "gcp.gemini": "google",
    "vertex_ai": "google",
    "google_genai": "google",
    "google-genai": "google",
    "gemini": "google",
    "google": "google",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
    "xai": "x-ai",
}
"""Names of providers in telemetry, by the price catalogue's."""

MODEL_PREFIXES: Final = frozenset(
    (
        "openai",
        "anthropic",
        "azure",
        "bedrock",
        "vertex_ai",
        "gemini",
        "google",
        "groq",
        "mistral",
        "cohere",
        "deepseek",
        "xai",
        "together_ai",
        "fireworks_ai",
        "perplexity",
        "ollama",
    )
)
"""Providers that frameworks write before a model's name: `openai/gpt-4o`."""
