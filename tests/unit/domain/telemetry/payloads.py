"""Records and tellers as the tests of this room make them."""

import itertools
from typing import Any

from netra.domain.telemetry.calls import Reading, read_groups
from netra.domain.telemetry.mapping import ancestor_of, teller_of
from netra.domain.telemetry.merging import groups_of
from netra.domain.telemetry.recognition import Kind, kind_of
from netra.domain.telemetry.records import Record
from netra.domain.telemetry.tellers import Teller

START_NS = 1_796_000_000_000_000_000
MS = 1_000_000
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
USAGE = {"gen_ai.usage.input_tokens": 1200, "gen_ai.usage.output_tokens": 300}
_NUMBERS = itertools.count(1)


def span(attributes: dict[str, Any], *, at_ms: float = 0, ms: float = 100, **fields: Any) -> Record:
    """Return a span of the scope `lib` in trace `t1`, unless the fields say otherwise."""
    start_ns = START_NS + int(at_ms * MS)
    given: dict[str, Any] = {
        "name": "chat gpt-4o",
        "scope": "lib",
        "resource": {},
        "trace_id": "t1",
        "span_id": f"s{next(_NUMBERS)}",
        "start_ns": start_ns,
        "end_ns": start_ns + int(ms * MS),
    }
    return Record(attributes=attributes, **(given | fields))


def log(attributes: dict[str, Any], *, at_ms: float = 0, **fields: Any) -> Record:
    """Return a log record outside any trace."""
    at_ns = START_NS + int(at_ms * MS)
    given: dict[str, Any] = {"name": "", "scope": "lib", "resource": {}, "start_ns": at_ns, "end_ns": at_ns}
    return Record(attributes=attributes, is_log=True, **(given | fields))


def reading_of(records: list[Record]) -> Reading:
    """Return what records amount to, as the receiver does it."""
    tellers = [
        teller_of(record, is_likely=kind is Kind.LIKELY_CALL)
        for record in records
        if (kind := kind_of(record)) in {Kind.CALL, Kind.LIKELY_CALL}
    ]
    ancestors = [ancestor_of(record) for record in records if kind_of(record) is Kind.CONTEXT]
    return read_groups(groups_of(tellers, ancestors), ancestors)


def said(attributes: dict[str, Any], **fields: Any) -> Teller:
    """Return what one span says."""
    return teller_of(span(attributes, **fields))
