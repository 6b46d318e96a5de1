"""Counts in Netra's convention: what an emitter leaves out of its sums is put back, and noted."""

import pytest
from tests.unit.domain.telemetry.payloads import USAGE, log, span

from netra.domain.telemetry.counts import counts_of, langfuse_usage
from netra.domain.telemetry.dialects import convention_of
from netra.domain.telemetry.usage import (
    EXCLUSIVE,
    INCLUSIVE,
    Convention,
    Note,
    Usage,
    filled,
    settled,
    usage_of,
)

TRUTH = Usage(input_tokens=1712, output_tokens=300, cached=1024, written=512)
FRESH = Usage(input_tokens=176, output_tokens=300, cached=1024, written=512)


def test_inclusive_counts_stay() -> None:
    assert settled(TRUTH) == (TRUTH, ())


def test_a_listed_exclusive_emitter_gets_its_cache_back() -> None:
    large = Usage(input_tokens=1500, output_tokens=300, cached=1024, written=0)
    usage, notes = settled(large, EXCLUSIVE)
    assert (usage.input_tokens, notes) == (2524, (Note.EXCLUSIVE_BY_DIALECT,))
    assert settled(Usage(input_tokens=9, output_tokens=1, cached=0), EXCLUSIVE)[1] == ()


def test_parts_larger_than_the_sum_overrule_the_table() -> None:
    usage, notes = settled(FRESH)
    assert (usage, notes) == (TRUTH, (Note.EXCLUSIVE_BY_ARITHMETIC,))


def test_a_total_that_counts_the_parts_beside_the_sum_overrules_the_table() -> None:
    usage, notes = settled(Usage(input_tokens=1500, cached=1024, output_tokens=300, total=2824))
    assert (usage.input_tokens, usage.output_tokens) == (2524, 300)
    assert notes == (Note.EXCLUSIVE_BY_ARITHMETIC,)


def test_an_exclusive_emitter_without_cached_tokens_is_noted() -> None:
    losing = convention_of("opentelemetry.instrumentation.bedrock", "0.62.4")
    usage, notes = settled(Usage(input_tokens=176, output_tokens=300, total=2012), losing)
    assert (usage.input_tokens, usage.output_tokens, notes) == (176, 300, (Note.CACHE_UNKNOWN,))
    assert settled(Usage(input_tokens=176, output_tokens=300), EXCLUSIVE)[1] == ()


def test_a_total_beyond_the_sums_is_reasoning_that_output_lacks() -> None:
    usage, notes = settled(Usage(input_tokens=1200, output_tokens=172, total=1500))
    assert (usage.output_tokens, usage.reasoning, notes) == (300, 128, (Note.REASONING_BY_TOTAL,))
    known = settled(Usage(input_tokens=1200, output_tokens=172, reasoning=128, total=1500))[0]
    assert (known.output_tokens, known.reasoning) == (300, 128)
    other = settled(Usage(input_tokens=1200, output_tokens=172, reasoning=100, total=1500))[0]
    assert other.output_tokens == 172


def test_reasoning_beside_output_is_added() -> None:
    beside = Convention(is_reasoning_beside=True)
    assert settled(Usage(input_tokens=1, output_tokens=172, reasoning=128), beside)[0].output_tokens == 300
    assert settled(Usage(input_tokens=1, output_tokens=10, reasoning=128))[0].output_tokens == 138
    assert settled(Usage(input_tokens=1, output_tokens=10), beside)[0].output_tokens == 10


def test_parts_that_fit_no_sum_are_dropped() -> None:
    usage, notes = settled(Usage(output_tokens=5, cached=9))
    assert (usage.cached, notes) == (None, (Note.PARTS_DROPPED,))


def test_long_lived_writes_are_writes() -> None:
    assert settled(Usage(input_tokens=900, output_tokens=1, written_1h=512))[0].written == 512


@pytest.mark.parametrize(
    ("shape", "usage"),
    [
        (
            '{"prompt_tokens": 1200, "completion_tokens": 300, "details": {"cached_tokens": 4}}',
            Usage(input_tokens=1200, output_tokens=300, cached=4),
        ),
        (
            {"input_tokens": 176, "output_tokens": 3, "cache_creation": 0, "ephemeral_5m_input_tokens": 512},
            Usage(input_tokens=176, output_tokens=3, written=512),
        ),
        (
            {"promptTokenCount": 12, "candidatesTokenCount": 3, "thoughtsTokenCount": 2},
            Usage(input_tokens=12, output_tokens=3, reasoning=2),
        ),
        (
            {"inputTokens": 9, "outputTokens": 1, "cacheReadInputTokens": 2, "cacheWriteInputTokens": 3},
            Usage(input_tokens=9, output_tokens=1, cached=2, written=3),
        ),
        ({"input_tokens": -4, "total_tokens": 9}, Usage(total=9)),
    ],
)
def test_usage_objects_of_every_provider_are_read(shape: object, usage: Usage) -> None:
    assert usage_of(shape) == usage


def test_a_write_of_zero_yields_to_a_known_one() -> None:
    assert filled(Usage(written=0, cached=1), Usage(written=512, cached=9)) == Usage(written=512, cached=1)
    assert filled(Usage(written=0), Usage()).written == 0


@pytest.mark.parametrize(
    ("scope", "version", "is_exclusive"),
    [
        ("openlit.instrumentation.anthropic", "1.45.0", True),
        ("openlit.instrumentation.bedrock", "", True),
        ("openlit.instrumentation.openai", "1.45.0", False),
        ("opentelemetry.instrumentation.bedrock", "0.63.0", False),
        ("opentelemetry.instrumentation.botocore.bedrock-runtime", "0.66b2", True),
        ("opentelemetry.instrumentation.botocore.bedrock-runtime", "0.67b0", False),
        ("com.anthropic.claude_code.events", "2.1.197", True),
        ("com.anthropic.sdk.python", "2.14.0", False),
        ("logfire.anthropic", "4.30.1", True),
        ("logfire.anthropic", "5.4.0", False),
    ],
)
def test_the_table_is_by_scope_and_version(scope: str, version: str, *, is_exclusive: bool) -> None:
    assert convention_of(scope, version).is_input_exclusive == is_exclusive


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (
            {
                "prompt_tokens": 1200,
                "completion_tokens": 300,
                "total_tokens": 1500,
                "prompt_tokens_details": {"cached_tokens": 1024},
                "completion_tokens_details": {"reasoning_tokens": 128},
            },
            Usage(input_tokens=1200, output_tokens=300, cached=1024, reasoning=128, total=1500),
        ),
        (
            {"input_tokens": 1200, "output_tokens": 300, "input_tokens_details": {"cached_tokens": 1024}},
            Usage(input_tokens=1200, output_tokens=300, cached=1024),
        ),
        (
            {
                "input": 176,
                "cache_read_input_tokens": 1024,
                "cache_creation_input_tokens": 512,
                "output": 300,
            },
            TRUTH,
        ),
        (
            {"input": 176, "input_cached_tokens": 1024, "output": 172, "output_reasoning_tokens": 128},
            Usage(input_tokens=1200, output_tokens=300, cached=1024, reasoning=128),
        ),
        (
            {"input": 1200, "input_cached_tokens": 1024, "output": 300, "total": 1500},
            Usage(input_tokens=1200, output_tokens=300, cached=1024, total=1500),
        ),
        (
            {"input_tokens": 176, "output_tokens": 300, "cache_read_input_tokens": 1024},
            Usage(input_tokens=1200, output_tokens=300, cached=1024),
        ),
        ({"input": 8, "total": 8}, Usage(input_tokens=8, output_tokens=0, total=8)),
    ],
)
def test_langfuse_has_usage_in_several_shapes(details: dict[str, object], expected: Usage) -> None:
    assert settled(*langfuse_usage(details))[0] == expected


def test_langfuse_details_are_an_attribute() -> None:
    sent = {"langfuse.observation.usage_details": '{"input": 8, "output": 2}'}
    assert counts_of(span(sent))[0].input_tokens == 8


def test_the_vercel_sdk_5_leaves_the_cache_of_anthropic_out() -> None:
    metadata = '{"anthropic": {"usage": {"input_tokens": 176, "cache_read_input_tokens": 1024,'
    metadata += ' "cache_creation_input_tokens": 512}}}'
    sent = {"gen_ai.usage.input_tokens": 176, "gen_ai.usage.output_tokens": 300}
    usage, notes = counts_of(span({**sent, "ai.response.providerMetadata": metadata}, scope="ai"))
    assert (usage.input_tokens, usage.cached, usage.written) == (1712, 1024, 512)
    assert notes == (Note.EXCLUSIVE_BY_DIALECT,)


def test_a_usage_object_of_another_convention_gives_only_its_parts() -> None:
    metadata = '{"anthropic": {"usage": {"input_tokens": 176, "cache_read_input_tokens": 1024}}}'
    sent = {"gen_ai.usage.input_tokens": 1200, "gen_ai.usage.output_tokens": 300}
    usage, notes = counts_of(span({**sent, "ai.response.providerMetadata": metadata}, scope="ai"))
    assert (usage.input_tokens, usage.cached, notes) == (1200, 1024, ())


def test_langsmith_has_the_parts_in_its_metadata() -> None:
    metadata = '{"input_tokens": 1712, "output_tokens": 300, "total_tokens": 2012, "input_token_details":'
    metadata += ' {"cache_read": 1024, "cache_creation": 0, "ephemeral_5m_input_tokens": 512}}'
    sent = {"gen_ai.usage.input_tokens": 1712, "gen_ai.usage.output_tokens": 300}
    usage, notes = counts_of(span({**sent, "langsmith.metadata.usage_metadata": metadata}))
    assert (usage.input_tokens, usage.cached, usage.written, notes) == (1712, 1024, 512, ())


def test_litellm_has_the_parts_in_a_python_literal() -> None:
    literal = "{'completion_tokens': 300, 'prompt_tokens': 1200, 'total_tokens': 1500,"
    literal += " 'prompt_tokens_details': {'cached_tokens': 1024}, 'x': {'reasoning_tokens': 128}}"
    usage = counts_of(span({**USAGE, "metadata.usage_object": literal}, scope="litellm"))[0]
    assert (usage.input_tokens, usage.cached, usage.reasoning) == (1200, 1024, 128)


def test_the_agent_development_kit_has_thoughts_only_in_its_answer() -> None:
    answer = '{"content": {"parts": [{"text": "\\"cached_tokens\\": 7"}]}, "usage_metadata":'
    answer += ' {"candidates_token_count":172,"thoughts_token_count":128,"total_token_count":1500}}'
    sent = {"gen_ai.usage.input_tokens": 1200, "gen_ai.usage.output_tokens": 172}
    usage = counts_of(span({**sent, "gcp.vertex.agent.llm_response": answer}))[0]
    assert (usage.output_tokens, usage.reasoning, usage.cached) == (300, 128, None)
    without = counts_of(span({**sent, "gcp.vertex.agent.llm_response": "{}"}))[0]
    assert without.output_tokens == 172
    as_object = counts_of(span({**sent, "gcp.vertex.agent.llm_response": {"total_token_count": 1500}}))[0]
    assert as_object.output_tokens == 300


def test_logs_have_conventions_by_their_names() -> None:
    claude = {"event.name": "claude_code.api_request", "input_tokens": "176", "cache_read_tokens": "1024"}
    assert counts_of(log(claude))[0].input_tokens == 1200
    gemini = {"event.name": "gemini_cli.api_response", "input_token_count": 1200}
    gemini |= {"output_token_count": 172, "thoughts_token_count": 128}
    assert counts_of(log(gemini))[0].output_tokens == 300
    plain = {"event.name": "other", "input_tokens": 1200, "output_tokens": 300}
    assert counts_of(log(plain))[0].input_tokens == 1200
    assert convention_of("lib", "1") is INCLUSIVE
