"""What one would write first: an ASGI application that decodes each line and inserts it as a row."""

import asyncio
import json
import os
import sqlite3
from datetime import datetime
from typing import Any

COLUMNS = (
    *("id", "at", "model", "input_tokens", "output_tokens", "cached_input_tokens"),
    *("latency_ms", "ttft_ms", "status", "cost", "feature", "session"),
)
DATABASE = sqlite3.connect(os.environ["ROW_LOOP_FILE"], check_same_thread=False)
DATABASE.execute("PRAGMA journal_mode = WAL")
DATABASE.execute("PRAGMA synchronous = NORMAL")
DATABASE.execute(f"CREATE TABLE events ({', '.join(COLUMNS)}, UNIQUE (id))")
INSERT = f"INSERT OR IGNORE INTO events VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 (constants)


def stored(body: bytes) -> bytes:
    """Insert every line; return a result for each."""
    results = []
    with DATABASE:
        for line in body.splitlines():
            row = json.loads(line)
            row["at"] = datetime.fromisoformat(row.pop("timestamp")).timestamp()
            if row["input_tokens"] < 0 or row["output_tokens"] < 0:
                results.append({"id": row["id"], "status": "rejected"})
                continue
            new = DATABASE.execute(INSERT, [row.get(name) for name in COLUMNS]).rowcount
            results.append({"id": row["id"], "status": "accepted" if new else "duplicate"})
    return json.dumps({"results": results}).encode()


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer one request."""
    if scope["type"] != "http":
        return
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    answer = await asyncio.to_thread(stored, b"".join(parts)) if scope["method"] == "POST" else b"{}"
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
