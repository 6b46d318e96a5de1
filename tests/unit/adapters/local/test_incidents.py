"""An incident is one line of JSON with a trace and without values."""

import io
import json

from netra.adapters.local.incidents import LoggedIncidents


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
