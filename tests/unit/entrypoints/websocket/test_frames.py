"""What frames look like, word for word."""

import contextlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.errors import InvalidRequest, NotFound, ValidationFailed
from netra.domain.ids import UserId
from netra.domain.runs.events import EventKind, RunEvent, cancelled, completed, failed
from netra.domain.runs.model import Run
from netra.entrypoints.schemas import RENAMED
from netra.entrypoints.websocket import frames
from netra.entrypoints.websocket.asyncapi import document
from netra.entrypoints.websocket.frames import OptimizationRequest, Ping, StopProcessing, Subscribe

AT = datetime(2024, 1, 1, tzinfo=UTC)


def test_the_documented_request_is_read_word_for_word() -> None:
    text = """{"type": "optimization_request", "data": {"message": "Optimize my GPU workload",
        "workload_id": "wl-123", "parameters": {"priority": "performance", "budget": 10000}}}"""
    frame = frames.read_frame(text)
    assert isinstance(frame, OptimizationRequest)
    assert frame.data.workload_id == "wl-123"
    assert frame.data.parameters == {"priority": "performance", "budget": 10000}


def test_the_nested_spelling_is_read_too() -> None:
    data = {"message": "m", "context": {"workload_id": "wl-1", "parameters": {"a": 1}}, "thread_id": "t"}
    frame = frames.read_frame(json.dumps({"type": "optimization_request", "id": "c-1", "data": data}))
    assert isinstance(frame, OptimizationRequest)
    assert frame.data.context is not None
    assert (frame.id, frame.data.context.workload_id, frame.data.thread_id) == ("c-1", "wl-1", "t")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"type":"ping"}', Ping),
        ('{"type":"ping","data":null,"id":"x","timestamp":"2024-01-01T00:00:00Z","extra":1}', Ping),
        ('{"type":"stop_processing"}', StopProcessing),
        ('{"type":"stop_processing","data":{}}', StopProcessing),
        ('{"type":"stop_processing","data":{"run_id":"run-789"}}', StopProcessing),
        ('{"type":"subscribe","data":{"run_id":"run-789"}}', Subscribe),
        ('{"type":"subscribe","data":{"run_id":"run-789","after":7}}', Subscribe),
    ],
)
def test_each_message_is_read_as_its_kind(text: str, kind: type) -> None:
    assert type(frames.read_frame(text)) is kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '"ping"',
        "{}",
        '{"type":7}',
        '{"type":null}',
        "[" * 100_000,
        '{"type":"ping"',
        "NaN",
    ],
)
def test_what_is_no_json_object_with_a_string_type_cannot_be_read(text: str) -> None:
    with pytest.raises(InvalidRequest):
        frames.read_frame(text)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"type":"pong"}', "type"),
        ('{"type":"optimization_request"}', "data"),
        ('{"type":"optimization_request","data":{}}', "data.message"),
        ('{"type":"optimization_request","data":{"message":5}}', "data.message"),
        ('{"type":"optimization_request","data":{"message":"m","more":1}}', "data.more"),
        ('{"type":"subscribe","data":{"run_id":"r","after":-1}}', "data.after"),
        ('{"type":"subscribe","data":{"run_id":"r","after":true}}', "data.after"),
        ('{"type":"stop_processing","data":{"run_id":5}}', "data.run_id"),
        ('{"type":"ping","id":""}', "id"),
        ('{"type":"ping","id":5}', "id"),
    ],
)
def test_what_breaks_the_schema_is_refused_with_its_path(text: str, path: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        frames.read_frame(text)
    assert [fault.path for fault in refused.value.faults] == [path]


def test_a_refused_message_is_known_by_its_id_when_that_can_be_used() -> None:
    assert frames.reference_of('{"type":"nope","id":"c-1"}') == "c-1"
    assert frames.reference_of('{"type":"nope","id":7}') is None
    assert frames.reference_of('{"type":"nope","id":""}') is None


def test_the_first_frame_is_the_documented_status() -> None:
    sent = json.loads(frames.status_frame(UserId(1)))
    assert sent == {"type": "status", "data": {"connected": True, "authenticated": True, "user_id": 1}}


def test_a_pong_carries_the_time_and_the_pings_id() -> None:
    plain = json.loads(frames.pong_frame(Ping(), at=AT))
    named = json.loads(frames.pong_frame(Ping(id="p-1"), at=AT))
    assert plain == {"type": "pong", "timestamp": "2024-01-01T00:00:00Z"}
    assert named["data"] == {"request_id": "p-1"}


def test_an_error_has_its_details_as_text_and_its_context_as_an_object() -> None:
    sent = json.loads(frames.error_frame(NotFound("run", "run-9"), at=AT, request_id="c-1"))
    assert sent["timestamp"] == "2024-01-01T00:00:00Z"
    assert sent["data"] == {
        "code": "NOT_FOUND",
        "message": "run 'run-9' does not exist",
        "details": "kind: run; id: run-9",
        "context": {"kind": "run", "id": "run-9"},
        "request_id": "c-1",
    }


def test_an_error_without_facts_repeats_its_sentence() -> None:
    assert frames.details_of(InvalidRequest("It is not JSON.")) == "It is not JSON."


def test_an_event_is_encoded_once_for_all_its_readers(events: Sequence[RunEvent]) -> None:
    assert frames.event_frame(events[0]) is frames.event_frame(events[0])


def test_an_update_says_how_many_it_stands_for(events: Sequence[RunEvent]) -> None:
    sent = msgspec.json.decode(frames.thinned_frame(events[4], skipped=3), type=frames.AgentUpdate)
    assert (sent.data.seq, sent.data.skipped) == (5, 3)


def numbered(run: Run) -> list[RunEvent]:
    ends = [completed(run, msgspec.Raw(b'{"actions":[]}')), cancelled(run), *failed(run, NotFound("a", "b"))]
    return [
        RunEvent(run_id=run.id, seq=seq, kind=event.kind, at=AT, data=event.data)
        for seq, event in enumerate(ends, 1)
    ]


def test_every_event_of_a_run_fits_its_documented_frame(run: Run, events: Sequence[RunEvent]) -> None:
    kinds = {
        EventKind.UPDATE: frames.AgentUpdate,
        EventKind.RESULT: frames.AgentResult,
        EventKind.ERROR: frames.Error,
    }
    for event in [events[0], *numbered(run)]:
        text = frames.event_frame(event)
        frame = msgspec.json.decode(text, type=kinds[event.kind])
        assert (frame.data.seq, frame.data.run_id, frame.data.request_id) == (event.seq, "run-1", "ref-1")
        assert set(json.loads(text)["data"]) <= set(type(frame.data).__struct_fields__)


@given(st.text())
def test_reading_any_text_ends_in_a_frame_or_a_refusal(text: str) -> None:
    with contextlib.suppress(InvalidRequest, ValidationFailed):
        assert type(frames.read_frame(text)) in frames.CLIENT_FRAMES.values()


def test_the_document_has_every_frame_and_no_other() -> None:
    described = json.loads(document())
    operations = described["operations"]

    def named(operation: str) -> set[str]:
        return {message["$ref"].rpartition("/")[2] for message in operations[operation]["messages"]}

    received = {name for name, one in operations.items() if one["action"] == "receive"}
    asked = {message for name in received for message in named(name)}
    assert asked == set(frames.CLIENT_FRAMES)
    assert named("send_frames") == {kind.__struct_config__.tag for kind in frames.ServerFrame.__args__}
    assert set(described["components"]["messages"]) == asked | named("send_frames")
    assert all(operations[name]["reply"]["messages"] for name in received)
    assert "stream/{run_id}" in described["info"]["description"]


def test_every_close_code_has_a_duty_of_the_client() -> None:
    channel = json.loads(document())["channels"]["socket"]
    assert set(channel["x-close-duties"]) == set(channel["x-close-codes"])


def test_every_reference_in_the_document_leads_somewhere() -> None:
    described = json.loads(document())

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if "$ref" in value else []
            return own + [found for item in value.values() for found in references(item)]
        if isinstance(value, list):
            return [found for item in value for found in references(item)]
        return []

    found = references(described)
    assert found
    for reference in found:
        place = described
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_the_documents_schemas_are_those_of_the_structs() -> None:
    schemas = json.loads(document())["components"]["schemas"]
    for kind in (*frames.CLIENT_FRAMES.values(), *frames.ServerFrame.__args__):
        schema = schemas[RENAMED.get(kind.__name__, kind.__name__)]
        assert schema["properties"]["type"] == {"type": "string", "const": kind.__struct_config__.tag}
        assert set(schema["properties"]) == {*kind.__struct_fields__, "type"}
