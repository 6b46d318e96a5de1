"""A real Netra server behind an HTTP proxy that injects faults, for the conformance suites of the SDKs.

    python sdks/tools/rig.py

Prints one line of JSON when everything is up, and ends when its standard input ends:

    {"base_url": proxy, "direct_url": server, "control_url": control, "users": {...}, "keys": {...}, ...}

Control (JSON over HTTP): `POST /faults` replaces the list of faults and empties the log, `GET /log` lists
the requests that came through the proxy, `POST /restart` ends the server (`{"how": "kill"}` or `"term"`) and
starts it again. `sdks/spec/README.md` describes faults and log. Needs Netra installed; nothing else.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from rig_faults import Fault, Refused, apply, faults_of
from rig_http import Head, read_body, read_head, reset, send_json

HOST = "127.0.0.1"
SOURCE = Path(__file__).resolve().parents[2] / "src"  # the server of this checkout
START_S = 180.0  # bounds the start of the server on a busy machine
PASSWORD = "correct horse battery"
SETTINGS = {
    "NETRA_REGISTRATION": "true",
    "NETRA_LIMIT_AUTHENTICATION": "100000",
    "NETRA_LIMIT_AGENT": "100000",
    "NETRA_LIMIT_WEBSOCKET": "100000",
    "NETRA_LIMIT_SIMULATE": "1000000",
    "NETRA_LIMIT_INGEST": "1000000",
    "NETRA_LIMIT_GENERAL": "1000000",
    "NETRA_LOG_LEVEL": "error",
}
HIDDEN = {"authorization", "cookie"}  # proofs never enter the log
MODELS = ("gpt-4o", "gpt-4o-mini")


class Server:
    """`netra serve` on a temporary folder, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = _free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NETRA_")}
        command = [sys.executable, "-m", "netra", "serve", "--port", str(self.port)]
        environment = {
            **kept,
            **SETTINGS,
            "NETRA_DATA": str(self._folder / "data"),
            "PYTHONPATH": str(SOURCE),
        }
        with (self._folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdout=log, stderr=log, cwd=self._folder
            )
        async with asyncio.timeout(START_S):
            while not await asyncio.to_thread(self._is_up):
                await asyncio.sleep(0.05)

    async def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait for its end."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)
            await self._process.wait()

    def _is_up(self) -> bool:
        if self._process is not None and self._process.returncode is not None:
            raise RuntimeError(f"the server ended at its start: {(self._folder / 'log').read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class Proxy:
    """Passes each request on to the server, with the faults that its control was given."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.faults: list[Fault] = []
        self.log: list[dict[str, Any]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection: one request, or one WebSocket."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, Refused):
            if self._next("*", "refuse") is not None:
                reset(writer)
                return
            head = await read_head(reader)
            if head is not None:
                await self._pass(head, reader, writer)
        writer.close()

    async def _pass(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = b"" if head.is_upgrade else await read_body(reader, head)
        fault = self._next(f"{head.method} {head.path}")
        self._note(head, body, fault)
        if fault is not None and fault.do == "refuse":
            reset(writer)
            return
        if fault is not None and fault.do == "status":
            await send_json(writer, fault.answer(), status=int(fault.of["code"]), headers=fault.headers())
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._server.port)
        except OSError:
            reset(writer)
            return
        try:
            far_writer.write(head.to_server(body))
            if head.is_upgrade:
                await self._tunnel(reader, writer, far_reader, far_writer, fault)
            else:
                await apply(fault, far_reader, writer)
        finally:
            far_writer.close()

    async def _tunnel(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
        fault: Fault | None,
    ) -> None:
        limit = fault.of.get("bytes") if fault is not None and fault.do == "cut_after_bytes" else None

        async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, most: int | None) -> None:
            with contextlib.suppress(OSError):
                while chunk := await source.read(65_536):
                    sink.write(chunk if most is None else chunk[:most])
                    await sink.drain()
                    if most is not None:
                        most -= len(chunk)
                        if most <= 0:
                            reset(writer)
                            return
            with contextlib.suppress(OSError):
                sink.close()

        tasks = [
            asyncio.create_task(carry(reader, far_writer, None)),
            asyncio.create_task(carry(far_reader, writer, limit)),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    def _next(self, subject: str, do: str | None = None) -> Fault | None:
        """Return the first fault that strikes now, and count the request for all that match it."""
        struck = [fault for fault in self.faults if fault.strikes(subject, do)]
        return struck[0] if struck else None

    def _note(self, head: Head, body: bytes, fault: Fault | None) -> None:
        shown = {name: "(hidden)" if name in HIDDEN else value for name, value in head.headers.items()}
        self.log.append(
            {
                "method": head.method,
                "path": head.path,
                "query": head.query,
                "headers": shown,
                "body_sha256": head.digest(body),
                "body_bytes": len(body),
                "did": "passed" if fault is None else fault.do,
                "at_ms": int(asyncio.get_running_loop().time() * 1000),
            }
        )


class Control:
    """The rig's own small HTTP interface."""

    def __init__(self, proxy: Proxy, server: Server) -> None:
        self._proxy = proxy
        self._server = server

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one command."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await read_head(reader)
            if head is not None:
                body = await read_body(reader, head)
                status, answer = await self._do(head, json.loads(body) if body else None)
                await send_json(writer, json.dumps(answer).encode(), status=status, headers={})
        writer.close()

    async def _do(self, head: Head, sent: Any) -> tuple[int, Any]:
        match head.method, head.path:
            case "OPTIONS", _:
                return 204, None
            case "POST", "/faults":
                self._proxy.faults = faults_of(sent or [])
                self._proxy.log.clear()
                return 200, {"faults": len(self._proxy.faults)}
            case "GET", "/log":
                return 200, self._proxy.log
            case "POST", "/restart":
                how = signal.SIGTERM if (sent or {}).get("how") == "term" else signal.SIGKILL
                await self._server.end(how)
                await self._server.start()
                return 200, {"restarted": True}
            case _:
                return 404, {"error": f"{head.method} {head.path} is unknown; see sdks/spec/README.md"}


class Setup:
    """Fills the server with what the scenarios need, through its public API."""

    def __init__(self, url: str) -> None:
        self._url = url

    def made(self) -> dict[str, Any]:
        """Return the users with their tokens, the keys of user `ada`, and her filled workload."""
        users = {name: self._user(name) for name in ("ada", "eve")}
        token = users["ada"]["access_token"]
        keys = {
            name: self._post("/api/keys", {"name": name, "scopes": scopes}, token)["secret"]
            for name, scopes in {
                "all": ["read", "execute", "ingest"],
                "read": ["read"],
                "execute": ["execute"],
                "ingest": ["ingest"],
            }.items()
        }
        workload_id = self._post("/api/workloads", {"name": "support chat"}, token)["id"]
        self._post(f"/api/workloads/{workload_id}/events", {"events": _calls(400)}, token)
        return {"users": users, "keys": keys, "workload_id": workload_id}

    def _user(self, name: str) -> dict[str, Any]:
        pair = {"email": f"{name}@example.com", "password": PASSWORD}
        self._post("/api/auth/register", {**pair, "name": name.title()})
        signed_in = self._post("/api/auth/login", pair)
        return {
            **pair,
            "access_token": signed_in["access_token"],
            "refresh_token": signed_in["refresh_token"],
        }

    def _post(self, path: str, body: Any, token: str | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(self._url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=START_S) as answer:
            return json.load(answer)


def _calls(count: int) -> list[dict[str, Any]]:
    """Return calls of three days, alike enough for the engine to find savings."""
    return [
        {
            "id": f"rig-{n}",
            "timestamp": f"2026-10-{1 + n % 3:02}T{n // 3 % 24:02}:{n % 60:02}:00Z",
            "model": MODELS[n % 2],
            "input_tokens": 1_500 + n % 7 * 100,
            "cached_input_tokens": 0,
            "output_tokens": 150 + n % 5 * 10,
            "latency_ms": 800 + n % 11 * 40,
            "feature": ("chat", "search", "summary")[n % 3],
            "status": "ok",
        }
        for n in range(count)
    ]


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        return int(trial.getsockname()[1])


def _url_of(server: asyncio.Server) -> str:
    return f"http://{HOST}:{server.sockets[0].getsockname()[1]}"


async def run() -> None:
    """Start everything, print where it is, and wait for the end of standard input."""
    with tempfile.TemporaryDirectory(prefix="netra-rig-") as folder:
        server = Server(Path(folder))
        proxy = Proxy(server)
        control = Control(proxy, server)
        await server.start()
        try:
            made = await asyncio.to_thread(Setup(server.url).made)
            listening = await asyncio.start_server(proxy.serve, HOST, 0, limit=2**20)
            commanded = await asyncio.start_server(control.serve, HOST, 0)
            places = {
                "base_url": _url_of(listening),
                "direct_url": server.url,
                "control_url": _url_of(commanded),
            }
            sys.stdout.write(json.dumps({**places, **made}) + "\n")
            sys.stdout.flush()
            await asyncio.to_thread(sys.stdin.read)
        finally:
            await server.end()


if __name__ == "__main__":
    asyncio.run(run())
