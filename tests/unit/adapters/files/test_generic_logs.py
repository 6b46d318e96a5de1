"""Logs in Netra's own columns as people and spreadsheets write them."""

import gzip
import io
import itertools
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.adapters.files.cells import Cells
from netra.adapters.files.layout import layout_of
from netra.adapters.files.line_blocks import Block
from netra.adapters.files.reader import FileRequestLogs
from netra.adapters.files.table import TableReader, joined
from netra.domain.errors import UnreadableFile
from netra.ports.log_files import ReadingChoices, ReadLog

HEADER = "timestamp,model,input_tokens,output_tokens\n"
AT = "2026-11-30T20:10:57Z"
AT_NS = int(datetime(2026, 11, 30, 20, 10, 57, tzinfo=UTC).timestamp()) * 10**9


def read(tmp_path: Path, content: str | bytes, *, choices: ReadingChoices | None = None) -> ReadLog:
    file = tmp_path / "log"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return FileRequestLogs().read(str(file), choices=choices or ReadingChoices())


def rows_of(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def a_row(**changed: object) -> dict[str, object]:
    return {"timestamp": AT, "model": "gpt-4o", "input_tokens": 1200, "output_tokens": 34} | changed


def test_a_german_spreadsheet_keeps_its_large_rows_and_its_cents(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        "timestamp;model;input_tokens;output_tokens;latency_ms;cost\n"
        "30.11.2026 20:10:57;gpt-4o;1.200;34;1.234,5;0,0125 €\n"
        "1.12.2026 08:00:00;gpt-4o;12.345.678;5;900;1.200,50 €\n",
    )
    assert log.report.rejected == 0
    assert log.events.input_tokens.tolist() == [1200, 12_345_678]
    assert log.events.cost is not None
    assert log.events.cost.tolist() == [0.0125, 1200.5]
    assert log.events.latency_ms is not None
    assert log.events.latency_ms.tolist() == [1234.5, 900.0]
    assert log.events.currency is not None
    assert log.events.currency.names == ("EUR",)
    assert log.events.at_ns.tolist()[0] == AT_NS
    assert "Timestamps such as '30.11.2026 20:10:57' were read as day, month, year." in log.notes
    assert "Numbers such as '1.200' were read as 1200." in log.notes


def test_an_american_spreadsheet_with_dollars_and_thousands(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        "Date,Model,Input Tokens,Output Tokens,Cost\n"
        '11/30/2026 8:10:57 PM,gpt-4o,"1,200",34,$0.01\n'
        '12/1/2026 8:00 AM,gpt-4o,"12,345,678",5,"$1,200.50"\n',
    )
    assert log.events.input_tokens.tolist() == [1200, 12_345_678]
    assert log.events.cost is not None
    assert log.events.cost.tolist() == [0.01, 1200.5]
    assert log.events.currency is not None
    assert log.events.currency.names == ("USD",)
    assert log.events.at_ns.tolist() == [AT_NS, AT_NS + 11 * 3600 * 10**9 + 49 * 60 * 10**9 + 3 * 10**9]
    assert "Timestamps such as '11/30/2026 8:10:57 PM' were read as month, day, year." in log.notes


@pytest.mark.parametrize(
    "written",
    [
        "1796069457",
        "1796069457000",
        "1796069457000000",
        "1796069457000000000",
        "1796069457.0",
        "2026-11-30T20:10:57Z",
        "2026-11-30T20:10:57.000Z",
        "2026-11-30 20:10:57,000",
        "2026-11-30 20:10:57 UTC",
        "2026-11-30T21:10:57+01:00",
        "2026-11-30T21:10:57+0100",
        "2026/11/30 20:10:57",
        "30-11-2026 20:10:57",
        "30 Nov 2026 20:10:57",
        "Mon, 30 Nov 2026 20:10:57 GMT",
        "Nov 30 2026 8:10:57 pm",
        "30/Nov/2026:20:10:57 +0000",
    ],
)
@pytest.mark.parametrize("is_json", [False, True])
def test_an_instant_is_read_however_it_is_written(tmp_path: Path, written: str, is_json: bool) -> None:
    number: object = written
    if written.replace(".", "").isdigit():
        number = float(written) if "." in written else int(written)
    row = rows_of(a_row(timestamp=number))
    log = read(tmp_path, row if is_json else f'{HEADER}"{written}",gpt-4o,1200,34\n')
    assert log.events.at_ns.tolist() == [AT_NS], log.report


def test_a_number_since_1970_says_its_unit_and_keeps_its_nanoseconds(tmp_path: Path) -> None:
    log = read(tmp_path, f"{HEADER}1796069457123456789,gpt-4o,1,1\n")
    assert log.events.at_ns.tolist() == [1796069457123456789]
    assert log.notes == (
        "Timestamps such as '1796069457123456789' were read as nanoseconds since 1970 in UTC.",
    )


def test_dates_that_may_be_read_either_way_are_an_error_until_somebody_says(tmp_path: Path) -> None:
    log = f"{HEADER}01/02/2026 10:00:00,gpt-4o,1,1\n03/04/2026 10:00:00,gpt-4o,1,1\n"
    with pytest.raises(UnreadableFile, match="--dates day-first or --dates month-first") as caught:
        read(tmp_path, log)
    assert "'01/02/2026 10:00:00'" in caught.value.message
    days = {
        order: read(tmp_path, log, choices=ReadingChoices(dates=order)).events.at_ns.tolist()[0]
        for order in ("day-first", "month-first")
    }
    assert days["day-first"] - days["month-first"] == 30 * 86_400 * 10**9


def test_quoted_cells_hold_delimiters_quotes_and_line_breaks(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        f'{HEADER[:-1]},note\n{AT},gpt-4o,1,1,"a ""b"", c\nsecond line\n\nfourth"\n{AT},gpt-4o,2,1,x\n'
        f'{AT},gpt-4o,many,1,"y\nz"\n',
    )
    assert log.events.input_tokens.tolist() == [1, 2]
    assert [fault.line for fault in log.report.faults] == [7]


@given(
    st.lists(st.text(alphabet='a",;\n ', max_size=6), min_size=1, max_size=6),
    st.integers(0, 80),
    st.integers(0, 80),
)
def test_a_table_split_anywhere_into_blocks_gives_the_same_rows(notes: list[str], one: int, two: int) -> None:
    layout = layout_of(f"{HEADER[:-1]},feature", path="x")
    lines = [
        f'{AT},gpt-4o,{place},1,"{note.replace(chr(34), chr(34) * 2)}"' for place, note in enumerate(notes)
    ]
    text = "\n".join(lines).split("\n")
    cuts = sorted({0, min(one, len(text)), min(two, len(text)), len(text)})
    reader = TableReader(layout, cells=Cells(path="x"))
    parts = [
        reader.take(Block(first_line=2 + begin, data="\n".join(text[begin:end]).encode(), done=1.0))
        for begin, end in itertools.pairwise(cuts)
    ]
    taken = joined([*parts, reader.finish()])
    assert taken.faults == ()
    assert taken.events.input_tokens.tolist() == list(range(len(notes)))
    named = [
        None if taken.events.feature is None else taken.events.feature.of(at) for at in range(len(notes))
    ]
    assert named == [note.strip() or None for note in notes]


def test_a_stray_quote_costs_its_line_only_even_where_another_follows(tmp_path: Path) -> None:
    log = read(tmp_path, f'{HEADER}{AT},"gpt-4o,1,1\n{AT},gpt-4o,2,1\n{AT},"gpt-4o,3,1\n{AT},gpt-4o,4,1\n')
    assert log.events.input_tokens.tolist() == [2, 4]
    assert [fault.line for fault in log.report.faults] == [2, 4]


def test_the_separator_that_excel_writes_above_the_header_is_no_row(tmp_path: Path) -> None:
    assert read(tmp_path, f"sep=;\n{HEADER}{AT},gpt-4o,1,1\n".replace(",", ";")).report.accepted == 1


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([a_row(), a_row(input_tokens=5)]),
        json.dumps([a_row(), a_row(input_tokens=5)], indent=2),
        json.dumps({"data": [a_row(), a_row(input_tokens=5)], "has_more": False}),
        json.dumps({"events": [a_row(), a_row(input_tokens=5)]}, indent=1),
        rows_of(a_row(), a_row(input_tokens=5)).encode("utf-16"),
        b"\xef\xbb\xbf" + rows_of(a_row(), a_row(input_tokens=5)).encode(),
    ],
    ids=["array", "indented", "page", "indented page", "utf-16", "bom"],
)
def test_json_rows_in_any_shape(tmp_path: Path, content: str | bytes) -> None:
    log = read(tmp_path, content)
    assert (log.format, log.events.input_tokens.tolist()) == ("jsonl", [1200, 5])


def test_a_bad_row_of_an_indented_array_is_named_by_its_line(tmp_path: Path) -> None:
    rows = [a_row(), a_row(input_tokens="many")]
    log = read(tmp_path, json.dumps(rows, indent=2))
    (fault,) = log.report.faults
    assert fault.line == 8
    assert "input_tokens is 'many'; expected a whole number from 0 to 100000000. Hint: " in fault.message


def test_keys_that_mean_nothing_are_ignored_and_named_once(tmp_path: Path) -> None:
    log = read(tmp_path, rows_of(*(a_row(colour="red", weight=n) for n in range(3))))
    assert log.report.accepted == 3
    assert log.notes == ("Keys that were not used: colour, weight.",)


def test_other_spellings_and_numbers_as_text_are_understood_in_json(tmp_path: Path) -> None:
    row = {
        "startTime": AT,
        "prompt_tokens": "1,200",
        "completion_tokens": 34.0,
        "latency_s": 1.5,
        "costUsd": "$0.02",
    }
    log = read(tmp_path, rows_of(row))
    assert log.events.model.names == ("unspecified",)
    assert (log.events.input_tokens.tolist(), log.events.output_tokens.tolist()) == ([1200], [34])
    assert log.events.latency_ms is not None
    assert log.events.latency_ms.tolist() == [1500.0]
    assert log.events.cost is not None
    assert log.events.cost.tolist() == [0.02]


def test_a_field_can_be_given_its_column_or_nested_key(tmp_path: Path) -> None:
    names = {"timestamp": "when", "input_tokens": "usage.in", "output_tokens": "usage.out"}
    log = read(
        tmp_path, rows_of({"when": AT, "usage": {"in": 3, "out": 4}}), choices=ReadingChoices(names=names)
    )
    assert (log.events.input_tokens.tolist(), log.events.output_tokens.tolist()) == ([3], [4])
    table = read(
        tmp_path,
        f"time,when,model,input_tokens,output_tokens\nx,{AT},m,1,2\n",
        choices=ReadingChoices(names={"timestamp": "when"}),
    )
    assert table.events.at_ns.tolist() == [AT_NS]
    with pytest.raises(UnreadableFile, match="no column 'nowhere'"):
        read(tmp_path, f"{HEADER}{AT},m,1,2\n", choices=ReadingChoices(names={"timestamp": "nowhere"}))


def test_two_columns_of_one_optional_field_are_no_error(tmp_path: Path) -> None:
    log = read(tmp_path, f"request_id,id,{HEADER}a,b,{AT},gpt-4o,1,1\n")
    assert log.events.id is not None
    assert log.events.id.tolist() == ["b"]
    assert log.notes == ("Columns that were not used: request_id.",)


def test_counts_that_passed_through_a_float_are_counts(tmp_path: Path) -> None:
    log = read(tmp_path, f"{HEADER}{AT},gpt-4o,1200.0,34.00\n{AT},gpt-4o,1000.000,1.5\n")
    assert log.events.input_tokens.tolist() == [1200]
    assert "output_tokens is '1.5'" in log.report.faults[0].message


def test_standard_input_is_read_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (f"{HEADER}{AT},gpt-4o,1,1\n".encode(), gzip.compress(rows_of(a_row()).encode())):
        stream = io.TextIOWrapper(io.BytesIO(content))
        monkeypatch.setattr(sys, "stdin", stream)
        assert FileRequestLogs().read("-").report.accepted == 1


def test_a_folder_and_a_pattern_are_read_together_and_other_files_are_named(tmp_path: Path) -> None:
    inner = tmp_path / "logs" / "deep"
    inner.mkdir(parents=True)
    (inner / "a.csv").write_text(f"id,{HEADER}a,{AT},gpt-4o,1,1\n")
    (inner / "b.jsonl.gz").write_bytes(
        gzip.compress(rows_of(a_row(id="a"), a_row(id="b"), a_row(id=3)).encode())
    )
    (inner / "c.json").write_text('{"scripts": {}}')
    (inner / "d.png").write_bytes(b"\x89PNG")
    log = FileRequestLogs().read(str(tmp_path / "logs"))
    assert (log.format, log.files, log.report.accepted, log.report.duplicates) == ("csv, jsonl", 2, 3, 1)
    assert any("c.json" in note and "no request log" in note for note in log.notes)
    assert FileRequestLogs().read(f"{tmp_path}/logs/**/*.csv").report.accepted == 1
    with pytest.raises(UnreadableFile, match="no request log"):
        FileRequestLogs().read(f"{tmp_path}/logs/**/*.json")


def test_a_fault_in_one_of_several_files_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}{AT},gpt-4o,1,1\n")
    (tmp_path / "b.csv").write_text(f"{HEADER}x,gpt-4o,1,1\n")
    (fault,) = FileRequestLogs().read(str(tmp_path / "a.csv"), str(tmp_path / "b.csv")).report.faults
    assert fault.message.startswith(f"{tmp_path / 'b.csv'}: timestamp is 'x'")


def test_earlier_calls_are_left_out_where_a_beginning_is_asked_for(tmp_path: Path) -> None:
    since = datetime(2026, 11, 30, 20, tzinfo=UTC)
    log = read(
        tmp_path,
        f"{HEADER}2026-11-30T19:00:00Z,gpt-4o,1,1\n{AT},gpt-4o,2,1\n",
        choices=ReadingChoices(since=since),
    )
    assert log.events.input_tokens.tolist() == [2]
    assert log.notes == ("1 earlier calls were left out.",)
