"""Claude Code's transcripts: `~/.claude/projects/<folder>/*.jsonl`, those of sub-agents below them.

A row with usage is a part of an answer; several rows of one message repeat it while it streams, and a resumed
session repeats rows of an older file. Input excludes what the cache served and stored. Rows hold when an
answer came, not when the call began.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final

import msgspec

from netra.adapters.files.formats.fields import at_of, labels_of_pairs
from netra.adapters.files.formats.model import BadRow, Format, Placed, Row
from netra.domain.telemetry.values import label_of
from netra.domain.workloads.model import TOKENS_MAX, UNSPECIFIED_MODEL, Event

SYNTHETIC: Final = "<synthetic>"  # the model of rows that Claude Code writes itself
NOTE: Final = "Claude Code's transcripts hold when an answer came: latency is not known."
_STATUS: Final = re.compile(r"API Error: [A-Za-z ]{0,40}\(?(\d{3})\b")
_KINDS: Final = frozenset(
    (
        "user",
        "assistant",
        "system",
        "summary",
        "mode",
        "last-prompt",
        "attachment",
        "queue-operation",
        "progress",
    )
)
_PREFIXES: Final = {"msg_bdrk_": "aws", "msg_vrtx_": "google"}  # ids of answers by other providers


class _Written(msgspec.Struct, frozen=True):
    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class _Tools(msgspec.Struct, frozen=True):
    web_search_requests: int | None = None
    web_fetch_requests: int | None = None


class _Usage(msgspec.Struct, frozen=True):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: _Written | None = None
    server_tool_use: _Tools | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None


class _Message(msgspec.Struct, frozen=True):
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: _Usage | None = None
    content: msgspec.Raw = msgspec.Raw(b"")


class _Row(msgspec.Struct, frozen=True, rename="camel"):
    timestamp: str | None = None
    session_id: str | None = None
    request_id: str | None = None
    uuid: str | None = None
    is_sidechain: bool | None = None
    agent_id: str | None = None
    is_api_error_message: bool | None = None
    api_error_status: int | None = None
    cwd: str | None = None
    message: _Message | None = None


class _Head(msgspec.Struct, frozen=True):
    type: str = "assistant"


class _Call(msgspec.Struct, kw_only=True):
    """An answer so far: the row with the most output, and what its other rows add."""

    row: _Row
    line: int
    at: datetime
    stop_reason: str | None


_HEADS: Final = msgspec.json.Decoder(_Head)
_ROWS: Final = msgspec.json.Decoder(_Row)


def decoded(raw: bytes) -> _Row | None:
    """Return an answer's row; None for any other row, whose content is passed over."""
    return _ROWS.decode(raw) if _HEADS.decode(raw).type == "assistant" else None


def is_row(row: Row) -> bool:
    """Return whether a row is one of a transcript."""
    message = row.get("message")
    has_usage = isinstance(message, dict) and "usage" in message and "role" not in row
    is_bare = "type" not in row or row["type"] == "assistant"
    if has_usage and is_bare and ("sessionId" in row or "requestId" in row or "costUSD" in row):
        return True
    is_kind = row.get("type") in _KINDS and ("sessionId" in row or "leafUuid" in row)
    return is_kind or (row.get("type") == "file-history-snapshot" and "messageId" in row)


class Transcripts:
    """Reads transcripts; an answer is complete when every file was read, as a later one may repeat it."""

    def __init__(self) -> None:
        self._calls: dict[str, _Call] = {}
        self._failed: list[_Call] = []
        self._model_of: dict[str | None, str] = {}

    def begin(self, path: str) -> None:
        """Begin a file."""

    def read(self, row: _Row | None, *, line: int) -> Iterable[Placed]:
        """Keep an answer's row. Raises `BadRow` for counts that no call has."""
        if row is None or row.message is None or row.message.usage is None:
            return ()
        call = _Call(
            row=row, line=line, at=at_of(row.timestamp, "timestamp"), stop_reason=row.message.stop_reason
        )
        if row.message.model == SYNTHETIC:
            if row.is_api_error_message:
                self._failed.append(call)
            return ()
        _check(row.message.usage)
        self._model_of[row.session_id] = row.message.model or UNSPECIFIED_MODEL
        self._keep(row.message.id or row.request_id or row.uuid or f"{row.timestamp} {line}", call)
        return ()

    def finish(self) -> Iterable[Placed]:
        """Return every call once, with the counts of its last row."""
        for call in self._calls.values():
            yield Placed(call.line, _event(call))
        for call in self._failed:
            model = self._model_of.get(call.row.session_id, UNSPECIFIED_MODEL)
            yield Placed(call.line, _failure(call, model))

    @property
    def notes(self) -> Sequence[str]:
        """Return what the transcripts do not hold."""
        return (NOTE,)

    def _keep(self, key: str, call: _Call) -> None:
        known = self._calls.get(key)
        if known is None:
            self._calls[key] = call
            return
        known.at = min(known.at, call.at)
        known.stop_reason = call.stop_reason or known.stop_reason
        if _output(call.row) >= _output(known.row):
            known.row, known.line = call.row, call.line


def _output(row: _Row) -> int:
    usage = None if row.message is None else row.message.usage
    return 0 if usage is None else usage.output_tokens or 0


def _check(usage: _Usage) -> None:
    counts = (
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_input_tokens,
        usage.cache_creation_input_tokens,
    )
    for count in counts:
        if count is not None and not 0 <= count <= TOKENS_MAX:
            raise BadRow(
                f"usage has a count of {count}; expected 0 to {TOKENS_MAX}. Hint: is the file whole?"
            )


def _event(call: _Call) -> Event:
    row = call.row
    message = row.message or _Message()
    usage = message.usage or _Usage()
    created = usage.cache_creation or _Written()
    long_lived = created.ephemeral_1h_input_tokens or 0
    written = max(
        usage.cache_creation_input_tokens or 0, (created.ephemeral_5m_input_tokens or 0) + long_lived
    )
    read = usage.cache_read_input_tokens or 0
    fast = usage.speed if usage.speed not in (None, "", "standard") else None
    return Event(
        timestamp=call.at,
        id=label_of(row.request_id) or label_of(message.id) or label_of(row.uuid),
        model=label_of(message.model) or UNSPECIFIED_MODEL,
        provider=_provider(message),
        input_tokens=(usage.input_tokens or 0) + read + written,
        output_tokens=usage.output_tokens or 0,
        cached_input_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=long_lived or None,
        status=label_of(call.stop_reason),
        service_tier=label_of(fast) or label_of(usage.service_tier),
        region=label_of(usage.inference_geo),
        charges=_charges(usage.server_tool_use),
        **_place(row),
    )


def _failure(call: _Call, model: str) -> Event:
    message = call.row.message or _Message()
    found = _STATUS.search(bytes(message.content).decode("utf-8", "replace"))
    written = "error" if found is None else found[1]
    return Event(
        timestamp=call.at,
        id=label_of(call.row.request_id) or label_of(message.id) or label_of(call.row.uuid),
        model=model,
        input_tokens=0,
        output_tokens=0,
        status=label_of(call.row.api_error_status) or written,
        **_place(call.row),
    )


def _place(row: _Row) -> dict[str, Any]:  # Any: columns of an event
    project = PurePath(row.cwd.replace("\\", "/")).name if row.cwd else None
    return {
        "session": label_of(row.session_id),
        "template": "subagent" if row.is_sidechain else "main",
        "labels": labels_of_pairs(project=project, agent=row.agent_id),
    }


def _provider(message: _Message) -> str | None:
    if not (message.model or "").startswith("claude"):
        return None
    known = (provider for prefix, provider in _PREFIXES.items() if (message.id or "").startswith(prefix))
    return next(known, "anthropic")


def _charges(tools: _Tools | None) -> dict[str, float] | None:
    searches = 0 if tools is None else tools.web_search_requests or 0
    return {"web_search": float(searches)} if searches > 0 else None


CLAUDE_CODE: Final = Format(
    name="claude_code", title="Claude Code transcripts", is_row=is_row, reading=Transcripts, decode=decoded
)
