"""Attacks on who somebody is: tokens, sessions, keys, addresses, names."""

import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta

import httpx
from tests.api.conftest import PASSWORD
from tests.attack.outcome import Broken, attack, must
from tests.attack.target import (
    Target,
    client_of,
    connected,
    ended,
    in_seconds,
    key_of,
    rest_of,
    sign_in,
    started,
    status_of,
    statuses,
    token_of,
)

STREAMS = 150  # of one user; 100 may be open
EXPIRED = 100_000  # rows, as many as may wait
STRANGER, OWNER, PROXY = "127.0.0.34", "127.0.0.35", "127.0.0.17"
CLOSED = "http://127.0.0.1:9"


def stream(target: Target, run_id: str, token: str):  # type: ignore[no-untyped-def]
    """Open a stream of server-sent events and return its connection once the first event is there."""
    line = connected(target.port)
    line.sendall(
        b"GET /api/agent/stream/%b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Authorization: Bearer %b\r\n\r\n" % (run_id.encode(), token.encode())
    )
    found = b""
    while b"id: 1" not in found and b"error" not in found:
        piece = line.recv(4_096)
        must(piece, f"the stream was not opened: {found!r}")
        found += piece
    return line, statuses(found)[0]


@attack(7, "streams past the token's exp, after sign-out and after revocation of their key")
def streams_that_outlive(target: Target) -> str:
    client, leaving = target.sign_up(), target.sign_up()
    run_id, other_run = started(client), started(leaving)
    secret = key_of(client, "read")
    key_id = client.get("/api/keys").json()["data"][0]["id"]
    ways = {
        "exp": stream(target, run_id, target.minted(client, exp=in_seconds(3)))[0],
        "sign-out": stream(target, other_run, token_of(leaving))[0],
        "key": stream(target, run_id, secret)[0],
    }
    leaving.post("/api/auth/logout").raise_for_status()
    client.delete(f"/api/keys/{key_id}").raise_for_status()
    began_s, took = time.monotonic(), []
    for way, line in ways.items():
        with closing(line):
            try:
                rest_of(line)
            except TimeoutError:
                raise Broken(f"the stream outlived {way}") from None
        took.append(f"{way} {time.monotonic() - began_s:.1f} s")
    client.post(f"/api/agent/runs/{run_id}/cancel").raise_for_status()
    return f"all ended: {', '.join(took)} after the last of the three was asked for"


@attack(7, f"{STREAMS} streams of one user")
def many_streams(target: Target) -> str:
    client = target.sign_up()
    run_id, token = started(client), token_of(client)
    with ExitStack() as stack:
        found = []
        for _ in range(STREAMS):
            line, status = stream(target, run_id, token)
            stack.enter_context(closing(line))
            found.append(status)
    client.post(f"/api/agent/runs/{run_id}/cancel").raise_for_status()
    must(set(found) == {200, 503} and found.count(200) <= 100, f"{found.count(200)} were opened")
    return f"{found.count(200)} opened, {found.count(503)} refused with 503"


@attack(
    8,
    "9 wrong passwords of a stranger against an account, after a restart, at another process",
    is_quick=False,
)
def locked_out(target: Target) -> str:
    owner = target.sign_up(source=OWNER)  # at the first process; the next one starts afterwards
    with target.also(limit_authentication=5) as server:
        with client_of(server.url, source=STRANGER) as stranger:
            stranger.headers["X-Email"] = owner.headers["X-Email"]
            found = [sign_in(stranger, password="a guess") for _ in range(9)]
        with client_of(server.url, source=OWNER) as again:
            again.headers["X-Email"] = owner.headers["X-Email"]
            status = sign_in(again)
        with client_of(server.url, source="127.0.0.36") as unknown:
            unknown.headers["X-Email"] = owner.headers["X-Email"]
            locked = sign_in(unknown)
    must(429 in found, f"the stranger got {found}")
    must(status == 200, f"the owner got {status} at an address that is known")
    return f"the stranger got {found}, another unknown address {locked}, the known address {status}"


@attack(10, "600 sign-ins by the identity provider begun by one client, then one by another", is_quick=False)
def begun_sign_ins(target: Target) -> str:
    with client_of(target.first, source="127.0.0.37") as one:
        found = [_begin(one) for _ in range(600)]
    with client_of(target.first, source="127.0.0.38") as other:
        status = _begin(other)
    admitted, refused = sum(one < 400 for one in found), found.count(429)
    must(refused and 0 < admitted <= 500, f"one client got {set(found)}, {admitted} admitted")
    must(status < 400, f"another client got {status}")
    return f"one client: {admitted} admitted, {refused} times 429; another client: {status}"


@attack(10, f"{EXPIRED:,} expired rows in the store, then a sign-in", is_quick=False)
def expired_sign_ins(target: Target) -> str:
    past = int((datetime.now(UTC) - timedelta(hours=1)).timestamp() * 1e6)
    target.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO one_time (key, value, until_at) SELECT 'attack-' || i, ?, ? FROM n",
        EXPIRED,
        b"",
        past,
    )
    with client_of(target.first, source="127.0.0.39") as client:
        status = _begin(client)
    must(status < 400, f"a sign-in got {status}")
    return f"a sign-in began ({status})"


def _begin(client: httpx.Client) -> int:
    page = "http://127.0.0.1:9/signed-in"
    return client.get("/api/auth/google/authorize", params={"redirect_uri": page}).status_code


@attack(
    11,
    "X-Forwarded-For with ports, mapped addresses and inventions; '*', names and all addresses as proxies",
    is_quick=False,
)
def forged_addresses(target: Target) -> str:
    cases = {
        ("198.51.100.7", PROXY): "198.51.100.7",
        ("1.2.3.4, 198.51.100.7:80, [::ffff:127.0.0.18]:9", PROXY): "198.51.100.7",
        ("198.51.100.7", STRANGER): STRANGER,
    }
    for (sent, source), expected in cases.items():
        client = target.sign_up(source=source)
        client.headers["X-Forwarded-For"] = sent
        sign_in(client)
        sessions = client.get("/api/auth/sessions").json()["data"]
        (found,) = [one["address"] for one in sessions if one["is_current"]]
        must(found == expected, f"{sent!r} from {source} counts as {found!r}")
    for name in ("*", "localhost", "0.0.0.0/0"):
        done = target.command("serve", "--port", "0", NETRA_TRUSTED_PROXIES=name)
        must(done.returncode == 2, f"a start with {name!r} ended with {done.returncode}")
    return "only the proxy was believed, from the right; three settings stopped the start with status 2"


@attack(
    13,
    "results of ended and of live runs by a key with execute alone: cancel, status, stream, execute again",
    is_quick=False,
)
def results_by_execute(target: Target) -> str:
    client = target.sign_up()
    run_id = started(client)
    with target.working():
        run = ended(client, run_id)
    must(run["result"], "the run has no result to steal")
    with client_of(target.first) as key:
        key.headers["Authorization"] = f"Bearer {key_of(client, 'execute')}"
        answers = [key.post(f"/api/agent/runs/{run_id}/cancel"), key.get(f"/api/agent/status/{run_id}")]
        answers.append(key.get(f"/api/agent/stream/{run_id}"))
        answers.append(key.get("/api/agent/history"))
    shown = [one.text for one in answers if "recommendations" in one.text]
    must(not shown, f"the key read {shown[:1]}")
    return f"answered {[one.status_code for one in answers]}, no result in any"


@attack(14, "ESC, CSI, OSC, bidi and newlines in names; what commands print", is_quick=False)
def names_for_terminals(target: Target) -> str:
    client = target.sign_up()
    for name in ("A\x1b]0;owned\x07", "A\x9b31m", "A\u202egnp.exe", "A\nroot"):
        account = {"email": "new@example.com", "name": name, "password": PASSWORD}
        bodies = (
            ("auth/register", account),
            ("keys", {"name": name, "scopes": ["read"]}),
            ("workloads", {"name": name}),
        )
        for path, body in bodies:
            status = client.post(f"/api/{path}", json=body).status_code
            must(status == 422, f"/api/{path} took {name!r} ({status})")
    target.sql("UPDATE users SET name = ? WHERE email = ?", "A\x1b[31m\u202e", client.headers["X-Email"])
    printed = target.command("users", "list")
    must(printed.returncode == 0, printed.stderr)
    must("\x1b" not in printed.stdout and "\u202e" not in printed.stdout, "a command printed them")
    return "12 requests got 422; a name from an older version was printed plain"


@attack(15, "a signed token that pairs a user with another user's session, at each process")
def borrowed_session(target: Target) -> str:
    mine, theirs = target.sign_up(), target.sign_up()
    my_id = mine.get("/api/auth/me").json()
    subject = str(my_id.get("id", my_id.get("user", {}).get("id")))
    forged = target.minted(theirs, sub=subject)
    must(forged != target.minted(theirs), "the forged token is not forged")
    found = [status_of(url, forged) for url in (target.first, target.second)]
    must(found == [401, 401], f"it was answered {found}")
    return "401 at each"


@attack(17, "an API key after a new password, and after all keys were revoked, at each process")
def keys_after_password(target: Target) -> str:
    client = target.sign_up()
    secret = key_of(client, "read")
    change = {"current_password": PASSWORD, "new_password": "another password"}
    changed = client.post("/api/auth/password", json=change).raise_for_status().json()
    kept = status_of(target.second, secret)
    sign_in(client, password="another password")
    client.delete("/api/keys").raise_for_status()
    found = [status_of(url, secret) for url in (target.first, target.second)]
    must(found == [401, 401], f"a revoked key got {found}")
    return f"the answer says {changed}; the key got {kept}, and {found} once revoked"


@attack(22, "claims out of range, other spellings of a token")
def odd_tokens(target: Target) -> str:
    client = target.sign_up()
    token = token_of(client)
    forged = [
        target.minted(client, **claims) for claims in ({"exp": 10**18}, {"sub": str(10**30)}, {"nbf": -1})
    ]
    found = [
        status_of(target.first, one)
        for one in (*forged, token + "=", token + "==", token.replace(".", "=.", 1))
    ]
    must(set(found) == {401}, f"they were answered {found}")
    return f"{len(found)} answers of 401"


@attack(22, "DELETE with an empty id")
def empty_ids(target: Target) -> str:
    client = target.sign_up()
    secret = key_of(client, "read")
    paths = (
        "auth/sessions/",
        "auth/sessions//",
        "auth/sessions/%2F",
        "keys/",
        "keys//",
        "threads/",
        "workloads/",
    )
    found = [client.delete(f"/api/{path}").status_code for path in paths]
    must(set(found) <= {404, 405}, f"they were answered {found}")
    must(client.get("/api/auth/me").status_code == 200, "the session ended")
    must(status_of(target.first, secret) == 200, "the key was revoked")
    return f"answered {found}; the session and the key live"


@attack(22, "an empty cursor, a latin-1 Idempotency-Key, Last-Event-ID with leading zeros")
def odd_parameters(target: Target) -> str:
    client = target.sign_up()
    run_id = started(client)
    found = [
        client.get("/api/threads", params={"cursor": ""}).status_code,
        client.post(
            "/api/workloads", json={"name": "w"}, headers={b"Idempotency-Key": b"Schl\xfcssel"}
        ).status_code,
        client.get(f"/api/agent/stream/{run_id}", headers={"Last-Event-ID": "0" * 11}).status_code,
    ]
    client.post(f"/api/agent/runs/{run_id}/cancel").raise_for_status()
    must(all(400 <= status < 500 for status in found), f"they were answered {found}")
    return f"answered {found}"


@attack(22, "unknown paths, wrong methods and OPTIONS, each counted")
def uncounted_requests(target: Target) -> str:
    with client_of(target.first, source="127.0.0.40") as client:
        asked = (("GET", "/nope"), ("PUT", "/api/threads"), ("OPTIONS", "/api/threads"), ("DELETE", "/nope/"))
        answers = [client.request(method, path) for method, path in asked]
    left = [int(one.headers["X-RateLimit-Remaining"]) for one in answers]
    must(
        left == sorted(left, reverse=True) and len(set(left)) == len(left), f"the remaining counts are {left}"
    )
    return f"{[one.status_code for one in answers]} counted down by one each"


@attack(22, "an identity provider that cannot be reached", is_quick=False)
def provider_away(target: Target) -> str:
    with target.also(oidc_issuer=CLOSED) as server, client_of(server.url) as client:
        answer = client.get(
            "/api/auth/google/authorize", params={"redirect_uri": "http://127.0.0.1:9/signed-in"}
        )
    must(answer.status_code == 502, f"it was answered {answer.status_code}")
    must(answer.json()["error"]["code"] == "UPSTREAM_ERROR", answer.text)
    return "502 UPSTREAM_ERROR"
