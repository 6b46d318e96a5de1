"""Runs beyond the reference: both spellings, idempotency, cancelling, following by server-sent events."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from .conftest import ended


def events_of(text: str) -> list[dict[str, Any]]:
    """Return the frames of an event stream."""
    frames = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            frames.append({**fields, "data": json.loads(fields["data"])})
    return frames


@pytest.fixture(scope="module")
def run_id(user: httpx.Client) -> str:
    """A run that has ended."""
    accepted = user.post("/api/agent/execute", json={"message": "Follow me"}).raise_for_status().json()
    ended(user, accepted["run_id"])
    return str(accepted["run_id"])


@pytest.mark.parametrize(
    "body",
    [
        {"workload_id": "wl-1", "parameters": {"priority": "cost", "unheard_of": [1, {"a": None}]}},
        {"context": {"workload_id": "wl-1", "parameters": {"priority": "cost"}}},
        {"context": {"workload_id": "wl-1"}, "parameters": {"priority": "cost"}},
        {"context": None, "thread_id": None, "workload_id": None, "parameters": None},
    ],
)
def test_both_spellings_of_the_question_are_taken(user: httpx.Client, body: dict[str, Any]) -> None:
    answer = user.post("/api/agent/execute", json={"message": "Optimize", **body})
    assert answer.status_code == 200
    assert ended(user, answer.json()["run_id"])["status"] == "completed"


def test_one_key_and_body_start_one_run(user: httpx.Client) -> None:
    body = {"message": "Once", "thread_id": "thread-once"}
    headers = {"Idempotency-Key": "key-once"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: user.post("/api/agent/execute", json=body, headers=headers), range(24))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 23
    ended(user, answers[0].json()["run_id"])
    assert user.get("/api/agent/history", params={"thread_id": "thread-once"}).json()["total"] == 1


def test_a_key_with_another_body_is_refused(user: httpx.Client) -> None:
    headers = {"Idempotency-Key": "key-two-bodies"}
    first = user.post("/api/agent/execute", json={"message": "One"}, headers=headers)
    second = user.post("/api/agent/execute", json={"message": "Two"}, headers=headers)
    assert (first.status_code, second.status_code) == (200, 422)
    assert second.json()["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    ended(user, first.json()["run_id"])


def test_a_key_means_nothing_to_another_user(user: httpx.Client, stranger: httpx.Client) -> None:
    headers = {"Idempotency-Key": "key-of-two-people"}
    answers = [c.post("/api/agent/execute", json={"message": "A"}, headers=headers) for c in (user, stranger)]
    assert answers[0].json()["run_id"] != answers[1].json()["run_id"]
    for client, answer in zip((user, stranger), answers, strict=True):
        ended(client, answer.json()["run_id"])


def test_cancelling_what_has_ended_changes_nothing(user: httpx.Client, run_id: str) -> None:
    answer = user.post(f"/api/agent/runs/{run_id}/cancel")
    assert answer.status_code == 200
    assert answer.json() == user.get(f"/api/agent/status/{run_id}").json()


def test_a_cancelled_run_ends_cancelled_or_was_faster(user: httpx.Client) -> None:
    accepted = user.post("/api/agent/execute", json={"message": "Stop me"}).json()
    user.post(f"/api/agent/runs/{accepted['run_id']}/cancel").raise_for_status()
    run = ended(user, accepted["run_id"])
    assert run["status"] in {"cancelled", "completed"}
    assert (run["result"] is None) == (run["status"] == "cancelled")


def test_the_stream_shows_every_event_once_in_order(user: httpx.Client, run_id: str) -> None:
    answer = user.get(f"/api/agent/stream/{run_id}")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    frames = events_of(answer.text)
    assert [int(frame["id"]) for frame in frames] == list(range(1, len(frames) + 1))
    assert [frame["data"]["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    assert [frame["event"] for frame in frames].count("agent_result") == 1
    assert frames[-1]["event"] == "agent_result"
    assert frames[-1]["data"]["success"] is True


def test_the_stream_goes_on_after_the_last_event_seen(user: httpx.Client, run_id: str) -> None:
    whole = events_of(user.get(f"/api/agent/stream/{run_id}").text)
    for after in range(len(whole)):
        rest = user.get(f"/api/agent/stream/{run_id}", headers={"Last-Event-ID": str(after)})
        assert events_of(rest.text) == whole[after:]


def test_a_stream_that_is_over_tells_the_browser_not_to_come_back(user: httpx.Client, run_id: str) -> None:
    last = events_of(user.get(f"/api/agent/stream/{run_id}").text)[-1]["id"]
    answer = user.get(f"/api/agent/stream/{run_id}", headers={"Last-Event-ID": last})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "last_event_id", ["", "x", "-1", "+1", "1.5", "99999", "0" * 11, "9" * 30, "²", "1 2"]
)
def test_an_event_id_that_cannot_be_is_refused(user: httpx.Client, run_id: str, last_event_id: str) -> None:
    headers = {"Last-Event-ID": last_event_id.encode()}
    answer = user.get(f"/api/agent/stream/{run_id}", headers=headers)
    assert answer.status_code == 422


def test_pages_by_cursor_meet_every_run_once(user: httpx.Client) -> None:
    for turn in range(5):
        body = {"message": f"Page {turn}", "thread_id": "thread-pages"}
        ended(user, user.post("/api/agent/execute", json=body).json()["run_id"])
    query: dict[str, Any] = {"thread_id": "thread-pages", "limit": 2}
    seen: list[str] = []
    while True:
        page = user.get("/api/agent/history", params=query).raise_for_status().json()
        seen += [line["message"] for line in page["data"]]
        if not page["pagination"]["has_more"]:
            break
        query["cursor"] = page["pagination"]["next_cursor"]
    assert seen == [f"Page {turn}" for turn in (4, 3, 2, 1, 0)]


def test_history_is_filtered_by_everything_that_is_given(user: httpx.Client) -> None:
    body = {"message": "Quarterly P99 review", "workload_id": "wl-none"}
    run = user.post("/api/agent/execute", json=body).raise_for_status().json()
    ended(user, run["run_id"])
    made_at = run["created_at"]

    def found(**query: str) -> list[str]:
        page = (
            user.get("/api/agent/history", params={"q": "quarterly p99", **query}).raise_for_status().json()
        )
        assert page["total"] == len(page["data"])
        return [line["run_id"] for line in page["data"]]

    assert found() == found(status="completed", workload_id="wl-none", since=made_at) == [run["run_id"]]
    assert found(status="failed") == found(workload_id="wl-other") == found(until=made_at) == []


@pytest.mark.parametrize(
    "query", [{"status": "done"}, {"q": ""}, {"q": "x" * 257}, {"since": "yesterday"}, {"until": "null"}]
)
def test_a_filter_that_cannot_be_is_refused(user: httpx.Client, query: dict[str, str]) -> None:
    answer = user.get("/api/agent/history", params=query)
    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["error"]["details"]["errors"]] == list(query)


def test_a_completed_run_has_its_headline_in_the_list(user: httpx.Client) -> None:
    workload = user.post("/api/workloads", json={"name": "A month of calls"}).raise_for_status().json()["id"]
    events = [
        {
            "timestamp": f"2024-03-{day:02}T12:00:00Z",
            "model": "gpt-4o",
            "input_tokens": 900,
            "output_tokens": 90,
        }
        for day in range(1, 29)
    ]
    user.post(f"/api/workloads/{workload}/events", json={"events": events}).raise_for_status()
    run = user.post("/api/agent/execute", json={"message": "Cheaper", "workload_id": workload}).json()
    status = ended(user, run["run_id"])
    (line,) = user.get("/api/agent/history", params={"workload_id": workload}).json()["data"]
    plan = status["result"]["metrics"]["plan"]
    assert line["headline"] == {
        "bill_usd_per_month": plan["now_usd_per_month"],
        "plan_usd_per_month": plan["planned_usd_per_month"],
        "saved_share": plan["saved_share"],
    }
    assert status["queue_position"] is None


def test_a_ticket_is_given_to_who_is_signed_in(user: httpx.Client) -> None:
    first, second = (user.post("/api/auth/ws-ticket").raise_for_status().json() for _ in range(2))
    assert first["expires_in"] == 30
    assert first["ticket"] != second["ticket"]
