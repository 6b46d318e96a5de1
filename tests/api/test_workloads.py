"""Workloads over HTTP: made, filled in both forms, counted once, reported row by row."""

import json
from typing import Any

import httpx
import pytest

NDJSON = {"Content-Type": "application/x-ndjson"}


def event(name: str, **fields: Any) -> dict[str, Any]:
    """Return a small event."""
    usual = {"timestamp": "2024-01-01T00:00:00Z", "model": "gpt-4o", "input_tokens": 10, "output_tokens": 5}
    return {"id": name, **usual, **fields}


@pytest.fixture
def workload_id(user: httpx.Client) -> str:
    """A new workload."""
    return str(user.post("/api/workloads", json={"name": "Chat"}).raise_for_status().json()["id"])


def test_a_workload_is_made_shown_listed_and_deleted_once(user: httpx.Client) -> None:
    made = user.post("/api/workloads", json={"name": "Große Suche"})
    assert made.status_code == 200
    card = made.json()
    assert card["id"].startswith("wl-")
    assert (card["name"], card["event_count"], card["first_event_at"]) == ("Große Suche", 0, None)
    nothing_waits = {"waiting_events": 0, "dead_events": 0, "dead_letters": []}
    assert user.get(f"/api/workloads/{card['id']}").json() == card | nothing_waits
    assert card in user.get("/api/workloads", params={"limit": 100}).json()["data"]
    first, second = (user.delete(f"/api/workloads/{card['id']}") for _ in range(2))
    assert (first.status_code, first.json()) == (200, {"message": "Workload deleted successfully"})
    assert second.status_code == 404


@pytest.mark.parametrize("name", ["", "  ", "a" * 201, "a\x00b"])
def test_a_workload_needs_a_name(user: httpx.Client, name: str) -> None:
    assert user.post("/api/workloads", json={"name": name}).status_code == 422


def test_a_batch_is_reported_row_by_row_and_loses_nothing_but_bad_rows(
    user: httpx.Client, workload_id: str
) -> None:
    rows: list[Any] = [event("a"), event("b", input_tokens=-1), event("a"), "no event", event("c")]
    body = user.post(f"/api/workloads/{workload_id}/events", json={"events": rows}).raise_for_status().json()
    assert (body["accepted"], body["duplicates"], body["rejected"]) == (2, 1, 2)
    statuses = [(result["line"], result["status"]) for result in body["results"]]
    assert statuses == [(1, "accepted"), (2, "rejected"), (3, "duplicate"), (4, "rejected"), (5, "accepted")]
    assert "input_tokens" in body["results"][1]["message"]
    card = user.get(f"/api/workloads/{workload_id}").json()
    assert card["event_count"] == 2
    assert card["first_event_at"] == card["last_event_at"] == "2024-01-01T00:00:00Z"


def test_lines_of_json_are_taken_too_and_named_by_line(user: httpx.Client, workload_id: str) -> None:
    body = "\n".join([json.dumps(event("a")), "", '{"id": ', json.dumps(event("b"))])
    taken = user.post(f"/api/workloads/{workload_id}/events", content=body, headers=NDJSON)
    assert [(row["line"], row["status"]) for row in taken.json()["results"]] == [
        (1, "accepted"),
        (3, "rejected"),
        (4, "accepted"),
    ]


def test_the_same_batch_again_adds_nothing(user: httpx.Client, workload_id: str) -> None:
    batch = {"events": [event("a"), event("b")]}
    for accepted, duplicates in [(2, 0), (0, 2)]:
        body = user.post(f"/api/workloads/{workload_id}/events", json=batch).json()
        assert (body["accepted"], body["duplicates"]) == (accepted, duplicates)


def test_a_key_gives_the_first_answer_again(user: httpx.Client, workload_id: str) -> None:
    headers = {"Idempotency-Key": f"fill-{workload_id}"}
    path = f"/api/workloads/{workload_id}/events"
    batch = {"events": [event("a")]}
    first, again = (user.post(path, json=batch, headers=headers) for _ in range(2))
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    other = user.post(path, json={"events": []}, headers=headers)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_key_of_a_request_that_failed_may_be_used_again(user: httpx.Client) -> None:
    headers = {"Idempotency-Key": "key-after-failure"}
    assert user.post("/api/workloads", json={"name": ""}, headers=headers).status_code == 422
    assert user.post("/api/workloads", json={"name": "Now"}, headers=headers).status_code == 200


@pytest.mark.parametrize("key", ["", "k" * 256, "Schlüssel", "a\tb"])
def test_a_key_that_cannot_be_is_refused(user: httpx.Client, key: str) -> None:
    answer = user.post(
        "/api/workloads", json={"name": "A"}, headers={"Idempotency-Key": key.encode("latin-1")}
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["errors"][0]["path"] == "Idempotency-Key"


def test_events_may_be_longer_than_other_bodies_but_not_without_end(
    user: httpx.Client, workload_id: str
) -> None:
    path = f"/api/workloads/{workload_id}/events"
    padding = "\n" * 2_097_152
    assert user.post(path, content=json.dumps(event("a")) + padding, headers=NDJSON).status_code == 200
    assert user.post(path, content=b"\n" * 33_554_433, headers=NDJSON).status_code == 413


@pytest.mark.parametrize("is_ndjson", [True, False])
def test_more_prefix_hashes_than_a_batch_may_hold_are_refused(
    user: httpx.Client, workload_id: str, is_ndjson: bool
) -> None:
    path = f"/api/workloads/{workload_id}/events"
    rows = [event(str(n), prefix_hashes=[7] * 10_000) for n in range(201)]
    sent = (
        {"content": "\n".join(map(json.dumps, rows)), "headers": NDJSON}
        if is_ndjson
        else {"json": {"events": rows}}
    )
    answer = user.post(path, **sent)
    assert answer.status_code == 422
    (fault,) = answer.json()["error"]["details"]["errors"]
    assert (fault["code"], "at most 2000000" in fault["message"]) == ("too_many_prefix_hashes", True)
    assert user.get(f"/api/workloads/{workload_id}").json()["event_count"] == 0


def test_more_events_than_a_batch_may_hold_are_refused(user: httpx.Client, workload_id: str) -> None:
    answer = user.post(f"/api/workloads/{workload_id}/events", json={"events": [0] * 10_001})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["errors"][0]["code"] == "too_many"


@pytest.mark.parametrize("name", ["id", "model", "status"])
def test_more_values_than_a_filter_may_hold_are_refused(
    user: httpx.Client, workload_id: str, name: str
) -> None:
    path = f"/api/workloads/{workload_id}/events"
    assert user.get(path, params={name: ["x"] * 50}).status_code == 200
    answer = user.get(path, params={name: ["x"] * 51})
    assert answer.status_code == 422
    (fault,) = answer.json()["error"]["details"]["errors"]
    assert (fault["code"], "51 values" in fault["message"]) == ("too_many", True)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"[]", 400), (b"{}", 422), (b'{"events": 1}', 422), (b'{"rows": []}', 422)],
)
def test_a_batch_of_another_shape_is_refused(
    user: httpx.Client, workload_id: str, body: bytes, status: int
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = user.post(f"/api/workloads/{workload_id}/events", content=body, headers=headers)
    assert answer.status_code == status


def test_a_workload_and_a_thread_are_renamed(user: httpx.Client) -> None:
    made = user.post("/api/workloads", json={"name": "before"}).json()
    renamed = user.patch(f"/api/workloads/{made['id']}", json={"name": "after"})
    assert renamed.json() == {**made, "name": "after"}
    assert user.get(f"/api/workloads/{made['id']}").json()["name"] == "after"
    thread = user.post("/api/agent/execute", json={"message": "To be renamed"}).json()["thread_id"]
    assert user.patch(f"/api/threads/{thread}", json={"title": "New"}).json()["title"] == "New"
    for path, body in (
        (f"/api/workloads/{made['id']}", {"name": " "}),
        (f"/api/workloads/{made['id']}", {"name": "a\u202eb"}),
        (f"/api/threads/{thread}", {"title": ""}),
        (f"/api/threads/{thread}", {"title": "x" * 201}),
    ):
        assert user.patch(path, json=body).json()["error"]["code"] == "VALIDATION_ERROR", body


def test_a_run_says_what_was_asked(user: httpx.Client) -> None:
    workload = user.post("/api/workloads", json={"name": "asked about"}).json()["id"]
    question = {"message": "What is possible?", "workload_id": workload, "parameters": {"priority": "cost"}}
    run_id = user.post("/api/agent/execute", json=question).json()["run_id"]
    status = user.get(f"/api/agent/status/{run_id}").json()
    assert {name: status[name] for name in question} == question
    assert status["last_seq"] >= 1
    line = user.get("/api/agent/history", params={"limit": 1}).json()["data"][0]
    assert line["workload_id"] == workload


def test_the_settings_name_what_a_page_needs(anyone: httpx.Client) -> None:
    body = anyone.get("/api/config").json()
    assert body["version"] == "2.0.0"
    assert (body["identity_provider"], body["language_model"]) == (None, {"enabled": False})
    assert body["default_model"] == "gpt-4o"
    assert body["limits"]["max_events_per_workload"] == 5_000_000
