"""Sessions, API keys, roles and the security log on the wire, and sockets that end with their session."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.servers.doors import Doors
from tests.waiting import PATIENCE_S, happens
from websockets.asyncio.client import connect

from netra.bootstrap import open_ports
from netra.domain.users.model import NewUser, Role
from netra.settings import Secret, Settings

from .conftest import PASSWORD, SECRET, serving, settings_for, sign_up_at

NAMES = (f"user-{n}@example.com" for n in range(1_000))


@pytest.fixture
def client(doors: Doors) -> Iterator[httpx.Client]:
    """Somebody new, signed in, who remembers their address."""
    email = next(NAMES)
    with sign_up_at(doors.first, email) as signed_in:
        signed_in.headers["X-Email"] = email
        yield signed_in


@pytest.fixture
def elsewhere(doors: Doors) -> Iterator[httpx.Client]:
    """Nobody, at the other door: what was ended at the first one must be over here at once."""
    with httpx.Client(base_url=doors.second, timeout=PATIENCE_S) as anyone:
        yield anyone


def sign_in(client: httpx.Client, password: str = PASSWORD) -> dict[str, Any]:
    pair = {"email": client.headers["X-Email"], "password": password}
    body: dict[str, Any] = client.post("/api/auth/login", json=pair).raise_for_status().json()
    return body


def keeping(client: httpx.Client) -> dict[str, str]:
    """Return the body of a sign-in from a page."""
    return {"email": client.headers["X-Email"], "password": PASSWORD, "keep": "cookie"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def status(door: httpx.Client, token: str) -> int:
    return door.get("/api/auth/me", headers=bearer(token)).status_code


def test_a_refresh_token_gives_new_tokens_once(client: httpx.Client, elsewhere: httpx.Client) -> None:
    first = sign_in(client)
    assert (first["expires_in"], first["refresh_expires_in"]) == (3_600, 2_592_000)
    second = client.post("/api/auth/refresh", json={"refresh_token": first["refresh_token"]}).json()
    assert status(elsewhere, second["access_token"]) == 200
    reused = elsewhere.post("/api/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert (reused.status_code, reused.json()["error"]["code"]) == (401, "UNAUTHORIZED")
    assert status(elsewhere, second["access_token"]) == 401
    late = elsewhere.post("/api/auth/refresh", json={"refresh_token": second["refresh_token"]})
    assert late.status_code == 401


def test_sessions_are_listed_and_ended_one_by_one(client: httpx.Client, elsewhere: httpx.Client) -> None:
    other = sign_in(client)["access_token"]
    listed = client.get("/api/auth/sessions").json()["data"]
    assert [line["is_current"] for line in listed] == [False, True]
    assert all(line["address"] == "127.0.0.1" and "httpx" in line["agent"] for line in listed)
    assert client.delete(f"/api/auth/sessions/{listed[0]['id']}").status_code == 200
    assert status(elsewhere, other) == 401
    assert client.get("/api/auth/me").status_code == 200
    assert client.delete(f"/api/auth/sessions/{listed[0]['id']}").status_code == 404


def test_signing_out_everywhere_ends_all(client: httpx.Client, elsewhere: httpx.Client) -> None:
    other = sign_in(client)["access_token"]
    assert client.delete("/api/auth/sessions").status_code == 200
    assert (status(elsewhere, other), client.get("/api/auth/me").status_code) == (401, 401)


def test_a_new_password_ends_all_sessions(client: httpx.Client, elsewhere: httpx.Client) -> None:
    change = {"current_password": PASSWORD, "new_password": "another password"}
    wrong = client.post("/api/auth/password", json={**change, "current_password": "a guess"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert client.post("/api/auth/password", json={**change, "new_password": "short"}).status_code == 422
    changed = client.post("/api/auth/password", json=change)
    assert (changed.status_code, changed.json()["api_keys"]) == (200, 0)
    assert client.get("/api/auth/me").status_code == 401
    assert status(elsewhere, sign_in(client, "another password")["access_token"]) == 200


async def close_code(address: str, token: str, act: Callable[[], Any]) -> int | None:
    """Return what closes a socket of `token` once `act` has been done, and that it was open before."""
    url = f"{address.replace('http', 'ws', 1)}/ws?token={token}"
    async with connect(url, proxy=None) as socket:
        assert json.loads(await socket.recv())["type"] == "status"
        await asyncio.to_thread(act)
        await happens(socket.wait_closed(), "the close of the socket")
        return socket.close_code


@pytest.mark.parametrize("way", ["logout", "everywhere", "one", "password", "reuse", "revoke"])
def test_a_socket_at_the_other_door_closes_with_4001_when_its_proof_ends(
    doors: Doors, client: httpx.Client, way: str
) -> None:
    tokens = sign_in(client)
    token, own = tokens["access_token"], bearer(tokens["access_token"])
    if way == "revoke":
        made = client.post("/api/keys", json={"name": "ci", "scopes": ["read"]}).json()
        token = made["secret"]

    def act() -> None:
        match way:
            case "logout":
                client.post("/api/auth/logout", headers=own)
            case "everywhere":
                client.delete("/api/auth/sessions")
            case "one":
                (line,) = [
                    one
                    for one in client.get("/api/auth/sessions", headers=own).json()["data"]
                    if one["is_current"]
                ]
                client.delete(f"/api/auth/sessions/{line['id']}")
            case "password":
                change = {"current_password": PASSWORD, "new_password": "another password"}
                client.post("/api/auth/password", json=change)
            case "reuse":
                for _ in range(2):
                    client.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
            case _:
                client.delete(f"/api/keys/{made['key']['id']}")

    assert asyncio.run(close_code(doors.second, token, act)) == 4001


def make_key(client: httpx.Client, *scopes: str) -> str:
    body = client.post("/api/keys", json={"name": "ci", "scopes": scopes}).raise_for_status().json()
    secret: str = body["secret"]
    return secret


CALLS = [
    ("read", "GET", "/api/threads", None),
    ("read", "GET", "/api/agent/history", None),
    ("read", "GET", "/api/auth/me", None),
    ("execute", "POST", "/api/agent/execute", {"message": "cheaper"}),
    ("execute", "POST", "/api/agent/runs/run-1/cancel", None),
    ("execute", "DELETE", "/api/threads/thread-1", None),
    ("ingest", "POST", "/api/workloads", {"name": "w"}),
    ("ingest", "POST", "/api/workloads/wl-1/events", {"events": []}),
    ("ingest", "DELETE", "/api/workloads/wl-1", None),
    ("admin", "GET", "/api/audit", None),
]


@pytest.mark.parametrize(("scope", "method", "path", "body"), CALLS)
def test_a_key_may_do_what_it_was_made_for(
    client: httpx.Client, scope: str, method: str, path: str, body: Any
) -> None:
    others = {"read", "execute", "ingest"} - {scope}
    refused = client.request(method, path, json=body, headers=bearer(make_key(client, *others)))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN")
    if scope != "admin":
        allowed = client.request(method, path, json=body, headers=bearer(make_key(client, scope)))
        assert allowed.status_code != 403, allowed.text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/keys", None),
        ("POST", "/api/keys", {"name": "k", "scopes": ["read"]}),
        ("DELETE", "/api/keys/key-1", None),
        ("DELETE", "/api/keys", None),
        ("GET", "/api/auth/sessions", None),
        ("DELETE", "/api/auth/sessions", None),
        ("DELETE", "/api/auth/sessions/ses-1", None),
        ("POST", "/api/auth/logout", None),
        ("POST", "/api/auth/password", {"current_password": "x", "new_password": "long enough"}),
    ],
)
def test_no_key_may_act_as_the_person(client: httpx.Client, method: str, path: str, body: Any) -> None:
    key = make_key(client, "read", "execute", "ingest")
    answer = client.request(method, path, json=body, headers=bearer(key))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")


def test_keys_outlive_a_new_password_until_all_are_revoked(
    client: httpx.Client, elsewhere: httpx.Client
) -> None:
    secrets = [make_key(client, "read") for _ in range(2)]
    change = {"current_password": PASSWORD, "new_password": "another password"}
    changed = client.post("/api/auth/password", json=change).json()
    assert changed["api_keys"] == 2
    assert "DELETE /api/keys" in changed["message"]
    key = bearer(secrets[0])
    assert elsewhere.get("/api/threads", headers=key).status_code == 200
    own = bearer(sign_in(client, "another password")["access_token"])
    assert client.delete("/api/keys/", headers=own).status_code == 404, "an empty id is not all of them"
    assert client.delete("/api/keys", headers=own).json() == {"message": "API keys revoked: 2", "revoked": 2}
    assert [elsewhere.get("/api/threads", headers=bearer(one)).status_code for one in secrets] == [401, 401]


def test_a_key_is_shown_once_and_revoked_at_once(client: httpx.Client, elsewhere: httpx.Client) -> None:
    made = client.post("/api/keys", json={"name": "ci", "scopes": ["read"], "expires_in_days": 1}).json()
    listed = client.get("/api/keys")
    assert listed.json()["data"] == [made["key"]]
    assert made["secret"] not in listed.text
    assert elsewhere.get("/api/threads", headers=bearer(made["secret"])).status_code == 200
    assert client.get("/api/keys").json()["data"][0]["last_used_at"] is not None
    assert client.delete(f"/api/keys/{made['key']['id']}").status_code == 200
    assert elsewhere.get("/api/threads", headers=bearer(made["secret"])).status_code == 401
    assert client.delete(f"/api/keys/{made['key']['id']}").status_code == 404


def test_members_make_no_administrators_keys(client: httpx.Client) -> None:
    answer = client.post("/api/keys", json={"name": "k", "scopes": ["admin"]})
    assert answer.status_code == 403


async def make_admin(settings: Settings, email: str) -> None:
    async with open_ports(settings) as ports:
        hashed = await ports.passwords.hash(PASSWORD)
        new = NewUser(
            email=email, name="Root", password_hash=hashed, role=Role.ADMIN, created_at=ports.clock.now()
        )
        await ports.users.add(new)


def test_only_administrators_read_the_security_log(doors: Doors, client: httpx.Client) -> None:
    refused = client.get("/api/audit")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN")
    email = next(NAMES)
    asyncio.run(make_admin(doors.settings, email))
    wrong = {"email": email, "password": "a wrong password"}
    failed = client.post("/api/auth/login", json=wrong, headers={"X-Request-ID": "req-the-guess"})
    assert failed.status_code == 401
    client.headers["X-Email"] = email
    token = sign_in(client)["access_token"]
    page = client.get("/api/audit", params={"limit": 100}, headers=bearer(token))
    events = page.json()["data"]
    guess = next(event for event in events if event["request_id"] == "req-the-guess")
    assert (guess["event"], guess["address"]) == ("sign_in_refused", "127.0.0.1")
    assert {"signed_in", "sign_in_refused", "access_refused", "account_added"} <= {
        event["event"] for event in events
    }
    assert "a wrong password" not in page.text
    assert token not in page.text
    query = {"event": "sign_in_refused", "since": guess["at"], "user_id": guess["user_id"]}
    some = client.get("/api/audit", params=query, headers=bearer(token)).json()["data"]
    assert [event["request_id"] for event in some] == ["req-the-guess"]
    for nothing in ({"until": "2001-01-01T00:00:00Z"}, {"event": "key_revoked", "user_id": guess["user_id"]}):
        assert client.get("/api/audit", params=nothing, headers=bearer(token)).json()["data"] == []
    for wrong_filter in ({"event": "lunch"}, {"event": "null"}, {"user_id": "NULL"}, {"user_id": "0"}):
        assert client.get("/api/audit", params=wrong_filter, headers=bearer(token)).status_code == 422
    key = client.post("/api/keys", json={"name": "a", "scopes": ["admin"]}, headers=bearer(token)).json()
    assert client.get("/api/audit", headers=bearer(key["secret"])).status_code == 200


def test_the_signing_key_is_changed_while_tokens_live_on(tmp_path: Path) -> None:
    """Rotate by two live keys: old tokens last while the old key is named, and end when it is not."""
    new = Secret("another key that only this test uses, long enough")

    def under(**changes: Any) -> Settings:
        return settings_for(tmp_path, **changes)

    with serving(under()) as first, sign_up_at(first, "rotated@example.com") as client:
        old_token = client.headers["Authorization"]
    with serving(under(secret=new, previous_secret=SECRET)) as second:
        assert httpx.get(f"{second}/api/auth/me", headers={"Authorization": old_token}).status_code == 200
        pair = {"email": "rotated@example.com", "password": PASSWORD}
        fresh = bearer(httpx.post(f"{second}/api/auth/login", json=pair).json()["access_token"])
    with serving(under(secret=new)) as third:
        assert httpx.get(f"{third}/api/auth/me", headers={"Authorization": old_token}).status_code == 401
        assert httpx.get(f"{third}/api/auth/me", headers=fresh).status_code == 200


def test_a_ticket_of_one_door_opens_one_socket_at_either(doors: Doors, client: httpx.Client) -> None:
    ticket = client.post("/api/auth/ws-ticket").raise_for_status().json()["ticket"]

    async def knock(address: str) -> str:
        url = f"{address.replace('http', 'ws', 1)}/ws?ticket={ticket}"
        async with connect(url, proxy=None) as socket:
            frame: str = json.loads(await socket.recv())["type"]
            return frame

    async def race() -> list[str]:
        return await asyncio.gather(*(knock(address) for address in (doors.first, doors.second) * 4))

    assert sorted(asyncio.run(race())) == ["error"] * 7 + ["status"]


def test_of_two_doors_at_which_a_refresh_token_is_used_at_once_one_gives_tokens_and_the_session_ends(
    doors: Doors, client: httpx.Client, elsewhere: httpx.Client
) -> None:
    body = {"refresh_token": sign_in(client)["refresh_token"]}

    async def race() -> list[httpx.Response]:
        async with httpx.AsyncClient() as anyone:
            asked = [
                anyone.post(f"{door}/api/auth/refresh", json=body) for door in (doors.first, doors.second)
            ]
            return await asyncio.gather(*asked)

    answers = asyncio.run(race())
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    (won,) = [answer.json() for answer in answers if answer.is_success]
    assert status(elsewhere, won["access_token"]) == 401


def test_a_repeated_refresh_with_one_key_gives_the_same_refresh_token(
    client: httpx.Client, elsewhere: httpx.Client
) -> None:
    first = sign_in(client)
    key = {"Idempotency-Key": "refresh-1"}
    once, again = (
        elsewhere.post("/api/auth/refresh", json={"refresh_token": first["refresh_token"]}, headers=key)
        for _ in range(2)
    )
    assert (once.status_code, again.status_code) == (200, 200)
    assert once.json()["refresh_token"] == again.json()["refresh_token"]
    assert ("Idempotency-Replayed" in once.headers, again.headers["Idempotency-Replayed"]) == (False, "true")


def refreshed_with(door: httpx.Client, headers: dict[str, str]) -> httpx.Response:
    """Refresh as a page does, with the cookie in `headers` and no other."""
    door.cookies.clear()
    return door.post("/api/auth/refresh", json={}, headers=headers)


def test_a_page_keeps_its_refresh_token_in_a_cookie_that_two_tabs_share(
    client: httpx.Client, elsewhere: httpx.Client
) -> None:
    signed_in = elsewhere.post("/api/auth/login", json=keeping(client))
    assert "refresh_token" not in signed_in.json()
    kept = signed_in.headers["Set-Cookie"]
    assert kept.startswith("netra_refresh=nr_")
    assert {"HttpOnly", "SameSite=Strict", "Path=/api/auth"} <= set(kept.split("; "))
    old = {"Cookie": kept.partition(";")[0]}
    foreign = elsewhere.post("/api/auth/refresh", json={}, headers={**old, "Origin": "http://elsewhere"})
    assert foreign.json()["error"]["code"] == "FORBIDDEN"
    elsewhere.cookies.clear()
    own = {**old, "Origin": str(elsewhere.base_url).rstrip("/")}
    rotated, raced, reused = (refreshed_with(elsewhere, own) for _ in range(3))
    assert ("Set-Cookie" in rotated.headers, "Set-Cookie" in raced.headers) == (True, False)
    assert "refresh_token" not in rotated.json() | raced.json()
    assert (raced.status_code, reused.status_code) == (200, 401)
    token = rotated.json()["access_token"]
    assert elsewhere.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_without_a_cookie_a_page_has_to_sign_in_and_signing_out_forgets_it(
    client: httpx.Client, elsewhere: httpx.Client
) -> None:
    own = {"Origin": str(elsewhere.base_url).rstrip("/")}
    assert elsewhere.post("/api/auth/refresh", json={}, headers=own).status_code == 401
    signed_in = elsewhere.post("/api/auth/login", json=keeping(client))
    elsewhere.cookies.clear()
    headers = {
        "Cookie": signed_in.headers["Set-Cookie"].partition(";")[0],
        "Authorization": f"Bearer {signed_in.json()['access_token']}",
    }
    left = elsewhere.post("/api/auth/logout", headers=headers)
    assert "netra_refresh=; " in left.headers["Set-Cookie"]
