"""Taking rows in: JSON rows to events, and what is wrong with the others, each with its line.

Files and requests share this. A row is judged alone, so one bad row costs nothing but itself. Instants
without a zone are taken as UTC; JSON rows keep microseconds. Where rows come from is not known here.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from math import isinf
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.errors import ValidationFailed
from netra.domain.quotas import DEFAULT_QUOTAS, PREFIX_HASHES_PER_EVENT_MAX
from netra.domain.workloads.columns import Events, Ints, columns_of, nanoseconds
from netra.domain.workloads.decoding import rows_of_array, rows_of_batch, rows_of_lines
from netra.domain.workloads.derived import long_lived_tokens, written_tokens
from netra.domain.workloads.joining import concatenated
from netra.domain.workloads.model import Event, RowFault
from netra.domain.workloads.sizes import check_hashes

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)  # nanoseconds in 64 bits end in 2262
MESSAGE_MAX: Final = 300  # characters of a fault's message, which may quote what was sent
NAIVE_NOTE: Final = "Timestamps without a time zone were taken as UTC."
GROUP_COMMAS: Final = 262_144  # of rows that are decoded together; a list has one less than items
ROW_COMMAS: Final = 16 * PREFIX_HASHES_PER_EVENT_MAX  # no usable row has as many
FEW: Final = 64  # rows that are judged one by one when there is something wrong among them
MAX_HASHES: Final = DEFAULT_QUOTAS.max_prefix_hashes_per_batch
_DECODER: Final = msgspec.json.Decoder(Event)
_LATEST_NS: Final = nanoseconds(LATEST)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of rows: the good ones as events, each with its line, and a fault for every other."""

    events: Events
    lines: Ints  # lines[i] is where event i stood
    faults: tuple[RowFault, ...] = ()
    notes: tuple[str, ...] = ()

    def at(self, kept: npt.NDArray[np.bool_]) -> "Taken":
        """Return the same with only the `kept` events."""
        if kept.all():
            return self
        chosen = np.flatnonzero(kept)
        return msgspec.structs.replace(self, events=self.events.take(chosen), lines=self.lines[chosen])


def read_ndjson(body: bytes, *, max_rows: int, max_hashes: int = MAX_HASHES) -> Taken:
    """Return the events in `body`, one JSON object a line; blank lines are skipped but counted.

    Raises `ValidationFailed` when there are more than `max_rows` rows or `max_hashes` prefix hashes.
    """
    rows = rows_of_lines(body) if _can_be_decoded_whole(body, max_hashes=max_hashes) else None
    if rows is not None and len(rows) <= max_rows and (taken := _all_good(rows, np.arange(1, len(rows) + 1))):
        return taken
    kept = [(line, raw) for line, raw in enumerate(body.splitlines(), 1) if raw.strip()]
    check_size(len(kept), max_rows=max_rows)
    return take_lines(kept, max_hashes=max_hashes)


def read_batch(body: bytes, *, max_rows: int, max_hashes: int = MAX_HASHES) -> Taken | None:
    """Return the events of `{"events": […]}` when all of them can be taken, each with its place from 1.

    None also where there may be more than `max_hashes` prefix hashes: `read_rows` counts them. Raises
    `ValidationFailed` when there are more than `max_rows` events.
    """
    rows = rows_of_batch(body) if _can_be_decoded_whole(body, max_hashes=max_hashes) else None
    if rows is None:
        return None
    check_size(len(rows), max_rows=max_rows)
    return _all_good(rows, np.arange(1, len(rows) + 1))


def read_rows(batch: Sequence[msgspec.Raw], *, max_rows: int, max_hashes: int = MAX_HASHES) -> Taken:
    """Return the events in `batch`, undecoded JSON values; a row's line is its place, from 1.

    Raises `ValidationFailed` when there are more than `max_rows` rows or `max_hashes` prefix hashes.
    """
    check_size(len(batch), max_rows=max_rows)
    return take_lines(((line, bytes(raw)) for line, raw in enumerate(batch, 1)), max_hashes=max_hashes)


def _can_be_decoded_whole(body: bytes, *, max_hashes: int) -> bool:
    """Say whether its commas bound the items to `max_hashes`; a decoded item takes up to 60 bytes."""
    return body.count(b",") <= max_hashes


def take_lines(rows: Iterable[tuple[int, bytes]], *, max_hashes: int | None = None) -> Taken:
    """Return the events in `rows` of (line, JSON), decoding a bounded number of items at a time.

    Raises `ValidationFailed` when they have more than `max_hashes` prefix hashes.
    """
    parts: list[Taken] = []
    hashes = 0
    for some in _groups(rows):
        part = _take_group(some)
        hashes += 0 if part.events.prefixes is None else len(part.events.prefixes.hashes)
        if max_hashes is not None:
            check_hashes(hashes, most=max_hashes)
        parts.append(part)
    return _together(parts) if parts else _take_group([])


def _groups(rows: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    """Yield the rows in groups of at most `GROUP_COMMAS` commas, or of a single row."""
    group: list[tuple[int, bytes]] = []
    total = 0
    for row in rows:
        commas = row[1].count(b",")
        if group and total + commas > GROUP_COMMAS:
            yield group
            group, total = [], 0
        group.append(row)
        total += commas
    if group:
        yield group


def _take_group(rows: list[tuple[int, bytes]]) -> Taken:
    """Return the events in `rows`; nothing is refused as a whole.

    All rows are decoded together; on a failure each half, down to a few that are decoded one by one, so
    that a bad row does not slow down the many good ones.
    """
    parts: list[Taken] = []
    waiting = [rows]
    while waiting:
        some = waiting.pop()
        taken = _tried([raw for _, raw in some], np.array([line for line, _ in some], np.int64))
        if taken is None and len(some) > FEW:
            middle = len(some) // 2
            waiting += [some[middle:], some[:middle]]
        else:
            parts.append(taken or _one_by_one(some))
    return _together(parts)


def _tried(raws: Sequence[bytes], lines: Ints) -> Taken | None:
    if len(raws) == 1 and raws[0].count(b",") > ROW_COMMAS:
        return None  # too many items to decode only to refuse them
    rows = rows_of_array(raws)
    return None if rows is None else _all_good(rows, lines)


def _all_good(rows: Sequence[Event], lines: Ints) -> Taken | None:
    """Return the rows as columns; None when any contradicts itself."""
    events = columns_of(rows)
    if not are_sound(events):
        return None
    is_naive = None in {row.timestamp.tzinfo for row in rows}
    return Taken(events=events, lines=lines, notes=(NAIVE_NOTE,) if is_naive else ())


def _one_by_one(rows: Sequence[tuple[int, bytes]]) -> Taken:
    events: list[Event] = []
    lines: list[int] = []
    faults: list[RowFault] = []
    is_naive = False
    for line, raw in rows:
        if (commas := raw.count(b",")) > ROW_COMMAS:
            message = (
                f"the row has {commas} commas; prefix_hashes holds at most {PREFIX_HASHES_PER_EVENT_MAX}"
            )
            faults.append(RowFault(line=line, code="invalid_row", message=message))
            continue
        try:
            event = _DECODER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            faults.append(fault_of(line, error))
            continue
        if event.timestamp.tzinfo is None:
            is_naive = True
            event = in_utc(event)
        wrong = wrong_with(event) or _nul_in(raw)
        if wrong is not None:
            faults.append(RowFault(line=line, code="invalid_row", message=wrong))
            continue
        events.append(event)
        lines.append(line)
    notes = (NAIVE_NOTE,) if is_naive else ()
    return Taken(
        events=columns_of(events), lines=np.array(lines, np.int64), faults=tuple(faults), notes=notes
    )


def _together(parts: Sequence[Taken]) -> Taken:
    if len(parts) == 1:
        return parts[0]
    return Taken(
        events=concatenated([part.events for part in parts]),
        lines=np.concatenate([part.lines for part in parts]),
        faults=tuple(fault for part in parts for fault in part.faults),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def are_sound(events: Events) -> bool:
    """Return whether no event contradicts itself: `wrong_with` for all events in one pass."""
    parts = [events.cached_input_tokens, written_tokens(events)]
    input_parts = sum(np.maximum(part, 0) for part in parts if part is not None)
    return bool(
        np.all(events.at_ns >= 0)
        and np.all(events.at_ns < _LATEST_NS)
        and np.all(input_parts <= events.input_tokens)
        and are_parts_of_writes(events)
        and (events.reasoning_tokens is None or np.all(events.reasoning_tokens <= events.output_tokens))
        and (events.cost is None or not np.isinf(events.cost).any())
    )


def are_parts_of_writes(events: Events) -> bool:
    """Return whether no event has more long-lived cache writes than cache writes."""
    written, long_lived = events.cache_write_tokens, long_lived_tokens(events)
    return written is None or bool(np.all((written < 0) | (long_lived <= written)))


def wrong_with(event: Event) -> str | None:
    """Return what contradicts itself in an event with a zone, beyond its schema; None when nothing does."""
    if not EARLIEST <= event.timestamp < LATEST:
        return f"timestamp {event.timestamp.isoformat()} is outside 1970 to 2200"
    long_lived = (event.cache_write_1h_tokens or 0) + (event.cache_write_12h_tokens or 0)
    if event.cache_write_tokens is not None and long_lived > event.cache_write_tokens:
        return (
            f"cache_write_1h_tokens and cache_write_12h_tokens, together {long_lived}, are parts of "
            f"cache_write_tokens, which is {event.cache_write_tokens}: count all writes in cache_write_tokens"
        )
    cached, written = event.cached_input_tokens or 0, max(event.cache_write_tokens or 0, long_lived)
    if cached + written > event.input_tokens:
        return (
            f"cached_input_tokens {cached} and cache_write_tokens {written} are parts of input_tokens, "
            f"which is {event.input_tokens}: count all input in input_tokens"
        )
    if (event.reasoning_tokens or 0) > event.output_tokens:
        return (
            f"reasoning_tokens {event.reasoning_tokens} is a part of output_tokens, "
            f"which is {event.output_tokens}: count all output in output_tokens"
        )
    if event.cost is not None and isinf(event.cost):
        return "cost is infinite"
    return None


def in_utc(event: Event) -> Event:
    """Return an event without a zone as one in UTC."""
    return msgspec.structs.replace(event, timestamp=event.timestamp.replace(tzinfo=UTC))


def fault_of(line: int, error: msgspec.DecodeError | UnicodeDecodeError) -> RowFault:
    """Return the fault that a decoder found at `line`."""
    if isinstance(error, UnicodeDecodeError):
        return RowFault(line=line, code="not_utf8", message=f"not UTF-8 at byte {error.start} of a text")
    code = "invalid_row" if isinstance(error, msgspec.ValidationError) else "malformed_json"
    return RowFault(line=line, code=code, message=str(error)[:MESSAGE_MAX])


def with_ids(events: Events, *, name: str) -> Events:
    """Give each event without an id one: `name` and its place among those, from 1."""
    known = [None] * len(events) if events.id is None else events.id.tolist()
    ids = [f"{name}-{place}" if one is None else one for place, one in enumerate(known, 1)]
    return msgspec.structs.replace(events, id=np.array(ids, np.object_))


def first_of_each_id(events: Events, *, seen: set[str]) -> npt.NDArray[np.bool_]:
    """Return which events are the first with their id, and add the ids to `seen`; no id is never seen."""
    is_first = np.ones(len(events), np.bool_)
    if events.id is None:
        return is_first
    names = events.id.tolist()
    if None not in (unique := set(names)) and len(unique) == len(names) and seen.isdisjoint(unique):
        seen |= unique
        return is_first
    for place, found in enumerate(names):
        if found is None:
            continue
        if found in seen:
            is_first[place] = False
        seen.add(found)
    return is_first


def check_size(rows: int, *, max_rows: int) -> None:
    """Raise `ValidationFailed` when there are more rows than a batch may hold."""
    if rows > max_rows:
        raise ValidationFailed.of(
            "events", "too_many", f"{rows} events were sent; at most {max_rows} go in one batch"
        )


def _nul_in(raw: bytes) -> str | None:
    """Return the complaint about a NUL character, which no store keeps as text."""
    return "a text holds a NUL character" if b"\\u0000" in raw else None
