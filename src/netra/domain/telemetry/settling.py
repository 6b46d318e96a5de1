"""Decide which calls are complete: all of their traces were quiet for a while, or have waited long enough.

Records of one call come in different requests, in any order, sometimes twice. Stored calls stay known for a
while, so that a late record of one is recognised; longer still, digests of their records are kept.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from netra.domain.telemetry.arrivals import Arrival, Row, Surrounding
from netra.domain.telemetry.calls import Call, Reading, read_groups
from netra.domain.telemetry.merging import Group, groups_of
from netra.domain.telemetry.reports import MODELS_MAX, Report, with_counter, with_passed

QUIET_S: Final = 15.0  # without a new record, a trace is complete: three times the exporters' interval
HOLD_S: Final = 60.0  # longest time that a record waits for others of its call
LATE_S: Final = 900.0  # time for which a stored call still recognises a late record of itself
LATE_ROWS_MAX: Final = 20_000  # stored calls' records that are kept for it, of one workload
DIGEST_BYTES: Final = 8

_Traces = dict[str, tuple[float, float]]


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """The calls that are complete, what waits on, and digests of the records that are done."""

    calls: tuple[Call, ...]
    carried: Arrival
    done: bytes


def settle(
    arrivals: Iterable[Arrival], *, now_s: float, report: Report, done: Collection[bytes]
) -> Settlement:
    """Return the complete calls among what has arrived, and add what was found to the report.

    `done` are the digests of records whose calls were stored earlier; those records are dropped.
    """
    parts = list(arrivals)
    _report_rest(parts, report, now_s=now_s)
    rows = _unique(parts, done, report)
    around = {(each.span.trace, each.span.span): each for part in parts for each in part.around}
    ancestors = [each.span for each in around.values()]
    times = _times(rows.values())
    groups = groups_of((row.teller for row in rows.values()), ancestors)
    ripe: list[Group] = []
    finished = {key for key, row in rows.items() if _is_ripe(row, times, now_s)}
    for group in groups:
        keys = [teller.key for teller in group.tellers]
        if any(rows[key].settled for key in keys):
            report.late += sum(not rows[key].settled for key in keys)
            finished.update(keys)
        elif finished.issuperset(keys):
            ripe.append(group)
        else:
            finished.difference_update(keys)
    reading = read_groups(ripe, ancestors)
    _report_calls(reading, report, now_s=now_s)
    return Settlement(
        calls=reading.calls,
        carried=Arrival(rows=_carried(rows, finished, now_s), around=_recent(around.values(), now_s)),
        done=b"".join(digest_of(key) for key in sorted(finished) if not rows[key].settled),
    )


def digest_of(key: str) -> bytes:
    """Return what is kept of a record whose call is stored."""
    return hashlib.blake2b(key.encode(), digest_size=DIGEST_BYTES).digest()


def has_waiting(arrival: Arrival) -> bool:
    """Return whether a record still waits for its call to be complete."""
    return any(not row.settled for row in arrival.rows)


def _unique(parts: Sequence[Arrival], done: Collection[bytes], report: Report) -> dict[str, Row]:
    """Return one row for each record; a stored one wins, else the one that arrived first."""
    rows: dict[str, Row] = {}
    for row in (row for part in parts for row in part.rows):
        known = rows.get(row.teller.key)
        if known is None and not row.settled and done and digest_of(row.teller.key) in done:
            report.late += 1
        elif known is None or (row.settled, -row.at_s) > (known.settled, -known.at_s):
            rows[row.teller.key] = row
    return rows


def _times(rows: Iterable[Row]) -> _Traces:
    """Return when the first and the last waiting record of each trace arrived."""
    found: _Traces = {}
    for row in rows:
        if not row.settled:
            first, last = found.get(_trace(row), (row.at_s, row.at_s))
            found[_trace(row)] = (min(first, row.at_s), max(last, row.at_s))
    return found


def _trace(row: Row) -> str:
    return row.teller.trace or row.teller.key


def _is_ripe(row: Row, times: _Traces, now_s: float) -> bool:
    if row.settled:
        return True
    first, last = times[_trace(row)]
    return now_s - last >= QUIET_S or now_s - first >= HOLD_S


def _carried(rows: dict[str, Row], finished: Collection[str], now_s: float) -> list[Row]:
    """Return the rows that wait on, and those of stored calls for as long as they recognise late ones."""
    waiting = [row for key, row in rows.items() if key not in finished]
    stored = [
        row if row.settled else Row(row.teller, now_s, settled=True)
        for key, row in rows.items()
        if key in finished and (not row.settled or now_s - row.at_s < LATE_S)
    ]
    stored.sort(key=lambda row: row.at_s)
    return waiting + stored[-LATE_ROWS_MAX:]


def _recent(around: Iterable[Surrounding], now_s: float) -> list[Surrounding]:
    recent = [each for each in around if now_s - each.at_s < LATE_S]
    return sorted(recent, key=lambda each: each.at_s)[-LATE_ROWS_MAX:]


def _report_rest(parts: Sequence[Arrival], report: Report, *, now_s: float) -> None:
    for part in parts:
        with_passed(report, part.passed, at_s=now_s)
        for counter in part.counters:
            with_counter(report, counter.key, counter.value, is_delta=counter.is_delta)


def _report_calls(reading: Reading, report: Report, *, now_s: float) -> None:
    for call in reading.calls:
        emitter = report.emitter(call.first.scope)
        emitter.version = call.first.version or emitter.version
        emitter.taken += 1
        emitter.failed += call.first.is_failed and not call.first.has_counts
        emitter.sampled += call.first.stands_for if call.first.stands_for > 1 else 0
        emitter.last_seen_s = now_s
        for note in call.notes:
            emitter.corrected[note] = emitter.corrected.get(note, 0) + 1
        for teller in call.group.tellers:
            if teller is not call.first:
                report.emitter(teller.scope).merged += 1
        report.input_tokens += call.event.input_tokens
        report.output_tokens += call.event.output_tokens
    for group in reading.without_usage:
        first = group.tellers[0]
        emitter = report.emitter(first.scope)
        emitter.without_usage += 1
        emitter.silent_streams += bool(first.streaming)
        emitter.last_seen_s = now_s
        if first.model and (first.model in emitter.silent_models or len(emitter.silent_models) < MODELS_MAX):
            emitter.silent_models[first.model] = emitter.silent_models.get(first.model, 0) + 1
