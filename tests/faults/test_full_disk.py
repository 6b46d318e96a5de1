"""A full disk under PostgreSQL, under the embedded store and under ClickHouse.

What cannot be kept is refused in the documented words, what can be read is read, nothing
accepted is lost, and once there is room all goes on without a restart.
"""

import random
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.conftest import PASSWORD as ITS_PASSWORD
from tests.api.conftest import settings_for, sign_up_at
from tests.faults import witness
from tests.faults.fleet import OWNERS, PASSWORD, Fleet
from tests.faults.history import TERMINAL, Acceptance, History, Sighting, broken_promises
from tests.servers.clickhouse_server import asked
from tests.servers.fixtures import running
from tests.servers.netra_server import NetraServer
from tests.waiting import PATIENCE_S, wait_until

pytestmark = [pytest.mark.system, pytest.mark.long(20)]

TRIES_MAX = 400  # far more small writes than the room that a full disk leaves
EVENTS = 2_000
NDJSON = {"Content-Type": "application/x-ndjson"}


class Witnessed:
    """A client that looks at every answer: a refusal is the documented one."""

    def __init__(self, http: httpx.Client, history: History) -> None:
        self._http = http
        self.history = history

    def ask(self, method: str, path: str, **body: Any) -> httpx.Response:
        answer = self._http.request(method, path, **body)
        assert answer.status_code in {200, 201, 202, 204, 503}, (path, answer.status_code, answer.text)
        if answer.status_code == 503 and not path.startswith("/health"):
            assert answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE", answer.text
            assert int(answer.headers["Retry-After"]) >= 1
        return answer

    def execute(self, key: str) -> str | None:
        """Return the run if it was accepted."""
        body = {"message": "Make it cheaper", "workload_id": "wl-unknown"}
        answer = self.ask("POST", "/api/agent/execute", json=body, headers={"Idempotency-Key": key})
        if answer.status_code == 503:
            return None
        run_id = str(answer.json()["run_id"])
        self.history.accepted.append(Acceptance(run_id=run_id, owner=OWNERS[0], key=key))
        return run_id

    def refused_key(self, *, prefix: str = "key") -> str:
        """Ask until it is refused, and return the key of that."""
        for number in range(TRIES_MAX):
            if self.execute(f"{prefix}-{number}") is None:
                return f"{prefix}-{number}"
        raise AssertionError("the disk never was full")

    def has_filled_it(self) -> bool:
        """Fill the store again, for a checkpoint of its log makes room, and return whether it is full."""
        self.refused_key(prefix=f"more-{len(self.history.accepted)}")
        return not self.is_ready()

    def status(self, run_id: str) -> str:
        return str(self.ask("GET", f"/api/agent/status/{run_id}").raise_for_status().json()["status"])

    def ended(self) -> None:
        """Return when every accepted run has ended."""
        for one in self.history.accepted:
            self._has_ended(one.run_id)

    def _has_ended(self, run_id: str) -> None:
        wait_until(lambda: self.status(run_id) in TERMINAL, f"the end of {run_id}")

    def reads(self, run_id: str) -> None:
        """See that what is stored is there to be read."""
        assert self.status(run_id) in TERMINAL
        for path in ("/api/threads", "/api/agent/history", "/api/workloads", "/health"):
            self.ask("GET", path).raise_for_status()
        self.ask("GET", "/health/dependencies").raise_for_status()

    def is_ready(self) -> bool:
        return self.ask("GET", "/health/ready").status_code == 200


def lines(count: int) -> bytes:
    rng = random.Random(1)  # noqa: S311  # numbers that do not compress
    return b"".join(
        b'{"id":"%d","timestamp":"2024-03-01T00:00:%02dZ","model":"m","input_tokens":%d,"output_tokens":%d}\n'
        % (rng.getrandbits(64), n % 60, rng.getrandbits(20), rng.getrandbits(16))
        for n in range(count)
    )


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return a fleet that runs."""
    built = Fleet(tmp_path_factory.mktemp("fleet"))
    with built.running():
        yield built


@pytest.fixture
def witnessed(fleet: Fleet) -> Iterator[Witnessed]:
    """Return a client of one service, signed in."""
    with httpx.Client(base_url=fleet.services[0].url, timeout=PATIENCE_S) as http:
        token = http.post("/api/auth/login", json={"email": OWNERS[0], "password": PASSWORD})
        http.headers["Authorization"] = f"Bearer {token.raise_for_status().json()['access_token']}"
        yield Witnessed(http, History())


def log_of(process: Any) -> str:
    return str(process._log.read_text())


def archived(url: str) -> int:
    """Return how many events ClickHouse has, each counted as often as it is there."""
    return int(asked(url, "SELECT count() FROM workload_events"))


@contextmanager
def full_archive(url: str) -> Generator[None]:
    """Have ClickHouse find too little room for any insert, by its own measure."""
    setting = "min_free_disk_bytes_to_perform_insert"
    asked(url, f"ALTER TABLE workload_events MODIFY SETTING {setting} = {2**62}")
    yield
    asked(url, f"ALTER TABLE workload_events RESET SETTING {setting}")


def test_events_wait_for_a_full_clickhouse_and_are_there_once_each_afterwards(
    fleet: Fleet, witnessed: Witnessed
) -> None:
    found = witnessed.ask("POST", "/api/workloads", json={"name": "waits"}).json()["id"]
    path, sent = f"/api/workloads/{found}", {"content": lines(EVENTS), "headers": NDJSON}

    def waiting() -> int:
        return int(witnessed.ask("GET", path).raise_for_status().json()["waiting_events"])

    with full_archive(fleet.clickhouse.url):
        assert witnessed.ask("POST", f"{path}/events", **sent).json()["accepted"] == EVENTS
        wait_until(
            lambda: any("NOT_ENOUGH_SPACE" in log_of(one) for one in fleet.services), "a refused shipment"
        )
        assert waiting() == EVENTS
        assert witnessed.ask("GET", "/health/ready").status_code == 200
    wait_until(lambda: waiting() == 0, "the delivery")
    card = witnessed.ask("GET", path).json()
    assert (card["event_count"], card["dead_events"]) == (EVENTS, 0)
    assert archived(fleet.clickhouse.url) == EVENTS


def test_postgresql_refuses_what_it_has_no_room_for_and_keeps_the_rest(
    fleet: Fleet, witnessed: Witnessed
) -> None:
    old = witnessed.execute("before")
    assert old is not None
    witnessed.ended()
    found = witnessed.ask("POST", "/api/workloads", json={"name": "w"}).json()["id"]
    path, sent = f"/api/workloads/{found}/events", {"content": lines(EVENTS), "headers": NDJSON}
    with fleet.postgres.full_tables():
        key = witnessed.refused_key()
        assert witnessed.ask("POST", path, **sent).status_code == 503
        witnessed.reads(old)
        assert witnessed.is_ready(), "every process would leave the balancer"
        witnessed.execute(key)  # another connection's last page may have room for it
    assert witnessed.ask("GET", f"/api/workloads/{found}").json()["event_count"] == 0
    assert witnessed.ask("POST", path, **sent).json()["accepted"] == EVENTS
    assert witnessed.execute(key) == witnessed.execute(key)
    witnessed.ended()
    witness.testify(fleet.postgres.url, witnessed.history)
    assert not broken_promises(witnessed.history)
    said = log_of(fleet.services[0])
    assert "could not extend file" in said
    assert PASSWORD not in said


def test_the_embedded_store_refuses_what_it_has_no_room_for_and_goes_on_by_itself(tmp_path: Path) -> None:
    server = NetraServer(tmp_path, settings=settings_for(tmp_path / "data"))
    with running(server), sign_up_at(server.url, OWNERS[0]) as http:
        witnessed = Witnessed(http, History())
        old = witnessed.execute("before")
        assert old is not None
        witnessed.ended()
        largest = max(one.stat().st_size for one in (tmp_path / "data").rglob("*") if one.is_file())
        with server.full_disk(largest):
            key = witnessed.refused_key()
            witnessed.reads(old)
            wait_until(witnessed.has_filled_it, "word that nothing can be written")
        wait_until(witnessed.is_ready, "word that there is room")
        assert witnessed.execute(key) == witnessed.execute(key)
        witnessed.ended()
        runs = {one.run_id for one in witnessed.history.accepted}
        for run_id in runs:
            witnessed.history.final[run_id] = Sighting(run_id=run_id, status=witnessed.status(run_id))
        assert not broken_promises(witnessed.history)
        assert witnessed.ask("GET", "/api/agent/history").json()["total"] == len(runs)
    assert "sqlite3.OperationalError" in (tmp_path / "log").read_text()


def test_people_sign_out_of_the_embedded_store_on_a_full_disk_and_stay_signed_out(tmp_path: Path) -> None:
    server = NetraServer(tmp_path, settings=settings_for(tmp_path / "data"))
    with running(server), sign_up_at(server.url, OWNERS[0]) as http:
        leaving, listed = (signed_in_again(server.url) for _ in range(2))
        largest = max(one.stat().st_size for one in (tmp_path / "data").rglob("*") if one.is_file())
        with server.full_disk(largest):
            witnessed = Witnessed(http, History())
            wait_until(witnessed.has_filled_it, "word that nothing can be written")
            assert leaving.post("/api/auth/logout").status_code == 200
            assert leaving.get("/api/threads").status_code == 401
            assert http.delete("/api/auth/sessions").status_code == 200
            assert [one.get("/api/threads").status_code for one in (http, listed)] == [401, 401]
        wait_until(lambda: sessions_live(tmp_path / "data") == 0, "the ends of the sessions in the store")
        wait_until(lambda: "signed_out" in events_noted(tmp_path / "data"), "the event in the security log")
        leaving.close()
        listed.close()
    assert '"event":"signed_out"' in (tmp_path / "log").read_text()


def signed_in_again(url: str) -> httpx.Client:
    client = httpx.Client(base_url=url, timeout=15)
    answer = client.post("/api/auth/login", json={"email": OWNERS[0], "password": ITS_PASSWORD})
    client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
    return client


def sessions_live(data: Path) -> int:
    with closing(sqlite3.connect(data / "netra.sqlite3")) as store:
        return int(store.execute("SELECT count(*) FROM sessions WHERE ended_at IS NULL").fetchone()[0])


def events_noted(data: Path) -> set[str]:
    with closing(sqlite3.connect(data / "netra.sqlite3")) as store:
        return {kind for (kind,) in store.execute("SELECT kind FROM security_events")}
