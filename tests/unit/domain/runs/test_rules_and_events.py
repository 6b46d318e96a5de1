"""What a question must be, and what clients see of a run."""

from datetime import UTC, datetime

import msgspec
import pytest

from netra.domain.errors import NetraError, NotFound, ValidationFailed
from netra.domain.ids import RunId, ThreadId, UserId, WorkloadId
from netra.domain.quotas import Quotas
from netra.domain.runs.events import EventKind, RunEvent, cancelled, completed, failed, updated
from netra.domain.runs.model import Run, StartRun
from netra.domain.runs.rules import check_question, title_of

RUN = Run(
    id=RunId("run-1"),
    owner_id=UserId(1),
    thread_id=ThreadId("thread-1"),
    message="m",
    created_at=datetime(2024, 1, 1, tzinfo=UTC),
    client_ref="c-1",
)


def asked(message: str = "Optimize", **fields: str) -> StartRun:
    return msgspec.convert({"owner_id": 1, "message": message, **fields}, StartRun)


@pytest.mark.parametrize("message", ["x", "x" * 10_000, "😀" * 10_000, " a "])
def test_a_question_within_the_limit_is_taken(message: str) -> None:
    check_question(asked(message, thread_id="t", workload_id="wl-123"), quotas=Quotas())


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", "blank"),
        (" \n\t", "blank"),
        ("x" * 10_001, "too_long"),
        ("😀" * 10_001, "too_long"),
        ("a\x00b", "control_character"),
    ],
)
def test_a_question_that_breaks_a_limit_is_refused(message: str, code: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        check_question(asked(message), quotas=Quotas())
    assert refused.value.faults[0].code == code


@pytest.mark.parametrize(
    "fields",
    [
        {"thread_id": "a b"},
        {"workload_id": "ü"},
        {"client_ref": ""},
        {"client_ref": "x" * 257},
        {"client_ref": "x\x00"},
        {"idempotency_key": "k" * 256},
        {"idempotency_key": "k\x00"},
    ],
)
def test_malformed_names_in_a_question_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationFailed):
        check_question(asked(**fields), quotas=Quotas())


def test_a_title_is_one_line_cut_at_a_word() -> None:
    assert title_of(" a\n b ") == "a b"
    assert title_of("word " * 30) == ("word " * 11).strip() + "…"
    assert len(title_of("x" * 200)) == 60


def test_an_update_names_run_thread_and_the_clients_own_id() -> None:
    event = updated(RUN, agent="TriageSubAgent", message="Reading", progress=5)
    assert event.kind is EventKind.UPDATE
    assert msgspec.json.decode(event.data) == {
        "run_id": "run-1",
        "thread_id": "thread-1",
        "agent": "TriageSubAgent",
        "status": "processing",
        "message": "Reading",
        "progress": 5,
        "request_id": "c-1",
    }


def test_a_result_carries_the_encoded_advice_unchanged() -> None:
    run = msgspec.structs.replace(RUN, client_ref=None)
    data = msgspec.json.decode(completed(run, msgspec.Raw(b'{"metrics":{}}')).data)
    assert data == {"run_id": "run-1", "thread_id": "thread-1", "success": True, "result": {"metrics": {}}}


def test_a_cancelled_run_ends_with_its_own_word() -> None:
    data = msgspec.json.decode(cancelled(RUN).data)
    assert (data["success"], data["cancelled"], data["result"]) == (False, True, None)


def test_a_failure_is_an_error_and_then_a_result() -> None:
    error, result = failed(RUN, NotFound("workload", "wl-1"))
    assert (error.kind, result.kind) == (EventKind.ERROR, EventKind.RESULT)
    data = msgspec.json.decode(error.data)
    assert (data["code"], data["details"]) == ("NOT_FOUND", "kind: workload; id: wl-1")
    assert data["context"] == {"kind": "workload", "id": "wl-1"}
    assert msgspec.json.decode(result.data)["success"] is False


def test_an_error_without_details_still_has_text_for_them() -> None:
    error, _ = failed(RUN, NetraError("It broke."))
    assert msgspec.json.decode(error.data)["details"] == "It broke."


def test_a_stored_event_shows_its_number_and_knows_whether_it_is_the_last() -> None:
    at = RUN.created_at
    new = cancelled(RUN)
    event = RunEvent(run_id=RUN.id, seq=9, kind=new.kind, at=at, data=new.data)
    assert msgspec.json.decode(event.numbered())["seq"] == 9
    assert event.is_last
    assert not RunEvent(run_id=RUN.id, seq=1, kind=EventKind.UPDATE, at=at, data=b"{}").is_last


def test_a_workload_id_is_part_of_the_command() -> None:
    assert asked(workload_id="wl-1").workload_id == WorkloadId("wl-1")
