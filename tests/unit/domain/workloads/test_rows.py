"""Events written as JSON lines are read back as the same events."""

from datetime import UTC, datetime

from netra.domain.workloads.intake import read_ndjson
from netra.domain.workloads.model import Event
from netra.domain.workloads.rows import ndjson_of

AT = datetime(2026, 11, 1, 2, 3, 4, 5, tzinfo=UTC)
BARE = Event(timestamp=AT, model="m, x", input_tokens=5, output_tokens=1)
FULL = Event(
    timestamp=AT,
    model="m",
    input_tokens=5,
    output_tokens=1,
    prefix_hashes=[1, "b"],
    prefix_block_tokens=4,
    offline=True,
    streaming=False,
    latency_ms=1.5,
)


def test_json_lines_leave_out_what_has_no_value_and_are_taken_back() -> None:
    body = ndjson_of([BARE, FULL])
    assert body.split(b"\n")[0] == (
        b'{"timestamp":"2026-11-01T02:03:04.000005Z","model":"m, x","input_tokens":5,"output_tokens":1}'
    )
    assert len(read_ndjson(body, max_rows=2).events) == 2
