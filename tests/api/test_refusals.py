"""Bad input of every kind gets the documented refusal, in one envelope, on every path."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from .conftest import SECRET, ended

JSON = {"Content-Type": "application/json"}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Check the envelope and return the status and the code."""
    body = answer.json()
    assert set(body) == {"error", "request_id"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert isinstance(body["error"]["details"], dict)
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["X-API-Version"] == "2.0.0"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return answer.status_code, body["error"]["code"]


def token(**changes: Any) -> str:
    """Return a token signed with the server's own key, with claims changed."""
    now = datetime.now(UTC)
    claims = {
        "iss": "netra",
        "aud": "netra-api",
        "sub": "1",
        "jti": "ses-unknown",
        "typ": "access",
        "iat": now - timedelta(hours=2),
        "nbf": now - timedelta(hours=2),
        "exp": now + timedelta(hours=1),
    }
    return jwt.encode({**claims, **changes}, SECRET.reveal(), algorithm="HS256")


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Basic dXNlcjpwYXNz",
        "Bearer not-a-token",
        f"Bearer {token()}",
        f"Bearer {token(exp=datetime.now(UTC) - timedelta(minutes=1))}",
        f"Bearer {token(typ='ticket')}",
        f"Bearer {jwt.encode({'sub': '1'}, '', algorithm='none')}",
    ],
    ids=["absent", "empty", "bare", "basic", "nonsense", "no session", "expired", "kind", "none"],
)
def test_a_token_that_does_not_hold_is_401(anyone: httpx.Client, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = anyone.get("/api/auth/me", headers=headers)
    assert refusal(answer) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "X-RateLimit-Remaining" in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/auth/logout"),
        ("GET", "/api/auth/me"),
        ("POST", "/api/auth/ws-ticket"),
        ("POST", "/api/agent/execute"),
        ("GET", "/api/agent/status/run-1"),
        ("GET", "/api/agent/stream/run-1"),
        ("GET", "/api/agent/history"),
        ("POST", "/api/agent/runs/run-1/cancel"),
        ("GET", "/api/threads"),
        ("GET", "/api/threads/thread-456"),
        ("DELETE", "/api/threads/thread-456"),
        ("POST", "/api/workloads"),
        ("GET", "/api/workloads"),
        ("GET", "/api/workloads/wl-1"),
        ("DELETE", "/api/workloads/wl-1"),
        ("POST", "/api/workloads/wl-1/events"),
    ],
)
def test_every_owned_route_asks_who_it_is_first(anyone: httpx.Client, method: str, path: str) -> None:
    assert refusal(anyone.request(method, path, content=b"{", headers=JSON)) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("email", ["user@example.com", "nobody@example.com"])
def test_a_wrong_pair_is_one_answer(user: httpx.Client, anyone: httpx.Client, email: str) -> None:
    answer = anyone.post("/api/auth/login", json={"email": email, "password": "wrong"})
    assert refusal(answer) == (401, "UNAUTHORIZED")
    assert answer.json()["error"]["message"] == "The e-mail or the password is wrong."


def test_what_belongs_to_somebody_else_does_not_exist(user: httpx.Client, stranger: httpx.Client) -> None:
    run = user.post("/api/agent/execute", json={"message": "Mine", "thread_id": "thread-mine"}).json()[
        "run_id"
    ]
    workload = user.post("/api/workloads", json={"name": "Mine"}).json()["id"]
    ended(user, run)
    for method, path in [
        ("GET", f"/api/agent/status/{run}"),
        ("GET", f"/api/agent/stream/{run}"),
        ("POST", f"/api/agent/runs/{run}/cancel"),
        ("GET", "/api/threads/thread-mine"),
        ("DELETE", "/api/threads/thread-mine"),
        ("GET", f"/api/workloads/{workload}"),
        ("DELETE", f"/api/workloads/{workload}"),
    ]:
        assert refusal(stranger.request(method, path)) == (404, "NOT_FOUND")
    events = stranger.post(f"/api/workloads/{workload}/events", json={"events": []})
    assert refusal(events) == (404, "NOT_FOUND")
    assert stranger.get("/api/agent/history", params={"thread_id": "thread-mine"}).json()["total"] == 0
    assert user.get("/api/threads/thread-mine").status_code == 200


def test_a_thread_id_chosen_by_two_people_is_two_threads(user: httpx.Client, stranger: httpx.Client) -> None:
    for client in (user, stranger):
        body = client.post("/api/agent/execute", json={"message": "Hello", "thread_id": "thread-both"}).json()
        assert body["thread_created"] is True
        ended(client, body["run_id"])
        assert client.get("/api/threads/thread-both").json()["message_count"] == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"[]",
        b"null",
        b'"text"',
        b"1",
        b'{"message": "a",}',
        b"\xff\xfe",
        b'{"a":1} {}',
    ],
)
def test_what_cannot_be_read_is_400(user: httpx.Client, body: bytes) -> None:
    answer = user.post("/api/agent/execute", content=body, headers=JSON)
    assert refusal(answer) == (400, "INVALID_REQUEST")


def test_json_nested_without_end_is_400_and_no_crash(user: httpx.Client) -> None:
    body = b'{"message": "a", "parameters": ' + b"[" * 100_000
    assert refusal(user.post("/api/agent/execute", content=body, headers=JSON)) == (400, "INVALID_REQUEST")


def test_json_that_nests_deeper_than_the_bound_is_422_on_every_route_that_reads_an_object(
    user: httpx.Client,
) -> None:
    deep: Any = "x"
    for _ in range(32):
        deep = [deep]
    for path in ("/api/agent/execute", "/api/workloads", "/api/auth/login", "/api/keys"):
        answer = user.post(path, json={"parameters": deep})
        assert refusal(answer) == (422, "VALIDATION_ERROR"), path
        assert answer.json()["error"]["details"]["errors"][0]["code"] == "too_deep", path


def test_an_event_that_nests_deeply_is_rejected_by_itself(user: httpx.Client) -> None:
    workload = user.post("/api/workloads", json={"name": "deep"}).json()["id"]
    deep = '{"model": ' + "[" * 40 + "]" * 40 + "}"
    deeper = '{"model": ' + "[" * 50_000 + "]" * 50_000 + "}"
    path = f"/api/workloads/{workload}/events"
    lines = user.post(path, content=f"{deep}\n{deeper}", headers={"Content-Type": "application/x-ndjson"})
    assert [row["status"] for row in lines.json()["results"]] == ["rejected"] * 2
    batch = user.post(path, content=f'{{"events": [{deep}]}}', headers=JSON)
    assert batch.json()["rejected"] == 1
    whole = user.post(path, content=f'{{"events": [{deeper}]}}', headers=JSON)
    assert refusal(whole) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({}, "message", "missing"),
        ({"message": 1}, "message", "wrong_type"),
        ({"message": None}, "message", "wrong_type"),
        ({"message": " \n"}, "message", "blank"),
        ({"message": "a" * 10_001}, "message", "too_long"),
        ({"message": "a\x00b"}, "message", "control_character"),
        ({"message": "a", "colour": "red"}, "colour", "unknown_field"),
        ({"message": "a", "context": "b"}, "context", "wrong_type"),
        ({"message": "a", "context": {"workload_id": 5}}, "context.workload_id", "wrong_type"),
        ({"message": "a", "thread_id": "no spaces"}, "thread_id", "malformed_id"),
        (
            {"message": "a", "workload_id": "wl-1", "context": {"workload_id": "wl-2"}},
            "workload_id",
            "conflict",
        ),
    ],
)
def test_what_breaks_the_schema_is_422_and_names_the_field(
    user: httpx.Client, body: dict[str, Any], path: str, code: str
) -> None:
    answer = user.post("/api/agent/execute", json=body)
    assert refusal(answer) == (422, "VALIDATION_ERROR")
    (fault,) = answer.json()["error"]["details"]["errors"]
    assert (fault["path"], fault["code"]) == (path, code)
    assert fault["message"]


def test_a_message_of_exactly_the_limit_is_taken(user: httpx.Client) -> None:
    answer = user.post("/api/agent/execute", json={"message": "ü" * 10_000})
    assert answer.status_code == 200
    ended(user, answer.json()["run_id"])


def test_login_keeps_to_its_two_fields(anyone: httpx.Client) -> None:
    pair = {"email": "user@example.com", "password": "x"}
    assert refusal(anyone.post("/api/auth/login", json={**pair, "admin": True})) == (422, "VALIDATION_ERROR")
    assert refusal(anyone.post("/api/auth/login", json={"email": "a@b"})) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=many", "offset=-1", "offset=10001", "cursor=x"]
)
@pytest.mark.parametrize("path", ["/api/threads", "/api/agent/history", "/api/workloads"])
def test_pages_out_of_bounds_are_refused_not_clamped(user: httpx.Client, path: str, query: str) -> None:
    assert refusal(user.get(f"{path}?{query}")) == (422, "VALIDATION_ERROR")


def test_two_mebibytes_are_too_much(user: httpx.Client) -> None:
    answer = user.post("/api/agent/execute", content=b" " * 2_097_152, headers=JSON)
    assert refusal(answer) == (413, "PAYLOAD_TOO_LARGE")
    assert answer.json()["error"]["details"] == {"limit_bytes": 1_048_576}


def test_a_body_without_a_length_meets_the_same_limit(user: httpx.Client) -> None:
    chunks = (b" " * 65_536 for _ in range(32))
    assert refusal(user.post("/api/agent/execute", content=chunks, headers=JSON)) == (
        413,
        "PAYLOAD_TOO_LARGE",
    )


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", ""],
)
def test_a_body_that_is_not_json_is_415(user: httpx.Client, media_type: str) -> None:
    answer = user.post("/api/agent/execute", content=b'{"message":"a"}', headers={"Content-Type": media_type})
    assert refusal(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_compressed_body_is_415(user: httpx.Client) -> None:
    answer = user.post("/api/agent/execute", content=b"x", headers={**JSON, "Content-Encoding": "gzip"})
    assert refusal(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_json_with_a_charset_is_json(user: httpx.Client) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = user.post("/api/agent/execute", content='{"message":"Größe"}', headers=headers)
    assert answer.status_code == 200
    ended(user, answer.json()["run_id"])


@pytest.mark.parametrize(
    "path", ["/nope", "/api", "/api/nope", "/api/threads/a/b", "/health/nope", "/v2", "/ws"]
)
def test_an_unknown_route_is_404_for_everyone(anyone: httpx.Client, path: str) -> None:
    assert refusal(anyone.get(path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/threads", "GET, HEAD, OPTIONS"),
        ("GET", "/api/agent/execute", "OPTIONS, POST"),
        ("PUT", "/api/threads/thread-1", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("DELETE", "/health", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_405_and_names_the_right_ones(
    anyone: httpx.Client, method: str, path: str, allowed: str
) -> None:
    answer = anyone.request(method, path)
    assert refusal(answer) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == allowed


def test_refusals_come_in_the_order_of_the_contract(user: httpx.Client, anyone: httpx.Client) -> None:
    wrong = {"content": b"x" * 2_000_000, "headers": {"Content-Type": "text/plain"}}
    assert refusal(anyone.put("/api/nope", **wrong))[0] == 404
    assert refusal(anyone.put("/api/agent/execute", **wrong))[0] == 405
    assert refusal(anyone.post("/api/agent/execute", **wrong))[0] == 401
    assert refusal(user.post("/api/agent/execute", **wrong))[0] == 415
    assert refusal(user.post("/api/workloads/wl-none/events", content=b"{", headers=JSON))[0] == 400
    assert refusal(user.post("/api/workloads/wl-none/events", json={"rows": []}))[0] == 422
    assert refusal(user.post("/api/workloads/wl-none/events", json={"events": []}))[0] == 404


@pytest.mark.parametrize("query", ["", "?code=a", "?state=b", "?code=&state=", "?error=access_denied"])
def test_a_google_callback_without_its_parts_is_400(anyone: httpx.Client, query: str) -> None:
    assert refusal(anyone.get(f"/api/auth/google/callback{query}")) == (400, "INVALID_REQUEST")


def test_a_client_may_ask_for_problem_details(anyone: httpx.Client) -> None:
    answer = anyone.get("/api/auth/me", headers={"Accept": "application/problem+json"})
    body = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (body["status"], body["code"], body["type"]) == (401, "UNAUTHORIZED", "about:blank")
    assert body["request_id"] == answer.headers["X-Request-ID"]


def test_ids_of_any_shape_in_a_path_are_only_unknown(user: httpx.Client) -> None:
    for name in ["%00", "..%2F..%2Fetc", "a" * 5_000, "%F0%9F%99%82", "';--", "%ff"]:
        for kind in ["/api/threads/", "/api/agent/status/", "/api/workloads/"]:
            assert user.get(kind + name).status_code == 404, (kind, name[:20])


def test_a_host_that_is_none_is_400(anyone: httpx.Client) -> None:
    assert refusal(anyone.get("/health", headers={"Host": "a b"})) == (400, "INVALID_REQUEST")
