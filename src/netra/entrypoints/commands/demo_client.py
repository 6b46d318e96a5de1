"""The client of `netra demo`: the documented requests, over real HTTP and a real WebSocket."""

import asyncio
from collections.abc import Mapping
from time import perf_counter
from typing import Any, Final

import httpx
import msgspec
from rich.console import Console
from rich.rule import Rule
from rich.text import Text
from websockets.asyncio.client import ClientConnection, connect

from netra.domain.errors import UpstreamFailed
from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.result import Advice
from netra.domain.optimization.wording import count
from netra.entrypoints.reports.progress import progress_on

Answered = Mapping[str, Any]  # Any: the decoded JSON of an answer or frame

QUESTION: Final = "Optimize my AI workload for cost efficiency"
TIMEOUT_S: Final = 60.0
POLL_S: Final = 1.0  # seconds between two polls; well below the limit of 100 requests a minute
PATH_COLUMNS: Final = 44
WHAT_COLUMNS: Final = PATH_COLUMNS + 15  # the status and the duration of a request are shown there


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """The user of the demo."""

    email: str
    password: str


class Journey:
    """A sequence of API requests, shown on the console."""

    def __init__(self, *, url: str, visitor: Visitor, console: Console) -> None:
        self._url = url
        self._visitor = visitor
        self._console = console
        self._headers: dict[str, str] = {}

    async def walk(self, events: bytes, *, name: str) -> Advice:
        """Send the requests one by one, with `events` as a log in NDJSON; return the socket's result."""
        async with httpx.AsyncClient(base_url=self._url, timeout=TIMEOUT_S) as client:
            self._heading("Over HTTP, like any client")
            health = await self._send(client, "GET", "/health")
            self._print_outcome(f"{health['status']}, version {health['version']}")
            token = await self._signed_in(client)
            workload_id = await self._filled(client, events, name=name)
            await self._asked(client, workload_id)
            self._heading("Over WebSocket, with live progress")
            advice = await self._over_socket(token, workload_id)
            await self._looked_back(client)
        return advice

    async def _signed_in(self, client: httpx.AsyncClient) -> str:
        body = msgspec.to_builtins(self._visitor)
        signed = await self._send(client, "POST", "/api/auth/login", json=body)
        token: str = signed["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        self._print_outcome(f"signed in as {self._visitor.email}")
        me = await self._send(client, "GET", "/api/auth/me")
        self._print_outcome(f"user {me['id']}, {me['name']}")
        return token

    async def _filled(self, client: httpx.AsyncClient, events: bytes, *, name: str) -> str:
        made = await self._send(client, "POST", "/api/workloads", json={"name": name})
        workload_id: str = made["id"]
        self._print_outcome(workload_id)
        path = f"/api/workloads/{workload_id}/events"
        lines = {"Content-Type": "application/x-ndjson"}
        taken = await self._send(client, "POST", path, content=events, headers=lines)
        self._print_outcome(f"{taken['accepted']:,} calls accepted, {taken['rejected']:,} rejected")
        return workload_id

    async def _asked(self, client: httpx.AsyncClient, workload_id: str) -> None:
        context = {
            "workload_id": workload_id,
            "parameters": {"priority": "cost", "constraints": ["gpu_memory", "latency"]},
        }
        body = {"message": QUESTION, "context": context}
        begun = await self._send(client, "POST", "/api/agent/execute", json=body)
        self._print_outcome(f"{begun['run_id']} is {begun['status']}")
        path = f"/api/agent/status/{begun['run_id']}"
        with progress_on(self._console) as checkpoint:
            while (state := await self._get(client, path))["status"] == "processing":
                checkpoint(state["progress"] / 100, "polling its status")
                await asyncio.sleep(POLL_S)
        ended = await self._send(client, "GET", path)
        result: Answered = ended["result"] or {"recommendations": ()}
        self._print_outcome(f"{ended['status']}, {count(len(result['recommendations']), 'recommendation')}")

    async def _looked_back(self, client: httpx.AsyncClient) -> None:
        history = await self._send(client, "GET", "/api/agent/history")
        self._print_outcome(count(history["total"], "run"))
        threads = await self._send(client, "GET", "/api/threads")
        self._print_outcome(count(threads["total"], "conversation"))

    async def _over_socket(self, token: str, workload_id: str) -> Advice:
        address = f"{self._url.replace('http', 'ws', 1)}/ws?token={token}"
        async with connect(address, max_size=None, proxy=None) as channel:
            greeting = await _frame(channel)
            self._print_step("WS", "/ws", f"user {greeting['data']['user_id']} is connected")
            data = {"message": QUESTION, "workload_id": workload_id, "parameters": {"priority": "cost"}}
            question = {"type": "optimization_request", "id": f"demo-{workload_id}", "data": data}
            await channel.send(msgspec.json.encode(question).decode())
            self._print_step("send", "optimization_request", "the same question")
            with progress_on(self._console) as checkpoint:
                return await self._awaited(channel, checkpoint)

    async def _awaited(self, channel: ClientConnection, checkpoint: Checkpoint) -> Advice:
        """Return the run's result; show its updates as they arrive, and keep each agent's first one."""
        seen: set[str] = set()
        while True:
            frame = await _frame(channel)
            update = frame["data"]
            if frame["type"] == "agent_result":
                self._print_step("recv", "agent_result", "the result, below")
                return _advice(update)
            if frame["type"] == "agent_update":
                checkpoint(update["progress"] / 100, update["message"])
                if update["agent"] not in seen:
                    seen.add(update["agent"])
                    self._print_step("recv", f"agent_update {update['progress']:3} %", update["agent"])

    def _print_step(self, verb: str, what: str, outcome: str) -> None:
        line = Text.assemble((f"{verb:>6} ", "cyan"), f"{what:<{WHAT_COLUMNS}}", (outcome, "bold"))
        self._console.print(line)

    async def _send(self, client: httpx.AsyncClient, method: str, path: str, **content: Any) -> Answered:
        """Send one request, show it, and return the response. Raises `UpstreamFailed` for an error."""
        headers = {**self._headers, **content.pop("headers", {})}
        begun_s = perf_counter()
        response = await client.request(method, path, headers=headers, **content)
        took_ms = (perf_counter() - begun_s) * 1000
        shown = path if len(path) <= PATH_COLUMNS else f"{path[: PATH_COLUMNS - 1]}…"
        status = (f"{response.status_code} ", "red" if response.is_error else "green")
        line = Text.assemble((f"{method:>6} ", "cyan"), f"{shown:<{PATH_COLUMNS}} ", status)
        self._console.print(line.append(f"{took_ms:5.0f} ms  ", "dim"), end="")
        return _answer(response)

    async def _get(self, client: httpx.AsyncClient, path: str) -> Answered:
        """Return the response to a request that is not shown."""
        return _answer(await client.get(path, headers=self._headers))

    def _print_outcome(self, outcome: str) -> None:
        self._console.print(Text(outcome, "bold"))

    def _heading(self, title: str) -> None:
        self._console.print()
        self._console.print(Rule(Text(f" {title} ", "bold cyan"), align="left", style="dim"))


def farewell(url: str, visitor: Visitor, *, key: str, data: str | None) -> str:
    """Return the next steps, as lines to copy; `data` is the folder that is kept, if any."""
    body = msgspec.json.encode(visitor).decode()
    kept = f"All data is kept in {data}." if data else "All data is deleted when it ends."
    return "\n".join(
        (
            f"The service stays at {url} until Ctrl-C. {kept}",
            "",
            f"  Look at it in a browser: {url}/console/",
            f"  Read and try the API:   {url}/docs",
            "  Sign in, then use the access_token of the response:",
            f"    curl -s {url}/api/auth/login -H 'Content-Type: application/json' -d '{body}'",
            f"    curl -s {url}/api/agent/history -H 'Authorization: Bearer ACCESS_TOKEN'",
            "  For an SDK or a script, an API key of this account that lasts a day:",
            f"    export NETRA_BASE_URL={url} NETRA_API_KEY={key}",
            "  Your own request log:   netra optimize PATH",
            "  A permanent service:    netra serve --data netra-data",
        )
    )


def _answer(response: httpx.Response) -> Answered:
    if response.is_error:
        raise UpstreamFailed(f"{response.request.url.path} was rejected: {response.text}")
    answer: Answered = response.json()
    return answer


async def _frame(channel: ClientConnection) -> Answered:
    frame: Answered = msgspec.json.decode(await channel.recv())
    return frame


def _advice(data: Answered) -> Advice:
    """Return the result in a result frame. Raises `UpstreamFailed` when the run failed."""
    if not data["success"]:
        raise UpstreamFailed(f"The run ended without a result: {data.get('error')}")
    return msgspec.convert(data["result"], Advice)
