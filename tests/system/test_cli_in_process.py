"""The long-running commands inside this process, where their every line is watched."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.waiting import PATIENCE_S

from netra.entrypoints.cli import exit_code

pytestmark = pytest.mark.system

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
PORT = 18_471 + int(WORKER)  # one that nothing else in these tests asks for


def signalled_once_it_answers(number: signal.Signals, *, when: Callable[[], bool] = lambda: True) -> None:
    """Send this process a signal as soon as the service answers and `when` holds."""

    def watch() -> None:
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            try:
                answered = httpx.get(f"http://127.0.0.1:{PORT}/health").is_success
            except httpx.TransportError:
                answered = False
            if answered and when():
                break
            time.sleep(0.05)
        os.kill(os.getpid(), number)

    threading.Thread(target=watch, daemon=True).start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_service_ends_with_nothing_to_report(
    number: signal.Signals, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(number)
    signalled_once_it_answers(number)
    assert exit_code(["serve", "--port", str(PORT), "--data", str(tmp_path / "data")]) == 0
    assert f"is at http://127.0.0.1:{PORT} " in capsys.readouterr().out
    assert signal.getsignal(number) is before


def test_the_demo_walks_through_the_api_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert exit_code(["demo", "--no-serve", "--port", str(PORT)]) == 0
    out = capsys.readouterr().out
    walked = [
        "POST /api/auth/login",
        "POST /api/workloads",
        "POST /api/agent/execute",
        "agent_update",
        "agent_result",
        "can be saved",
    ]
    places = [out.index(step) for step in walked]
    assert places == sorted(places)
    assert list(tmp_path.iterdir()) == []


def test_the_demo_that_keeps_serving_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []

    def is_farewell_said() -> bool:
        said.append(capsys.readouterr().out)
        return "The service stays at" in "".join(said)

    signalled_once_it_answers(signal.SIGINT, when=is_farewell_said)
    assert exit_code(["demo", "--port", str(PORT), "--data", str(tmp_path / "kept")]) == 0
    told = "".join(said)
    assert f"All data is kept in {tmp_path / 'kept'}." in told
    assert f"http://127.0.0.1:{PORT}/docs" in told


def test_ctrl_c_in_the_middle_of_the_demo_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    signalled_once_it_answers(signal.SIGINT)
    assert exit_code(["demo", "--port", str(PORT)]) == 0
    captured = capsys.readouterr()
    assert "The service stays at" not in captured.out
    assert "Traceback" not in captured.err


def test_a_sample_goes_to_the_screen_or_to_a_file(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert exit_code(["sample", "--requests", "20", "--seed", "3"]) == 0
    shown = capfdbinary.readouterr().out
    assert exit_code(["sample", "--requests", "20", "--seed", "3", "--out", str(tmp_path / "day.jsonl")]) == 0
    assert (tmp_path / "day.jsonl").read_bytes() == shown


def test_a_report_is_printed_and_its_page_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, page = tmp_path / "day.jsonl", tmp_path / "report.html"
    assert exit_code(["sample", "--requests", "300", "--out", str(log)]) == 0
    assert exit_code(["optimize", str(log), "--html", str(page), "--priority", "balanced"]) == 0
    assert "How far to trust this" in capsys.readouterr().out
    assert '"kind":"answer"' in page.read_text()


def test_a_page_that_cannot_be_written_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "day.jsonl"
    assert exit_code(["sample", "--requests", "50", "--out", str(log)]) == 0
    assert exit_code(["optimize", str(log), "--html", str(tmp_path / "no" / "such" / "place.html")]) == 2
    assert "cannot be written: No such file or directory. Choose another place." in capsys.readouterr().err
