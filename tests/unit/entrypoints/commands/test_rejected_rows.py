"""What is said about rows of a file."""

import pytest

from netra.domain.workloads.columns import empty_events
from netra.domain.workloads.model import IntakeReport, RowFault
from netra.entrypoints.commands.rejected_rows import warn_of_rows
from netra.ports.log_files import ReadLog


def read(*, rejected: int = 0, duplicates: int = 0, notes: tuple[str, ...] = ()) -> ReadLog:
    faults = tuple(
        RowFault(line=line, code="malformed", message="not a number") for line in range(2, 2 + rejected)
    )
    report = IntakeReport(accepted=9, duplicates=duplicates, rejected=rejected, faults=faults)
    return ReadLog(events=empty_events(), report=report, format="csv", notes=notes)


def test_a_file_without_faults_needs_no_words(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_rows(read())
    assert capsys.readouterr() == ("", "")


def test_what_was_taken_for_granted_and_what_came_twice_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_rows(read(duplicates=2, notes=("Timestamps were taken as UTC.",)))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "Note: Timestamps were taken as UTC.\nNote: 2 rows occurred twice and counted once.\n"
    )


def test_many_faults_are_counted_and_the_first_ones_named(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_rows(read(rejected=7))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Warning: 7 rows were left out; all others were used:"
    assert lines[1] == "  line 2: not a number"
    assert lines[-1] == "  and 2 more"
