"""The command line as its users meet it: real processes, real sockets, real signals."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from tests.waiting import COMMAND_S, PATIENCE_S, wait_until

pytestmark = pytest.mark.system

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


def netra(*arguments: str, cwd: Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "netra", *arguments],
        cwd=cwd,
        input=given,
        capture_output=True,
        check=False,
        text=True,
        timeout=COMMAND_S,
        env={**os.environ, "NO_COLOR": "1"},
    )


@contextmanager
def serving(tmp_path: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """Run `netra serve` on any free port; yield the process, its address and what it said so far."""
    command = [sys.executable, "-u", "-m", "netra", "serve", "--port", "0", "--data", "data", *arguments]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = [process.stdout.readline()]
            assert " is at http://" in said[0], said
            yield process, said[0].split(" is at ")[1].split()[0], said
        finally:
            if process.poll() is None:
                process.kill()


def until_has_open(process_id: int, path: Path) -> None:
    """Return once the process reads the file: it is in the midst of its work then."""
    wait_until(lambda: str(path) in opened_by(process_id), f"a process that reads {path.name}", pause_s=0.002)


def opened_by(process_id: int) -> set[str]:
    names: set[str] = set()
    for link in Path(f"/proc/{process_id}/fd").iterdir():
        with suppress(OSError):  # closed since
            names.add(str(link.readlink()))
    return names


def add(email: str, tmp_path: Path) -> None:
    arguments = ["users", "add", email, "--name", "Ada", "--password-stdin", "--data", "data"]
    done = netra(*arguments, cwd=tmp_path, given="correct horse\n")
    assert done.returncode == 0, done.stderr


def test_somebody_added_beside_a_running_service_can_sign_in_until_it_is_told_to_end(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, url, _):
        add("ada@example.com", tmp_path)
        answer = httpx.post(
            f"{url}/api/auth/login", json={"email": "ada@example.com", "password": "correct horse"}
        )
        assert answer.status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 0


def test_only_a_first_start_says_how_to_add_somebody(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, _, _):
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert "netra users add you@example.com" in process.stdout.read()
    add("ada@example.com", tmp_path)
    with serving(tmp_path) as (process, _, _):
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert "netra users add" not in process.stdout.read()


def test_a_port_in_use_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, url, _):
        port = url.rsplit(":", 1)[1]
        second = netra("serve", "--port", port, "--data", "other", cwd=tmp_path)
    assert second.returncode == 2
    assert second.stderr.startswith(f"Error: Port {port} on 127.0.0.1 cannot be used: another program uses")
    assert "Traceback" not in second.stderr


def test_ctrl_c_during_an_analysis_ends_it_without_its_report(tmp_path: Path) -> None:
    assert netra("sample", "--out", "day.jsonl", "--requests", "8000", cwd=tmp_path).returncode == 0
    command = [sys.executable, "-m", "netra", "optimize", "day.jsonl"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True) as process:
        until_has_open(process.pid, tmp_path / "day.jsonl")
        process.send_signal(signal.SIGINT)
        report, complaints = process.communicate(timeout=COMMAND_S)
    assert (process.returncode, report) == (130, "")
    assert complaints.endswith("Stopped.\n")
    assert "Traceback" not in complaints


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_start_that_is_told_to_end_ends(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "netra", "serve", "--port", "0", "--data", "data"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True) as process:
        until_has_open(process.pid, tmp_path / "data" / "netra.sqlite3")  # its tables are being made
        process.send_signal(number)
        said, complaints = process.communicate(timeout=COMMAND_S)
    assert (process.returncode, said, complaints) == (0, "", "")


def test_a_made_up_log_is_the_same_for_the_same_seed_and_says_that_it_is_made_up(tmp_path: Path) -> None:
    first, again, other = (
        netra("sample", "--requests", "50", "--seed", seed, cwd=tmp_path).stdout for seed in ("1", "1", "2")
    )
    assert first == again != other
    rows = [json.loads(line) for line in first.splitlines()]
    assert len(rows) == 50
    assert all(row["id"].startswith("synthetic") for row in rows)


def test_json_is_the_documented_result_and_nothing_else(tmp_path: Path) -> None:
    assert netra("sample", "--out", "day.jsonl", "--requests", "300", cwd=tmp_path).returncode == 0
    done = netra("optimize", "day.jsonl", "--json", "--html", "report.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert {"recommendations", "metrics", "actions", "supply_config"} <= result.keys()
    page = (tmp_path / "report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert '"kind":"answer"' in page


def test_a_log_with_too_little_in_it_is_answered_and_marked_by_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("timestamp,model,input_tokens,output_tokens\n")
    done = netra("optimize", "one.csv", "--json", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["recommendations"] == []


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["sample", "--requests", "1000"], ["sample", "-h"], ["--version"]])
def test_a_reader_that_has_gone_is_no_failure(arguments: list[str], unbuffered: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "netra", *arguments],
        cwd=tmp_path,
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=COMMAND_S,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_early_is_no_failure(unbuffered: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "netra", "sample", "--requests", "1000"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["id"].startswith("synthetic")
        process.stdout.close()
        assert (process.wait(timeout=COMMAND_S), process.stderr.read()) == (0, b"")


@pytest.mark.parametrize("requests", ["1", "1000"])
def test_a_full_disk_is_told_in_one_sentence(requests: str, tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "netra", "sample", "--requests", requests],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=COMMAND_S,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": ""},
        )
    assert (done.returncode, done.stderr) == (1, b"Error: No space left on device\n")


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize(
    ("name", "requests"), [("azure_llm_2023_conv.csv", 19_366), ("mooncake_synthetic.jsonl", 3_993)]
)
def test_public_traces_get_a_report(name: str, requests: int, tmp_path: Path) -> None:
    done = netra("optimize", str(SHARED / name), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)["metrics"]
    assert metrics["requests"] == requests
    reuse = {row["ttl_s"]: round(row["token_share"], 4) for row in metrics["prefix_reuse"] or ()}
    assert reuse == ({60: 0.3276, 300: 0.5951, None: 0.6512} if "mooncake" in name else {})
