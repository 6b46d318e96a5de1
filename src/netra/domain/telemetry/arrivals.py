"""What one request brings for one workload: what it says of calls, the spans around them, and the rest."""

import hashlib
from collections.abc import Iterable

import msgspec

from netra.domain.telemetry.mapping import ancestor_of, teller_of
from netra.domain.telemetry.metrics import CounterPoint
from netra.domain.telemetry.recognition import Kind, kind_of
from netra.domain.telemetry.records import Record
from netra.domain.telemetry.reports import NAMES_MAX, Passed
from netra.domain.telemetry.tellers import Ancestor, Teller


class Counter(msgspec.Struct, frozen=True, gc=False):
    """A value of a counter of tokens; `key` is its direction and a digest of its series."""

    key: str
    value: float
    is_delta: bool


class Row(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A record of a call with the time of its arrival, s; `settled` once its call is stored."""

    teller: Teller
    at_s: float
    settled: bool = False


class Surrounding(msgspec.Struct, frozen=True, gc=False):
    """A span around calls, with the time of its arrival, s."""

    span: Ancestor
    at_s: float


class Arrival(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is staged of one request for one workload, or carried over from earlier ones."""

    rows: list[Row] = []
    around: list[Surrounding] = []
    passed: list[Passed] = []
    counters: list[Counter] = []

    @property
    def size(self) -> int:
        """The number of records that are kept."""
        return len(self.rows) + len(self.around)


def arrival_of(records: Iterable[Record], *, at_s: float, content_key: bytes | None = None) -> Arrival:
    """Return what records say; with a key, prompts are hashed under it and forgotten."""
    rows: list[Row] = []
    around: list[Surrounding] = []
    passed: dict[str, Passed] = {}
    for record in records:
        kind = kind_of(record)
        if kind is Kind.CALL or kind is Kind.LIKELY_CALL:  # a set would hash it in Python
            is_likely = kind is Kind.LIKELY_CALL
            teller = teller_of(record, is_likely=is_likely, content_key=content_key)
            if teller.start_ns > 0:
                rows.append(Row(teller, at_s))
                continue
        ancestor = ancestor_of(record) if kind is Kind.CONTEXT else None
        _pass(passed, record, kind, ancestor)
        if ancestor is not None and ancestor.span:
            around.append(Surrounding(ancestor, at_s))
    return Arrival(rows=rows, around=around, passed=list(passed.values()))


def counters_of(points: Iterable[CounterPoint]) -> Arrival:
    """Return the counters of tokens among the points of metrics."""
    counters = [
        Counter(f"{point.direction} {_digest(point.series)}", point.value, point.is_delta)
        for point in points
        if point.direction is not None
    ]
    return Arrival(counters=counters)


def _pass(passed: dict[str, Passed], record: Record, kind: Kind, ancestor: Ancestor | None) -> None:
    scope = record.scope[:200]
    each = passed.get(scope)
    if each is None:
        each = passed[scope] = Passed(scope=scope, version=record.version[:64])
    if kind is Kind.IGNORED:
        each.ignored += 1
    elif ancestor is None:
        each.untimed += 1
    else:
        each.context += 1
        each.agents += ancestor.is_agent
        if "gen_ai.operation.name" not in record.attributes:
            _note_tokens(each, record)


def _note_tokens(each: Passed, record: Record) -> None:
    """Note the names of attributes that look like token counts, on a span that no rule knows."""
    for name, value in record.attributes.items():
        if "token" in name and isinstance(value, int | float) and len(each.token_names) < NAMES_MAX:
            is_known = "openinference.span.kind" in record.attributes or "ai.operationId" in record.attributes
            if name[:200] not in each.token_names and not is_known:
                each.token_names.append(name[:200])


def _digest(series: str) -> str:
    return hashlib.blake2b(series.encode(errors="replace"), digest_size=12).hexdigest()
