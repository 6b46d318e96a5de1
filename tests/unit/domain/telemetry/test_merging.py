"""One call, whatever number of records say it; many calls, whatever they have in common."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.telemetry.payloads import CHAT, USAGE, log, reading_of, said, span

from netra.domain.telemetry.merging import groups_of
from netra.domain.telemetry.records import Record
from netra.domain.telemetry.usage import Note
from netra.domain.workloads.model import Event

SAID = {**CHAT, **USAGE}


def events_of(*records: Record) -> list[Event]:
    return [call.event for call in reading_of(list(records)).calls]


def silent(*records: Record) -> int:
    return len(reading_of(list(records)).without_usage)


def test_the_same_response_id_is_the_same_call_even_in_other_traces() -> None:
    one = span({**SAID, "gen_ai.response.id": "r1"}, scope="a", trace_id="t1")
    other = span({**SAID, "gen_ai.response.id": "r1", "session.id": "s"}, scope="b", trace_id="t2", ms=300)
    (event,) = events_of(one, other)
    assert (event.id, event.session, event.latency_ms) == ("r1", "s", 100)


def test_one_span_inside_another_is_the_same_call_and_the_inner_one_counts() -> None:
    outer = span({**SAID, "gen_ai.usage.output_tokens": 301}, scope="a", span_id="o", ms=300)
    between = span({"http.route": "/v1"}, span_id="m", parent_id="o", ms=200)
    inner = span({**SAID, "gen_ai.response.id": "r1"}, scope="b", parent_id="m", at_ms=10)
    (event,) = events_of(outer, between, inner)
    assert (event.output_tokens, event.id) == (300, "r1")


def test_two_calls_inside_one_outer_span_stay_two() -> None:
    outer = span({**SAID, "session.id": "s"}, scope="a", span_id="o", ms=500)
    calls = [span(SAID, scope="b", parent_id="o", at_ms=at, ms=100) for at in (10, 200)]
    assert len(events_of(outer, *calls)) == 2


def test_siblings_of_other_scopes_and_one_model_inside_each_other_are_one_call() -> None:
    own = span(
        {**SAID, "gen_ai.response.model": "gpt-4o-2024-08-06"}, scope="sdk", parent_id="p", at_ms=5, ms=50
    )
    other = span({**SAID, "gen_ai.usage.output_tokens": 301}, scope="lib", parent_id="p")
    (event,) = events_of(own, other)
    assert event.output_tokens == 300


def test_siblings_of_another_model_or_apart_in_time_are_two_calls() -> None:
    one = span(SAID, scope="a", parent_id="p")
    elsewhere = {**SAID, "gen_ai.request.model": "o9", "gen_ai.usage.input_tokens": 9}
    assert len(events_of(one, span(elsewhere, scope="b", parent_id="p", at_ms=5, ms=50))) == 2
    assert len(events_of(one, span(SAID, scope="b", parent_id="p", at_ms=50, ms=100))) == 2


def test_parallel_calls_of_one_scope_stay_apart() -> None:
    calls = [span(SAID, parent_id="p", at_ms=at) for at in (0, 5, 10)]
    nested = span(SAID, span_id="o", ms=300)
    assert len(events_of(*calls)) == 3
    assert len(events_of(nested, span(SAID, parent_id="o", at_ms=5))) == 2


def test_elsewhere_equal_figures_inside_each_other_are_one_call() -> None:
    outer = span(SAID, scope="a", trace_id="t1", ms=200)
    inner = span({**SAID, "gen_ai.response.id": "r1"}, scope="b", trace_id="t2", at_ms=20)
    assert len(events_of(outer, inner)) == 1
    more = span({**SAID, "gen_ai.usage.output_tokens": 5}, scope="b", trace_id="t2", at_ms=20)
    assert len(events_of(outer, more)) == 2
    named = span({**SAID, "gen_ai.response.id": "r2"}, scope="a", trace_id="t1", ms=200)
    assert len(events_of(named, inner)) == 2


def test_elsewhere_a_group_holds_one_record_of_a_scope() -> None:
    outer = span(SAID, scope="a", trace_id="t1", ms=200)
    inner = [span(SAID, scope="b", trace_id=f"u{at}", at_ms=at, ms=20) for at in (10, 40)]
    assert len(events_of(outer, *inner)) == 2


def test_a_session_is_not_taken_where_another_call_would_fit_as_well() -> None:
    outers = [
        span({**SAID, "session.id": f"s{at}"}, scope="a", trace_id=f"t{at}", at_ms=at, ms=200)
        for at in (0, 1)
    ]
    inners = [span(SAID, scope="b", trace_id=f"u{at}", at_ms=20 + at, ms=50) for at in (0, 1)]
    events = events_of(*outers, *inners)
    assert [(event.session, event.latency_ms) for event in events] == [(None, 50), (None, 50)]


def test_a_librarys_own_id_yields_to_the_providers_where_counts_are_equal() -> None:
    outer = span(
        {**SAID, "gen_ai.response.id": "own"}, scope="litellm", name="litellm_request", span_id="o", ms=300
    )
    inner = span({**SAID, "gen_ai.response.id": "msg_1"}, scope="sdk", parent_id="o", at_ms=5)
    assert [event.id for event in events_of(outer, inner)] == ["msg_1"]
    other = span(
        {**SAID, "gen_ai.response.id": "msg_2", "gen_ai.usage.output_tokens": 9}, scope="sdk", parent_id="o"
    )
    assert len(events_of(outer, other)) == 2


def test_a_failure_seen_by_three_libraries_is_one_event() -> None:
    spans = [
        span({**CHAT, "error.type": "RateLimitError"}, scope="a", span_id="o", ms=300, is_failed=True),
        span({**CHAT, "error.type": "x"}, scope="b", span_id="i", parent_id="o", at_ms=5, is_failed=True),
        span(
            {**CHAT, "http.response.status_code": 429},
            scope="c",
            parent_id="i",
            at_ms=9,
            ms=9,
            is_failed=True,
        ),
    ]
    (event,) = events_of(*spans)
    assert (event.status, event.input_tokens, event.output_tokens) == ("429", 0, 0)


def test_a_failed_attempt_inside_a_call_that_succeeded_is_its_own_call() -> None:
    outer = span(SAID, scope="a", span_id="o", ms=300)
    failed = span(CHAT, scope="b", parent_id="o", at_ms=5, ms=20, is_failed=True)
    again = span(SAID, scope="b", parent_id="o", at_ms=50, ms=200)
    events = events_of(outer, failed, again)
    assert [(event.status, event.output_tokens) for event in events] == [("error", 0), (None, 300)]
    assert events[1].retry_of == events[0].id


def test_a_call_that_no_record_counts_is_reported_once() -> None:
    outer = span(CHAT, scope="a", span_id="o", ms=300)
    inner = span(CHAT, scope="b", parent_id="o", at_ms=5)
    assert events_of(outer, inner) == []
    assert silent(outer, inner) == 1


def test_a_wrapper_without_counts_is_no_call() -> None:
    wrapper = span({"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "e"}, span_id="o", ms=300)
    inner = span(
        {"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 8}, parent_id="o", at_ms=5
    )
    assert (len(events_of(wrapper, inner)), silent(wrapper, inner)) == (1, 0)


def test_a_likely_call_around_calls_is_a_wrapper_and_alone_a_call() -> None:
    sums = {"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 2400}
    wrapper = span(sums, span_id="o", ms=500, name="run")
    calls = [span(SAID, parent_id="o", at_ms=at, ms=50) for at in (10, 100)]
    assert [event.input_tokens for event in events_of(wrapper, *calls)] == [1200, 1200]
    assert [event.input_tokens for event in events_of(wrapper)] == [2400]


def test_a_log_record_written_in_a_call_is_that_call() -> None:
    call = span({**SAID, "session.id": "s"}, span_id="o")
    again = log(
        {**SAID, "gen_ai.conversation.id": "c"},
        name="gen_ai.client.inference.operation.details",
        at_ms=100,
        trace_id="t1",
        parent_id="o",
    )
    (event,) = events_of(call, again)
    assert event.latency_ms == 100


def test_logs_and_spans_of_claude_code_are_joined_by_the_request() -> None:
    sent = {"model": "claude-sonnet-5", "input_tokens": 176, "output_tokens": 300, "cache_read_tokens": 1024}
    record = log(
        {**sent, "event.name": "api_request", "request_id": "req_1", "duration_ms": 80, "cost_usd": 0.01},
        scope="com.anthropic.claude_code.events",
        at_ms=80,
    )
    traced = span(
        {**sent, "span.type": "llm_request", "gen_ai.response.id": "req_1", "ttft_ms": 30},
        scope="com.anthropic.claude_code.tracing",
        ms=81,
    )
    (event,) = events_of(record, traced)
    assert (event.input_tokens, event.ttft_ms, event.cost) == (1200, 30, 0.01)


def test_an_estimate_yields_to_a_count() -> None:
    estimate = {**CHAT, "gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 6}
    guessed = span(
        {**estimate, "gen_ai.request.stream": True}, scope="openlit.x", parent_id="p", at_ms=5, ms=50
    )
    counted = span(SAID, scope="lib", parent_id="p")
    (event,) = events_of(guessed, counted)
    assert (event.input_tokens, event.streaming) == (1200, True)


def test_parts_come_from_other_records_only_where_they_fit() -> None:
    inner = span(SAID, scope="a", parent_id="o", at_ms=5)
    for cached, taken in ((1024, 1024), (2048, None)):
        outer = span({**SAID, "gen_ai.usage.cache_read.input_tokens": cached}, scope="b", span_id="o", ms=300)
        assert [event.cached_input_tokens for event in events_of(inner, outer)] == [taken]


def test_parts_of_two_records_that_exceed_the_sum_are_left_out() -> None:
    inner = span(SAID, scope="a", parent_id="m", at_ms=5)
    read = span(
        {**SAID, "gen_ai.usage.cache_read.input_tokens": 1024}, scope="b", span_id="m", parent_id="o", ms=200
    )
    written = {**SAID, "gen_ai.usage.cache_write.input_tokens": 512}
    (event,) = events_of(inner, read, span(written, scope="c", span_id="o", ms=300))
    assert (event.cached_input_tokens, event.cache_write_tokens) == (None, None)


def test_what_another_record_fills_is_no_longer_missing() -> None:
    losing = "opentelemetry.instrumentation.bedrock"
    inner = span(SAID, scope=losing, version="0.62.4", parent_id="o", at_ms=5)
    outer = span({**SAID, "gen_ai.usage.cache_read.input_tokens": 24}, scope="b", span_id="o", ms=300)
    assert reading_of([inner]).calls[0].notes == (Note.CACHE_UNKNOWN,)
    assert reading_of([inner, outer]).calls[0].notes == ()


def test_session_feature_and_tool_come_from_the_spans_above() -> None:
    root = span({"http.route": "/ask", "session.id": "s"}, span_id="r", name="POST")
    agent = span(
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}, span_id="a", parent_id="r"
    )
    call = span(SAID, parent_id="a")
    (event,) = events_of(root, agent, call)
    assert (event.session, event.feature, event.tool) == ("s", "/ask", "search")


def test_a_retry_names_the_failed_call_before_it_within_two_minutes() -> None:
    failed = span(CHAT, parent_id="p", ms=10, is_failed=True)
    soon, late = span(SAID, parent_id="p", at_ms=20), span(SAID, parent_id="p", at_ms=130_000)
    assert [event.retry_of for event in events_of(failed, soon)] == [None, events_of(failed)[0].id]
    assert [event.retry_of for event in events_of(failed, late)] == [None, None]
    other = span({**SAID, "netra.prompt.hash": "b"}, parent_id="p", at_ms=20)
    hashed = span({**CHAT, "netra.prompt.hash": "a"}, parent_id="p", ms=10, is_failed=True)
    assert [event.retry_of for event in events_of(hashed, other)] == [None, None]


def test_a_blocks_size_is_in_the_providers_tokens() -> None:
    sent = {**SAID, "netra.prompt.prefix_hashes": [1, 2], "netra.prompt.pseudo_tokens": 600}
    (event,) = events_of(span(sent))
    assert (event.prefix_hashes, event.prefix_block_tokens) == ([1, 2], 256)
    (plain,) = events_of(span({**sent, "netra.prompt.pseudo_tokens": 0}))
    assert plain.prefix_hashes is None


def test_a_cycle_of_parents_ends() -> None:
    one, other = span(SAID, span_id="x", parent_id="y"), span(SAID, span_id="y", parent_id="x", at_ms=500)
    assert len(events_of(one, other)) == 2


def test_times_of_failures_that_share_nothing_are_two_calls() -> None:
    one = span(CHAT, scope="a", parent_id="p", ms=10, is_failed=True)
    counted = span(SAID, scope="b", parent_id="p", ms=20)
    assert len(events_of(one, counted)) == 2


def overlapping(scopes: int, *, figures: int) -> list[Record]:
    """Return 48 calls by 8 threads, each seen by several libraries in traces of their own."""
    records: list[Record] = []
    for number in range(48):
        at = (number // 8) * 100 + (number % 8) * 3
        tokens: dict[str, Any] = {"gen_ai.usage.input_tokens": 100 + number * figures}
        records += [
            span(
                {**CHAT, **tokens, "gen_ai.usage.output_tokens": 7},
                scope=f"lib{scope}",
                trace_id=f"t{number}-{scope}",
                at_ms=at + scope,
                ms=60 - 2 * scope + number % 5,
            )
            for scope in range(scopes)
        ]
    return records


@given(st.integers(1, 3), st.sampled_from([0, 1]), st.randoms(use_true_random=False))
def test_overlapping_calls_are_counted_whatever_the_order(
    scopes: int, figures: int, order: random.Random
) -> None:
    records = overlapping(scopes, figures=figures)
    expected = events_of(*records)
    assert len(expected) == 48
    order.shuffle(records)
    assert events_of(*records, *records[:10]) == expected


def test_nothing_said_is_no_group() -> None:
    assert groups_of([]) == []
    assert len(groups_of([said(SAID)])) == 1
