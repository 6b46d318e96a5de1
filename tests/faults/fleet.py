"""Two services and two workers over real engines, and a load of clients that never give up.

Processes are started as a user starts them. What happens to them is a seeded schedule of kills,
freezes and restarts; what clients see goes into a `History`.
"""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
from tests.faults import witness
from tests.faults.history import Acceptance, Heard, History, Sighting
from tests.servers.clickhouse_server import ClickHouseServer
from tests.servers.ports import free_port
from tests.servers.postgres_server import PostgresServer
from tests.servers.process import HOST, ServerProcess
from tests.servers.redis_server import RedisServer
from tests.waiting import COMMAND_S

PASSWORD: Final = "correct horse battery"  # of users that live for one test
OWNERS: Final = ("ada@example.com", "ben@example.com")
PATIENCE_S: Final = 20.0


class NetraProcess(ServerProcess):
    """`netra serve` or `netra worker`, under a name that PostgreSQL knows it by."""

    def __init__(self, name: str, *arguments: str, folder: Path, settings: Mapping[str, str]) -> None:
        self.name = name
        self.port = free_port()
        self._log = folder / "log"
        self._is_service = "serve" in arguments
        ports = ("--port", str(self.port)) if self._is_service else ()
        folder.mkdir(exist_ok=True)
        super().__init__(
            [sys.executable, *arguments, *ports],
            folder=folder,
            answers=self._is_up,
            environment={**settings, "PGAPPNAME": name, "PYTHONUNBUFFERED": "1"},
        )

    @property
    def url(self) -> str:
        """Where a service answers."""
        return f"http://{HOST}:{self.port}"

    def incidents(self, *, where: str) -> int:
        """Return how many it has reported there since it started."""
        return self._log.read_text(errors="replace").count(f'"where":"{where}"')

    def start(self) -> None:
        """Start it afresh; its log begins anew, so that an old word is not taken for a new one."""
        self._log.write_bytes(b"")
        super().start()

    def _is_up(self) -> bool:
        if not self._is_service:
            return "works on up to" in self._log.read_text(errors="replace")
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=2.0).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


class Fleet:
    """The engines, two services, two workers."""

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.postgres = PostgresServer(_made(folder / "postgres"))
        self.redis = RedisServer(_made(folder / "redis"))
        self.clickhouse = ClickHouseServer(_made(folder / "clickhouse"))
        data = _made(folder / "data")
        self.settings = {
            "NETRA_DATABASE_URL": self.postgres.url,
            "NETRA_REDIS_URL": self.redis.url,
            "NETRA_CLICKHOUSE_URL": self.clickhouse.url,
            "NETRA_DATA": str(data),
            "NETRA_SECRET": "s" * 48,
            "NETRA_LIMIT_INGEST": "0",
            "NETRA_LIMIT_GENERAL": "0",
            "NETRA_LIMIT_AGENT": "0",
            "NETRA_LIMIT_AUTHENTICATION": "0",
            "NETRA_MAX_LIVE_RUNS_PER_USER": "100000",
            **(settings or {}),
        }
        self._folder = folder
        self.services = self._pair("api", "-m", "netra", "serve", "--slots", "0")
        self.workers = self._pair("worker", "-m", "netra", "worker")

    def _pair(self, name: str, *arguments: str) -> list[NetraProcess]:
        names = [f"{name}-{number}" for number in (1, 2)]
        return [
            NetraProcess(one, *arguments, folder=self._folder / one, settings=self.settings) for one in names
        ]

    @contextmanager
    def running(self, *, workers: bool = True) -> Generator[None]:
        """Start everything, perhaps without workers, with a user each in `OWNERS`, and end everything."""
        with ExitStack() as ends:
            for server in (self.postgres, self.redis, self.clickhouse):
                server.start()
                ends.callback(server.stop)
            for owner in OWNERS:
                self.netra("users", "add", owner, "--name", owner, "--password-stdin", given=PASSWORD)
            witness.stand_by(self.postgres.url)
            for process in (*self.services, *self.workers):
                ends.callback(process.kill)
                if workers or process in self.services:
                    process.start()
            yield

    @contextmanager
    def hired(self, *worker: str) -> Generator[None]:
        """Have other workers stand by; whoever starts them may leave them running."""
        usual, self.workers = self.workers, self._pair("worker", *worker)
        try:
            yield
        finally:
            for process in self.workers:
                process.kill()
            self.workers = usual

    def netra(self, *arguments: str, given: str = "") -> str:
        """Run the command line against these engines."""
        ran = subprocess.run(
            [sys.executable, "-m", "netra", *arguments],
            input=given,
            env={**os.environ, **self.settings},
            capture_output=True,
            check=False,
            text=True,
            timeout=COMMAND_S,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout


class Client:
    """One user's program: it asks until it is answered, at whichever service answers."""

    def __init__(
        self, owner: str, *, fleet: Fleet, history: History, rng: random.Random, http: httpx.AsyncClient
    ) -> None:
        self.owner = owner
        self._fleet = fleet
        self._history = history
        self._rng = rng
        self._http = http
        self._token = ""

    async def sign_in(self) -> None:
        """Get a token that every service takes."""
        answer = await self._insist(
            "POST", "/api/auth/login", json={"email": self.owner, "password": PASSWORD}
        )
        self._token = answer.json()["access_token"]

    async def execute(self, key: str, **fields: Any) -> str:
        """Have a run accepted, by one key however often it takes."""
        answer = await self._insist(
            "POST",
            "/api/agent/execute",
            json={"message": "Make it cheaper", **fields},
            headers={"Idempotency-Key": key},
        )
        assert answer.is_success, f"execute answered {answer.status_code}: {answer.text[:500]}"
        run_id = str(answer.json()["run_id"])
        self._history.accepted.append(Acceptance(run_id=run_id, owner=self.owner, key=key))
        return run_id

    async def glance(self, run_id: str) -> str:
        """Read the status, and note it."""
        found = (await self._insist("GET", f"/api/agent/status/{run_id}")).json()
        answer = witness.canonical(found.get("result"))
        self._history.seen.append(Sighting(run_id=run_id, status=found["status"], answer=answer))
        return str(found["status"])

    async def cancel(self, run_id: str) -> None:
        """Ask for the end of a run."""
        await self._insist("POST", f"/api/agent/runs/{run_id}/cancel")

    async def pry(self, run_id: str) -> None:
        """Ask for a run of somebody else's."""
        answer = await self._insist("GET", f"/api/agent/status/{run_id}", expected=httpx.codes.NOT_FOUND)
        if answer.status_code != httpx.codes.NOT_FOUND:
            self._history.other.append(f"{run_id} was answered to {self.owner}: {answer.status_code}")

    async def read(self, run_id: str, *, reader: str) -> None:
        """Read the run's events to the last, going on from the cursor after each cut."""
        cursor, is_over = 0, False
        while not is_over:
            service = self._rng.choice(self._fleet.services)
            with suppress(
                httpx.NetworkError, httpx.RemoteProtocolError, httpx.TimeoutException, TimeoutError
            ):
                headers = {**self._headers, "Last-Event-ID": str(cursor)}
                address = f"{service.url}/api/agent/stream/{run_id}"
                async with (
                    asyncio.timeout(PATIENCE_S),
                    self._http.stream("GET", address, headers=headers) as s,
                ):
                    if s.status_code == httpx.codes.OK:
                        async for event in _events(s, reader=reader, run_id=run_id):
                            self._history.heard.append(event)
                            cursor, is_over = event.seq, event.is_last
            await asyncio.sleep(0.05)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    async def _insist(
        self, method: str, path: str, *, expected: int = httpx.codes.OK, headers: Any = None, **body: Any
    ) -> httpx.Response:
        """Ask until somebody answers with something other than that it cannot now."""
        while True:
            service = self._rng.choice(self._fleet.services)
            try:
                answer = await self._http.request(
                    method, service.url + path, headers={**self._headers, **(headers or {})}, **body
                )
            except (httpx.NetworkError, httpx.RemoteProtocolError, httpx.TimeoutException):
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == httpx.codes.REQUEST_TIMEOUT:
                continue  # a service that was frozen amid the request takes its own pause for a slow client
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                if "retry-after" not in answer.headers:
                    self._history.other.append(f"{path} answered 503 without Retry-After")
                await asyncio.sleep(0.1)
                continue
            if not answer.is_success and answer.status_code != expected:
                self._history.other.append(
                    f"{method} {path} answered {answer.status_code}: {answer.text[:200]}"
                )
            return answer


async def _events(stream: httpx.Response, *, reader: str, run_id: str) -> AsyncGenerator[Heard]:
    seq, kind = 0, ""
    async for line in stream.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            seq = int(value.rpartition(":")[2])
        elif name == "event":
            kind = value
        elif name == "data":
            is_last = kind == "agent_result"
            yield Heard(reader=reader, run_id=run_id, seq=seq, is_last=is_last, data=value.encode())


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def misfortunes(fleet: Fleet, *, lease_s: float) -> Mapping[str, Callable[[], None]]:
    """Return everything that can happen, by its name; each returns once it is over."""
    fates: dict[str, Callable[[], None]] = {"redis flushed": fleet.redis.flush}
    for process in (*fleet.services, *fleet.workers):
        fates[f"{process.name} killed"] = partial(_again, process.kill, process)
        fates[f"{process.name} ended"] = partial(_again, process.stop, process)
        fates[f"{process.name} frozen beyond its lease"] = partial(_frozen, process, lease_s + 2.0)
    fates["postgres crashed"] = partial(_again, fleet.postgres.crash, fleet.postgres)
    fates["postgres' disk full"] = partial(_lasting, fleet.postgres.full_tables, 5.0)
    fates["postgres' connections cut"] = partial(_cut, fleet.postgres.url)
    for name, server in (("redis", fleet.redis), ("clickhouse", fleet.clickhouse)):
        fates[f"{name} killed"] = partial(_again, server.kill, server)
    for name, engine in (
        ("postgres", fleet.postgres),
        ("redis", fleet.redis),
        ("clickhouse", fleet.clickhouse),
    ):
        fates[f"{name} frozen"] = partial(_frozen, engine, 3.0)
    return fates


def _again(end: Callable[[], None], server: ServerProcess) -> None:
    end()
    server.start()


def _lasting(fault: Callable[[], AbstractContextManager[None]], seconds: float) -> None:
    with fault():
        time.sleep(seconds)  # the fault itself lasts this long


def _frozen(server: ServerProcess, seconds: float) -> None:
    server.pause()
    try:
        time.sleep(seconds)  # the fault itself lasts this long
    finally:
        server.resume()


def _cut(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            b" WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
