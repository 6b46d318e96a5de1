"""The question for known holes: what it says of an answer, of a bad one, and of none."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.waiting import COMMAND_S

pytestmark = pytest.mark.system

SCRIPT = Path(__file__).with_name("audited.py")
HOLE = {
    "id": "TEST-2026-1",
    "summary": "made up",
    "modified": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"name": "left-pad", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
        }
    ],
}


@contextmanager
def database(answer: object) -> Iterator[str]:
    """Run an advisory database on loopback that always says the same."""
    sent = json.dumps(answer).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asked(tmp_path: Path, url: str, *, pinned: str = "left-pad==1.0\n") -> tuple[int, str]:
    requirements = tmp_path / "constraints.txt"
    requirements.write_text(pinned)
    command = [sys.executable, str(SCRIPT), str(requirements), "--osv-url", url]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S, check=False)
    return ran.returncode, ran.stdout


def test_no_known_hole_is_a_success_that_says_what_was_asked(tmp_path: Path) -> None:
    with database({}) as url:
        assert asked(tmp_path, url) == (0, "1 packages asked about, 0 known holes.\n")


def test_a_known_hole_fails_and_is_named(tmp_path: Path) -> None:
    with database({"vulns": [HOLE]}) as url:
        code, said = asked(tmp_path, url)
    assert code == 1
    assert "left-pad 1.0: TEST-2026-1, mended in 2.0" in said


def test_without_a_database_it_says_that_nothing_was_checked_and_claims_nothing(tmp_path: Path) -> None:
    code, said = asked(tmp_path, "http://127.0.0.1:9/v1/query")
    assert (code, said.startswith("NOT CHECKED: no advisory database can be reached")) == (0, True)
    assert "known holes" not in said


def test_a_question_that_cannot_be_asked_fails(tmp_path: Path) -> None:
    code, said = asked(tmp_path, "http://127.0.0.1:9/v1/query", pinned="not a requirement at all\n")
    assert code != 0
    assert said.startswith("pip-audit failed")
