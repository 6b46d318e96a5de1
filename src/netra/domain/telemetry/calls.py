"""One event of each group of records: numbers of the innermost, missing columns from the others."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

from netra.domain.telemetry.ancestry import Ancestry
from netra.domain.telemetry.merging import Group
from netra.domain.telemetry.tellers import Ancestor, Teller
from netra.domain.telemetry.usage import Note
from netra.domain.workloads.model import TOKENS_MAX, UNSPECIFIED_MODEL, Event

RETRY_NS: Final = 120_000_000_000  # time within which a call may be the retry of a failed one
BLOCK_TOKENS: Final = 128  # pseudo-tokens of a prefix block (np1)
BLOCK_TOKENS_MAX: Final = 65_536

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_T = TypeVar("_T")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it will be stored, with the records that it came from."""

    event: Event
    group: Group
    notes: tuple[Note, ...] = ()

    @property
    def first(self) -> Teller:
        """The record whose numbers count."""
        return counting(self.group)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of records amounts to: calls, and finished calls whose counts no record has."""

    calls: tuple[Call, ...]
    without_usage: tuple[Group, ...]


def read_groups(groups: Sequence[Group], ancestors: Iterable[Ancestor] = ()) -> Reading:
    """Return the event of each group; one that failed has no tokens; without counts there is no event."""
    ancestry = Ancestry((row for group in groups for row in group.tellers), ancestors)
    calls: list[Call] = []
    silent: list[Group] = []
    for group in groups:
        first = counting(group)
        if first.has_counts or first.is_failed:
            calls.append(_call(group, first, ancestry))
        else:
            silent.append(group)
    return Reading(calls=tuple(_with_retries(calls)), without_usage=tuple(silent))


def counting(group: Group) -> Teller:
    """Return the record whose numbers count: the innermost with counts, else the innermost that failed."""
    rows = group.tellers
    with_counts = [row for row in rows if row.has_counts]
    failed = [row for row in rows if row.is_failed]
    return (with_counts or failed or rows)[0]


def id_of(group: Group) -> str:
    """Return the id of a call: the provider's, else the span that counts."""
    first = counting(group)
    ids = [row.response_id for row in (first, *group.tellers) if row.response_id]
    return ids[0] if ids else first.key


def _call(group: Group, first: Teller, ancestry: Ancestry) -> Call:
    rows = (first, *(row for row in group.tellers if row is not first))
    same = tuple(row for row in rows if _same_sums(row, first))
    sure = tuple(row for row in rows if not group.loose or row is first)
    reasoning = _first(row.reasoning for row in same)
    parts = _parts(first, same)
    event = Event(
        timestamp=_EPOCH + timedelta(microseconds=first.start_ns // 1000),
        id=id_of(group),
        model=_first(row.model for row in rows) or UNSPECIFIED_MODEL,
        provider=_first(row.provider for row in rows),
        input_tokens=min(first.input_tokens or 0, TOKENS_MAX),
        output_tokens=min(first.output_tokens or 0, TOKENS_MAX),
        **parts,
        reasoning_tokens=reasoning if reasoning is None or reasoning <= (first.output_tokens or 0) else None,
        latency_ms=first.latency_ms
        if first.latency_ms is not None
        else _first(row.latency_ms for row in rows),
        ttft_ms=_first(row.ttft_ms for row in rows),
        streaming=_streaming(rows),
        status=_status(rows, first),
        max_output_tokens=_first(row.max_output_tokens for row in rows),
        cost=_first(row.cost for row in rows),
        service_tier=_first(row.service_tier for row in rows),
        offline=_first(row.offline for row in rows),
        deadline_s=_first(row.deadline_s for row in rows),
        accepted=_first(row.accepted for row in rows),
        **_place(sure, ancestry),
        **_prompt(rows, first),
    )
    notes = tuple(dict.fromkeys(note for row in same for note in row.notes))
    if parts["cached_input_tokens"] is not None:
        notes = tuple(note for note in notes if note is not Note.CACHE_UNKNOWN)
    return Call(event=event, group=group, notes=notes if first.has_counts else ())


def _first(values: Iterable[_T | None]) -> _T | None:
    return next((value for value in values if value is not None), None)


def _same_sums(row: Teller, first: Teller) -> bool:
    """Return whether a record has the same sums, so that its parts are parts of them."""
    return row.input_tokens == first.input_tokens and row.output_tokens == first.output_tokens


def _parts(first: Teller, same: Sequence[Teller]) -> dict[str, Any]:  # Any: columns of an event
    """Return the parts of input; those of another record only where they fit the sum that counts."""
    cached = _first(row.cached for row in same)
    written = first.written or _first(row.written for row in same)
    if (cached or 0) + (written or 0) > (first.input_tokens or 0):
        cached, written = first.cached, first.written
    long_lived = _first(row.written_1h for row in same) or None
    return {
        "cached_input_tokens": cached,
        "cache_write_tokens": written,
        "cache_write_1h_tokens": long_lived if long_lived and written and long_lived <= written else None,
    }


def _streaming(rows: Sequence[Teller]) -> bool | None:
    said = [row.streaming for row in rows if row.streaming is not None]
    return any(said) if said else None


def _status(rows: Sequence[Teller], first: Teller) -> str | None:
    """Return the status; of a failure an HTTP code rather than the name of an error."""
    if not first.is_failed:
        said = [row.status for row in rows if not row.is_failed and row.status]
        return _first(status for status in said if status != "ok") or _first(said)  # a reason says more
    said = [row.status for row in rows if row.is_failed and row.status]
    return _first(status for status in said if status.isdigit()) or _first(said)


def _place(rows: Sequence[Teller], ancestry: Ancestry) -> dict[str, Any]:  # Any: columns of an event
    """Return session, template, feature and tool: of the records, else of the spans above them."""
    above = [ancestor for row in rows for ancestor in ancestry.ancestors(row)]
    return {
        "session": _first(row.session for row in rows) or _first(span.session for span in above),
        "template": _first(row.template for row in rows),
        "feature": _first(row.feature for row in rows)
        or _first(span.feature for span in above)
        or _first(span.name for span in above),
        "tool": _first(row.tool for row in rows) or _first(span.tool for span in above),
    }


def _prompt(rows: Sequence[Teller], first: Teller) -> dict[str, Any]:
    """Return the hashes of the prompt; a block's size is in the provider's tokens, by the call's ratio."""
    row = next((row for row in rows if row.prefix_hashes), None)
    found: dict[str, Any] = {"prompt_hash": _first(row.prompt_hash for row in rows)}
    if row is None or not row.pseudo_tokens or not first.input_tokens:
        return found
    size = max(1, round(BLOCK_TOKENS * first.input_tokens / row.pseudo_tokens))
    found["prefix_hashes"] = list(row.prefix_hashes or ())
    found["prefix_block_tokens"] = min(size, BLOCK_TOKENS_MAX)
    return found


def _with_retries(calls: Sequence[Call]) -> list[Call]:
    """Name the failed call that each call repeats: of the same parent and model, ended shortly before."""
    failed: dict[tuple[str, str, str], Call] = {}
    found: list[Call] = []
    for call in sorted(calls, key=lambda call: (call.first.start_ns, call.first.key)):
        row = call.first
        key = (row.trace, row.parent, call.event.model)
        earlier = failed.get(key) if row.trace and row.parent else None
        if earlier is not None and _is_retry(call, earlier):
            event = msgspec.structs.replace(call.event, retry_of=earlier.event.id)
            found.append(msgspec.structs.replace(call, event=event))
        else:
            found.append(call)
        if row.is_failed:
            failed[key] = found[-1]
    return found


def _is_retry(call: Call, earlier: Call) -> bool:
    gap_ns = call.first.start_ns - earlier.first.end_ns
    one, other = call.event.prompt_hash, earlier.event.prompt_hash
    return 0 <= gap_ns <= RETRY_NS and (one is None or other is None or one == other)
