"""A deployment to attack: servers as processes of their own, over the embedded store or over the engines."""

import itertools
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import msgspec
import psycopg
from tests.api.conftest import PASSWORD, SECRET, settings_for
from tests.servers.fixtures import made, running
from tests.servers.netra_server import NetraServer, environment_of
from tests.servers.postgres_server import PostgresServer
from tests.servers.process import ServerProcess
from tests.servers.redis_server import RedisServer
from tests.system.oidc.hostile import CLIENT_ID, CLIENT_SECRET, hostile_issuer

from netra.settings import Secret, Settings

WAIT_S = 60.0  # for anything that must happen at all
PROXIES = "127.0.0.16/28"  # loopback addresses that the target believes to be proxies
REDIRECT = "http://127.0.0.1:9/signed-in"  # nothing listens on the discard port
NAMES = itertools.count()


class Worker(ServerProcess):
    """`netra worker` beside the servers."""

    def __init__(self, folder: Path, *, settings: Settings) -> None:
        log = folder / "log"
        super().__init__(
            [sys.executable, "-m", "netra", "worker", "--slots", "2"],
            folder=folder,
            answers=lambda: "works on up to" in log.read_text(errors="replace"),
            environment={**environment_of(settings), "PYTHONUNBUFFERED": "1"},
        )


class Target:
    """Two doors to one deployment; over the embedded store both are the same process."""

    def __init__(self, folder: Path, *, settings: Settings, servers: list[NetraServer]) -> None:
        self.folder = folder
        self.settings = settings
        self.servers = servers
        self.first, self.second = servers[0].url, servers[-1].url
        self.is_scaled = settings.database_url is not None
        self._clients: list[httpx.Client] = []

    @property
    def port(self) -> int:
        return self.servers[0].port

    @property
    def pid(self) -> int:
        (pid,) = self.servers[0]._who_writes()
        return pid

    @property
    def log(self) -> str:
        return (self.folder / "first" / "log").read_text(errors="replace")

    def sign_up(self, *, source: str | None = None, url: str | None = None) -> httpx.Client:
        """Return a client of a new account, signed in from the loopback address `source`."""
        client = client_of(url or self.first, source=source)
        self._clients.append(client)
        client.headers["X-Email"] = f"user-{os.getpid()}-{next(NAMES)}@example.com"
        account = {"email": client.headers["X-Email"], "password": PASSWORD}
        client.post("/api/auth/register", json={**account, "name": "A"}).raise_for_status()
        sign_in(client)
        return client

    def close_clients(self) -> None:
        """Close the connections of one attack."""
        while self._clients:
            self._clients.pop().close()

    def minted(self, client: httpx.Client, **claims: Any) -> str:
        """Return the client's token with other claims, signed with the right key."""
        token = token_of(client)
        said = jwt.decode(token, options={"verify_signature": False})
        headers = {"kid": jwt.get_unverified_header(token)["kid"]}
        return jwt.encode({**said, **claims}, SECRET.reveal(), algorithm="HS256", headers=headers)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement with `?` for values in the store itself."""
        if self.settings.database_url is None:
            with closing(sqlite3.connect(self.settings.data / "netra.sqlite3", timeout=WAIT_S)) as store:
                rows = store.execute(statement, values).fetchall()
                store.commit()
                return rows
        with psycopg.connect(self.settings.database_url.reveal(), autocommit=True) as connection:
            cursor = connection.execute(statement.replace("?", "%s").encode(), values)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def working(self) -> Generator[None]:
        """Let a worker work on runs until the block ends."""
        folder = self.folder / f"worker-{next(NAMES)}"
        with running(Worker(made(folder), settings=self.settings)):
            yield

    @contextmanager
    def also(self, **changes: Any) -> Generator[NetraServer]:
        """Run another server on the same store, with other settings, until the block ends."""
        settings = msgspec.structs.replace(self.settings, **changes)
        server = NetraServer(made(self.folder / f"also-{next(NAMES)}"), settings=settings)
        with running(server):
            yield server

    def command(
        self, *arguments: str, text: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one `netra` command of this deployment to its end; an empty variable is left out."""
        folder = made(self.folder / f"command-{next(NAMES)}")
        variables = {**os.environ, **environment_of(self.settings), **environment}
        return subprocess.run(
            [sys.executable, "-m", "netra", *arguments],
            env={name: value for name, value in variables.items() if value},
            cwd=folder,
            input=text,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )


def client_of(url: str, *, source: str | None = None) -> httpx.Client:
    """Return a client that connects from `source`."""
    transport = httpx.HTTPTransport(local_address=source) if source else httpx.HTTPTransport()
    return httpx.Client(base_url=url, timeout=WAIT_S, transport=transport)


def sign_in(client: httpx.Client, *, password: str = PASSWORD) -> int:
    """Sign the client in and return the status."""
    account = {"email": client.headers["X-Email"], "password": password}
    answer = client.post("/api/auth/login", json=account)
    if answer.is_success:
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer.status_code


def token_of(client: httpx.Client) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")


def status_of(url: str, token: str, *, path: str = "/api/threads") -> int:
    """Return the status that a token gets."""
    return httpx.get(f"{url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=WAIT_S).status_code


def key_of(client: httpx.Client, *scopes: str) -> str:
    """Return the secret of a new API key."""
    made_key = client.post("/api/keys", json={"name": "k", "scopes": list(scopes)}).raise_for_status()
    return str(made_key.json()["secret"])


def started(client: httpx.Client, *, workload: str = "wl-none", message: str = "Make it cheaper") -> str:
    """Start a run and return its id."""
    body = {"message": message, "workload_id": workload}
    return str(client.post("/api/agent/execute", json=body).raise_for_status().json()["run_id"])


def run_of(client: httpx.Client, run_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/api/agent/status/{run_id}").raise_for_status().json()
    return answer


def ended(client: httpx.Client, run_id: str) -> dict[str, Any]:
    """Return the run once it has ended."""
    until(lambda: run_of(client, run_id)["completed_at"], f"the end of {run_id}")
    return run_of(client, run_id)


def until(is_so: Callable[[], object], what: str, *, within_s: float = WAIT_S) -> None:
    """Return once it is so; a wait without end is a broken promise."""
    by_s = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < by_s, f"{what} did not happen within {within_s:g} s"
        time.sleep(0.05)


def connected(port: int, *, source: str | None = None) -> socket.socket:
    """Return a connection of which every byte is ours."""
    address = (source, 0) if source else None
    return socket.create_connection(("127.0.0.1", port), timeout=WAIT_S, source_address=address)


def rest_of(line: socket.socket) -> bytes:
    """Return what comes until the server closes the connection."""
    found = b""
    try:
        while piece := line.recv(65_536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def exchanged(port: int, *parts: bytes) -> bytes:
    """Send parts, each as a write of its own, and return all that comes until the connection ends."""
    with connected(port) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            try:
                line.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                break
            time.sleep(0.05)  # so that the server reads each by itself
        return rest_of(line)


def statuses(answers: bytes) -> list[int]:
    """Return the statuses in a stream of answers."""
    return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answers)]


def peak_mib(pid: int) -> float:
    """Return the most memory that the process and its children have held, MiB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    total = 0
    for one in (str(pid), *children):
        status = Path(f"/proc/{one}/status").read_text()
        total += int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    return total / 1024


@contextmanager
def embedded(folder: Path) -> Generator[Target]:
    """Run one server over the embedded store."""
    with ExitStack() as stack:
        yield _deployed(folder, stack, doors=1)


@contextmanager
def scaled(folder: Path) -> Generator[Target]:
    """Run two servers over PostgreSQL and Redis."""
    with ExitStack() as stack:
        postgres = PostgresServer(made(folder / "postgres"))
        redis = RedisServer(made(folder / "redis"))
        for server in (postgres, redis):
            stack.enter_context(running(server))
        urls = {"database_url": Secret(postgres.url), "redis_url": Secret(redis.url)}
        yield _deployed(folder, stack, doors=2, **urls)


def _deployed(folder: Path, stack: ExitStack, *, doors: int, **changes: Any) -> Target:
    issuer = stack.enter_context(hostile_issuer())
    settings = settings_for(
        folder / "data",
        slots=0,
        trusted_proxies=(PROXIES,),
        google_client_id=CLIENT_ID,
        google_client_secret=Secret(CLIENT_SECRET),
        oidc_issuer=issuer.url,
        oauth_redirects=(REDIRECT,),
        **changes,
    )
    names = ("first", "second")[:doors]
    servers = [NetraServer(made(folder / name), settings=settings) for name in names]
    for server in servers:
        stack.enter_context(running(server))
    return Target(folder, settings=settings, servers=servers)


def in_seconds(seconds: float) -> int:
    """Return the Unix time so many seconds from now."""
    return int(datetime.now(UTC).timestamp() + seconds)


def lines_of(rows: list[dict[str, Any]]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)
