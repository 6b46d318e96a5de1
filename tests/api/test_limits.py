"""Rate limits on the wire: what is counted together, what the headers say, what is never counted."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from netra.entrypoints.http.unrouted import NOT_COUNTED

from .conftest import PASSWORD, serving, settings_for, sign_up_at

NAMES = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with small limits that believes what the local proxy says of addresses."""
    data = tmp_path_factory.mktemp("limited")
    settings = settings_for(
        data,
        limit_authentication=5,
        limit_agent=2,
        limit_general=4,
        trusted_proxies=("127.0.0.1",),
    )
    with serving(settings) as base_url:
        yield base_url


def behind(address: str) -> dict[str, str]:
    """Return the header by which the proxy names the client."""
    return {"X-Forwarded-For": address}


def told(answer: httpx.Response) -> tuple[int, int]:
    """Return limit and remaining, having checked the reset."""
    reset_in_s = int(answer.headers["X-RateLimit-Reset"]) - time.time()
    assert 0 < reset_in_s <= 62
    return int(answer.headers["X-RateLimit-Limit"]), int(answer.headers["X-RateLimit-Remaining"])


def test_a_user_is_admitted_as_often_as_the_limit_says(limited: str) -> None:
    with sign_up_at(limited, "counted@example.com", headers=behind("192.0.2.1")) as client:
        answers = [client.get("/api/auth/me") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429, 429]
        assert [told(answer) for answer in answers[:4]] == [(4, 3), (4, 2), (4, 1), (4, 0)]
        assert told(answers[4]) == (4, 0)
        assert answers[4].json()["error"]["code"] == "RATE_LIMITED"
        assert 1 <= int(answers[4].headers["Retry-After"]) <= 61


def test_execute_is_counted_by_itself(limited: str) -> None:
    with sign_up_at(limited, "agent@example.com", headers=behind("192.0.2.2")) as client:
        statuses = [client.post("/api/agent/execute", json={"message": "a"}).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert told(client.get("/api/auth/me")) == (4, 3)


def test_a_refused_request_counts_and_says_so(limited: str) -> None:
    with sign_up_at(limited, "refused@example.com", headers=behind("192.0.2.3")) as client:
        assert told(client.get("/api/threads/none")) == (4, 3)
        assert told(client.get("/api/threads?limit=0")) == (4, 2)
        assert told(client.post("/api/workloads", content=b"{")) == (4, 1)


def test_sign_in_is_counted_by_address(limited: str) -> None:
    with httpx.Client(base_url=limited) as client:
        answers = [
            client.post(
                "/api/auth/login",
                json={"email": f"guess{turn}@example.com", "password": "x"},
                headers=behind("203.0.113.7"),
            )
            for turn in range(6)
        ]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        elsewhere = client.post(
            "/api/auth/login",
            json={"email": "guess9@example.com", "password": "x"},
            headers=behind("203.0.113.8"),
        )
        assert elsewhere.status_code == 401


def test_sign_in_is_counted_by_account_but_does_not_lock_its_owner_out(limited: str) -> None:
    with sign_up_at(limited, "victim@example.com", headers=behind("192.0.2.4")) as owner:
        pair = {"email": "Victim@example.com", "password": "wrong"}
        strangers = [behind(f"198.51.100.{turn}") for turn in range(5)]
        answers = [httpx.post(f"{limited}/api/auth/login", json=pair, headers=who) for who in strangers]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
        again = owner.post("/api/auth/login", json={"email": "victim@example.com", "password": PASSWORD})
        assert again.status_code == 200


def test_a_client_cannot_choose_its_address(limited: str) -> None:
    with httpx.Client(base_url=limited) as client:
        answers = [
            client.get("/api/config", headers=behind(f"10.0.0.{turn}, 203.0.113.99")) for turn in range(5)
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]


def test_without_trusted_proxies_nobody_names_another_address(tmp_path: Path) -> None:
    with serving(settings_for(tmp_path, limit_general=2)) as base_url:
        answers = [
            httpx.get(f"{base_url}/api/config", headers=behind(f"203.0.113.{turn}")) for turn in range(3)
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize(
    "path", ["/health", "/health/ready", "/health/dependencies", "/openapi.json", "/asyncapi.json", "/docs"]
)
def test_health_and_documents_are_never_counted(limited: str, path: str) -> None:
    with httpx.Client(base_url=limited) as client:
        for _ in range(8):
            answer = client.get(path)
            assert answer.status_code == 200
            assert not set(map(str.lower, NAMES)) & set(answer.headers)


def test_paths_and_methods_that_no_route_has_are_counted_by_address(limited: str) -> None:
    with httpx.Client(base_url=limited, headers=behind("192.0.2.20")) as client:
        answers = [client.get("/nope"), client.put("/api/threads"), client.get("/health/nope")]
        assert [answer.status_code for answer in answers] == [404, 405, 404]
        assert [told(answer) for answer in answers] == [(4, 3), (4, 2), (4, 1)]
        assert [client.get("/nope").status_code for _ in range(2)] == [404, 429]
        refused = client.put("/api/threads")
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "RATE_LIMITED")
        assert told(refused) == (4, 0)
        assert 1 <= int(refused.headers["Retry-After"]) <= 61
        assert client.get("/api/config").status_code == 429  # one count for all that has no sign-in


def test_options_is_counted_by_address_a_preflight_too(tmp_path: Path) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    origins = ("https://app.example",)
    with serving(settings_for(tmp_path, limit_general=4, cors_origins=origins)) as base_url:
        answers = [
            httpx.options(f"{base_url}/api/threads"),
            httpx.options(f"{base_url}/api/threads", headers=asked),
            httpx.options(f"{base_url}/nope"),
            httpx.options(f"{base_url}/api/threads", headers={**asked, "Origin": "https://other.example"}),
        ]
        assert [answer.status_code for answer in answers] == [204, 204, 404, 400]
        assert [told(answer) for answer in answers] == [(4, 3), (4, 2), (4, 1), (4, 0)]
        assert httpx.options(f"{base_url}/api/threads", headers=asked).status_code == 429


def test_what_is_never_counted_is_not_counted_by_any_method(limited: str) -> None:
    with httpx.Client(base_url=limited, headers=behind("192.0.2.21")) as client:
        for path in sorted(NOT_COUNTED):
            for method, status in [("OPTIONS", 204), ("DELETE", 405), ("GET", 200), ("HEAD", 200)]:
                answer = client.request(method, path)
                assert answer.status_code == status, (method, path)
                assert not set(map(str.lower, NAMES)) & set(answer.headers)
        assert told(client.get("/nope")) == (4, 3)
