"""When calls are complete, and what happens to records that come late, twice, or in another order."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.telemetry.payloads import CHAT, USAGE, log, span

from netra.domain.telemetry.arrivals import Arrival, arrival_of, counters_of
from netra.domain.telemetry.metrics import CounterPoint
from netra.domain.telemetry.records import Record
from netra.domain.telemetry.reports import (
    EMITTERS_MAX,
    OTHERS,
    SERIES_MAX,
    Passed,
    Report,
    advice_on,
    corrections,
    with_counter,
    with_passed,
)
from netra.domain.telemetry.settling import (
    DIGEST_BYTES,
    HOLD_S,
    LATE_S,
    QUIET_S,
    Settlement,
    has_waiting,
    settle,
)
from netra.domain.workloads.model import Event

SAID = {**CHAT, **USAGE}


class Stage:
    """A workload's telemetry, settled as the settler does it."""

    def __init__(self) -> None:
        self.waiting: list[Arrival] = []
        self.done: set[bytes] = set()
        self.report = Report()
        self.events: dict[str, Event] = {}

    def send(self, *records: Record, at_s: float) -> None:
        self.waiting.append(arrival_of(records, at_s=at_s))

    def settle(self, now_s: float) -> Settlement:
        found = settle(self.waiting, now_s=now_s, report=self.report, done=self.done)
        self.waiting = [found.carried]
        self.done |= {found.done[at : at + DIGEST_BYTES] for at in range(0, len(found.done), DIGEST_BYTES)}
        for call in found.calls:
            assert call.event.id is not None
            self.events.setdefault(call.event.id, call.event)  # a log keeps the first event of an id
        return found


def test_a_trace_is_complete_once_it_was_quiet() -> None:
    stage = Stage()
    stage.send(span(SAID), at_s=100)
    assert has_waiting(stage.settle(100 + QUIET_S - 1).carried)
    found = stage.settle(100 + QUIET_S)
    assert (len(found.calls), has_waiting(found.carried)) == (1, False)


def test_a_trace_that_is_never_quiet_waits_for_a_minute() -> None:
    stage = Stage()
    for at in range(0, 70, 10):
        stage.send(span(SAID, at_ms=at * 1000), at_s=100 + at)
    assert stage.settle(100 + HOLD_S - 1 + 10).calls != ()
    fresh = Stage()
    for at in range(0, 60, 10):
        fresh.send(span(SAID, at_ms=at * 1000), at_s=100 + at)
    assert fresh.settle(100 + HOLD_S - 1).calls == ()


def test_a_call_waits_for_all_of_its_traces() -> None:
    stage = Stage()
    stage.send(span({**SAID, "gen_ai.response.id": "r"}, scope="a", trace_id="t1"), at_s=100)
    stage.send(span({**SAID, "gen_ai.response.id": "r"}, scope="b", trace_id="t2"), at_s=110)
    assert stage.settle(100 + QUIET_S).calls == ()
    assert len(stage.settle(110 + QUIET_S).calls) == 1


def test_a_late_record_of_a_stored_call_adds_nothing() -> None:
    outer = span({**SAID, "session.id": "s"}, scope="a", span_id="o", ms=300)
    inner = span({**SAID, "gen_ai.response.id": "r"}, scope="b", parent_id="o")
    stage = Stage()
    stage.send(inner, at_s=100)
    stage.settle(200)
    stage.send(outer, at_s=200)
    assert stage.settle(300).calls == ()
    assert (list(stage.events), stage.report.late) == (["r"], 1)


def test_a_record_sent_again_much_later_adds_nothing() -> None:
    outer = span({**SAID, "session.id": "s"}, scope="a", span_id="o", ms=300)
    inner = span({**SAID, "gen_ai.response.id": "r"}, scope="b", parent_id="o")
    stage = Stage()
    stage.send(inner, outer, at_s=100)
    stage.settle(200)
    stage.settle(200 + LATE_S)
    assert stage.waiting[0].rows == []
    stage.send(outer, at_s=5_000)
    assert (stage.settle(6_000).calls, stage.report.late) == ((), 1)


def test_a_wrapper_that_ends_much_later_is_no_call() -> None:
    sums = {"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 2400}
    stage = Stage()
    stage.send(span({}, span_id="m", parent_id="w"), span(SAID, parent_id="m"), at_s=100)
    stage.settle(200)
    stage.send(span(sums, span_id="w", ms=400_000, name="run"), at_s=500)
    stage.settle(600)
    assert [event.input_tokens for event in stage.events.values()] == [1200]


RECORDS = [
    span({"http.route": "/ask", "session.id": "s"}, span_id="root", name="POST", ms=2_000),
    span({**SAID}, scope="outer", span_id="o1", parent_id="root", ms=300),
    span({**SAID, "gen_ai.response.id": "r1"}, scope="inner", span_id="i1", parent_id="o1", at_ms=5, ms=200),
    span(CHAT, scope="outer", span_id="o2", parent_id="root", at_ms=400, ms=300, is_failed=True),
    span(CHAT, scope="inner", span_id="i2", parent_id="o2", at_ms=405, ms=200, is_failed=True),
    span(SAID, scope="outer", span_id="o3", parent_id="root", at_ms=800, ms=300),
    span(SAID, scope="inner", span_id="i3", trace_id="t2", at_ms=805, ms=200),
    span(CHAT, scope="outer", span_id="o4", parent_id="root", at_ms=1_200, ms=300),
    log({**SAID, "event.name": "claude_code.api_request", "request_id": "q", "duration_ms": 5}, at_ms=1_800),
]


def whole() -> Stage:
    stage = Stage()
    stage.send(*RECORDS, at_s=100)
    stage.settle(1_000)
    return stage


@given(
    cut=st.integers(0, len(RECORDS)),
    is_reversed=st.booleans(),
    times=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    gap_s=st.sampled_from([0.0, 4.0]),
    order=st.randoms(use_true_random=False),
)
def test_any_split_into_requests_in_any_order_sent_again_gives_the_same_events(
    cut: int, is_reversed: bool, times: tuple[int, int], gap_s: float, order: random.Random
) -> None:
    expected = whole()
    records = list(RECORDS)
    order.shuffle(records)
    halves = [records[:cut], records[cut:]]
    if is_reversed:
        halves.reverse()
    stage = Stage()
    at_s = 100.0
    for half, count in zip(halves, times, strict=True):
        for _ in range(count):
            stage.send(*half, at_s=at_s)
            stage.settle(at_s + 1)
            at_s += gap_s
    stage.settle(1_000)
    assert stage.events == expected.events
    assert len(stage.events) == 4
    silent = {scope: each.without_usage for scope, each in stage.report.emitters.items()}
    assert silent == {scope: each.without_usage for scope, each in expected.report.emitters.items()}


def test_the_report_says_what_came_of_each_emitter() -> None:
    report = whole().report
    inner, outer = report.emitters["inner"], report.emitters["outer"]
    assert (inner.taken, inner.failed, outer.merged, outer.without_usage) == (3, 1, 3, 1)
    assert outer.silent_models == {"gpt-4o": 1}
    assert (report.input_tokens, report.output_tokens) == (3600, 900)
    assert advice_on(report) == ["1 calls of `gpt-4o` sent no usage: use an instrumentor that sends usage."]


def test_corrections_and_samples_are_reported() -> None:
    stage = Stage()
    fresh = {**CHAT, "gen_ai.usage.input_tokens": 176, "gen_ai.usage.output_tokens": 3}
    stage.send(span({**fresh, "gen_ai.usage.cache_read.input_tokens": 1024}, trace_state="ot=th:8"), at_s=100)
    bedrock: dict[str, Any] = {"scope": "opentelemetry.instrumentation.bedrock", "version": "0.62.4"}
    stage.send(span(fresh, parent_id="p", **bedrock), at_s=100)
    stage.settle(200)
    assert stage.report.emitters["lib"].corrected == {"arithmetic_says_input_excluded_cache": 1}
    assert stage.report.emitters["lib"].sampled == 2
    assert corrections(list(stage.report.emitters.values())) == 2
    (line,) = advice_on(stage.report)
    assert line.startswith("opentelemetry.instrumentation.bedrock: 1 calls lack cached tokens")


def test_an_unknown_scope_with_token_counts_is_named() -> None:
    stage = Stage()
    stage.send(span({"x.tokens_in": 5, "x.token": "text"}, scope="new"), at_s=1)
    stage.send(span({"openinference.span.kind": "CHAIN", "y.tokens": 5}, scope="known"), at_s=1)
    stage.send(span({**USAGE, "gen_ai.operation.name": "invoke_agent"}, scope="agents"), at_s=1)
    stage.settle(100)
    assert stage.report.emitters["new"].token_names == ["x.tokens_in"]
    assert advice_on(stage.report) == [
        "new is not understood: it sends x.tokens_in.",
        (
            "Agents and tools arrive, but no model call: add an instrumentor of the model's SDK, such as "
            "opentelemetry-instrumentation-genai-openai."
        ),
    ]


def test_calls_without_a_time_and_ignored_records_are_counted() -> None:
    stage = Stage()
    stage.send(span(SAID, start_ns=0, end_ns=0), log({"event.name": "other"}), at_s=1)
    stage.settle(100)
    emitter = stage.report.emitters["lib"]
    assert (emitter.untimed, emitter.ignored, emitter.taken) == (1, 1, 0)
    assert advice_on(stage.report) == ["lib: 1 calls have no time and were not taken."]


def test_streams_without_usage_have_a_way_out() -> None:
    stage = Stage()
    stage.send(span({**CHAT, "gen_ai.request.stream": True}), span({"gen_ai.operation.name": "chat"}), at_s=1)
    stage.settle(100)
    (line,) = advice_on(stage.report)
    assert line.startswith("2 calls of `gpt-4o` sent no usage: set stream_options=")


def test_a_full_workload_is_said() -> None:
    assert advice_on(Report(refused=3))[0].startswith("3 calls found no room")


def test_counters_add_up_by_series() -> None:
    def point(value: float, **fields: object) -> CounterPoint:
        given = {"metric": "claude_code.token.usage", "attributes": {"type": "input"}, "resource": {}}
        return CounterPoint(value=value, **(given | fields))  # type: ignore[arg-type]

    points = [point(5), point(9), point(7), point(1, attributes={"type": "none"})]
    arrival = counters_of([*points, point(2, is_delta=True, start_ns=4), point(3, is_delta=True, start_ns=4)])
    report = Report()
    settle([arrival], now_s=1, report=report, done=())
    assert (report.counted("input"), report.counted("output")) == (14, 0)


def test_what_a_report_holds_is_bounded() -> None:
    report = Report()
    for number in range(EMITTERS_MAX + 5):
        with_passed(report, [Passed(scope=f"s{number}", context=1)], at_s=1)
    assert (len(report.emitters), report.emitters[OTHERS].context) == (EMITTERS_MAX + 1, 5)
    for number in range(SERIES_MAX + 5):
        with_counter(report, f"input {number}", 1, is_delta=False)
    assert report.counted("input") == SERIES_MAX
    assert arrival_of([], at_s=1).size == 0
    names = {f"token{number}": number for number in range(40)}
    assert len(arrival_of([span(names), span(names)], at_s=1).passed[0].token_names) == 20


@pytest.mark.parametrize("at", [0, 1])
def test_a_stored_row_wins_over_one_sent_again(at: int) -> None:
    record = span(SAID)
    stage = Stage()
    stage.send(record, at_s=100)
    stored = stage.settle(200).carried
    again = arrival_of([record], at_s=210)
    parts = [stored, again] if at else [again, stored]
    found = settle(parts, now_s=300, report=Report(), done=())
    assert (found.calls, found.done) == ((), b"")
