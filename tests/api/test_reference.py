"""Every example of the API reference, sent verbatim to an empty system."""

import re
from typing import Any

import httpx
import pytest

from .conftest import PASSWORD, SignUp, ended

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
LOGIN = '{\n  "email": "user@example.com",\n  "password": "secure_password"\n}'
EXECUTE = """{
  "message": "Optimize my AI workload for cost efficiency",
  "context": {
    "workload_id": "wl-123",
    "parameters": {
      "priority": "cost",
      "constraints": ["gpu_memory", "latency"]
    }
  },
  "thread_id": "thread-456"
}"""
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def run(user: httpx.Client) -> dict[str, Any]:
    """The reference's run, ended."""
    answer = user.post("/api/agent/execute", content=EXECUTE, headers=JSON)
    return ended(user, answer.raise_for_status().json()["run_id"])


def test_login_gives_a_bearer_token_and_whose_it_is(user: httpx.Client, anyone: httpx.Client) -> None:
    answer = anyone.post("/api/auth/login", content=LOGIN, headers=JSON)
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "bearer"
    assert body["access_token"].count(".") == 2
    assert isinstance(body["user"]["id"], int)
    assert (body["user"]["email"], body["user"]["name"]) == ("user@example.com", "John Doe")


def test_logout_ends_the_session_and_no_other(sign_up: SignUp, anyone: httpx.Client) -> None:
    leaving = sign_up("leaving@example.com")
    pair = {"email": "leaving@example.com", "password": PASSWORD}
    other = anyone.post("/api/auth/login", json=pair).json()["access_token"]
    answer = leaving.post("/api/auth/logout")
    assert (answer.status_code, answer.json()) == (200, {"message": "Successfully logged out"})
    assert leaving.get("/api/auth/me").status_code == 401
    assert anyone.get("/api/auth/me", headers={"Authorization": f"Bearer {other}"}).status_code == 200


def test_me_is_the_signed_in_user(user: httpx.Client) -> None:
    answer = user.get("/api/auth/me")
    body = answer.json()
    assert answer.status_code == 200
    assert (body["email"], body["name"]) == ("user@example.com", "John Doe")
    assert INSTANT.fullmatch(body["created_at"])
    assert INSTANT.fullmatch(body["updated_at"])


@pytest.mark.parametrize("path", ["authorize", "callback?code=a&state=b"])
def test_google_says_that_it_is_not_configured(anyone: httpx.Client, path: str) -> None:
    answer = anyone.get(f"/api/auth/google/{path}")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "INTERNAL_ERROR"
    assert answer.json()["error"]["details"] == {"reason": "oauth_not_configured"}


def test_execute_accepts_the_run(user: httpx.Client) -> None:
    body = user.post("/api/agent/execute", content=EXECUTE, headers=JSON)
    assert body.status_code == 200
    accepted = body.json()
    assert accepted["run_id"].startswith("run-")
    assert accepted["thread_id"] == "thread-456"
    assert accepted["status"] == "processing"
    assert INSTANT.fullmatch(accepted["created_at"])
    ended(user, accepted["run_id"])


def test_execute_without_a_thread_makes_one(user: httpx.Client) -> None:
    accepted = user.post("/api/agent/execute", json={"message": "Optimize my workload"}).json()
    assert accepted["thread_id"].startswith("thread-")
    assert accepted["thread_created"] is True
    ended(user, accepted["run_id"])


def test_status_holds_the_documented_result(user: httpx.Client, run: dict[str, Any]) -> None:
    assert run["status"] == "completed"
    assert {"recommendations", "metrics", "actions", "supply_config"} <= set(run["result"])
    assert isinstance(run["result"]["recommendations"], list)
    assert INSTANT.fullmatch(run["started_at"])
    assert INSTANT.fullmatch(run["completed_at"])


def test_history_lists_the_run_in_both_shapes(user: httpx.Client, run: dict[str, Any]) -> None:
    answer = user.get("/api/agent/history", params={"limit": 20, "offset": 0, "thread_id": "thread-456"})
    body = answer.json()
    assert answer.status_code == 200
    found = next(line for line in body["runs"] if line["run_id"] == run["run_id"])
    assert found["thread_id"] == "thread-456"
    assert found["status"] == "completed"
    assert found["message"] == "Optimize my AI workload for cost efficiency"
    assert INSTANT.fullmatch(found["created_at"])
    assert body["data"] == body["runs"]
    assert (body["limit"], body["offset"]) == (20, 0)
    assert body["total"] == body["pagination"]["total"] >= 1


def test_threads_list_and_show_the_conversation(user: httpx.Client, run: dict[str, Any]) -> None:
    listed = user.get("/api/threads", params={"limit": 20, "offset": 0}).json()
    line = next(line for line in listed["threads"] if line["id"] == "thread-456")
    assert line["message_count"] >= 2
    assert INSTANT.fullmatch(line["updated_at"])
    assert listed["data"] == listed["threads"]
    thread = user.get("/api/threads/thread-456").json()
    assert thread["title"] == line["title"]
    said = [message for message in thread["messages"] if message["run_id"] == run["run_id"]]
    assert [message["role"] for message in said] == ["user", "assistant"]
    assert said[0]["content"] == "Optimize my AI workload for cost efficiency"
    assert all(message["id"].startswith("msg-") for message in said)


def test_the_pagination_example_is_answered_in_its_shape(sign_up: SignUp) -> None:
    reader = sign_up("pages@example.com")  # other tests fill the pages of the user
    ended(reader, reader.post("/api/agent/execute", json={"message": "One thread"}).json()["run_id"])
    body = reader.get("/api/threads?limit=20&offset=40").json()
    assert body["data"] == []
    assert body["pagination"] == {
        "total": 1,
        "limit": 20,
        "offset": 40,
        "has_more": False,
        "next_cursor": None,
    }


def test_delete_removes_a_thread_once(user: httpx.Client) -> None:
    accepted = user.post("/api/agent/execute", json={"message": "To be forgotten", "thread_id": "thread-x"})
    ended(user, accepted.json()["run_id"])
    first, second = user.delete("/api/threads/thread-x"), user.delete("/api/threads/thread-x")
    assert (first.status_code, first.json()) == (200, {"message": "Thread deleted successfully"})
    assert second.status_code == 404
    assert user.get(f"/api/agent/status/{accepted.json()['run_id']}").status_code == 404


def test_health_tells_state_time_and_version(anyone: httpx.Client) -> None:
    answer = anyone.get("/health")
    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["version"]) == ("healthy", "2.0.0")
    assert INSTANT.fullmatch(body["timestamp"])
    assert answer.headers["X-API-Version"] == body["version"]


def test_readiness_names_each_check(anyone: httpx.Client) -> None:
    answer = anyone.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "checks": {"database": "connected", "redis": "not_configured", "clickhouse": "not_configured"},
    }


def test_dependencies_name_every_documented_one(anyone: httpx.Client) -> None:
    body = anyone.get("/health/dependencies").json()
    assert {"postgresql", "clickhouse", "redis", "openai_api"} <= set(body["dependencies"])
    assert body["dependencies"]["sqlite"]["status"] == "healthy"
    assert body["dependencies"]["sqlite"]["latency_ms"] >= 0
    assert body["overall_status"] == "healthy"


def test_config_publishes_live_settings(anyone: httpx.Client) -> None:
    body = anyone.get("/api/config").json()
    assert body["environment"] == "development"
    assert body["features"]["websocket_enabled"] is True
    assert body["features"]["oauth_enabled"] is False
    assert body["limits"]["max_message_length"] == 10_000
    assert body["limits"]["max_thread_messages"] == 1_000
    assert body["limits"]["rate_limit_requests"] == 100_000
