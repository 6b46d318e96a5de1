"""What holds for every request: versions, ids, security headers, HEAD and OPTIONS, other origins."""

from pathlib import Path

import httpx
import pytest

from .conftest import serving, settings_for


@pytest.mark.parametrize(
    ("plain", "versioned"),
    [
        ("/api/config", "/v2/api/config"),
        ("/api/config", "/v2/config"),
        ("/health", "/v2/health"),
        ("/health/ready", "/v2/health/ready"),
        ("/openapi.json", "/v2/openapi.json"),
    ],
)
def test_one_handler_answers_with_and_without_the_version(
    anyone: httpx.Client, plain: str, versioned: str
) -> None:
    one, other = anyone.get(plain), anyone.get(versioned)
    assert (one.status_code, other.status_code) == (200, 200)
    assert set(one.json()) == set(other.json())
    assert other.history == []


@pytest.mark.parametrize("path", ["/v1/threads", "/v3/health", "/v22", "/v1"])
def test_another_version_is_404_and_names_those_there_are(anyone: httpx.Client, path: str) -> None:
    answer = anyone.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["details"] == {"supported_versions": ["v2"]}
    assert answer.headers["X-API-Version"] == "2.0.0"


def test_a_well_formed_request_id_comes_back(anyone: httpx.Client) -> None:
    answer = anyone.get("/health", headers={"X-Request-ID": "my-id:1.2_3"})
    assert answer.headers["X-Request-ID"] == "my-id:1.2_3"


@pytest.mark.parametrize("given", ["", "with space", "a" * 129, "<script>"])
def test_any_other_request_id_is_replaced(anyone: httpx.Client, given: str) -> None:
    made = anyone.get("/health", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert made.startswith("req-")


@pytest.mark.parametrize("path", ["/health", "/api/threads", "/nope", "/docs"])
def test_every_answer_carries_the_security_headers_once(anyone: httpx.Client, path: str) -> None:
    headers = anyone.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] in {"no-store", "no-cache"}
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert len(headers.get_list("Content-Security-Policy")) == 1


def test_head_is_get_without_its_body(anyone: httpx.Client, user: httpx.Client) -> None:
    got, head = anyone.get("/api/config"), anyone.head("/api/config")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert user.head("/api/threads/none").status_code == 404


def test_options_names_the_methods_without_a_sign_in(anyone: httpx.Client) -> None:
    answer = anyone.options("/api/threads/thread-1")
    assert answer.status_code == 204
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"


def test_only_listed_origins_may_read_answers(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, cors_origins=("https://app.example.com",))
    with serving(settings) as base_url, httpx.Client(base_url=base_url) as client:
        ours = client.get("/api/config", headers={"Origin": "https://app.example.com"})
        assert ours.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
        assert ours.headers["Access-Control-Allow-Credentials"] == "true"
        assert "X-RateLimit-Limit" in ours.headers["Access-Control-Expose-Headers"]
        theirs = client.get("/api/config", headers={"Origin": "https://evil.example.com"})
        assert theirs.headers.get("Access-Control-Allow-Origin") != "https://evil.example.com"
        preflight = client.options(
            "/api/agent/execute",
            headers={"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"},
        )
        assert preflight.status_code == 204
        assert "POST" in preflight.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "asked",
    [
        {"Origin": "https://evil.example.com"},
        {"Origin": "https://app.example.com", "Access-Control-Request-Method": "TRACE"},
        {"Origin": "https://app.example.com", "Access-Control-Request-Headers": "X-Other"},
    ],
    ids=["origin", "method", "header"],
)
def test_a_preflight_is_refused_in_the_envelope(tmp_path: Path, asked: dict[str, str]) -> None:
    settings = settings_for(tmp_path, cors_origins=("https://app.example.com",))
    with serving(settings) as base_url:
        answer = httpx.options(f"{base_url}/api/agent/execute", headers=asked)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert len(answer.headers.get_list("X-API-Version")) == 1


def test_without_a_list_no_origin_is_allowed(anyone: httpx.Client) -> None:
    answer = anyone.get("/api/config", headers={"Origin": "https://app.example.com"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_accounts_cannot_be_made_by_strangers_unless_the_deployment_says_so(tmp_path: Path) -> None:
    with serving(settings_for(tmp_path, registration=False)) as base_url:
        body = {"email": "a@example.com", "name": "A", "password": "long enough"}
        assert httpx.post(f"{base_url}/api/auth/register", json=body).status_code == 404


def test_an_account_is_made_once(anyone: httpx.Client) -> None:
    body = {"email": "twice@example.com", "name": "Twice", "password": "long enough"}
    first, second = (anyone.post("/api/auth/register", json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["error"]["code"] == "CONFLICT"
