"""The parser of server-sent events and the cursor of a run, without I/O."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netra_sdk import AgentResult, AgentUpdate, RunFault, UnknownEvent, errors
from netra_sdk._cursor import BARREN_MAX, Cursor
from netra_sdk._policy import Answer
from netra_sdk._sse import LineTooLong, ServerSentEvent, SseParser
from netra_sdk.runs import RunHandle, Wording
from netra_sdk.types import Advice, RunStatus


def cursor(**given: Any) -> Cursor:
    made = Cursor(chance=lambda: 1.0, **given)
    made.opened(200)
    return made


def frame(seq: int, kind: str = "agent_update", **data: Any) -> bytes:
    usual = {"agent": "a", "status": "processing", "message": "m", "progress": 1}
    body = {"seq": seq, "run_id": "r", "thread_id": "t", **(usual if kind == "agent_update" else {}), **data}
    return f"id: {seq}\nevent: {kind}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


LINES = st.lists(
    st.sampled_from(["data: a", "data:ü☕", "data", ": comment", "id: 1", "id: \0", "event: e", "x: y", ""])
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@settings(deadline=None)
@given(LINES, ENDS, st.data())
def test_chunks_do_not_change_what_is_read(lines: list[str], end: str, data: Any) -> None:
    whole = (end.join(lines) + end * 2).encode()
    expected = SseParser().feed(whole)
    parser, found, rest = SseParser(), [], whole
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        found += parser.feed(rest[:size])
        rest = rest[size:]
    assert found == expected


def test_fields_comments_and_several_lines_are_read_as_the_standard_says() -> None:
    text = b"\xef\xbb\xbf: hi\nevent: e\ndata: one\ndata: two\nid: 7\nretry: 5\n\ndata: three\n\ndata: cut"
    assert SseParser().feed(text) == [
        ServerSentEvent(event="e", data="one\ntwo", id="7"),
        ServerSentEvent(event="message", data="three", id="7"),
    ]


def test_a_line_has_a_bound() -> None:
    with pytest.raises(LineTooLong):
        SseParser(line_max=10).feed(b"data: 12345678901")
    tight = cursor()
    tight._parser = SseParser(line_max=10)
    with pytest.raises(errors.StreamBrokenError):
        tight.feed(b"data: 12345678901")


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.integers(0, 3))
def test_any_cuts_give_each_event_once(cuts: list[int], inside: int) -> None:
    total = 6
    one, seen = cursor(), []
    for cut in [*cuts, total]:
        one.opened(200)
        assert one.headers().get("last-event-id", "0") == str(one.after)
        frames = [frame(seq) for seq in range(one.after + 1, total)] + [
            frame(total, "agent_result", success=False)
        ]
        body = b"".join(frames[:cut]) + (frames[cut][: inside * 7] if cut < len(frames) else b"")
        seen += [event.seq for event in one.feed(body)]
        if one.is_over:
            break
    assert seen == list(range(1, total + 1))


def test_known_events_are_dropped_and_a_gap_is_an_error() -> None:
    one = cursor(after=2)
    assert [event.seq for event in one.feed(frame(1) + frame(2) + frame(3))] == [3]
    with pytest.raises(errors.StreamBrokenError, match="event 4 is missing") as caught:
        one.feed(frame(5))
    assert caught.value.last_seq == 3


def test_events_of_every_kind_are_read_with_their_raw_data() -> None:
    one = cursor()
    update, fault, new, result = one.feed(
        frame(1, text="x", attempt=2, at=5, news=1)
        + frame(2, "error", code="TIMEOUT", message="late")
        + frame(3, "agent_dance", step=1)
        + frame(4, "agent_result", success=False, error={"code": "TIMEOUT", "message": "late"})
    )
    assert isinstance(update, AgentUpdate)
    assert (update.position, update.raw["news"]) == (5, 1)
    assert isinstance(fault, RunFault)
    assert isinstance(new, UnknownEvent)
    assert (new.type, new.raw["step"]) == ("agent_dance", 1)
    assert isinstance(result, AgentResult)
    assert one.is_over
    with pytest.raises(errors.UnexpectedAnswerError):
        cursor().feed(b"id: 1\nevent: agent_update\ndata: {\n\n")


def test_connections_without_an_event_are_slower_and_slower_and_end() -> None:
    one = cursor()
    pauses = [one.broken("cut") for _ in range(BARREN_MAX)]
    assert pauses[:4] == [0.0, 0.25, 0.5, 1.0]
    assert max(pauses) == 5.0
    with pytest.raises(errors.StreamBrokenError):
        one.broken("cut")
    one = cursor()
    one.broken("cut")
    one.feed(frame(1))
    assert one.broken("cut") == 0.0


def test_a_stream_that_is_refused() -> None:
    def refusal(status: int, **headers: str) -> Answer:
        return Answer(status=status, headers=headers, body=b'{"error": {"code": "X", "message": "m"}}')

    one = cursor()
    assert one.refused(refusal(401)) is None
    with pytest.raises(errors.UnauthorizedError):
        one.refused(refusal(401))
    assert one.refused(refusal(503, **{"retry-after": "3"})) == 3.0
    for status in (403, 404, 422):
        with pytest.raises(errors.ApiError):
            one.refused(refusal(status))
    with pytest.raises(errors.ApiError):
        one.refused(refusal(429, **{"retry-after": "3600"}))
    assert not one.opened(204)
    assert one.is_over


def update(text: str, attempt: int, position: int) -> AgentUpdate:
    return AgentUpdate(
        seq=1, run_id="r", thread_id="t", agent="a", status="s", message="m", progress=1,
        text=text, attempt=attempt, position=position,
    )  # fmt: skip


def test_words_come_in_order_and_a_later_attempt_voids_them() -> None:
    wording = Wording()
    events = [
        update("ab", 1, 0),
        update("ab", 1, 0),
        update("cd", 1, 2),
        update("X", 2, 0),
        update("old", 1, 4),
    ]
    found = [(one.text, one.restarted) for event in events if (one := wording.piece(event))]
    assert found == [("ab", False), ("cd", False), ("X", True)]
    assert wording.piece(update("", 2, 1)) is None


def test_how_a_run_ended_is_its_result_or_an_error() -> None:
    run = RunHandle("run-1")
    for data, kind in (
        ({"cancelled": True}, errors.RunCancelledError),
        ({"error": {"code": "TIMEOUT", "message": "late"}}, errors.RunFailedError),
        ({}, errors.RunFailedError),
    ):
        (event,) = cursor().feed(frame(1, "agent_result", success=False, **data))
        assert isinstance(event, AgentResult)
        with pytest.raises(kind):
            run.concluded(event)
    assert repr(run) == "RunHandle('run-1')"


def status(word: str, **changes: Any) -> RunStatus:
    given: dict[str, Any] = {
        "run_id": "r", "thread_id": "t", "status": word, "phase": word, "progress": 1, "result": None,
        "error": None, "message": "m", "workload_id": None, "parameters": {}, "last_seq": 1,
        "queue_position": None,
        "created_at": None, "started_at": None, "completed_at": None,
    }  # fmt: skip
    return RunStatus(**{**given, **changes})


def test_a_polled_state_is_a_result_or_an_error_too() -> None:
    run = RunHandle("run-1")
    advice: Any = object()
    assert run.concluded_by(status("processing")) is None
    assert run.concluded_by(status("completed", result=advice)) is advice
    with pytest.raises(errors.RunCancelledError):
        run.concluded_by(status("cancelled"))
    with pytest.raises(errors.RunFailedError):
        run.concluded_by(status("failed"))
    assert Advice is not None
