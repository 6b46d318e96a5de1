"""Events written as text are read back as the same events."""

from datetime import UTC, datetime

from netra.domain.workloads.intake import read_ndjson
from netra.domain.workloads.model import Event
from netra.domain.workloads.rows import csv_of, ndjson_of

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


def test_a_table_has_the_columns_that_are_used() -> None:
    assert csv_of([BARE, FULL]) == (
        "timestamp,model,input_tokens,output_tokens,latency_ms,prefix_hashes,prefix_block_tokens,offline,streaming\n"
        '2026-11-01T02:03:04.000005Z,"m, x",5,1,,,,,\n'
        "2026-11-01T02:03:04.000005Z,m,5,1,1.5,1 b,4,true,false\n"
    )


def test_objects_in_a_table_stand_in_one_cell_as_json() -> None:
    event = Event(timestamp=AT, model="m", input_tokens=5, output_tokens=1, labels={"team": "a", "env": "b"})
    assert csv_of([event]).endswith(',"{""env"":""b"",""team"":""a""}"\n')
