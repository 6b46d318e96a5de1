"""A killed service loses nothing it accepted, and a cancelled run stops working."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.system

USER = {"email": "ada@example.com", "password": "correct horse battery"}
EVENTS = 200_000  # enough that an analysis takes seconds


def netra(*arguments: str, data: Path, given: str = "") -> str:
    """Run the command line and return what it printed."""
    ran = subprocess.run(
        [sys.executable, "-m", "netra", *arguments, "--data", str(data)],
        input=given,
        capture_output=True,
        check=True,
        text=True,
        timeout=PATIENCE_S,
    )
    return ran.stdout


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a request log that takes a while to analyse."""
    path = tmp_path_factory.mktemp("log") / "traffic.csv"
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = (f"{start + timedelta(seconds=i):%FT%TZ},gpt-4o,{900 + i % 777},200" for i in range(EVENTS))
    path.write_text("timestamp,model,input_tokens,output_tokens\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def data(tmp_path: Path, log: Path) -> Path:
    """Return the folder of a store that has a user and a large workload."""
    netra(
        "users",
        "add",
        USER["email"],
        "--name",
        "Ada",
        "--password-stdin",
        data=tmp_path,
        given=USER["password"],
    )
    netra("workloads", "import", str(log), "--name", "big", "--email", USER["email"], data=tmp_path)
    return tmp_path


class Service:
    """`netra serve` as a process of its own, on one port through every restart."""

    def __init__(self, data: Path) -> None:
        self._data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=PATIENCE_S)

    def sign_in(self) -> None:
        signed_in = self.client.post("/api/auth/login", json=USER).raise_for_status().json()
        self.client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "netra",
            "serve",
            "--port",
            str(self.port),
            "--data",
            str(self._data),
        ]
        environment = {**os.environ, "NETRA_LIMIT_GENERAL": "0", "NETRA_LIMIT_AGENT": "0"}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        wait_until(self._is_up, "the service's start")

    def _is_up(self) -> bool:
        assert self.process.poll() is None, "the service ended at its start"
        try:
            return self.client.get("/health").is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def ask(self, **fields: Any) -> str:
        answer = self.client.post("/api/agent/execute", json={"message": "Make it cheaper", **fields})
        return str(answer.raise_for_status().json()["run_id"])

    def status(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/api/agent/status/{run_id}").raise_for_status().json()
        return found

    def until(self, run_id: str, **expected: str) -> dict[str, Any]:
        """Return the run's status once it shows what is expected."""
        found: dict[str, Any] = {}

        def is_so() -> bool:
            found.update(self.status(run_id))
            return all(found[key] == value for key, value in expected.items())

        wait_until(is_so, f"a run with {expected}")
        return found

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """Return every event of an ended run, by the stream."""
        text = self.client.get(f"/api/agent/stream/{run_id}").raise_for_status().text
        return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


@pytest.fixture
def service(data: Path) -> Iterator[Service]:
    running = Service(data)
    running.start()
    try:
        running.sign_in()
        yield running
    finally:
        running.kill()
        running.client.close()


@pytest.mark.long(35)
def test_runs_accepted_before_a_kill_end_after_the_restart_without_a_hole(service: Service) -> None:
    running = service.ask()
    queued = [service.ask(thread_id="one-after-another", workload_id="wl-none") for _ in range(5)]
    service.until(running, phase="running")
    service.kill()
    service.start()
    for run_id in [running, *queued]:
        ended = service.until(run_id, status="completed")
        assert ended["result"]["metrics"]["requests"] in {0, EVENTS}
        events = service.events(run_id)
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert [event.get("success") for event in events if "success" in event] == [True]


def test_a_cancelled_run_is_cancelled_and_stops_working(service: Service) -> None:
    """Cancelled while it works: it would be completed otherwise. `bench/faults.py` measures how soon."""
    run_id = service.ask()
    service.until(run_id, phase="running")
    service.client.post(f"/api/agent/runs/{run_id}/cancel").raise_for_status()
    service.until(run_id, status="cancelled")
    before_s = cpu_s(service.process.pid)
    service.client.get("/health").raise_for_status()
    service.until(service.ask(workload_id="wl-none"), status="completed")
    assert cpu_s(service.process.pid) - before_s < 1.0, "the work goes on"
    assert service.status(run_id)["status"] == "cancelled"
    assert service.events(run_id)[-1]["cancelled"] is True


def cpu_s(pid: int) -> float:
    """Return the processor seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
