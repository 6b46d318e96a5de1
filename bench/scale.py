"""Netra over PostgreSQL and Redis against raw ASGI and its neighbours, as ratios.

Run it on an idle machine: `python bench/scale.py [--langgraph PATH] [--fastapi PYTHON] [--aegra PYTHON]`.
The engines come from the test group's wheels and share the load's core; what is measured has the other.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from embedded import EXAMPLE, Row, langgraph_per_s
from loads import (
    BENCH,
    LOAD_CORE,
    SERVER_CORE,
    Server,
    free_port,
    get,
    more_users,
    netra,
    opened,
    percentile,
    post,
    raw_asgi,
    serving,
    wrk,
)
from machine import load_line

sys.path.insert(0, str(BENCH.parent))

from tests.servers.fixtures import running
from tests.servers.postgres_server import PostgresServer, drop_database, fresh_database
from tests.servers.redis_server import RedisServer

SOCKETS = 20  # that hear one run
SLOTS = 32  # runs worked on at once: most of them wait for a disk
TURNS = 3  # of two that are timed for several seconds each: the machine's speed changes meanwhile


@dataclass
class Engines:
    """The servers, and a database of its own for whoever is measured."""

    postgres: PostgresServer
    redis: RedisServer

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """Yield the address of an empty database; Redis is empty too."""
        self.redis.flush()
        url = fresh_database(self.postgres.url)
        try:
            yield url
        finally:
            drop_database(url)

    @contextlib.contextmanager
    def netra(self, **settings: Any) -> Iterator[tuple[Server, str, dict[str, str]]]:
        """Serve Netra over both; yield its one user's token, and the settings that lead to the same place."""
        with self.fresh() as url:
            where: dict[str, Any] = {"database_url": url, "redis_url": self.redis.url, "secret": "s" * 32}
            with netra(**where, **settings) as (server, token):
                yield server, token, where


@contextlib.contextmanager
def engines() -> Iterator[Engines]:
    """Start both on the load's core."""
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    with tempfile.TemporaryDirectory(prefix="netra-bench-") as folder, contextlib.ExitStack() as stack:
        for name in ("postgres", "redis"):
            Path(folder, name).mkdir()
        postgres = PostgresServer(Path(folder, "postgres"), fsync=True)  # durable as in production
        found = Engines(postgres, RedisServer(Path(folder, "redis")))
        stack.enter_context(running(found.postgres))
        stack.enter_context(running(found.redis))
        yield found


def cpu_s(server: Server) -> float:
    """Return the processor seconds that a server has used."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(server: Server, path: str, *, seconds: int, **load: Any) -> tuple[float, float]:
    """Return requests a second, and the server's processor microseconds for each."""
    before_s = cpu_s(server)
    rate = wrk(server.base + path, seconds=seconds, **load)
    return rate, (cpu_s(server) - before_s) / (rate * seconds) * 1e6


def status_rows(using: Engines, seconds: int, chosen: argparse.Namespace) -> Iterator[Row]:
    """How a run stands, against everybody."""
    with raw_asgi() as raw:
        limit = wrk(raw.base + "/", seconds=seconds)
    with using.netra(slots="0") as (server, token, _):
        run = post(server.base + "/api/agent/execute", EXAMPLE, token=token)["run_id"]
        rate, cost_us = measured(server, f"/api/agent/status/{run}", seconds=seconds, token=token)
    note = f"{rate:,.0f} of {limit:,.0f}/s; {cost_us:,.0f} us of processor each"
    yield Row("status of raw ASGI", rate / limit, 0.03, 0.045, note=note)
    if chosen.fastapi:
        with fastapi_celery(using, chosen.fastapi) as (server, token):
            run = post(server.base + "/execute", EXAMPLE, token=token)["run_id"]
            peer, peer_us = measured(server, f"/status/{run}", seconds=seconds, token=token)
        note = f"{rate:,.0f} of {peer:,.0f}/s; {peer_us:,.0f} us of processor each there"
        yield Row("status of FastAPI + SQLAlchemy + Celery", rate / peer, 1.8, 2.8, note=note)
    if chosen.aegra:
        with aegra(using, chosen.aegra) as (server, thread, run):
            peer, peer_us = measured(server, f"/threads/{thread}/runs/{run}", seconds=seconds)
        note = f"{rate:,.0f} of {peer:,.0f}/s; {peer_us:,.0f} us of processor each there"
        yield Row("status of Aegra", rate / peer, 4, 5.5, note=note)


def run_rows(using: Engines, seconds: int, chosen: argparse.Namespace) -> Iterator[Row]:
    """Runs accepted and finished."""
    with using.netra(slots="0", registration="true", max_live_runs="1000000") as (server, _, _):
        users = more_users(server.base, count=32)
        path = "/api/agent/execute"
        accepted, cost_us = measured(server, path, seconds=seconds, body=EXAMPLE, tokens=users)
    print(f"(accepted {accepted:,.0f}/s at {cost_us:,.0f} us of processor)")
    if chosen.fastapi:
        with fastapi_celery(using, chosen.fastapi) as (server, token):
            peer, _ = measured(server, "/execute", seconds=seconds, body=EXAMPLE, token=token)
        print(f"(FastAPI + SQLAlchemy + Celery accepts {peer:,.0f}/s)")
    if chosen.langgraph:
        peer_accepted = langgraph_per_s(chosen.langgraph, "/runs", seconds)
        note = f"{accepted:,.0f} of {peer_accepted:,.0f}/s"
        yield Row("execute accepted/s of langgraph dev", accepted / peer_accepted, 1.1, 1.6, note=note)
        turns = [
            (finished_per_s(using, seconds), langgraph_per_s(chosen.langgraph, "/runs/wait", seconds))
            for _ in range(TURNS)
        ]
        times = statistics.median(own / peer for own, peer in turns)
        note = ", ".join(f"{own:,.0f} of {peer:,.0f}/s" for own, peer in turns)
        yield Row("trivial runs finished/s of langgraph dev", times, 3, 5, note=f"median of {note}")
    else:
        print(f"(finished {finished_per_s(using, seconds):,.0f}/s)")


def finished_per_s(using: Engines, seconds: int) -> float:
    """Return trivial runs accepted and ended a second on one core: all of a burst, to the last."""
    live = b"SELECT 1 FROM runs WHERE state IN ('queued', 'running') LIMIT 1"
    with using.netra(registration="true", slots=str(SLOTS)) as (server, _, where):
        users = more_users(server.base, count=32)
        began_s = time.monotonic()
        wrk(server.base + "/api/agent/execute", seconds=max(1, seconds // 4), body=EXAMPLE, tokens=users)
        # Asked of the database: the service has enough to do.
        with psycopg.connect(where["database_url"], autocommit=True) as looking:
            while looking.execute(live).fetchall():
                time.sleep(0.02)
        took_s = time.monotonic() - began_s
        path = server.base + "/api/agent/history?limit=1"
        return float(sum(get(path, token=token)["total"] for token in users) / took_s)


def socket_rows(using: Engines) -> Iterator[Row]:
    """From a worker's event to sockets of another process."""
    with using.netra(slots="0") as (server, token, where), flooding(where):
        late_ms = asyncio.run(delays_ms(server, token))
    yield Row(
        "worker's event to socket, another process, p99 ms",
        percentile(late_ms, 0.99),
        25,
        12,
        higher=False,
        note=f"p50 {percentile(late_ms, 0.5):.1f} ms",
    )


@contextlib.contextmanager
def flooding(where: dict[str, str]) -> Iterator[None]:
    """Run a worker whose agents talk."""
    with tempfile.TemporaryDirectory(prefix="netra-bench-") as data:
        settings = {f"NETRA_{name.upper()}": value for name, value in {**where, "data": data}.items()}
        command = ["taskset", "-c", SERVER_CORE, sys.executable, "flood_worker.py"]
        process = subprocess.Popen(command, env={**os.environ, **settings}, cwd=str(BENCH))
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


async def delays_ms(server: Server, token: str) -> list[float]:
    """Return how late each frame of a talking run was, ms."""
    port = int(server.base.rsplit(":", 1)[1])
    clients = await opened(f"/ws?token={token}", port=port, count=SOCKETS)
    body = {"message": "flood 200 20 2"}
    run = await asyncio.to_thread(post, server.base + "/api/agent/execute", body, token=token)
    for client in clients:
        client.send({"type": "subscribe", "data": {"run_id": run["run_id"], "after": 0}})
    async with asyncio.timeout(120):
        while min(client.frames for client in clients) < 200:
            await asyncio.sleep(0.01)
    return [delay for client in clients for delay in client.delays_ms]


@contextlib.contextmanager
def fastapi_celery(using: Engines, python: str) -> Iterator[tuple[Server, str]]:
    """Serve `fastapi_celery.py` by the interpreter that has its packages; yield a token."""
    port = free_port()
    with using.fresh() as url:
        env = {
            "DATABASE_URL": url.replace("postgresql:", "postgresql+asyncpg:"),
            "REDIS_URL": using.redis.url,
        }
        command = [python, "-m", "uvicorn", "fastapi_celery:app", "--port", str(port)]
        command += ["--no-access-log", "--log-level", "error"]
        base = f"http://127.0.0.1:{port}"
        with serving(command, base=base, ready="/token", env=env, cwd=str(BENCH)) as server:
            yield server, get(base + "/token", token="")


def lend_uuid_ossp(url: str, folder: Path) -> None:
    """Give a database the one function that Aegra asks of an extension, which the wheel's server lacks."""
    folder.chmod(0o755)
    home = folder / "share" / "extension"
    home.mkdir(parents=True)
    Path(home, "uuid-ossp.control").write_text("default_version = '1.1'\nrelocatable = true\n")
    Path(home, "uuid-ossp--1.1.sql").write_text(
        "CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';\n"
    )
    name = urlsplit(url).path.removeprefix("/")
    with psycopg.connect(url, autocommit=True) as connection:
        where = sql.Literal(f"{home.parent}:$system")
        statement = sql.SQL("ALTER DATABASE {} SET extension_control_path = {}")
        connection.execute(statement.format(sql.Identifier(name), where))


@contextlib.contextmanager
def aegra(using: Engines, python: str) -> Iterator[tuple[Server, str, str]]:
    """Serve a graph of one node by Aegra; yield a thread and a run of its that has ended."""
    port = free_port()
    with using.fresh() as url, tempfile.TemporaryDirectory(prefix="netra-bench-") as folder:
        parts = urlsplit(url)
        Path(folder, "graph.py").write_text(
            "from typing import TypedDict\nfrom langgraph.graph import StateGraph, START, END\n"
            "class S(TypedDict):\n    message: str\n"
            "g = StateGraph(S)\ng.add_node('n', lambda s: s)\ng.add_edge(START, 'n')\ng.add_edge('n', END)\n"
            "graph = g.compile()\n"
        )
        Path(folder, "aegra.json").write_text(json.dumps({"graphs": {"agent": "./graph.py:graph"}}))
        env = {
            "DATABASE_URL": url,
            "POSTGRES_USER": parts.username or "",
            "POSTGRES_PASSWORD": "none",
            "POSTGRES_HOST": parts.hostname or "",
            "POSTGRES_PORT": str(parts.port),
            "POSTGRES_DB": parts.path.removeprefix("/"),
            "AUTH_TYPE": "noop",
            "AEGRA_CONFIG": str(Path(folder, "aegra.json")),
            "LOG_LEVEL": "ERROR",
        }
        lend_uuid_ossp(url, Path(folder))
        command = [python, "-m", "uvicorn", "aegra_api.main:app", "--port", str(port), "--no-access-log"]
        base = f"http://127.0.0.1:{port}"
        with serving(command, base=base, ready="/health", env=env, cwd=folder) as server:
            thread = post(base + "/threads", {})["thread_id"]
            asked = {"assistant_id": "agent", "input": {"message": "x"}}
            run = post(f"{base}/threads/{thread}/runs", asked)["run_id"]
            time.sleep(2)
            yield server, thread, run


def main() -> int:
    """Print every row as it is measured; exit 1 when one falls short of must."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--langgraph", help="path of a langgraph command to compare against")
    parser.add_argument("--fastapi", help="python with fastapi, uvicorn, sqlalchemy, asyncpg, celery[redis]")
    parser.add_argument("--aegra", help="python with aegra-api")
    parser.add_argument("--quick", action="store_true", help="short runs, for trying the script")
    parser.add_argument("--only", choices=["status", "runs", "sockets"], action="append")
    chosen = parser.parse_args()
    seconds = 2 if chosen.quick else 8
    for name in ("langgraph", "fastapi", "aegra"):
        if getattr(chosen, name) is None:
            print(f"left out: {name} (no --{name})")
    short = 0
    print(load_line())
    print(f"{'what':50} {'figure':>10} {'must':>8} {'aim':>8}  holds")
    with engines() as using:
        parts: dict[str, Callable[[], Iterable[Row]]] = {
            "status": lambda: status_rows(using, seconds, chosen),
            "runs": lambda: run_rows(using, seconds, chosen),
            "sockets": lambda: socket_rows(using),
        }
        for name, rows in parts.items():
            if chosen.only and name not in chosen.only:
                continue
            for row in rows():
                short += row.verdict() == "SHORT"
                goals = f"{row.must:8g} {row.aim:8g}"
                print(f"{row.what:50} {row.figure:10.3f} {goals}  {row.verdict():6}{row.note}", flush=True)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
