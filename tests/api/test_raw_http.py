"""What a client sees that writes its bytes itself."""

import contextlib
import http.client
import logging
from collections.abc import Generator
from urllib.parse import urlsplit

import httpx
import pytest

PATIENCE_S = 20


@contextlib.contextmanager
def line_to(address: str) -> Generator[http.client.HTTPConnection]:
    """Open one connection, which is never opened anew."""
    place = urlsplit(address)
    line = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE_S)
    line.connect()
    line.auto_open = 0
    with contextlib.closing(line):
        yield line


@pytest.mark.parametrize("path", ["/health", "/api/config", "/nope"])
def test_a_connection_lives_on_after_head(address: str, path: str, caplog: pytest.LogCaptureFixture) -> None:
    with line_to(address) as line, caplog.at_level(logging.WARNING):
        for method in ("HEAD", "HEAD", "GET"):
            line.request(method, path)
            answer = line.getresponse()
            assert answer.read() == b"" or method == "GET"
            assert answer.headers["Content-Length"] != "0"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_head_of_a_runs_events_has_no_body(address: str, user: httpx.Client) -> None:
    run_id = user.post("/api/agent/execute", json={"message": "Make it cheaper"}).json()["run_id"]
    with line_to(address) as line:
        for method in ("HEAD", "GET"):  # a chunk after HEAD would be read as the next answer
            line.request(method, f"/api/agent/stream/{run_id}", headers=dict(user.headers))
            answer = line.getresponse()
            assert answer.status == 200
            assert (answer.read() == b"") is (method == "HEAD")
