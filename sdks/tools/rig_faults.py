"""The faults of the rig: which request they strike, and what they do to its answer."""

import asyncio
import fnmatch
import json
from dataclasses import dataclass, field
from typing import Any

from rig_http import reset

HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
ACTIONS = {
    "refuse",
    "lose_answer",
    "cut_after_bytes",
    "cut_after_events",
    "stall",
    "status",
    "truncate_json",
    "buffer",
    "rewrite",
    "split",
}


class Refused(Exception):
    """The connection was broken on purpose."""


@dataclass
class Fault:
    """One fault: it strikes `times` matching requests, from the `nth` on."""

    match: str
    do: str
    nth: int = 1
    times: int = 1
    of: dict[str, Any] = field(default_factory=dict)
    seen: int = 0

    def strikes(self, subject: str, do: str | None) -> bool:
        """Count a request that matches; return whether the fault strikes it."""
        is_at_connect = self.match == "*" and self.do == "refuse"
        if do is not None or is_at_connect:
            if not (is_at_connect and do == self.do):
                return False
        elif not fnmatch.fnmatchcase(subject, self.match):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times

    def answer(self) -> bytes:
        """Return the body of a made-up answer."""
        if self.of.get("body") == "html":
            return HTML
        if "json" in self.of:
            return json.dumps(self.of["json"]).encode()
        error = {
            "code": self.of.get("error", "SERVICE_UNAVAILABLE"),
            "message": self.of.get("message", "made up by the rig"),
            "details": self.of.get("details", {}),
        }
        return json.dumps({"error": error, "request_id": "req-rig"}).encode()

    def headers(self) -> dict[str, str]:
        """Return the headers of a made-up answer."""
        wanted = (
            {"content-type": "text/html"} if self.of.get("body") == "html" else {"x-request-id": "req-rig"}
        )
        if "retry_after" in self.of:
            wanted["retry-after"] = str(self.of["retry_after"])
        return wanted | self.of.get("headers", {})


def faults_of(sent: list[dict[str, Any]]) -> list[Fault]:
    """Return the faults of a command. Raises `ValueError` for an unknown action."""
    found: list[Fault] = []
    for one in sent:
        if one["do"] not in ACTIONS:
            raise ValueError(f"the rig knows no fault {one['do']!r}; it knows {', '.join(sorted(ACTIONS))}")
        known = {name: one[name] for name in ("match", "do", "nth", "times") if name in one}
        found.append(Fault(**known, of=one))
    return found


async def apply(fault: Fault | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass the server's answer on to the client, with the fault."""
    if fault is not None and fault.do == "lose_answer":
        await reader.read(-1)  # the server has done its work
        reset(writer)
        return
    if fault is not None and fault.do in {"truncate_json", "rewrite", "buffer"}:
        await _whole(fault, reader, writer)
        return
    head = await reader.readuntil(b"\r\n\r\n")
    if fault is not None and fault.do == "stall" and not fault.of.get("events"):
        await asyncio.sleep(fault.of["s"])
    writer.write(head)
    await writer.drain()
    await _stream(fault, reader, writer)


async def _stream(fault: Fault | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass a body on as it comes, cut or stalled where the fault says so."""
    sent, tail = 0, b""
    limit = fault.of["bytes"] if fault is not None and fault.do == "cut_after_bytes" else None
    events = fault.of["events"] if fault is not None and "events" in fault.of else None
    while chunk := await reader.read(1 if fault is not None and fault.do == "split" else 65_536):
        if limit is not None:
            writer.write(chunk[: max(0, limit - sent)])
            sent += len(chunk)
            if sent >= limit:
                await _cut(writer)
        elif events is not None and fault is not None:
            tail += chunk
            while (end := tail.find(b"\n\n")) >= 0 and sent < events:
                block, tail = tail[: end + 2], tail[end + 2 :]
                writer.write(block)
                sent += b"data:" in block
            if sent >= events:
                writer.write(tail[: fault.of.get("more_bytes", 0)])
                await writer.drain()
                if fault.do == "stall":
                    await asyncio.sleep(fault.of["s"])
                    writer.write(tail)
                    events = None
                else:
                    await _cut(writer)
        else:
            writer.write(chunk)
        await writer.drain()


async def _cut(writer: asyncio.StreamWriter) -> None:
    await writer.drain()
    await asyncio.sleep(0.02)  # lets the client read what came before the reset
    reset(writer)
    raise Refused


async def _whole(fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hold a response until its end, and send it changed."""
    raw = await reader.read(-1)
    head, _, body = raw.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        body = _joined(body)
    if fault.do == "truncate_json":
        body = body[: max(1, len(body) // 2)]
    if fault.do == "rewrite":
        value = json.loads(body)
        for path, wanted in fault.of["set"].items():
            _set(value, path.split("."), wanted)
        body = json.dumps(value).encode()
    changed = fault.of.get("headers", {})
    dropped = (b"content-length", b"transfer-encoding", b"connection", *(name.encode() for name in changed))
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(dropped)]
    lines += [b"content-length: %d" % len(body), b"connection: close"]
    lines += [f"{name}: {value}".encode() for name, value in changed.items()]
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    await writer.drain()


def _joined(body: bytes) -> bytes:
    parts: list[bytes] = []
    while body:
        size, _, body = body.partition(b"\r\n")
        count = int(size.split(b";")[0], 16)
        parts.append(body[:count])
        body = body[count + 2 :] if count else b""
    return b"".join(parts)


def _set(value: Any, path: list[str], wanted: Any) -> None:
    """Set one place of a JSON value; a number in the path is the index of a list."""
    *before, last = path
    for part in before:
        value = value[int(part)] if isinstance(value, list) else value[part]
    if isinstance(value, list):
        value[int(last)] = wanted
    else:
        value[last] = wanted
