"""U+0000 in what clients send, over PostgreSQL, which cannot store it, is told as what it is: no outage."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.api.conftest import PASSWORD, ended, serving, settings_for, sign_up_at
from websockets.sync.client import connect

from netra.domain.paging import Position, cursor_of
from netra.settings import Secret

pytestmark = pytest.mark.system

EVENT = {"timestamp": "2026-11-20T14:00:00Z", "model": "gpt-4o", "input_tokens": 9, "output_tokens": 1}


@pytest.fixture
def user(postgres_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    settings = settings_for(tmp_path, database_url=Secret(postgres_url))
    with serving(settings) as address, sign_up_at(address, "ada@example.com") as client:
        yield client


def test_it_is_nobodys_and_no_things_name(user: httpx.Client) -> None:
    pair = {"email": "ada@example.com\x00", "password": PASSWORD}
    assert user.post("/api/auth/login", json=pair).status_code == 401
    for path in (
        "/api/threads/%00",
        "/api/agent/status/a%00b",
        "/api/workloads/%00",
        "/api/agent/stream/%00",
    ):
        assert user.get(path).status_code == 404, path
    for path in ("/api/threads/%00", "/api/workloads/%00", "/api/keys/%00", "/api/auth/sessions/%00"):
        assert user.delete(path).status_code == 404, path
    created_at = user.post("/api/workloads", json={"name": "w"}).json()["created_at"]
    cursor = cursor_of(Position(at=created_at, id="\x00"))
    for path in ("/api/threads", "/api/agent/history", "/api/workloads"):
        assert user.get(path, params={"cursor": cursor}).status_code == 422, path


def test_a_question_with_it_in_a_parameter_is_answered(user: httpx.Client) -> None:
    workload_id = user.post("/api/workloads", json={"name": "w"}).json()["id"]
    user.post(f"/api/workloads/{workload_id}/events", json={"events": [EVENT]}).raise_for_status()
    parameters = {"a\x00b": 1, "constraints": ["keep 9 of \x00"], "models": ["\x00"]}
    asked = {"message": "Make it cheaper", "workload_id": workload_id, "parameters": parameters}
    accepted = user.post("/api/agent/execute", json=asked).raise_for_status().json()
    assert ended(user, accepted["run_id"])["status"] == "completed"
    thread = user.get(f"/api/threads/{accepted['thread_id']}").raise_for_status().json()
    assert "“a\ufffdb”" in thread["messages"][-1]["content"]


def test_a_question_whose_own_name_has_it_is_refused(user: httpx.Client) -> None:
    address = str(user.base_url).replace("http", "ws", 1).rstrip("/")
    headers = {"Authorization": user.headers["Authorization"]}
    with connect(f"{address}/ws", additional_headers=headers) as socket:
        socket.recv(timeout=20)
        socket.send(r'{"type": "optimization_request", "id": "a\u0000b", "data": {"message": "Cheaper"}}')
        refused = httpx.Response(200, text=str(socket.recv(timeout=20))).json()
    assert refused["type"] == "error"
    assert refused["data"]["code"] == "VALIDATION_ERROR"
