"""Loads and servers of the benchmarks: wrk for HTTP, a counting client for sockets, processes on one core."""

import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVER_CORE, LOAD_CORE = "0", "1"
BENCH = Path(__file__).parent


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A process that answers at `base`, and how long it took to do so first."""

    base: str
    pid: int
    start_s: float

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.base.rsplit(":", 1)[1])

    def rss_mib(self) -> float:
        """Return the resident memory of the process and its children, MiB."""
        pids = [self.pid, *_children(self.pid)]
        kib = 0
        for pid in pids:
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                found = re.search(r"VmRSS:\s+(\d+)", status)
                kib += int(found.group(1)) if found else 0
        return kib / 1024


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        direct = [int(child) for child in text.split()]
        return direct + [grand for child in direct for grand in _children(child)]
    return []


@contextlib.contextmanager
def serving(
    command: list[str], *, base: str, ready: str, env: Mapping[str, str] | None = None, cwd: str | None = None
) -> Iterator[Server]:
    """Run `command` on the server's core until the block ends; `ready` is the path that must answer."""
    began = time.monotonic()
    process = subprocess.Popen(
        ["taskset", "-c", SERVER_CORE, *command],
        env={**os.environ, **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=cwd,
    )
    try:
        _await_answer(base + ready, process)
        yield Server(base=base, pid=process.pid, start_s=time.monotonic() - began)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_answer(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=1).read()  # noqa: S310  # loopback
        except urllib.error.HTTPError:
            return
        except OSError:
            if process.poll() is not None:
                raise SystemExit(f"the server ended with {process.returncode}: {process.args!r}") from None
            time.sleep(0.01)
        else:
            return
    raise SystemExit(f"no answer from {url} within 60 s")


@contextlib.contextmanager
def raw_asgi() -> Iterator[Server]:
    """Serve the application that does nothing."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "raw_asgi:app", "--port", str(port), "--no-access-log"]
    command += [
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--ws",
        "websockets-sansio",
        "--log-level",
        "error",
    ]
    command += ["--ws-per-message-deflate", "false"]
    with serving(command, base=f"http://127.0.0.1:{port}", ready="/", cwd=str(BENCH)) as server:
        yield server


@contextlib.contextmanager
def netra(*, flood: bool = False, **settings: str) -> Iterator[tuple[Server, str]]:
    """Serve Netra on a fresh embedded store; yield it with the token of its one user."""
    port = free_port()
    data = tempfile.mkdtemp(prefix="netra-bench-")
    env = {
        "NETRA_DATA": data,
        "NETRA_LIMIT_AUTHENTICATION": "0",
        "NETRA_LIMIT_INGEST": "100000000",
        "NETRA_LIMIT_GENERAL": "100000000",
        "NETRA_LIMIT_AGENT": "100000000",
        "NETRA_LIMIT_WEBSOCKET": "100000000",
        "NETRA_MAX_CONNECTIONS_PER_USER": "5000",
        "NETRA_MAX_TCP_CONNECTIONS_PER_ADDRESS": "5000",
        **{f"NETRA_{name.upper()}": value for name, value in settings.items()},
    }
    add = [sys.executable, "-m", "netra", "users", "add", "bench@example.com", "--name", "Bench"]
    subprocess.run(
        [*add, "--password-stdin", "--data", data],
        input=b"bench-password\n",
        check=True,
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
    )
    if flood:
        command = [sys.executable, "flood_app.py", str(port)]
    else:
        command = [sys.executable, "-m", "netra", "serve", "--port", str(port), "--data", data]
    try:
        with serving(
            command, base=f"http://127.0.0.1:{port}", ready="/health", env=env, cwd=str(BENCH)
        ) as found:
            credentials = {"email": "bench@example.com", "password": "bench-password"}
            token = post(found.base + "/api/auth/login", credentials)["access_token"]
            yield found, token
    finally:
        shutil.rmtree(data, ignore_errors=True)


def post(url: str, body: Mapping[str, Any], *, token: str | None = None) -> Any:
    """Send JSON and return the decoded answer."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310  # loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.loads(answer.read())


def get(url: str, *, token: str) -> Any:
    """Return the decoded answer."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.loads(answer.read())


def more_users(base: str, *, count: int) -> list[str]:
    """Return the tokens of `count` new users; the server must allow registration."""
    tokens = []
    for number in range(count):
        account = {"email": f"user{number}@example.com", "name": "Bench", "password": "bench-password"}
        post(base + "/api/auth/register", account)
        tokens.append(
            post(base + "/api/auth/login", {key: account[key] for key in ("email", "password")})[
                "access_token"
            ]
        )
    return tokens


def wrk(
    url: str,
    *,
    seconds: int = 5,
    body: Mapping[str, Any] | None = None,
    token: str | None = None,
    tokens: Sequence[str] = (),
) -> float:
    """Return answered requests a second over 32 connections, `tokens` taking turns.

    Refuses a run with errors.
    """
    with wrk_command(url, seconds=seconds, body=body, token=token, tokens=tokens) as command:
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in printed:
        raise SystemExit(f"{url} refused requests under load:\n{printed}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    if found is None:
        raise SystemExit(f"wrk printed no rate:\n{printed}")
    return float(found.group(1))


@contextlib.contextmanager
def wrk_command(
    url: str,
    *,
    seconds: int,
    connections: int = 32,
    body: Mapping[str, Any] | None = None,
    token: str | None = None,
    tokens: Sequence[str] = (),
) -> Iterator[list[str]]:
    """Yield a command line of wrk, good until the block ends."""
    lines = []
    if token is not None:
        lines.append(f'wrk.headers["Authorization"] = "Bearer {token}"')
    if tokens:
        listed = ", ".join(f'"Bearer {each}"' for each in tokens)
        lines.append(f"local tokens, turn = {{{listed}}}, 0")
        lines.append("request = function() turn = turn % #tokens + 1")
        lines.append('wrk.headers["Authorization"] = tokens[turn]; return wrk.format() end')
    if body is not None:
        lines += ['wrk.method = "POST"', f"wrk.body = [==[{json.dumps(body)}]==]"]
        lines.append('wrk.headers["Content-Type"] = "application/json"')
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("\n".join(lines))
        script.flush()
        many = ["-t1", f"-c{connections}", f"-d{seconds}s"]
        yield ["taskset", "-c", LOAD_CORE, "wrk", *many, "-s", script.name, url]


class CountingSocket(asyncio.Protocol):
    """A WebSocket client that opens, sends text, and counts frames without decoding them."""

    def __init__(self, path: str, *, port: int) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self.is_open = asyncio.get_running_loop().create_future()
        self.frames = 0
        self.delays_ms: list[float] = []
        self.text = b""
        self.keeps_text = False
        self._tail = b""

    def connection_made(self, transport: Any) -> None:
        """Ask for the upgrade."""
        self.transport = transport
        transport.write(self._request.encode())

    def data_received(self, data: bytes) -> None:
        """Count; note the delay of frames that carry a steady-clock stamp."""
        if not self.is_open.done():
            if b"101" not in data[:20]:
                self.is_open.set_exception(RuntimeError(data[:200].decode(errors="replace")))
                return
            self.is_open.set_result(None)
        if self.keeps_text:
            self.text += data
        data = self._tail + data
        stamps = re.findall(rb"t=(\d+);", data)
        cut = data.rfind(b"t=")
        self._tail = data[cut:] if cut >= 0 and b";" not in data[cut:] else b""
        if stamps:
            now = time.monotonic_ns()
            self.frames += len(stamps)
            self.delays_ms.extend((now - int(stamp)) / 1e6 for stamp in stamps)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one masked text frame (RFC 6455, section 5.2)."""
        payload = json.dumps(message).encode()
        length = (
            bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
        )
        self.transport.write(b"\x81" + length + b"\0\0\0\0" + payload)


async def opened(path: str, *, port: int, count: int) -> list[CountingSocket]:
    """Return `count` open sockets."""
    loop = asyncio.get_running_loop()
    sockets = []
    for _ in range(count):
        _, protocol = await loop.create_connection(lambda: CountingSocket(path, port=port), "127.0.0.1", port)
        await protocol.is_open
        sockets.append(protocol)
    return sockets


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of `values` are at most, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
