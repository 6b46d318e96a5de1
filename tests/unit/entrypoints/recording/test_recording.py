"""A recording merges what several requests report of a call, and holds a bounded number of records."""

import pytest
from tests.unit.adapters.otlp.bodies import as_json, as_protobuf, attribute, traces

from netra.bootstrap.files import telemetry_decoder
from netra.domain.errors import InvalidRequest
from netra.domain.telemetry.records import Signal
from netra.entrypoints.recording.recording import Recording

START_NS = 1_796_000_000_000_000_000


def call(number: int, *, tokens: int = 100) -> dict[str, object]:
    return {
        "traceId": "ab" * 16,
        "spanId": f"{number:016x}",
        "name": "chat gpt-4o",
        "startTimeUnixNano": str(START_NS - number * 1_000_000_000),  # the last one sent began first
        "endTimeUnixNano": str(START_NS - number * 1_000_000_000 + 100_000_000),
        "attributes": [
            attribute("gen_ai.operation.name", stringValue="chat"),
            attribute("gen_ai.request.model", stringValue="gpt-4o"),
            attribute("gen_ai.usage.input_tokens", intValue=str(tokens)),
            attribute("gen_ai.usage.output_tokens", intValue="10"),
            attribute("gen_ai.input.messages", stringValue='[{"role":"user","parts":[{"content":"Oslo?"}]}]'),
        ],
    }


def test_calls_of_several_requests_come_in_order_and_once() -> None:
    recording = Recording(telemetry_decoder())
    recording.take(as_json(traces(call(1))), signal=Signal.TRACES, is_json=True)
    recording.take(as_protobuf(traces(call(2), call(3))), signal=Signal.TRACES, is_json=False)
    recording.take(as_json(traces(call(1))), signal=Signal.TRACES, is_json=True)
    recording.take(b"{}", signal=Signal.METRICS, is_json=True)
    made = recording.finished()
    assert [call.event.id for call in made.calls] == [f"{'ab' * 16}:{n:016x}" for n in (3, 2, 1)]
    assert (made.requests, made.dropped, made.report.input_tokens) == (4, 0, 300)
    assert all(call.event.prompt_hash for call in made.calls)
    assert "Oslo" not in repr((made, recording._arrivals))


def test_prompts_of_two_recordings_have_different_hashes() -> None:
    hashes = set()
    for _ in range(2):
        recording = Recording(telemetry_decoder())
        recording.take(as_json(traces(call(1))), signal=Signal.TRACES, is_json=True)
        hashes.add(recording.finished().calls[0].event.prompt_hash)
    assert len(hashes) == 2


def test_records_beyond_the_bound_are_counted_and_not_kept() -> None:
    recording = Recording(telemetry_decoder(), records_max=2)
    for number in (1, 2, 3):
        recording.take(as_json(traces(call(number))), signal=Signal.TRACES, is_json=True)
    made = recording.finished()
    assert (len(made.calls), made.dropped, made.requests) == (2, 1, 3)


def test_a_body_that_is_no_export_is_refused_and_nothing_of_it_is_kept() -> None:
    recording = Recording(telemetry_decoder())
    with pytest.raises(InvalidRequest):
        recording.take(b"{", signal=Signal.TRACES, is_json=True)
    assert recording.finished().requests == 0
