"""An incident is one line of JSON with a trace and without values."""

import io
import json

from netra.adapters.local.incidents import LoggedIncidents
from netra.domain.errors import OAuthFailed, Unavailable


def test_an_incident_is_a_line_that_names_the_place_and_shows_no_variable() -> None:
    stream = io.StringIO()
    password = "hunter2"  # a local of the failing frame
    try:
        raise KeyError("what") if password else ValueError
    except KeyError as error:
        LoggedIncidents(stream).report(error, where="working on a run", run_id="run-1")
    line = json.loads(stream.getvalue())
    assert (line["level"], line["where"], line["run_id"]) == ("error", "working on a run", "run-1")
    assert "KeyError" in line["exception"]
    assert "hunter2" not in line["exception"].replace('password = "hunter2"', "")


def test_an_outage_is_told_once_in_a_while_in_each_place_and_what_was_left_out_is_counted() -> None:
    stream, instants = io.StringIO(), iter([0.0, 4.0, 5.0, 11.0])
    incidents = LoggedIncidents(stream, monotonic_s=lambda: next(instants))
    for where in ("http", "http", "reaping runs", "http"):
        incidents.report(Unavailable("The database cannot do this now."), where=where)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["where"], line.get("untold")) for line in lines] == [
        ("http", None),
        ("reaping runs", "1"),
        ("http", None),
    ]


def test_what_is_no_outage_is_always_told() -> None:
    stream = io.StringIO()
    incidents = LoggedIncidents(stream, monotonic_s=lambda: 0.0)
    for _ in range(2):
        incidents.report(KeyError("what"), where="http")
    assert len(stream.getvalue().splitlines()) == 2


def test_a_failed_upstream_is_a_line_with_its_cause_and_without_a_trace() -> None:
    stream = io.StringIO()
    incidents = LoggedIncidents(stream, monotonic_s=lambda: 0.0)
    for _ in range(2):
        error = OAuthFailed("The identity provider cannot be asked.")
        error.__cause__ = ConnectionError("refused")
        incidents.report(error, where="http", request_id="req-1")
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert "exception" not in line
    assert (line["error"], line["cause"]) == (
        "The identity provider cannot be asked.",
        "ConnectionError: refused",
    )


def test_a_line_holds_no_character_that_a_terminal_obeys() -> None:
    stream = io.StringIO()
    LoggedIncidents(stream).report(KeyError("m\x9b2J\x1b[31m\u202e"), where="http")
    (line,) = stream.getvalue().splitlines()
    assert line.isprintable()
    assert "\\x9b2J" in json.loads(line)["exception"]  # Python shows a key by its `repr`
