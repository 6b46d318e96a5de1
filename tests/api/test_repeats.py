"""Requests sent again, to either of two processes: done once, and what is unchanged is not sent."""

import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.servers.doors import Doors
from tests.waiting import PATIENCE_S

from .conftest import PASSWORD, ended, sign_up_at

EMAILS = (f"again-{n}@example.com" for n in range(1_000))
MADE = {"name": "ci", "scopes": ["read"]}


@pytest.fixture
def client(doors: Doors) -> Iterator[httpx.Client]:
    """Somebody new, signed in at the first process."""
    email = next(EMAILS)
    with sign_up_at(doors.first, email) as signed_in:
        signed_in.headers["X-Email"] = email
        yield signed_in


def elsewhere(doors: Doors, client: httpx.Client, path: str, body: Any, key: str) -> httpx.Response:
    """Send a request to the second process."""
    headers = {"Authorization": client.headers["Authorization"], "Idempotency-Key": key}
    return httpx.post(f"{doors.second}{path}", json=body, headers=headers, timeout=PATIENCE_S)


def test_an_api_key_is_made_once_by_two_processes(doors: Doors, client: httpx.Client) -> None:
    first = client.post("/api/keys", json=MADE, headers={"Idempotency-Key": "k"}).raise_for_status()
    again = elsewhere(doors, client, "/api/keys", MADE, "k").raise_for_status()
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert client.get("/api/keys").json()["total"] == 1
    other = elsewhere(doors, client, "/api/keys", {**MADE, "name": "cd"}, "k")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_an_account_is_registered_once_by_two_processes(doors: Doors, client: httpx.Client) -> None:
    email = next(EMAILS)
    account = {"email": email, "name": "Ada", "password": PASSWORD}
    key = f"register {email}"
    first = client.post("/api/auth/register", json=account, headers={"Idempotency-Key": key})
    again = elsewhere(doors, client, "/api/auth/register", account, key).raise_for_status()
    assert first.raise_for_status().json() == again.json()
    other = elsewhere(doors, client, "/api/auth/register", {**account, "password": "another one"}, key)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_password_is_changed_once_by_two_processes(doors: Doors, client: httpx.Client) -> None:
    change = {"current_password": PASSWORD, "new_password": "battery staple"}
    first = client.post("/api/auth/password", json=change, headers={"Idempotency-Key": "p"})
    assert elsewhere(doors, client, "/api/auth/password", change, "p").status_code == 401
    pair = {"email": client.headers["X-Email"], "password": "battery staple"}
    token = client.post("/api/auth/login", json=pair).raise_for_status().json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    again = elsewhere(doors, client, "/api/auth/password", change, "p").raise_for_status()
    assert again.json() == first.raise_for_status().json()


def again_at(doors: Doors, client: httpx.Client, path: str, tag: str) -> httpx.Response:
    """Ask the second process whether the answer at `path` has changed."""
    headers = {"If-None-Match": tag, "Authorization": client.headers["Authorization"]}
    return httpx.get(f"{doors.second}{path}", headers=headers, timeout=PATIENCE_S)


def test_a_run_that_has_ended_and_its_thread_are_not_sent_again(doors: Doors, client: httpx.Client) -> None:
    run = client.post("/api/agent/execute", json={"message": "Optimize"}).json()
    ended(client, run["run_id"])
    for path in (f"/api/agent/status/{run['run_id']}", f"/api/threads/{run['thread_id']}"):
        tag = client.get(path).raise_for_status().headers["ETag"]
        again = again_at(doors, client, path, tag)
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


def test_a_workload_is_sent_again_when_events_have_come(doors: Doors, client: httpx.Client) -> None:
    path = f"/api/workloads/{client.post('/api/workloads', json={'name': 'A'}).json()['id']}"
    tag = client.get(path).raise_for_status().headers["ETag"]
    assert again_at(doors, client, path, tag).status_code == 304
    event = {"timestamp": "2026-11-20T14:00:00Z", "model": "m", "input_tokens": 1, "output_tokens": 1}
    client.post(f"{path}/events", json={"events": [event]}).raise_for_status()
    changed = again_at(doors, client, path, tag)
    assert (changed.status_code, changed.json()["event_count"]) == (200, 1)


def test_a_long_answer_crosses_the_wire_compressed(doors: Doors, client: httpx.Client) -> None:
    run_id = client.post("/api/agent/execute", json={"message": "Optimize"}).json()["run_id"]
    ended(client, run_id)
    path = f"/api/agent/status/{run_id}"
    with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join(answer.iter_raw())
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert answer.headers["Content-Length"] == str(len(sent))
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert gzip.decompress(sent) == plain.content
    assert plain.headers["ETag"] == answer.headers["ETag"]
    with client.stream("GET", f"/api/agent/stream/{run_id}", headers={"Accept-Encoding": "gzip"}) as stream:
        assert "Content-Encoding" not in stream.headers
        assert stream.headers["X-Accel-Buffering"] == "no"
        assert '"emitted_at"' in b"".join(stream.iter_raw()).decode()
