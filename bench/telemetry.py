"""Telemetry in: rows a second over HTTP until they are durable, and the processor's time for each.

Run it on an idle machine: `python bench/telemetry.py [--rows N] [--clickhouse]`.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from loads import BENCH, Server, free_port, get, netra, post, serving
from machine import load_line

MUST, AIM = 100_000, 200_000
BATCH = 10_000
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
NDJSON, JSON = "application/x-ndjson", "application/json"


def rows(count: int) -> list[bytes]:
    """Return events with what a proxy in front of a model knows of a call."""
    chance = random.Random(7)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    made = []
    for n in range(count):
        event = {
            "id": f"req-{n:08x}-{chance.getrandbits(32):08x}",
            "timestamp": (at + timedelta(milliseconds=37 * n)).isoformat(timespec="milliseconds")[:-6] + "Z",
            "model": ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5")[n % 3],
            "input_tokens": chance.randrange(10, 4_000),
            "output_tokens": chance.randrange(1, 900),
            "cached_input_tokens": 0,
            "latency_ms": round(chance.gammavariate(2, 300), 1),
            "ttft_ms": round(chance.gammavariate(2, 100), 1),
            "status": "ok",
            "cost": round(chance.gammavariate(1, 0.01), 6),
            "feature": ("chat", "search")[n % 2],
            "session": f"s-{n // 7}",
        }
        made.append(json.dumps(event).encode())
    return made


def bodies(lines: list[bytes], kind: str) -> list[bytes]:
    """Return the rows as bodies of requests."""
    batches = [lines[first : first + BATCH] for first in range(0, len(lines), BATCH)]
    if kind == NDJSON:
        return [b"\n".join(batch) + b"\n" for batch in batches]
    return [b'{"events":[' + b",".join(batch) + b"]}" for batch in batches]


def cpu_s(pid: int) -> float:
    """Return the processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def sent(
    server: Server, path: str, waiting: list[bytes], *, kind: str, token: str = "", lanes: int = 2
) -> None:
    """Post every body over a few connections; each answer is read to its end."""
    headers = {"Content-Type": kind, "Authorization": f"Bearer {token}"}
    queue = iter(waiting)
    lock = threading.Lock()

    def lane() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        while True:
            with lock:
                body = next(queue, None)
            if body is None:
                return
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status == 200, said[:500]

    threads = [threading.Thread(target=lane) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measured(what: str, pid: int, count: int, work: Callable[[], None]) -> float:
    """Print rows a second by the clock and by the processor; return the first."""
    cpu_before, began = cpu_s(pid), time.monotonic()
    work()
    took_s, used_s = time.monotonic() - began, cpu_s(pid) - cpu_before
    print(
        f"{what:44} {count / took_s:10,.0f} rows/s   {used_s / count * 1e6:6.2f} us of CPU a row"
        f"   {count / used_s:10,.0f} rows a CPU second"
    )
    return count / took_s


def limits(lines: list[bytes]) -> None:
    """Print how fast the rows can be decoded at all."""
    body = b"[" + b",".join(lines[: 5 * BATCH]) + b"]"
    decoders: dict[str, Callable[[bytes], Any]] = {
        "msgspec": msgspec.json.decode,
        "the standard library": json.loads,
    }
    for name, decode in decoders.items():
        measured(f"limit: decoding alone, {name}", os.getpid(), 5 * BATCH, partial(decode, body))


@contextlib.contextmanager
def row_loop() -> Iterator[Server]:
    """Serve the application that inserts row by row."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "uvicorn", "row_loop:app", "--port", str(port), "--no-access-log"]
        env = {"ROW_LOOP_FILE": f"{folder}/events.sqlite3"}
        with serving(command, base=f"http://127.0.0.1:{port}", ready="/", cwd=str(BENCH), env=env) as server:
            yield server


def over_netra(lines: list[bytes], kind: str, **settings: Any) -> float:
    """Send everything to Netra, check that it is there, and say how fast it was."""
    with netra(slots="0", **settings) as (server, token):
        made = post(server.base + "/api/workloads", {"name": "bench"}, token=token)["id"]
        path = f"/api/workloads/{made}/events"
        ready = bodies(lines, kind)
        behind = "ClickHouse behind" if "clickhouse_url" in settings else "embedded"
        what = f"Netra, {kind.rpartition('/')[2]}, {behind}"
        rate = measured(
            what, server.pid, len(lines), lambda: sent(server, path, ready, kind=kind, token=token)
        )
        began = time.monotonic()
        card = get(f"{server.base}/api/workloads/{made}", token=token)
        assert card["event_count"] == len(lines), card
        while card["waiting_events"]:
            time.sleep(0.05)
            card = get(f"{server.base}/api/workloads/{made}", token=token)
        if "clickhouse_url" in settings:
            print(f"{'  all in ClickHouse after':44} {time.monotonic() - began:10.1f} s more")
        return rate


def over_clickhouse(lines: list[bytes]) -> None:
    """Send everything through Netra to a ClickHouse server, and straight to it by its own driver."""
    import clickhouse_connect

    sys.path.insert(0, str(BENCH.parent))
    from tests.servers.clickhouse_server import ClickHouseServer
    from tests.servers.fixtures import running

    with tempfile.TemporaryDirectory() as folder:
        engine = ClickHouseServer(Path(folder))
        with running(engine):
            over_netra(lines, NDJSON, clickhouse_url=engine.url)
            client = clickhouse_connect.get_client(dsn=engine.url)
            names = tuple(json.loads(lines[0]))
            client.command(
                "CREATE TABLE direct (id String, timestamp String, model LowCardinality(String),"
                " input_tokens Int64, output_tokens Int64, cached_input_tokens Int64, latency_ms Float64,"
                " ttft_ms Float64, status LowCardinality(String), cost Float64,"
                " feature LowCardinality(String), session String) ENGINE = MergeTree ORDER BY timestamp"
            )

            def insert() -> None:
                for first in range(0, len(lines), BATCH):
                    batch = [tuple(json.loads(line).values()) for line in lines[first : first + BATCH]]
                    client.insert("direct", batch, column_names=names)

            measured("clickhouse-connect insert, no checks, no ids", os.getpid(), len(lines), insert)


def main() -> None:
    """Print every figure, and the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--clickhouse", action="store_true", help="also with a ClickHouse server behind")
    chosen = parser.parse_args()
    print(load_line())
    lines = rows(chosen.rows)
    print(f"{len(lines):,} rows of {sum(map(len, lines)) / len(lines):.0f} bytes, {BATCH:,} a request")
    limits(lines)
    best = max(over_netra(lines, kind) for kind in (NDJSON, JSON))
    with row_loop() as server:
        few = lines[: len(lines) // 3]
        ready = bodies(few, NDJSON)
        measured(
            "a loop over rows into SQLite",
            server.pid,
            len(few),
            lambda: sent(server, "/", ready, kind=NDJSON),
        )
    if chosen.clickhouse:
        over_clickhouse(lines)
    verdict = "aim" if best >= AIM else "must" if best >= MUST else "SHORT"
    print(f"telemetry in: {best:,.0f} rows/s (must {MUST:,}, aim {AIM:,}): {verdict}")


if __name__ == "__main__":
    main()
