"""Rows taken in one by one: what is kept, what is refused, and how both are told."""

import json
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.errors import ValidationFailed
from netra.domain.workloads.columns import columns_of, empty_events
from netra.domain.workloads.decoding import rows_of_batch, rows_of_lines
from netra.domain.workloads.intake import (
    NAIVE_NOTE,
    Taken,
    first_of_each_id,
    read_batch,
    read_ndjson,
    read_rows,
    take_lines,
    wrong_with,
)
from netra.domain.workloads.intake_report import FAULTS_MAX, outcomes, report_of
from netra.domain.workloads.joining import concatenated
from netra.domain.workloads.model import Event, EventStatus, RowFault

GOOD: dict[str, Any] = {
    "timestamp": "2026-11-01T00:00:00Z",
    "model": "gpt-4o",
    "input_tokens": 100,
    "output_tokens": 10,
}


def ndjson(*rows: dict[str, Any] | str) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(GOOD | row) for row in rows).encode()


def fault_in(row: dict[str, Any] | str) -> RowFault:
    taken = read_ndjson(ndjson(row), max_rows=9)
    assert len(taken.events) == 0
    (fault,) = taken.faults
    return fault


def test_a_broken_row_in_the_middle_costs_nothing_but_itself() -> None:
    taken = read_ndjson(ndjson({"id": "a"}, "{broken", "", {"id": "b"}), max_rows=9)
    assert taken.events.id is not None
    assert taken.events.id.tolist() == ["a", "b"]
    assert taken.lines.tolist() == [1, 4]
    assert [(fault.line, fault.code) for fault in taken.faults] == [(2, "malformed_json")]


def test_windows_line_ends_and_a_missing_last_one_are_fine() -> None:
    assert len(read_ndjson(ndjson({}, {}).replace(b"\n", b"\r\n"), max_rows=9).events) == 2


def test_instants_keep_their_zone_and_without_one_they_are_utc() -> None:
    taken = read_ndjson(
        ndjson(
            {"timestamp": "2026-11-01T01:00:00+01:00"},
            {"timestamp": "2026-11-01T00:00:00"},
            {"timestamp": "2026-11-01T00:00:00.000001Z"},
        ),
        max_rows=9,
    )
    first, second, third = taken.events.at_ns.tolist()
    assert (second - first, third - first) == (0, 1_000)
    assert taken.notes == (NAIVE_NOTE,)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"input_tokens": -1}, "input_tokens"),
        ({"tokens": 5}, "unknown field `tokens`"),
        ({"timestamp": "1969-12-31T23:59:59Z"}, "outside 1970 to 2200"),
        ({"timestamp": "2200-01-01T00:00:00Z"}, "outside 1970 to 2200"),
        ({"cached_input_tokens": 60, "cache_write_tokens": 41}, "count all input in input_tokens"),
        ({"reasoning_tokens": 11}, "count all output in output_tokens"),
        ({"cache_write_1h_tokens": 60, "cached_input_tokens": 41}, "count all input in input_tokens"),
        ({"cache_write_tokens": 9, "cache_write_1h_tokens": 10}, "count all writes in cache_write_tokens"),
        ({"variant": "both"}, "variant"),
        ({"charges": {"web_search": -1}}, "charges"),
        ({"labels": {str(number): "x" for number in range(9)}}, "labels"),
        ({"labels": {"team": 7}}, "labels"),
        ({"model": "a\x00b"}, "NUL"),
        ({"prefix_hashes": [1] * 10_001}, "prefix_hashes"),
        ("[" * 100_000, "array"),
        ("7", "Expected `object`"),
    ],
)
def test_a_row_that_breaks_the_schema_or_contradicts_itself_is_refused(
    row: dict[str, Any] | str, said: str
) -> None:
    fault = fault_in(row)
    assert (fault.line, fault.code) == (1, "invalid_row")
    assert said in fault.message


FAR_YEARS = (1, 900, 1385, 1386, 1500, 1601, 1615, 1616, 1969, 2200, 2554, 2555, 2600, 2784, 2785, 9999)


@pytest.mark.parametrize("neighbours", [0, 200])
@pytest.mark.parametrize("zone", ["", "+13:00"])
@pytest.mark.parametrize("year", FAR_YEARS)
def test_an_instant_that_64_bits_do_not_hold_is_refused_and_not_another_one(
    year: int, zone: str, neighbours: int
) -> None:
    rows: list[dict[str, Any]] = [{} for _ in range(neighbours)]
    rows.insert(neighbours // 2, {"timestamp": f"{year:04}-06-15T00:00:00{zone}"})
    batch = msgspec.json.encode({"events": [GOOD | row for row in rows]})
    assert read_batch(batch, max_rows=999) is None  # so they are taken one by one
    taken = read_ndjson(ndjson(*rows), max_rows=999)
    (fault,) = taken.faults
    assert (fault.line, fault.code) == (neighbours // 2 + 1, "invalid_row")
    assert "outside 1970 to 2200" in fault.message
    assert len(set(taken.events.at_ns.tolist())) <= 1


def test_a_row_that_is_not_utf8_is_refused_as_such() -> None:
    taken = read_ndjson(ndjson({"model": "X"}).replace(b"X", b"\xff"), max_rows=9)
    assert [fault.code for fault in taken.faults] == ["not_utf8"]


def test_an_infinite_cost_is_refused() -> None:
    row = msgspec.convert(GOOD | {"cost": "inf"}, Event, strict=False)
    assert wrong_with(row) == "cost is infinite"


def test_a_batch_is_numbered_by_place() -> None:
    batch = [msgspec.Raw(msgspec.json.encode(row)) for row in (GOOD, {"model": 1}, GOOD)]
    taken = read_rows(batch, max_rows=3)
    assert (taken.lines.tolist(), [fault.line for fault in taken.faults]) == ([1, 3], [2])


def test_more_rows_than_allowed_are_refused_as_a_whole() -> None:
    with pytest.raises(ValidationFailed, match="3 events were sent; at most 2"):
        read_ndjson(ndjson({}, {}, {}), max_rows=2)


def test_nothing_is_a_batch_of_nothing() -> None:
    assert len(read_ndjson(b"", max_rows=1).events) == 0
    assert len(read_rows([], max_rows=1).events) == 0


def test_each_id_counts_once_and_rows_without_one_always() -> None:
    ids = ["a", None, "a", "b", None]
    events = columns_of([msgspec.convert(GOOD | {"id": name}, Event) for name in ids])
    seen = {"b"}
    assert first_of_each_id(events, seen=seen).tolist() == [True, True, False, False, True]
    assert seen == {"a", "b"}


def test_ids_that_are_all_new_are_all_first() -> None:
    events = columns_of([msgspec.convert(GOOD | {"id": name}, Event) for name in ("a", "b")])
    seen = {"c"}
    assert first_of_each_id(events, seen=seen).tolist() == [True, True]
    assert seen == {"a", "b", "c"}
    assert first_of_each_id(empty_events(), seen=seen).tolist() == []


def test_every_row_gets_one_outcome_in_the_order_of_lines() -> None:
    taken = read_ndjson(ndjson({"id": "a"}, {"input_tokens": -1}, {"id": "b"}), max_rows=9)
    told = outcomes(taken, is_new=np.array([True, False]))
    assert [(outcome.line, outcome.status, outcome.id) for outcome in told] == [
        (1, EventStatus.ACCEPTED, "a"),
        (2, EventStatus.REJECTED, None),
        (3, EventStatus.DUPLICATE, "b"),
    ]
    assert told[1].code == "invalid_row"


def test_rows_without_ids_have_outcomes_too() -> None:
    told = outcomes(read_ndjson(ndjson({}), max_rows=9), is_new=np.array([True]))
    assert [(outcome.status, outcome.id) for outcome in told] == [(EventStatus.ACCEPTED, None)]


def test_kept_events_keep_their_lines() -> None:
    taken = read_ndjson(ndjson({"id": "a"}, {"id": "b"}), max_rows=9)
    assert taken.at(np.array([False, True])).lines.tolist() == [2]
    assert taken.at(np.array([True, True])) is taken


def test_a_report_shows_the_first_faults_by_line_and_counts_the_rest() -> None:
    faults = [RowFault(line=line, code="x", message="m") for line in range(FAULTS_MAX + 5, 0, -1)]
    report = report_of(accepted=7, duplicates=2, faults=faults)
    assert (report.accepted, report.duplicates, report.rejected) == (7, 2, FAULTS_MAX + 5)
    assert (len(report.faults), report.faults[0].line, report.faults_omitted) == (FAULTS_MAX, 1, 5)


def json_of(*rows: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"events": [GOOD | row for row in rows]})


def one_by_one(body: bytes) -> Taken:
    """Return what comes of rows that nobody may take together."""
    parts = [take_lines([(line, raw)]) for line, raw in enumerate(body.splitlines(), 1) if raw.strip()]
    return Taken(
        events=concatenated([empty_events(), *(part.events for part in parts)]),
        lines=np.array([line for part in parts for line in part.lines.tolist()], np.int64),
        faults=tuple(fault for part in parts for fault in part.faults),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def told(taken: Taken) -> Any:
    names = taken.events.model
    return (
        taken.lines.tolist(),
        taken.events.at_ns.tolist(),
        [names.of(place) for place in range(len(taken.events))],
        [] if taken.events.latency_ms is None else np.nan_to_num(taken.events.latency_ms, nan=-1).tolist(),
        taken.faults,
        taken.notes,
    )


ODD_LINES = st.sampled_from(
    [
        json.dumps(GOOD),
        json.dumps(GOOD | {"latency_ms": 1.5}),
        json.dumps(GOOD | {"timestamp": "2026-11-01T00:00:00"}),
        json.dumps(GOOD | {"timestamp": "1969-01-01T00:00:00Z"}),
        json.dumps(GOOD | {"reasoning_tokens": 11}),
        json.dumps(GOOD | {"model": "a\0b"}),
        json.dumps(GOOD | {"tokens": 1}),
        json.dumps(GOOD) + "," + json.dumps(GOOD),
        json.dumps(GOOD) + " " + json.dumps(GOOD),
        json.dumps(GOOD)[:-1] + ', "prefix_hashes": [{}',
        "{}], " + json.dumps(GOOD)[1:],
        json.dumps(GOOD)[:40],
        json.dumps(GOOD)[40:],
        "  " + json.dumps(GOOD),
        "{",
        "}",
        "",
        "[]",
        "7",
    ]
)


@given(st.lists(ODD_LINES, max_size=8), st.booleans())
def test_rows_taken_together_are_judged_as_each_would_be_alone(lines: list[str], is_ended: bool) -> None:
    body = ("\n".join(lines) + ("\n" if is_ended else "")).encode()
    assert told(read_ndjson(body, max_rows=99)) == told(one_by_one(body))


def test_one_bad_row_among_many_is_found_and_the_others_keep_their_lines() -> None:
    rows = [{"id": f"id-{n}", **({"input_tokens": -1} if n == 777 else {})} for n in range(1_000)]
    taken = read_ndjson(ndjson(*rows), max_rows=1_000)
    assert [fault.line for fault in taken.faults] == [778]
    assert taken.lines.tolist() == [line for line in range(1, 1_001) if line != 778]
    assert taken.events.id is not None
    assert taken.events.id[777] == "id-778"


def test_a_batch_without_fault_is_taken_at_once() -> None:
    body = json_of({"id": "a"}, {"id": "b", "latency_ms": 2.0}, {"timestamp": "2026-11-01T00:00:00"})
    taken = read_batch(body, max_rows=3)
    assert taken is not None
    assert taken.lines.tolist() == [1, 2, 3]
    assert taken.notes == (NAIVE_NOTE,)
    with pytest.raises(ValidationFailed, match="3 events were sent; at most 2"):
        read_batch(body, max_rows=2)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"events": 1}',
        b'{"events": []}x',
        json_of({"model": "a\0b"}),
        json_of({"input_tokens": -1}),
        json_of({"reasoning_tokens": 11}),
        json_of({"cost": 1}).replace(b'"cost":1', b'"cost":1e999'),
    ],
)
def test_a_batch_with_anything_odd_about_it_is_left_to_be_judged_row_by_row(body: bytes) -> None:
    assert read_batch(body, max_rows=9) is None


def test_an_empty_list_is_a_batch_of_nothing() -> None:
    taken = read_batch(b'{"events": []}', max_rows=1)
    assert taken is not None
    assert len(taken.events) == 0


def test_two_rows_in_one_line_are_not_two_lines() -> None:
    (fault,) = read_ndjson(ndjson({}) + b" " + ndjson({}), max_rows=9).faults
    assert (fault.line, fault.code) == (1, "malformed_json")


def test_a_row_without_a_zone_is_in_utc_whatever_is_wrong_with_its_neighbours() -> None:
    taken = read_ndjson(ndjson({"timestamp": "2026-11-01T00:00:00"}, "{broken", {}), max_rows=9)
    assert taken.notes == (NAIVE_NOTE,)
    first, second = taken.events.at_ns.tolist()
    assert first == second


def chained(*chains: int) -> list[dict[str, Any]]:
    return [{"id": f"c{n}", "prefix_hashes": [7] * count} for n, count in enumerate(chains)]


def test_a_batch_with_too_many_prefix_hashes_is_refused_whole_in_each_form() -> None:
    body = ndjson(*chained(3, 4))
    rows = [GOOD | row for row in chained(3, 4)]
    raws = [msgspec.Raw(json.dumps(row).encode()) for row in rows]
    assert read_batch(json.dumps({"events": rows}).encode(), max_rows=9, max_hashes=6) is None
    reads: tuple[Callable[[], object], ...] = (
        lambda: read_ndjson(body, max_rows=9, max_hashes=6),
        lambda: read_rows(raws, max_rows=9, max_hashes=6),
    )
    for read in reads:
        with pytest.raises(ValidationFailed, match="at most 6 prefix hashes go in one batch") as caught:
            read()
        assert caught.value.faults[0].code == "too_many_prefix_hashes"
    assert len(read_ndjson(body, max_rows=9, max_hashes=7).events) == 2
    assert len(read_rows(raws, max_rows=9, max_hashes=7).events) == 2


def test_rows_with_many_items_are_decoded_a_group_at_a_time_with_the_same_result() -> None:
    body = ndjson(*chained(*[9_000] * 40), "{broken", *chained(10_001))
    peak, taken = _peak(lambda: read_ndjson(body, max_rows=99, max_hashes=361_000))
    assert [len(taken.events), [fault.line for fault in taken.faults]] == [40, [41, 42]]
    assert taken.events.prefixes is not None
    assert len(taken.events.prefixes.hashes) == 360_000
    assert peak < 60 * 360_000


def test_a_row_with_millions_of_hashes_is_refused_without_being_decoded() -> None:
    row = ndjson(*chained(1_000_000)).replace(b" ", b"")
    for body in (row, ndjson({"id": "good"}) + b"\n" + row):
        peak, taken = _peak(partial(read_ndjson, body, max_rows=9, max_hashes=9_999))
        assert "prefix_hashes holds at most 10000" in taken.faults[-1].message
        assert peak < 2 * len(row)


def _peak(work: Callable[[], Taken]) -> tuple[int, Taken]:
    """Return the most bytes allocated at one moment of `work`, and its result."""
    tracemalloc.start()
    try:
        return (taken := work(), tracemalloc.get_traced_memory()[1])[1], taken
    finally:
        tracemalloc.stop()


def test_the_report_counts_bad_rows_beyond_those_it_was_given() -> None:
    fault = RowFault(line=1, code="c", message="m")
    report = report_of(accepted=0, duplicates=0, faults=[fault], rejected=1_000)
    assert (report.rejected, report.faults_omitted) == (1_000, 1_000 - FAULTS_MAX)


def test_rows_with_objects_are_taken_whole_and_equal_objects_have_one_name() -> None:
    rows: list[dict[str, Any]] = [
        {"labels": {"team": "a", "env": "b"}},
        {"labels": {"env": "b", "team": "a"}},
        {"labels": {}},
    ]
    for body in (ndjson(*rows), ndjson(*rows).replace(b"\n", b"\r\n")):
        events = read_ndjson(body, max_rows=9).events
        assert events.labels is not None
        assert events.labels.names == ('{"env":"b","team":"a"}',)
        assert events.labels.codes.tolist() == [0, 0, -1]


def test_the_fast_reader_takes_rows_with_objects_and_leaves_one_that_spans_two_lines() -> None:
    row = json.dumps(GOOD | {"labels": {"team": "a"}, "charges": {"web_search": 2}, "id": "x"})
    assert rows_of_lines(f"{row}\n{row}".encode()) is not None
    assert rows_of_lines(f"{row}\n{row}\n".encode()) is not None
    broken = row.replace('"labels": {', '"labels": \n{')
    assert rows_of_lines(f"{broken}\n{row}{row}".encode()) is None
    assert rows_of_batch(f'{{"events": [{row},{row}]}}'.encode()) is not None


def test_the_first_row_s_fields_are_found_behind_its_objects() -> None:
    row = json.dumps({"labels": {"team": "}"}, "charges": {"web_search": 2}} | GOOD)
    rows = rows_of_lines(f"{row}\n{row}".encode())
    assert rows is not None
    assert not hasattr(rows[0], "tool")  # rows have the fields of the first one and no others
