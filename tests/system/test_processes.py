"""Services and workers as processes of their own: on one port, beside each other, ended in order."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from tests.system.deployed import USER, Part, add_user, running, signed_in
from tests.waiting import wait_until

pytestmark = pytest.mark.system

OPEN = {"NETRA_LIMIT_AGENT": "0", "NETRA_LIMIT_GENERAL": "0", "NETRA_LIMIT_AUTHENTICATION": "0"}


@pytest.fixture
def environment(postgres_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """Return the settings of one deployment, with its one user."""
    settings = {
        "NETRA_DATABASE_URL": postgres_url,
        "NETRA_REDIS_URL": redis_url,
        "NETRA_SECRET": "a key that only these tests use, of enough bytes",
        "NETRA_DATA": str(tmp_path / "data"),
        **OPEN,
    }
    add_user(tmp_path, settings)
    return settings


@pytest.fixture
def service(environment: dict[str, str], tmp_path: Path) -> Iterator[Part]:
    """Return a service of two processes that works on nothing."""
    arguments = ("serve", "--port", "0", "--workers", "2", "--slots", "0")
    with running(*arguments, folder=tmp_path, environment=environment) as part:
        part.until_it_says(r"Ctrl-C ends it")
        yield part


def base_of(service: Part) -> str:
    return service.until_it_says(r"is at (http://\S+)")[1]


def asked(client: httpx.Client, **fields: str) -> str:
    answer = client.post("/api/agent/execute", json={"message": "Make it cheaper", **fields})
    return str(answer.raise_for_status().json()["run_id"])


def ended(client: httpx.Client, run_id: str) -> str:
    def status() -> str | None:
        found: str = client.get(f"/api/agent/status/{run_id}").raise_for_status().json()["status"]
        return None if found == "processing" else found

    return wait_until(status, f"the end of {run_id}")


@pytest.mark.long(40)
def test_a_process_that_dies_is_replaced_and_the_rest_goes_on(service, environment, tmp_path):
    client = signed_in(base_of(service))
    first, second = service.children()
    os.kill(first, signal.SIGKILL)
    wait_until(
        lambda: first not in service.children() and len(service.children()) == 2, "a process in its place"
    )
    assert second in service.children()
    service.until_it_says(r"ended with -9; starting another one")
    run = asked(client)
    with running("worker", "--slots", "3", folder=tmp_path, environment=environment) as worker:
        worker.until_it_says(r"works on up to 3 runs concurrently")
        assert ended(client, run) == "completed"
        assert [ended(client, asked(client)) for _ in range(5)] == ["completed"] * 5
        worker.tell(signal.SIGTERM)
        assert worker.ended() == 0
    client.close()
    children = service.children()
    service.tell(signal.SIGTERM)
    assert service.ended() == 0
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


@pytest.mark.long(10)
def test_processes_whose_parent_is_killed_end_by_themselves(service):
    children = service.children()
    assert len(children) == 2
    service.tell(signal.SIGKILL)
    service.ended()
    wait_until(
        lambda: not [pid for pid in children if Path(f"/proc/{pid}").exists()], "the end of the orphans"
    )


def test_a_worker_on_the_embedded_store_works_for_the_service_beside_it(tmp_path):
    environment = {"NETRA_DATA": str(tmp_path / "data"), **OPEN}
    add_user(tmp_path, environment)
    with (
        running("serve", "--port", "0", "--slots", "0", folder=tmp_path, environment=environment) as alone,
        running("worker", folder=tmp_path, environment=environment) as worker,
    ):
        client = signed_in(base_of(alone))
        worker.until_it_says("works on up to 2 runs")
        assert ended(client, asked(client)) == "completed"
        worker.tell(signal.SIGINT)
        assert worker.ended() == 0
        client.close()


@pytest.mark.long(15)
def test_a_service_that_is_told_to_end_begins_no_run_while_its_readers_leave(tmp_path):
    data, log = tmp_path / "data", tmp_path / "day.jsonl"
    environment = {"NETRA_DATA": str(data), **OPEN}
    add_user(tmp_path, environment)
    for told in (
        ("sample", "--requests", "10000", "--out", str(log)),  # an analysis takes a part of a second
        ("workloads", "import", str(log), "--email", USER["email"]),
    ):
        with running(*told, folder=tmp_path, environment=environment) as command:
            assert command.ended() == 0, command.said
    with running("serve", "--port", "0", "--slots", "1", folder=tmp_path, environment=environment) as part:
        client = signed_in(base_of(part))
        runs = [asked(client) for _ in range(30)]
        with client.stream("GET", f"/api/agent/stream/{runs[-1]}") as reading:
            frames = reading.iter_lines()
            next(frames)
            told_at = time.time()
            part.tell(signal.SIGTERM)
            assert part.ended() == 0
        client.close()
    with closing(sqlite3.connect(data / "netra.sqlite3")) as store:
        begun = store.execute("SELECT started_at FROM runs").fetchall()
    late = [at for (at,) in begun if at is not None and at > told_at * 1_000_000]
    assert len(begun) == len(runs)
    assert len(late) <= 1, "more than the claim that was under way"
    assert (None,) in begun, "all was done before the signal"


def test_a_start_without_its_database_says_so_once(environment, tmp_path):
    nowhere = {**environment, "NETRA_DATABASE_URL": "postgresql://netra@127.0.0.1:1/none"}
    for arguments in (("serve", "--port", "0", "--workers", "2"), ("worker",)):
        with running(*arguments, folder=tmp_path, environment=nowhere) as part:
            assert part.ended() == 1
            assert part.said == (
                "Error: The database at NETRA_DATABASE_URL cannot be opened: no server listens there; "
                "start the server, or correct host and port.\n"
            )
