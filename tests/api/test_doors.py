"""What strangers and broken neighbours may send to a running service, and what they get."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from netra.settings import Secret

from .conftest import SECRET, serving, settings_for, sign_up_at

CLOSED = "http://127.0.0.1:9"  # nothing listens on the discard port of this machine


@pytest.fixture
def client(address: str, request: Any) -> Iterator[httpx.Client]:
    """A new user, signed in."""
    with sign_up_at(address, f"{abs(hash(request.node.name))}@example.com") as signed_in:
        yield signed_in


@pytest.mark.parametrize(
    "path",
    ["/api/auth/sessions/", "/v2/auth/sessions/", "/api/auth/sessions//", "/api/auth/sessions/%2F"],
)
def test_an_empty_session_id_ends_no_session(client: httpx.Client, path: str) -> None:
    refused = client.delete(path)
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert int(refused.headers["X-RateLimit-Remaining"]) >= 0, "it is counted"
    assert client.get("/api/auth/me").status_code == 200


def test_a_delete_with_an_empty_id_deletes_nothing_on_any_route(client: httpx.Client) -> None:
    secret = client.post("/api/keys", json={"name": "ci", "scopes": ["read"]}).json()["secret"]
    paths = client.get("/openapi.json").json()["paths"]
    of_all = [path for path, operations in paths.items() if "delete" in operations and "{" not in path]
    assert len(of_all) == 2
    for path in of_all:
        assert client.delete(f"{path}/").status_code == 404, path
    assert client.get("/api/auth/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_a_slash_after_an_id_changes_nothing(client: httpx.Client) -> None:
    workload = client.post("/api/workloads", json={"name": "w"}).json()
    path = f"/api/workloads/{workload['id']}"
    assert [client.delete(f"{path}/").status_code for _ in range(2)] == [200, 404]
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["Ada\x1b]0;owned\x07", "Ada\x9b31m", "Ada\u202egnp.exe", "Ada\nroot"])
def test_a_name_that_a_terminal_would_obey_is_refused_by_its_field(client: httpx.Client, name: str) -> None:
    account = {"email": "new@example.com", "name": name, "password": "correct horse"}
    key = {"name": name, "scopes": ["read"]}
    for path, body in (("/auth/register", account), ("/keys", key), ("/workloads", {"name": name})):
        refused = client.post(f"/api{path}", json=body)
        assert refused.status_code == 422, path
        (fault,) = refused.json()["error"]["details"]["errors"]
        assert (fault["path"], fault["code"]) == ("name", "control_character")


@pytest.mark.parametrize(
    "claims",
    [{"exp": 10**18}, {"sub": str(10**30)}, {"jti": "\ud800"}, {"exp": float("nan")}, {"nbf": -1}],
    ids=str,
)
def test_a_signed_token_with_claims_out_of_range_is_refused(client: httpx.Client, claims: Any) -> None:
    token = client.headers["Authorization"].removeprefix("Bearer ")
    said = jwt.decode(token, options={"verify_signature": False})
    headers = {"kid": jwt.get_unverified_header(token)["kid"]}
    changed = jwt.encode({**said, **claims}, SECRET.reveal(), algorithm="HS256", headers=headers)
    refused = client.get("/api/auth/me", headers={"Authorization": f"Bearer {changed}"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "UNAUTHORIZED")


def test_an_identity_provider_that_cannot_be_reached_is_a_502_and_one_line_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(
        tmp_path,
        google_client_id="netra-tests",
        google_client_secret=Secret("a secret that nobody needs here"),
        oidc_issuer=CLOSED,
    )
    with serving(settings) as address:
        answer = httpx.get(f"{address}/api/auth/google/authorize", timeout=20)
    assert answer.status_code == 502
    error = answer.json()["error"]
    assert (error["code"], error["details"]) == ("UPSTREAM_ERROR", {"reason": "oauth_provider_failed"})
    (line,) = [line for line in capsys.readouterr().err.splitlines() if '"incident"' in line]
    told = json.loads(line)
    assert told["request_id"] == answer.headers["X-Request-ID"]
    assert "Traceback" not in line
    assert told["error"] == error["message"]
    assert told["cause"].startswith("ConnectError")
