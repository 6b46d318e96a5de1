"""Canary secrets driven through a real service: no log line, no row and no other answer holds one."""

import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import redis
from tests.servers.doors import STORES, engines
from tests.servers.netra_server import environment_of
from tests.waiting import PATIENCE_S, wait_until
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from netra.settings import Settings

pytestmark = pytest.mark.system

SIGNING = "canary-signing-key-0123456789abcdefghij"
CLIENT = "canary-client-secret-of-the-provider"
PASSWORD, WRONG, WANTED = "canary-right-password", "canary-wrong-password", "canary-wanted-password"


@contextmanager
def service(data: Path, log: Path, engines: Mapping[str, str]) -> Iterator[str]:
    """Run `netra serve` as told by its environment, at its most talkative, and yield its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("NETRA_")},
        "NETRA_SECRET": SIGNING,
        "NETRA_GOOGLE_CLIENT_ID": "netra-tests",
        "NETRA_GOOGLE_CLIENT_SECRET": CLIENT,
        "NETRA_OIDC_ISSUER": "http://127.0.0.1:9",
        "NETRA_REGISTRATION": "true",
        "NETRA_LOG_LEVEL": "debug",
        "NETRA_LIMIT_AUTHENTICATION": "1000",
        **engines,
    }
    command = [sys.executable, "-m", "netra", "serve", "--port", str(port), "--data", str(data)]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment, cwd=data) as process,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    def is_up() -> bool:
        assert process.poll() is None
        try:
            return httpx.get(f"{address}/health").is_success
        except httpx.TransportError:
            return False

    wait_until(is_up, "the service's start")


class Driven:
    """A client that keeps every answer, and every secret it was given."""

    def __init__(self, address: str) -> None:
        self.client = httpx.Client(base_url=address, timeout=PATIENCE_S)
        self.answers: list[str] = []
        self.secrets = {SIGNING, CLIENT, PASSWORD, WRONG, WANTED}

    def send(self, method: str, path: str, *, given: tuple[str, ...] = (), **fields: Any) -> Any:
        """Send; an answer that gives secrets keeps them to itself, every other is kept to be searched."""
        answer = self.client.request(method, path, **fields)
        if given and answer.is_success:
            body = answer.json()
            self.secrets |= {body[name] for name in given}
            return body
        self.answers.append(answer.text + str(answer.headers))
        return answer.json()


def drive(address: str) -> Driven:
    """Send every kind of secret every way it can go, right and wrong."""
    driven = Driven(address)
    send = driven.send
    account = {"email": "canary@example.com", "password": PASSWORD}
    send("POST", "/api/auth/register", json={**account, "name": "Canary"})
    send("POST", "/api/auth/register", json={**account, "name": "Canary"})
    send("POST", "/api/auth/login", json={**account, "password": WRONG})
    send("POST", "/api/auth/login", json={**account, "unknown": WRONG})
    send("POST", "/api/auth/login", content=f'{{"password": "{WRONG}"')
    send("POST", "/api/auth/login", json={"email": 7, "password": [WRONG]})
    tokens = send("POST", "/api/auth/login", given=("access_token", "refresh_token"), json=account)
    signed = {"Authorization": f"Bearer {tokens['access_token']}"}
    made = send(
        "POST", "/api/keys", given=("secret",), headers=signed, json={"name": "k", "scopes": ["read"]}
    )
    key = {"Authorization": f"Bearer {made['secret']}"}
    send("GET", "/api/keys", headers=signed)
    send("GET", "/api/audit", headers=key)
    send("POST", "/api/agent/execute", headers=key, json={"message": "m"})
    send("GET", f"/api/threads?token={tokens['access_token']}", headers=signed)
    send("GET", "/api/auth/me", headers={"Authorization": f"Basic {WRONG}"})
    send("GET", "/api/auth/google/authorize")
    send("GET", "/api/auth/google/callback", params={"code": WRONG, "state": WRONG})
    send("POST", "/api/auth/exchange", json={"code": WRONG})
    send("POST", "/api/auth/refresh", json={"refresh_token": WRONG})
    tokens = send(
        "POST",
        "/api/auth/refresh",
        given=("access_token", "refresh_token"),
        json={"refresh_token": tokens["refresh_token"]},
    )
    signed = {"Authorization": f"Bearer {tokens['access_token']}"}
    ticket = send("POST", "/api/auth/ws-ticket", given=("ticket",), headers=signed)
    proofs = [f"token={tokens['access_token']}", f"ticket={ticket['ticket']}", f"token={WRONG}"]
    asyncio.run(knock(address, *proofs))
    change = {"current_password": WRONG, "new_password": WANTED}
    send("POST", "/api/auth/password", headers=signed, json=change)
    send("POST", "/api/auth/password", headers=signed, json={**change, "current_password": PASSWORD})
    send("GET", "/api/config")
    return driven


async def knock(address: str, *queries: str) -> None:
    url = f"{address.replace('http', 'ws', 1)}/ws"
    shown: list[dict[str, Any]] = [{"uri": f"{url}?{query}"} for query in queries]
    for query in queries:
        headers = {"Authorization": f"Bearer {query.partition('=')[2]}", "Cookie": f"netra-sign-in={WRONG}"}
        shown.append({"uri": url, "additional_headers": headers})
    for how in shown:
        async with connect(proxy=None, **how) as wire:
            try:
                await wire.recv()
                for proof in queries:
                    data = {"token": proof.partition("=")[2]}
                    await wire.send(json.dumps({"type": "authenticate", "data": data}))
                    await wire.recv()
                await wire.send("{")
                await wire.recv()
            except ConnectionClosed:
                continue


def rows(data: Path, engines: Mapping[str, str]) -> str:
    """Return everything in the stores, as text."""
    if engines:
        return in_postgres(engines["NETRA_DATABASE_URL"]) + in_redis(engines["NETRA_REDIS_URL"])
    with closing(sqlite3.connect(data / "netra.sqlite3")) as connection:
        connection.text_factory = lambda raw: raw.decode(errors="replace")
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = [connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in tables]  # noqa: S608
        return str(found)


def in_postgres(url: str) -> str:
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = [connection.execute(f'SELECT * FROM "{name}"'.encode()).fetchall() for (name,) in tables]  # noqa: S608
        return str(found)


def in_redis(url: str) -> str:
    with redis.Redis.from_url(url) as client:
        found = [(key, client.dump(key)) for key in client.scan_iter()]
        assert found, "it was used"
        return str(found)


@pytest.fixture(params=STORES)
def named(request: Any) -> Iterator[Mapping[str, str]]:
    """Return the variables that name engines, if any."""
    if request.param == "embedded":
        yield {}
        return
    servers = [request.getfixturevalue(name) for name in ("postgres_server_url", "redis_url")]
    with engines(*servers) as settings:
        yield environment_of(Settings(**settings))


def test_no_secret_is_in_any_log_row_or_other_answer(tmp_path: Path, named: Mapping[str, str]) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    data.mkdir()
    with service(data, log, named) as address:
        driven = drive(address)
        driven.client.close()
        stored = rows(data, named)
    told = {"log": log.read_text(), "rows": stored, "answers": "\n".join(driven.answers)}
    assert "oauth_provider_failed" in told["answers"]
    assert "refresh_reused" not in told["rows"]
    assert "canary@example.com" in told["rows"]
    assert len(driven.secrets) >= 10  # two access tokens of one second are one
    found = [(place, secret) for place, text in told.items() for secret in driven.secrets if secret in text]
    assert found == []
    check_security_lines(told["log"])


def check_security_lines(log: str) -> None:
    """Check that the log told of every kind of event there was, under its request's id."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    security = [line for line in lines if line.get("log") == "security"]
    assert {
        "signed_in",
        "sign_in_refused",
        "access_refused",
        "account_added",
        "key_issued",
        "password_changed",
        "identity_refused",
    } <= {line["event"] for line in security}
    assert all(line["request_id"].startswith("req-") and line["address"] for line in security)
