"""The console in a real browser, against a real service."""

import json
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.console import browser as chromium
from tests.console.watched import Watched
from tests.servers.netra_server import NetraServer
from tests.waiting import COMMAND_S

from netra.settings import Settings

CHANGED_AT = datetime(2026, 10, 15, tzinfo=UTC)  # when the calls of `moved_log` got another model
PASSWORD = "correct horse battery"
GENEROUS = Settings(registration=True, limit_authentication=10_000, limit_general=100_000, limit_agent=10_000)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the service, and a client that acts for them."""

    email: str
    password: str
    client: httpx.Client


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A running service with its folder, and the clients that were made for it."""

    url: str
    data: Path
    server: NetraServer
    clients: list[httpx.Client]

    def add_user(self, email: str) -> Account:
        """Let a user register, and sign a client in."""
        client = self._client()
        wanted = {"email": email, "password": PASSWORD, "name": name_of(email)}
        client.post("/api/auth/register", json=wanted).raise_for_status()
        return self._signed_in(email, client)

    def add_admin(self, email: str) -> Account:
        """Add an administrator, as an operator does, and sign a client in."""
        command = [sys.executable, "-m", "netra", "users", "add", email, "--name", name_of(email), "--admin"]
        more = ["--password-stdin", "--data", str(self.data)]
        subprocess.run([*command, *more], input=PASSWORD.encode(), check=True, timeout=COMMAND_S)
        return self._signed_in(email, self._client())

    def _client(self) -> httpx.Client:
        client = httpx.Client(base_url=self.url, timeout=COMMAND_S)
        self.clients.append(client)
        return client

    def _signed_in(self, email: str, client: httpx.Client) -> Account:
        answer = client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
        return Account(email=email, password=PASSWORD, client=client)


def name_of(email: str) -> str:
    """Return what an address calls its owner."""
    return email.partition("@")[0].title()


@contextmanager
def served(folder: Path, settings: Settings = GENEROUS) -> Generator[Served]:
    """Run a service of its own."""
    data = folder / "data"
    server = NetraServer(folder, settings=msgspec.structs.replace(settings, data=data))
    clients: list[httpx.Client] = []
    try:
        server.start()
        yield Served(url=server.url, data=data, server=server, clients=clients)
    finally:
        for client in clients:
            client.close()
        server.stop()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that the tests of this process share; each has users of its own."""
    with served(tmp_path_factory.mktemp("console")) as found:
        yield found


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample log of seed 7: 4,000 calls of one day."""
    return sample_log(tmp_path_factory.mktemp("sample") / "day.jsonl")


def sample_log(path: Path) -> Path:
    """Write the sample log of seed 7."""
    command = [sys.executable, "-m", "netra", "sample", "--seed", "7", "--out", str(path)]
    subprocess.run(command, check=True, timeout=COMMAND_S)
    return path


@pytest.fixture(scope="session")
def ada(service: Served) -> Account:
    """An administrator whose workload holds the sample."""
    return service.add_admin("ada@example.com")


@pytest.fixture(scope="session")
def workload(ada: Account, sample: Path) -> str:
    """The id of Ada's workload."""
    return filled(ada, name="support chat", log=sample)


def filled(account: Account, *, name: str, log: Path) -> str:
    """Make a workload with the calls of a JSON Lines file and return its id."""
    made: dict[str, Any] = account.client.post("/api/workloads", json={"name": name}).json()
    headers = {"Content-Type": "application/x-ndjson"}
    path = f"/api/workloads/{made['id']}/events"
    account.client.post(path, content=log.read_bytes(), headers=headers).raise_for_status()
    return str(made["id"])


def moved_log(path: Path) -> Path:
    """Write four weeks of calls that moved to a cheaper model at `CHANGED_AT`, and return the path."""
    fields = {"template": "chat", "status": "ok", "latency_ms": 900}
    rows = (
        {
            "timestamp": (at := CHANGED_AT + timedelta(minutes=30 * number)).isoformat(),
            "model": "gpt-4o" if at < CHANGED_AT else "gpt-4o-mini",
            "input_tokens": 1500 + 100 * (number % 7),
            "output_tokens": 150 + 10 * (number % 11),
            **fields,
        }
        for number in range(-672, 672)
    )
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def adopt_first(account: Account, workload: str, run: str) -> str:
    """Adopt the first recommendation of a run as of `CHANGED_AT`, and return its key."""
    result = account.client.get(f"/api/agent/status/{run}").raise_for_status().json()["result"]
    key: str = result["recommendations"][0]["key"]
    body = {"state": "adopted", "run_id": run, "effective_at": CHANGED_AT.isoformat()}
    account.client.put(f"/api/workloads/{workload}/decisions/{key}", json=body).raise_for_status()
    return key


@pytest.fixture(scope="session")
def engine() -> Iterator[Browser]:
    """A browser."""
    folder = chromium.installed()
    environment: dict[str, str | float | bool] = {**chromium.environment(folder)}
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=folder / "chromium", args=list(chromium.FLAGS), env=environment
        )
        yield launched
        launched.close()


@pytest.fixture
def open_page(engine: Browser, service: Served) -> Iterator[Callable[..., Watched]]:
    """Make a page in a fresh browser context; at the end nothing may have gone wrong unseen."""
    opened: list[Watched] = []

    def make(
        *, theme: Any = "light", width: int = 1280, zone: str = "UTC", at: Served = service, **more: Any
    ) -> Watched:
        window: Any = {"width": width, "height": 900}
        context = engine.new_context(
            viewport=window, color_scheme=theme, locale="en-US", timezone_id=zone, **more
        )
        page = Watched(context, service=at.url, axe=chromium.CACHE / "axe.min.js")
        opened.append(page)
        return page

    yield make
    for page in opened:
        page.page.context.close()


@pytest.fixture
def page(open_page: Callable[..., Watched], ada: Account) -> Watched:
    """A page that Ada is signed in to."""
    made = open_page()
    made.open()
    made.sign_in(ada.email, ada.password)
    return made
