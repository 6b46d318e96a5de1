"""Codex's rollouts: `~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl`.

Newer ones write a `token_usage_record` for each answer, older ones `token_count` events with the counts of
the last answer and of all so far. Rows hold when an answer came. A sub-agent's file begins with its parent's
rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Final

import msgspec

from netra.adapters.files.formats.fields import at_of, labels_of_pairs, maybe_at, model_of, nested
from netra.adapters.files.formats.model import BadRow, Format, Placed, Row
from netra.domain.telemetry.usage import Usage, settled
from netra.domain.telemetry.values import count_of, label_of, numbers_in
from netra.domain.workloads.model import Event

NOTE: Final = "Codex's rollouts hold when an answer came: latency is not known."
_PROVIDERS: Final = frozenset(("openai", "azure"))  # others are names that users chose
REPLAY: Final = timedelta(seconds=1)  # in which a sub-agent's file repeats its parent's rows
_KINDS: Final = frozenset(("session_meta", "turn_context", "token_usage_record"))
_COUNTED: Final = (
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
    "total_tokens",
)


class _Head(msgspec.Struct, frozen=True):
    type: str = ""


class _Inner(msgspec.Struct, frozen=True):
    type: str = ""


class _Event(msgspec.Struct, frozen=True):
    payload: _Inner = _Inner()


_HEADS: Final = msgspec.json.Decoder(_Head)
_EVENTS: Final = msgspec.json.Decoder(_Event)


def decoded(raw: bytes) -> Row | None:
    """Return a row that matters; None for any other, whose content is passed over."""
    kind = _HEADS.decode(raw).type
    is_count = kind == "event_msg" and _EVENTS.decode(raw).payload.type == "token_count"
    if not is_count and kind not in _KINDS:
        return None
    found: Row = msgspec.json.decode(raw)
    return found


def is_row(row: Row) -> bool:
    """Return whether a row is one of a rollout."""
    if row.get("type") == "event_msg":
        return nested(row, "payload").get("type") in ("token_count", "task_started", "user_message")
    return row.get("type") in _KINDS and ("payload" in row or "usage" in row)


class _File(msgspec.Struct, kw_only=True):
    """The state after the rows of one file so far."""

    session: str | None = None
    model: str | None = None
    provider: str | None = None
    project: str | None = None
    replay_ends: datetime | None = None
    is_subagent: bool = False
    total: Mapping[str, float] = {}
    has_records: bool = False
    counts: list[Placed] = []  # of `token_count` events, which say again what records say


class Rollouts:
    """Reads rollouts, a file at a time."""

    def __init__(self) -> None:
        self._file = _File()
        self._done: list[Placed] = []

    def begin(self, path: str) -> None:  # noqa: ARG002  # a rollout's name says nothing that it does not hold
        """Begin a file, and settle the one before it."""
        self._settle()

    def read(self, row: Row | None, *, line: int) -> Iterable[Placed]:
        """Return the call of a usage record; keep what other rows say."""
        if row is None:
            return ()
        kind = row.get("type")
        payload = nested(row, "payload") or row
        if kind == "session_meta":
            self._begin_session(row, payload)
        elif kind == "turn_context":
            self._file.model = label_of(payload.get("model")) or self._file.model
        elif kind == "token_usage_record":
            self._file.has_records = True
            return self._recorded(row, payload, line)
        else:
            self._count(row, nested(payload, "info"), line)
        return ()

    def finish(self) -> Iterable[Placed]:
        """Return the calls of older files."""
        self._settle()
        return self._done

    @property
    def notes(self) -> Sequence[str]:
        """Return what rollouts do not hold."""
        return (NOTE,)

    def _settle(self) -> None:
        if not self._file.has_records:
            self._done += self._file.counts
        self._file = _File()

    def _begin_session(self, row: Row, payload: Row) -> None:
        if self._file.session is not None:
            return  # a parent's, repeated
        file = self._file
        file.session = label_of(payload.get("id")) or label_of(payload.get("session_id"))
        provider = label_of(payload.get("model_provider"))
        file.provider = provider if provider in _PROVIDERS else None
        cwd = payload.get("cwd")
        file.project = PurePath(cwd.replace("\\", "/")).name if isinstance(cwd, str) else None
        source = payload.get("source")
        file.is_subagent = isinstance(source, dict) and "subagent" in source
        began = maybe_at(payload.get("timestamp")) or maybe_at(row.get("timestamp"))
        is_fork = file.is_subagent or payload.get("forked_from_id") is not None
        file.replay_ends = began + REPLAY if is_fork and began is not None else None

    def _recorded(self, row: Row, payload: Row, line: int) -> Iterable[Placed]:
        usage = _usage(numbers_in(payload.get("usage")))
        answer = label_of(payload.get("response_id"))
        if not usage.is_known:
            raise BadRow(
                "token_usage_record has no usage; expected input_tokens and output_tokens. "
                "Hint: is the file whole?"
            )
        return (Placed(line, self._event(row, payload, usage, answer)),)

    def _count(self, row: Row, info: Row, line: int) -> None:
        total = numbers_in(info.get("total_token_usage"))
        last = numbers_in(info.get("last_token_usage"))
        if total and total == self._file.total:
            return  # the same counts again, with news of rate limits
        if not last:
            last = {name: total.get(name, 0) - self._file.total.get(name, 0) for name in _COUNTED}
        self._file.total = total or self._file.total
        at = at_of(row.get("timestamp"), "timestamp")
        if self._file.replay_ends is not None and at < self._file.replay_ends:
            return
        usage = _usage(last)
        if usage.is_known:
            key = f"codex {row.get('timestamp')} {int(total.get('total_tokens', 0))}"
            self._file.counts.append(Placed(line, self._event(row, info, usage, key)))

    def _event(self, row: Row, about: Row, usage: Usage, key: str | None) -> Event:
        file = self._file
        return Event(
            timestamp=at_of(row.get("timestamp"), "timestamp"),
            id=key,
            model=model_of(about.get("model"), file.model),
            provider=file.provider,
            input_tokens=usage.input_tokens or 0,
            output_tokens=usage.output_tokens or 0,
            cached_input_tokens=usage.cached,
            cache_write_tokens=usage.written,
            reasoning_tokens=usage.reasoning,
            session=file.session,
            template="subagent" if file.is_subagent else "main",
            labels=labels_of_pairs(project=file.project),
        )


def _usage(numbers: Mapping[str, float]) -> Usage:
    def count(*names: str) -> int | None:
        return next((found for name in names if (found := count_of(numbers.get(name))) is not None), None)

    usage = Usage(
        input_tokens=count("input_tokens"),
        output_tokens=count("output_tokens"),
        cached=count("cached_input_tokens", "cached_tokens", "cache_read_input_tokens"),
        written=count("cache_write_input_tokens", "cache_write_tokens", "cache_creation_input_tokens"),
        reasoning=count("reasoning_output_tokens", "reasoning_tokens"),
        total=count("total_tokens"),
    )
    return settled(usage)[0]


CODEX: Final = Format(name="codex", title="Codex rollouts", is_row=is_row, reading=Rollouts, decode=decoded)
