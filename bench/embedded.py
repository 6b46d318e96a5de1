"""The embedded service against raw ASGI on the same server and against `langgraph dev`, as ratios.

Run it on an idle machine: `python bench/embedded.py [--langgraph PATH] [--quick]`.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crowds import login_storm_times, slow_reader_times
from loads import (
    CountingSocket,
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

EXAMPLE = {"message": "Optimize my AI workload for cost efficiency", "context": {"workload_id": "wl-123"}}


@dataclass
class Row:
    """One line of the table; `higher` says which way is better."""

    what: str
    figure: float
    must: float
    aim: float
    higher: bool = True
    note: str = ""

    def verdict(self) -> str:
        """Return aim, must or short."""
        if self.higher:
            return "aim" if self.figure >= self.aim else "must" if self.figure >= self.must else "SHORT"
        return "aim" if self.figure <= self.aim else "must" if self.figure <= self.must else "SHORT"


@contextlib.contextmanager
def langgraph_dev(command: str) -> Iterator[Server]:
    """Serve a graph of one node that does nothing."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "graph.py").write_text(
            "from typing import TypedDict\nfrom langgraph.graph import StateGraph, START, END\n"
            "class S(TypedDict):\n    message: str\n"
            "g = StateGraph(S)\ng.add_node('n', lambda s: s)\ng.add_edge(START, 'n')\ng.add_edge('n', END)\n"
            "graph = g.compile()\n"
        )
        Path(folder, "langgraph.json").write_text(
            json.dumps({"dependencies": ["."], "graphs": {"agent": "./graph.py:graph"}})
        )
        line = [command, "dev", "--port", str(port), "--no-browser", "--no-reload"]
        env = {"LANGSMITH_TRACING": "false", "LANGGRAPH_NO_VERSION_CHECK": "1", "DO_NOT_TRACK": "1"}
        with serving(line, base=f"http://127.0.0.1:{port}", ready="/ok", env=env, cwd=folder) as server:
            yield server


def langgraph_per_s(command: str, path: str, seconds: int) -> float:
    """Return runs a second by `/runs`, which accepts them, or `/runs/wait`, which finishes them."""
    body = {"assistant_id": "agent", "input": {"message": "x"}}
    with langgraph_dev(command) as server:
        return wrk(server.base + path, seconds=seconds, body=body)


def http_rows(seconds: int) -> Iterator[Row]:
    """Health, status, execute."""
    with raw_asgi() as raw:
        limit = wrk(raw.base + "/", seconds=seconds)
    with netra(slots="0") as (server, token):
        health = wrk(server.base + "/health", seconds=seconds)
        yield Row("/health of raw ASGI", health / limit, 0.35, 0.45, note=f"{health:,.0f} of {limit:,.0f}/s")
        run = post(server.base + "/api/agent/execute", EXAMPLE, token=token)["run_id"]
        status = wrk(f"{server.base}/api/agent/status/{run}", seconds=seconds, token=token)
        yield Row("status of raw ASGI", status / limit, 0.11, 0.17, note=f"{status:,.0f}/s")


def run_rows(seconds: int, langgraph: str | None) -> Iterator[Row]:
    """Runs accepted and finished, against langgraph dev where it is."""
    with netra(slots="0", registration="true", max_live_runs="1000000") as (server, _):
        users = more_users(server.base, count=32)
        accepted = wrk(server.base + "/api/agent/execute", seconds=seconds, body=EXAMPLE, tokens=users)
    finished = finished_per_s(seconds)
    if langgraph is None:
        print("left out: langgraph dev (no --langgraph).", end=" ")
        print(f"accepted {accepted:,.0f}/s, finished {finished:,.0f}/s")
        return
    peer_accepted = langgraph_per_s(langgraph, "/runs", seconds)
    peer_finished = langgraph_per_s(langgraph, "/runs/wait", seconds)
    note = f"{accepted:,.0f} of {peer_accepted:,.0f}/s"
    yield Row("execute accepted/s of langgraph dev", accepted / peer_accepted, 3, 4.5, note=note)
    note = f"{finished:,.0f} of {peer_finished:,.0f}/s"
    yield Row("trivial runs finished/s of langgraph dev", finished / peer_finished, 3, 5, note=note)


def finished_per_s(seconds: int) -> float:
    """Return trivial runs accepted and ended a second, every event stored: all of a burst, to the last."""
    with netra(registration="true") as (server, _):
        users = more_users(server.base, count=32)
        began = time.monotonic()
        wrk(server.base + "/api/agent/execute", seconds=max(1, seconds // 4), body=EXAMPLE, tokens=users)
        while any(newest(server, token)["status"] == "processing" for token in users):
            time.sleep(0.02)
        took_s = time.monotonic() - began
        return float(sum(history(server, token)["total"] for token in users) / took_s)


def history(server: Server, token: str) -> Any:
    """Return the first page of a user's runs."""
    return get(server.base + "/api/agent/history?limit=1", token=token)


def newest(server: Server, token: str) -> Any:
    """Return a user's newest run."""
    return history(server, token)["runs"][0]


async def result_delays_ms(port: int, token: str, runs: int) -> list[float]:
    """Return milliseconds from request to result on one socket, run by run."""
    (client,) = await opened(f"/ws?token={token}", port=port, count=1)
    client.keeps_text = True
    delays = []
    for number in range(runs):
        client.text = b""
        began = time.monotonic()
        client.send(
            {
                "type": "optimization_request",
                "id": str(number),
                "data": {"message": "x", "workload_id": "wl-1"},
            }
        )
        while b'"agent_result"' not in client.text:
            await asyncio.sleep(0)
        delays.append((time.monotonic() - began) * 1_000)
    return delays


async def frames_per_s(port: int, path: str, order: Mapping[str, Any], *, sockets: int, frames: int) -> float:
    """Return frames that reach `sockets` clients a second once one of them gives `order`."""
    clients = await opened(path, port=port, count=sockets)
    clients[0].send(order["message"])
    return await delivered_per_s(clients, frames=frames)


async def delivered_per_s(clients: list[CountingSocket], *, frames: int) -> float:
    """Return frames that reach all clients a second, from the first frame to the last."""
    while not any(client.frames for client in clients):
        await asyncio.sleep(0.001)
    began = time.monotonic()
    while min(client.frames for client in clients) < frames:
        await asyncio.sleep(0.005)
        if time.monotonic() - began > 120:
            raise SystemExit(f"frames missing: {sorted(client.frames for client in clients)[:5]}")
    return len(clients) * frames / (time.monotonic() - began)


def socket_rows(*, sockets: int, frames: int) -> Iterator[Row]:
    """Latency on the socket, fan-out against raw ASGI, steady traffic, idle cost."""
    with netra() as (server, token):
        port = int(server.base.rsplit(":", 1)[1])
        delays = asyncio.run(result_delays_ms(port, token, 200))
        yield Row("accept to result, p50 ms", percentile(delays, 0.5), 30, 15, higher=False)
        yield Row("accept to result, p99 ms", percentile(delays, 0.99), 120, 60, higher=False)
        before = server.rss_mib()
        yield Row(
            "idle signed-in socket, KiB", asyncio.run(idle_kib(server, token, before)), 48, 32, higher=False
        )
    text = json.dumps(
        {"type": "agent_update", "data": {"message": f"t={time.monotonic_ns()};", "pad": "x" * 180}}
    )
    with raw_asgi() as raw:
        port = int(raw.base.rsplit(":", 1)[1])
        order: dict[str, object] = {"message": {"frames": frames, "text": text}}
        limit = asyncio.run(frames_per_s(port, "/ws", order, sockets=sockets, frames=frames))
    with netra(flood=True) as (server, token):
        rate = asyncio.run(flooded(server, token, sockets=sockets, frames=frames, pause_ms=0))[0]
        yield Row(
            f"frames/s at {sockets} sockets of raw ASGI",
            rate / limit,
            0.8,
            0.9,
            note=f"{rate:,.0f} of {limit:,.0f}/s",
        )
        _, delays = asyncio.run(flooded(server, token, sockets=sockets, frames=25, pause_ms=200))
        yield Row(f"{sockets} sockets x 5 events/s, p99 ms", percentile(delays, 0.99), 60, 42, higher=False)


async def idle_kib(server: Server, token: str, before_mib: float, count: int = 500) -> float:
    """Return resident KiB that one more signed-in, idle socket costs."""
    port = int(server.base.rsplit(":", 1)[1])
    clients = await opened(f"/ws?token={token}", port=port, count=count)
    await asyncio.sleep(1)
    cost = (server.rss_mib() - before_mib) * 1024 / count
    for client in clients:
        client.transport.close()
    return cost


async def flooded(
    server: Server, token: str, *, sockets: int, frames: int, pause_ms: int
) -> tuple[float, list[float]]:
    """Start a talking run, subscribe every socket to it, and return frames/s and delays in ms."""
    port = int(server.base.rsplit(":", 1)[1])
    clients = await opened(f"/ws?token={token}", port=port, count=sockets)
    settled_s = 2 + sockets / 500  # for every socket to have subscribed before the first event
    body = {"message": f"flood {frames} {pause_ms} {settled_s}"}
    run = await asyncio.to_thread(post, server.base + "/api/agent/execute", body, token=token)
    for client in clients:
        client.send({"type": "subscribe", "data": {"run_id": run["run_id"], "after": 0}})
    rate = await delivered_per_s(clients, frames=frames)
    late = [delay for client in clients for delay in client.delays_ms[2:]]
    for client in clients:
        client.transport.close()
    return rate, late


def crowd_rows() -> Iterator[Row]:
    """What everyone else feels of one who misbehaves."""
    yield Row("beside slow readers, p99 of the rest, times", slow_reader_times(), 2, 1.2, higher=False)
    yield Row("beside a login storm, p99 of the rest, times", login_storm_times(), 2, 1.2, higher=False)


def rest_rows() -> Iterator[Row]:
    """Start and memory."""
    starts, rests = [], []
    for _ in range(3):
        with netra() as (server, _):
            time.sleep(2)
            starts.append(server.start_s)
            rests.append(server.rss_mib())
    yield Row("start to first answer, s", statistics.median(starts), 2.5, 1.2, higher=False)
    yield Row("memory at rest, MiB", statistics.median(rests), 98, 90, higher=False)


def main() -> int:
    """Print every row as it is measured; exit 1 when one falls short of must."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--langgraph", help="path of a langgraph command to compare against")
    parser.add_argument("--quick", action="store_true", help="short runs, for trying the script")
    parser.add_argument("--only", choices=["http", "runs", "sockets", "crowds", "rest"], action="append")
    chosen = parser.parse_args()
    seconds = 2 if chosen.quick else 8
    parts = {
        "rest": rest_rows,
        "http": lambda: http_rows(seconds),
        "runs": lambda: run_rows(seconds, chosen.langgraph),
        "sockets": lambda: socket_rows(sockets=200 if chosen.quick else 1_000, frames=100),
        "crowds": crowd_rows,
    }
    short = 0
    print(load_line())
    print(f"{'what':45} {'figure':>10} {'must':>8} {'aim':>8}  holds")
    for name, rows in parts.items():
        if chosen.only and name not in chosen.only:
            continue
        for row in rows():
            short += row.verdict() == "SHORT"
            print(
                f"{row.what:45} {row.figure:10.3f} {row.must:8g} {row.aim:8g}  {row.verdict():6}{row.note}",
                flush=True,
            )
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
