"""What a connection does about each thing that can happen to it, without a socket."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.errors import (
    Forbidden,
    NetraError,
    NotFound,
    TokenExpired,
    Unauthorized,
    Unavailable,
)
from netra.domain.ids import RunId, SessionId, ThreadId, UserId, WorkloadId
from netra.domain.quotas import Admission
from netra.domain.runs.model import Run, RunState, StartRun
from netra.domain.users.model import Principal
from netra.domain.workloads.watching import WorkloadFigures
from netra.entrypoints.errors import TooManyConnections, Unexpected
from netra.entrypoints.websocket import signals
from netra.entrypoints.websocket.session import FOLLOWED_MAX, WATCHED_MAX, Phase, Session, advance, over_limit
from netra.entrypoints.websocket.signals import (
    Close,
    Find,
    FindWorkload,
    Follow,
    Send,
    Start,
    Stop,
    Unwatch,
    Watch,
)

NOW = datetime(2024, 1, 1, tzinfo=UTC)
WHO = Principal(user_id=UserId(1), session_id=SessionId("ses-1"), expires_at=NOW + timedelta(hours=1))


def a_run(name: str = "run-1", **fields: Any) -> Run:
    return Run(
        id=RunId(name),
        owner_id=UserId(1),
        thread_id=ThreadId("t"),
        message="m",
        created_at=NOW,
        **{"state": RunState.RUNNING, "last_seq": 3, **fields},
    )


@pytest.fixture
def opened() -> Session:
    return advance(Session(), signals.SignedIn(WHO), now=NOW)[0]


def sent(output: signals.Output) -> dict[str, Any]:
    assert isinstance(output, Send)
    return json.loads(output.text)


def said(session: Session, message: object, *, now: datetime = NOW) -> tuple[signals.Output, ...]:
    return advance(session, signals.TextReceived(json.dumps(message)), now=now)[1]


def test_signing_in_opens_the_connection_with_a_status() -> None:
    session, outputs = advance(Session(), signals.SignedIn(WHO), now=NOW)
    assert session.phase is Phase.OPEN
    assert [sent(output)["type"] for output in outputs] == ["status"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unauthorized("Who are you?"), 4000),
        (TokenExpired("Too late."), 4001),
        (Forbidden("Not from there."), 1008),
        (TooManyConnections("Full."), 1008),
        (Unavailable("The database does not answer."), 1011),
        (Unexpected(), 1011),
    ],
)
def test_a_refusal_is_told_and_closes_with_its_code(error: NetraError, code: int) -> None:
    session, (told, closed) = advance(Session(), signals.Refused(error), now=NOW)
    assert session.phase is Phase.CLOSED
    assert sent(told)["data"]["code"] == error.code
    assert closed == Close(code, error.message)


def test_the_reason_of_a_close_fits_its_frame_and_stays_whole_characters(opened: Session) -> None:
    _, (_, closed) = advance(opened, signals.Refused(Unauthorized("é" * 200)), now=NOW)
    assert isinstance(closed, Close)
    assert closed.reason == "é" * 61


@pytest.mark.parametrize(("happening", "code"), [(signals.Drained(), 1001), (signals.ReaderTooSlow(), 1008)])
def test_the_servers_own_reasons_close_without_an_error(
    opened: Session, happening: signals.Input, code: int
) -> None:
    _, outputs = advance(opened, happening, now=NOW)
    assert [type(output) for output in outputs] == [Close]
    assert isinstance(outputs[0], Close)
    assert outputs[0].code == code


def test_a_server_that_ends_closes_a_connection_that_has_not_signed_in_yet() -> None:
    session, outputs = advance(Session(), signals.Drained(), now=NOW)
    assert outputs[0] == Close(1001, "The server is shutting down; reconnect.")
    assert advance(session, signals.SignedIn(WHO), now=NOW) == (session, ())


def test_bytes_close_with_1003(opened: Session) -> None:
    _, outputs = advance(opened, signals.BinaryReceived(), now=NOW)
    assert isinstance(outputs[-1], Close)
    assert outputs[-1].code == 1003


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"type":1}', "[" * 5_000])
def test_what_is_no_message_closes_with_4002(opened: Session, text: str) -> None:
    session, outputs = advance(opened, signals.TextReceived(text), now=NOW)
    assert isinstance(outputs[-1], Close)
    assert (session.phase, outputs[-1].code) == (Phase.CLOSED, 4002)


def test_an_unknown_type_is_an_error_and_the_connection_stays(opened: Session) -> None:
    (told,) = said(opened, {"type": "dance", "id": "c-1"})
    assert sent(told)["data"]["code"] == "VALIDATION_ERROR"
    assert sent(told)["data"]["request_id"] == "c-1"


def test_a_ping_is_answered_at_once(opened: Session) -> None:
    (told,) = said(opened, {"type": "ping"})
    assert sent(told) == {"type": "pong", "timestamp": "2024-01-01T00:00:00Z"}


def test_a_request_becomes_the_command_that_http_makes_too(opened: Session) -> None:
    parameters = {"priority": "cost", "anything": [1]}
    flat = {"message": "m", "workload_id": "wl-1", "parameters": parameters}
    nested = {"message": "m", "context": {"workload_id": "wl-1", "parameters": parameters}}
    (one,) = said(opened, {"type": "optimization_request", "id": "c-1", "data": flat})
    (other,) = said(opened, {"type": "optimization_request", "id": "c-1", "data": nested})
    assert one == other
    assert isinstance(one, Start)
    assert (one.command.owner_id, one.command.workload_id, one.command.client_ref) == (1, "wl-1", "c-1")
    assert one.command.parameters == parameters


def test_parameters_that_nest_too_deeply_are_refused_and_the_connection_stays(opened: Session) -> None:
    deep: Any = 1
    for _ in range(40):
        deep = {"a": deep}
    (told,) = said(opened, {"type": "optimization_request", "data": {"message": "m", "parameters": deep}})
    assert sent(told)["data"]["code"] == "VALIDATION_ERROR"


def test_a_started_run_is_followed_from_its_first_event(opened: Session) -> None:
    session, outputs = advance(opened, signals.RunStarted(a_run()), now=NOW)
    assert outputs == (Follow(RunId("run-1"), 0),)
    assert session.followed == {"run-1"}


@pytest.mark.parametrize("data", [None, {}, {"run_id": None}])
def test_a_stop_without_a_run_means_the_only_live_one(opened: Session, data: object) -> None:
    (stop,) = said(opened, {"type": "stop_processing", "data": data})
    assert isinstance(stop, Stop)
    assert stop.command.run_id is None


def test_a_stop_names_the_owner_and_the_run(opened: Session) -> None:
    (stop,) = said(opened, {"type": "stop_processing", "data": {"run_id": "run-789"}})
    assert isinstance(stop, Stop)
    assert (stop.command.owner_id, stop.command.run_id) == (1, "run-789")


def test_a_stopped_run_that_is_heard_already_speaks_for_itself(opened: Session) -> None:
    session, _ = advance(opened, signals.RunStarted(a_run()), now=NOW)
    assert advance(session, signals.RunStopped(a_run(), None), now=NOW)[1] == ()


def test_stopping_a_run_from_elsewhere_lets_its_end_be_heard(opened: Session) -> None:
    _, outputs = advance(opened, signals.RunStopped(a_run(last_seq=5), None), now=NOW)
    assert outputs == (Follow(RunId("run-1"), 5),)


def test_stopping_a_run_that_has_ended_says_how_it_stands(opened: Session) -> None:
    ended = a_run(state=RunState.COMPLETED, last_seq=7)
    _, (told,) = advance(opened, signals.RunStopped(ended, "c-1"), now=NOW)
    data = sent(told)["data"]
    assert (data["run_id"], data["phase"], data["last_seq"]) == ("run-1", "completed", 7)
    assert data["request_id"] == "c-1"


def test_a_subscription_looks_its_run_up_and_then_follows_it(opened: Session) -> None:
    (find,) = said(opened, {"type": "subscribe", "id": "c-1", "data": {"run_id": "run-1", "after": 2}})
    assert find == Find(RunId("run-1"), 2, "c-1")
    _, outputs = advance(opened, signals.RunFound(a_run(), 2, "c-1"), now=NOW)
    assert outputs == (Follow(RunId("run-1"), 2),)


def test_a_subscription_to_all_that_was_missed_of_an_ended_run_replays_it(opened: Session) -> None:
    ended = a_run(state=RunState.FAILED, last_seq=7)
    _, outputs = advance(opened, signals.RunFound(ended, 6, None), now=NOW)
    assert outputs == (Follow(RunId("run-1"), 6),)


def test_a_subscription_with_nothing_left_to_come_is_answered_with_the_runs_state(opened: Session) -> None:
    ended = a_run(state=RunState.FAILED, last_seq=7)
    _, (told,) = advance(opened, signals.RunFound(ended, 7, None), now=NOW)
    assert (sent(told)["type"], sent(told)["data"]["phase"]) == ("status", "failed")


def test_a_subscription_beyond_the_last_event_is_refused(opened: Session) -> None:
    _, (told,) = advance(opened, signals.RunFound(a_run(last_seq=3), 4, "c-1"), now=NOW)
    data = sent(told)["data"]
    assert (data["code"], data["run_id"], data["request_id"]) == ("VALIDATION_ERROR", "run-1", "c-1")


@pytest.mark.parametrize("kind", ["subscribe", "stop_processing"])
def test_a_malformed_run_id_is_refused_before_any_store_sees_it(opened: Session, kind: str) -> None:
    (told,) = said(opened, {"type": kind, "data": {"run_id": "run\x00"}})
    assert sent(told)["data"]["context"]["errors"][0]["path"] == "data.run_id"


def test_a_connection_follows_a_bounded_number_of_runs(opened: Session) -> None:
    session = opened
    for number in range(FOLLOWED_MAX):
        session, _ = advance(session, signals.RunStarted(a_run(f"run-{number}")), now=NOW)
    full, (told,) = advance(session, signals.RunFound(a_run("one-more"), 0, None), now=NOW)
    assert sent(told)["data"]["code"] == "CONFLICT"
    assert full == session
    assert advance(session, signals.RunFound(a_run("run-0"), 0, None), now=NOW)[1] == (
        Follow(RunId("run-0"), 0),
    )
    freed, _ = advance(session, signals.RunEnded(RunId("run-0")), now=NOW)
    assert advance(freed, signals.RunFound(a_run("one-more"), 0, None), now=NOW)[1] == (
        Follow(RunId("one-more"), 0),
    )


def test_a_failed_command_is_told_with_what_it_was_about(opened: Session) -> None:
    failure = signals.CommandFailed(NotFound("run", "run-9"), "c-1", RunId("run-9"))
    session, (told,) = advance(opened, failure, now=NOW)
    assert session == opened
    assert sent(told)["data"]["request_id"] == "c-1"
    assert sent(told)["data"]["run_id"] == "run-9"


def test_a_message_after_the_token_has_expired_closes_with_4001(opened: Session) -> None:
    outputs = said(opened, {"type": "ping"}, now=WHO.expires_at)
    assert isinstance(outputs[-1], Close)
    assert outputs[-1].code == 4001


def test_too_many_messages_are_told_when_to_come_again(opened: Session) -> None:
    admission = Admission(allowed=False, limit=30, remaining=0, reset_at_s=60, retry_after_s=12)
    refusal = signals.Refused(over_limit(admission, what="messages"))
    _, (told, closed) = advance(opened, refusal, now=NOW)
    assert sent(told)["data"]["code"] == "RATE_LIMITED"
    assert sent(told)["data"]["context"] == {"retry_after_s": 12}
    assert isinstance(closed, Close)
    assert closed.code == 4003


def found(name: str, request_id: str | None = None) -> signals.WorkloadFound:
    return signals.WorkloadFound(WorkloadId(name), request_id)


def seen(name: str, request_id: str | None = None, **figures: Any) -> signals.WorkloadSeen:
    usual = {"event_count": 7, "waiting_events": 2, "last_event_at": None}
    return signals.WorkloadSeen(WorkloadId(name), WorkloadFigures(**{**usual, **figures}), request_id)


def test_a_question_with_an_id_counts_once_however_it_is_spelled(opened: Session) -> None:
    def asked(**changes: Any) -> StartRun:
        frame = {"type": "optimization_request", "id": "c-1", "data": {"message": "m"}, **changes}
        (start,) = said(opened, frame)
        assert isinstance(start, Start)
        return start.command

    first = asked()
    assert first.idempotency_key is not None
    assert asked(timestamp="later") == first
    assert asked(data={"message": "m", "context": {}}) == first
    other = asked(data={"message": "n"})
    assert (other.idempotency_key, other.fingerprint == first.fingerprint) == (first.idempotency_key, False)
    assert asked(id="c-2").idempotency_key != first.idempotency_key
    assert asked(id=None).idempotency_key is None
    longest = asked(id="\U0001f4a1" * 256).idempotency_key
    assert longest is not None
    assert len(longest) < 255


def test_a_watch_looks_its_workload_up_and_then_shows_each_change(opened: Session) -> None:
    outputs = said(opened, {"type": "watch", "id": "w-1", "data": {"workload_id": "wl-1"}})
    assert outputs == (FindWorkload(WorkloadId("wl-1"), "w-1"),)
    session, outputs = advance(opened, found("wl-1", "w-1"), now=NOW)
    assert outputs == (Watch(WorkloadId("wl-1"), "w-1"),)
    first, (told,) = advance(session, seen("wl-1", "w-1", last_event_at=NOW), now=NOW)
    assert sent(told) == {
        "type": "workload_update",
        "data": {
            "workload_id": "wl-1",
            "event_count": 7,
            "waiting_events": 2,
            "last_event_at": "2024-01-01T00:00:00Z",
            "request_id": "w-1",
        },
        "timestamp": "2024-01-01T00:00:00Z",
    }
    _, (told,) = advance(first, seen("wl-1"), now=NOW)
    figures = sent(told)["data"]
    assert (figures["last_event_at"], "request_id" in figures) == (None, False)


def test_nothing_is_shown_of_a_workload_that_is_no_longer_watched(opened: Session) -> None:
    session, _ = advance(opened, found("wl-1"), now=NOW)
    text = json.dumps({"type": "unwatch", "id": "u-1", "data": {"workload_id": "wl-1"}})
    left, (ended, told) = advance(session, signals.TextReceived(text), now=NOW)
    assert ended == Unwatch(WorkloadId("wl-1"))
    assert (sent(told)["type"], sent(told)["data"]["request_id"]) == ("status", "u-1")
    assert advance(left, seen("wl-1"), now=NOW) == (left, ())
    ended_by_itself, _ = advance(session, signals.WatchEnded(WorkloadId("wl-1")), now=NOW)
    assert ended_by_itself == opened


def test_a_connection_watches_a_bounded_number_of_workloads(opened: Session) -> None:
    session = opened
    for number in range(WATCHED_MAX):
        session, _ = advance(session, found(f"wl-{number}"), now=NOW)
    full, (told,) = advance(session, found("one-more", "w-1"), now=NOW)
    assert (sent(told)["data"]["code"], sent(told)["data"]["request_id"]) == ("CONFLICT", "w-1")
    assert full == session
    assert advance(session, found("wl-0"), now=NOW)[1] == (Watch(WorkloadId("wl-0"), None),)


@pytest.mark.parametrize("kind", ["watch", "unwatch"])
def test_a_malformed_workload_id_is_refused_before_any_store_sees_it(opened: Session, kind: str) -> None:
    for data in ({"workload_id": ""}, {"workload_id": "a b"}, {}, None, {"workload_id": "wl-1", "x": 1}):
        (told,) = said(opened, {"type": kind, "data": data})
        assert sent(told)["data"]["code"] == "VALIDATION_ERROR"


messages = st.one_of(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["type", "data", "id", "x"]), inner),
        max_leaves=8,
    ).map(json.dumps),
    st.builds(
        lambda kind, data, id_: json.dumps({"type": kind, "data": data, "id": id_}),
        st.sampled_from(
            ["ping", "subscribe", "stop_processing", "optimization_request", "watch", "unwatch", "dance"]
        ),
        st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "run_id": st.text() | st.just("run-1"),
                "workload_id": st.text() | st.just("wl-1"),
                "after": st.integers(),
                "message": st.text(),
                "parameters": st.dictionaries(st.text(), st.integers()),
            },
        ),
        st.none() | st.text() | st.integers(),
    ),
)
runs = st.builds(
    a_run,
    st.sampled_from(["run-1", "run-2"]),
    state=st.sampled_from(RunState),
    last_seq=st.integers(1, 5),
)
happenings = st.one_of(
    st.builds(signals.TextReceived, messages),
    st.builds(signals.BinaryReceived),
    st.builds(signals.SignedIn, st.just(WHO)),
    st.builds(signals.Refused, st.builds(Unauthorized, st.text())),
    st.builds(signals.Drained),
    st.builds(signals.ReaderTooSlow),
    st.builds(signals.RunStarted, runs),
    st.builds(signals.RunStopped, runs, st.none() | st.text()),
    st.builds(signals.RunFound, runs, st.integers(0, 6), st.none()),
    st.builds(signals.RunEnded, st.sampled_from([RunId("run-1"), RunId("run-2")])),
    st.builds(signals.CommandFailed, st.builds(NotFound, st.text(), st.text())),
    st.builds(found, st.sampled_from(["wl-1", "wl-2"])),
    st.builds(seen, st.sampled_from(["wl-1", "wl-2"])),
    st.builds(signals.WatchEnded, st.just(WorkloadId("wl-1"))),
)


@given(st.lists(happenings, max_size=30))
def test_whatever_happens_a_connection_says_who_it_is_first_and_nothing_after_its_close(
    story: list[signals.Input],
) -> None:
    session, outputs = Session(), list[signals.Output]()
    for happening in story:
        session, more = advance(session, happening, now=NOW)
        outputs.extend(more)
    kinds = [type(output) for output in outputs]
    assert kinds.count(Close) == (1 if session.phase is Phase.CLOSED else 0)
    assert Close not in kinds[:-1]
    if outputs and isinstance(outputs[0], Send):
        assert sent(outputs[0])["type"] in {"status", "error"}
    if any(kind in {Start, Stop, Find, Follow, FindWorkload, Watch} for kind in kinds):
        assert sent(outputs[0])["type"] == "status"


@given(messages)
def test_every_message_is_answered(text: str) -> None:
    opened = advance(Session(), signals.SignedIn(WHO), now=NOW)[0]
    assert advance(opened, signals.TextReceived(text), now=NOW)[1]
