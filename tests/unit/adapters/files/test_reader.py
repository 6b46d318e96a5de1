"""Files are known by their content; bad rows cost themselves; a stranger's file is told what is missing."""

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest

from netra.adapters.files.line_blocks import BLOCK_BYTES, BLOCK_LINES
from netra.adapters.files.reader import FileRequestLogs
from netra.domain.errors import UnreadableFile, WorkStopped
from netra.domain.workloads.intake_report import FAULTS_MAX
from netra.domain.workloads.sizes import LogLimits
from netra.ports.log_files import ReadLog

SHARED = Path("../shared/data")
HEADER = "timestamp,model,input_tokens,output_tokens\n"
ROW = "2026-11-01T00:00:00Z,gpt-4o,100,10\n"
JSON_ROW = (
    '{"timestamp": "2026-11-01T00:00:00Z", "model": "m", "input_tokens": 5, "output_tokens": 1, "id": "%s"}\n'
)
MOONCAKE_ROW = '{"timestamp": %d, "input_length": 700, "output_length": 5, "hash_ids": [46, 47]}\n'


def read(tmp_path: Path, content: str | bytes, *, name: str = "log") -> ReadLog:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return FileRequestLogs().read(str(file))


def refusal(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path, content)
    return caught.value.message


def test_a_csv_with_a_broken_row_in_the_middle_loses_that_row_only(tmp_path: Path) -> None:
    log = read(tmp_path, HEADER + ROW + "2026-11-01T00:00:01Z,gpt-4o,many,10\n" + ROW)
    assert (log.format, log.report.accepted, log.report.rejected) == ("csv", 2, 1)
    assert log.report.faults[0].line == 3
    assert "input_tokens" in log.report.faults[0].message


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('2026-11-01T00:00:00Z,"gpt-4o,100,10', "quotes do not match"),
        ("2026-11-01T00:00:00Z,gpt-4o,100", "3 columns where the first line has 4"),
        ("2026-02-30T00:00:00Z,gpt-4o,100,10", "timestamp"),
        ("1950-01-01T00:00:00Z,gpt-4o,100,10", "outside 1970 to 2200"),
        ("1601-01-01T00:00:00Z,gpt-4o,100,10", "outside 1970 to 2200"),
        ("2600-01-01T00:00:00Z,gpt-4o,100,10", "outside 1970 to 2200"),
        ("2026-11-01T00:00:00Z,,100,10", "model"),
        ("2026-11-01T00:00:00Z,gpt-4o,100000001,10", "100000000"),
        (f"2026-11-01T00:00:00Z,{'m' * 201},100,10", "200"),
    ],
)
def test_a_bad_row_is_reported_with_its_line_and_its_reason(tmp_path: Path, row: str, said: str) -> None:
    log = read(tmp_path, HEADER + ROW + row + "\n" + ROW)
    (fault,) = log.report.faults
    assert (log.report.accepted, fault.line) == (2, 3)
    assert said in fault.message


def test_bytes_that_are_not_utf8_cost_their_row_only(tmp_path: Path) -> None:
    log = read(tmp_path, (HEADER + ROW).encode() + ROW.encode().replace(b"gpt", b"\xff\xfe") + ROW.encode())
    (fault,) = log.report.faults
    assert (log.report.accepted, fault.line, fault.code) == (2, 3, "not_utf8")


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + HEADER + ROW + ROW,
        (HEADER + ROW + ROW).replace("\n", "\r\n"),
        (HEADER + ROW + ROW).rstrip("\n"),
        "\n\n" + HEADER + "\n" + ROW + "\n\n" + ROW,
        (HEADER + ROW + ROW).replace(",", ";"),
        (HEADER + ROW + ROW).replace(",", "\t"),
        (HEADER + ROW + ROW).replace(",", " , "),
        HEADER + '"2026-11-01T00:00:00Z","gpt-4o","100","10"\n' + ROW,
        "Created At,Model,Prompt-Tokens,completion_tokens\n" + ROW + ROW,
        gzip.compress((HEADER + ROW + ROW).encode(), mtime=0),
        (HEADER + ROW + ROW).encode("utf-16"),
    ],
    ids=[
        "bom",
        "crlf",
        "no-last",
        "blank",
        "semicolon",
        "tab",
        "padded",
        "quoted",
        "aliases",
        "gzip",
        "utf-16",
    ],
)
def test_the_same_log_however_it_was_saved(tmp_path: Path, content: str | bytes) -> None:
    log = read(tmp_path, content)
    assert (log.format, log.report.accepted, log.report.rejected) == ("csv", 2, 0)
    assert log.events.model.names == ("gpt-4o",)
    assert (log.events.input_tokens.tolist(), log.events.output_tokens.tolist()) == ([100, 100], [10, 10])
    assert log.events.at_ns.tolist() == [1_793_491_200 * 10**9] * 2


def test_each_id_counts_once(tmp_path: Path) -> None:
    log = read(tmp_path, "id," + HEADER + "a," + ROW + "b," + ROW + "a," + ROW)
    assert (log.report.accepted, log.report.duplicates) == (2, 1)


def test_columns_that_mean_nothing_here_are_named_in_a_note(tmp_path: Path) -> None:
    log = read(tmp_path, "colour," + HEADER + "red," + ROW)
    assert log.notes == ("Columns that were not used: colour.",)


def test_a_table_without_a_model_column_is_a_log_that_names_none(tmp_path: Path) -> None:
    log = read(tmp_path, "timestamp,input_tokens,output_tokens\n2026-11-01T00:00:00+01:00,5,1\n")
    assert log.events.model.names == ("unspecified",)


def test_the_azure_trace_keeps_its_seventh_digit_and_is_taken_as_utc(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        "TIMESTAMP,ContextTokens,GeneratedTokens\n"
        "2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:46.6805901,396,109\n",
    )
    assert log.format == "azure_llm"
    assert log.events.at_ns.tolist() == [1_700_158_546_680_590_000, 1_700_158_546_680_590_100]
    assert log.events.model.names == ("unspecified",)
    assert log.notes == ("Timestamps without a time zone were taken as UTC.",)


def test_a_bad_row_beside_it_does_not_cost_the_seventh_digit(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805901,374,44\nbad,1,1\n",
    )
    assert log.events.at_ns.tolist() == [1_700_158_546_680_590_100]
    assert log.report.rejected == 1


def test_the_mooncake_trace_has_milliseconds_and_prefix_chains(tmp_path: Path) -> None:
    log = read(tmp_path, MOONCAKE_ROW % 0 + '{"timestamp": -1}\n' + MOONCAKE_ROW % 27_482 + '"\xff"\n')
    assert (log.format, log.report.accepted, [fault.line for fault in log.report.faults]) == (
        "mooncake",
        2,
        [2, 4],
    )
    assert log.events.at_ns.tolist() == [0, 27_482_000_000]
    assert log.events.prefixes is not None
    assert log.events.prefixes.hashes.tolist() == [46, 47, 46, 47]
    assert log.events.prefixes.block_tokens.tolist() == [512, 512]


def test_json_lines_are_taken_like_events_sent_in(tmp_path: Path) -> None:
    log = read(tmp_path, JSON_ROW % "a" + "{bad\n" + "\n" + JSON_ROW % "a" + JSON_ROW % "b")
    assert (log.format, log.report.accepted, log.report.duplicates) == ("jsonl", 2, 1)
    assert [fault.line for fault in log.report.faults] == [2]


def test_json_lines_are_known_even_when_the_first_is_broken(tmp_path: Path) -> None:
    assert read(tmp_path, "{bad\n" + JSON_ROW % "a").format == "jsonl"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "is empty"),
        ("\n \n", "blank lines only"),
        ("a,b\n1,2\n", "'a, b'"),
        ("chunk-0,0,0.1\n", "'chunk-0, 0, 0.1'"),
        ('{"provider": "x", "round": 1}\n', "provider, round"),
        ("[1, 2]\n", "no JSON object per row"),
        (b"\x89PNG\r\n\x00\x00", "binary"),
        (b"PAR1\x00", "Parquet file; export it as JSON lines or CSV"),
        (b"PK\x03\x04\x00", "save the sheet as CSV"),
        ((HEADER + ROW).encode("utf-16") + b"\x00\xd8\x41\x00", "damaged UTF-16"),
        (gzip.compress((HEADER + ROW).encode(), mtime=0)[:-9], "damaged gzip"),
        ("timestamp,time,input_tokens,output_tokens\n", "two columns for timestamp"),
        (HEADER + "x,y,z,1\n", "first fault is in line 2"),
        ("x" * (BLOCK_BYTES + 1), "one line of more than 4 MiB"),
    ],
)
def test_a_file_that_is_no_request_log_is_told_what_was_found(
    tmp_path: Path, content: str | bytes, found: str
) -> None:
    assert found in refusal(tmp_path, content)


def test_a_refusal_says_what_was_expected(tmp_path: Path) -> None:
    said = refusal(tmp_path, "a,b\n")
    assert "timestamp, input_tokens and output_tokens" in said
    assert "Azure LLM trace" in said
    assert "Mooncake" in said


def test_a_missing_file_and_an_empty_folder_are_refused_by_name(tmp_path: Path) -> None:
    for path, found in ((tmp_path / "nothing.csv", "cannot be read"), (tmp_path, "holds no log")):
        with pytest.raises(UnreadableFile, match=found) as caught:
            FileRequestLogs().read(str(path))
        assert repr(str(path)) in caught.value.message


def test_a_header_alone_is_an_empty_log(tmp_path: Path) -> None:
    log = read(tmp_path, HEADER)
    assert (len(log.events), log.report.accepted) == (0, 0)


def test_a_line_longer_than_a_block_costs_itself_only(tmp_path: Path) -> None:
    log = read(tmp_path, HEADER + ROW + "x" * (2 * BLOCK_BYTES + 5) + "\n" + ROW)
    assert (log.report.accepted, [fault.code for fault in log.report.faults]) == (2, ["line_too_long"])
    assert log.report.faults[0].line == 3


def test_rows_over_many_blocks_are_counted_and_progress_only_grows(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    count = BLOCK_BYTES // len(ROW) + 10
    file.write_text(HEADER + ROW * count)
    shares: list[float] = []
    log = FileRequestLogs().read(str(file), progress=shares.append)
    assert log.report.accepted == count
    assert len(shares) >= 2
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_watcher_can_end_the_reading(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(HEADER + ROW)

    def stop(done: float) -> None:
        raise WorkStopped("enough")

    with pytest.raises(WorkStopped):
        FileRequestLogs().read(str(file), progress=stop)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "kind", "rows"),
    [("azure_llm_2023_conv.csv", "azure_llm", 19_366), ("mooncake_synthetic.jsonl", "mooncake", 3_993)],
)
def test_the_public_traces_are_read_whole(name: str, kind: str, rows: int) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{SHARED / name} is not here")
    log = FileRequestLogs().read(str(SHARED / name))
    assert (log.format, log.report.accepted, log.report.rejected) == (kind, rows, 0)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    "name", ["tracelab_rounds.jsonl", "servegen_deepseek_r1_arrivals.csv", "gpu_facts.csv"]
)
def test_other_public_files_are_refused(name: str) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{SHARED / name} is not here")
    with pytest.raises(UnreadableFile, match="Expected one of"):
        FileRequestLogs().read(str(SHARED / name))


def test_json_text_with_escapes_is_what_it_says(tmp_path: Path) -> None:
    row = {"timestamp": "2026-11-01T00:00:00Z", "model": "modèle 模型", "input_tokens": 1, "output_tokens": 1}
    assert read(tmp_path, json.dumps(row)).events.model.names == ("modèle 模型",)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (LogLimits(events=2), "at most 2 events"),
        (LogLimits(prefix_hashes=5), "at most 5 prefix hashes"),
        (LogLimits(bytes=100), "at most 100 bytes of events"),
    ],
)
def test_a_file_with_more_than_an_analysis_may_read_is_refused_with_the_limit(
    tmp_path: Path, limits: LogLimits, said: str
) -> None:
    file = tmp_path / "log"
    file.write_text("".join(MOONCAKE_ROW % n for n in range(3)))
    with pytest.raises(UnreadableFile, match=f"holds more than one analysis may read: .*{said}"):
        FileRequestLogs(limits=limits).read(str(file))


@pytest.mark.parametrize(
    "giant",
    [
        pytest.param((JSON_ROW % "x").replace("}", ', "prefix_hashes": [%s]}'), id="jsonl"),
        pytest.param((MOONCAKE_ROW % 1).replace("46, 47", "%s"), id="mooncake"),
    ],
)
def test_a_row_with_a_million_prefix_hashes_costs_itself_and_says_why(tmp_path: Path, giant: str) -> None:
    usual = JSON_ROW % "a" if "prefix_hashes" in giant else MOONCAKE_ROW % 0
    log = read(tmp_path, usual + giant % ",".join(["7"] * 1_000_000) + usual.replace('"a"', '"b"'))
    assert log.report.accepted == 2
    (fault,) = log.report.faults
    assert fault.line == 2
    assert "10000" in fault.message


def test_a_table_with_a_million_prefix_hashes_in_a_cell_loses_that_row(tmp_path: Path) -> None:
    header = HEADER.replace("\n", ",prefix_hashes\n")
    row = ROW.replace("\n", ",%s\n")
    log = read(tmp_path, header + row % "1 2" + row % " ".join(["7"] * 1_000_000))
    assert (log.report.accepted, log.report.faults[0].line) == (1, 3)
    assert "10000" in log.report.faults[0].message


@pytest.mark.parametrize("first", [JSON_ROW % "a", HEADER + ROW])
def test_bad_rows_without_number_are_counted_and_only_the_first_are_kept(tmp_path: Path, first: str) -> None:
    bad = 2 * BLOCK_LINES
    content = first + "x\n" * bad
    tracemalloc.start()
    log = read(tmp_path, content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    lines_before = first.count("\n")
    assert (log.report.accepted, log.report.rejected) == (1, bad)
    assert [fault.line for fault in log.report.faults] == [lines_before + 1 + n for n in range(FAULTS_MAX)]
    assert log.report.faults_omitted == bad - FAULTS_MAX
    assert peak < 1_000 * BLOCK_LINES  # of one block, whatever the file
