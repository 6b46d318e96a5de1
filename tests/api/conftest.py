"""A real server on a free loopback port, over an empty embedded store, for all tests of this folder."""

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from tests.waiting import PATIENCE_S, wait_until

from netra.entrypoints.app import create_app
from netra.entrypoints.server.server import server_config
from netra.settings import Secret, Settings

SECRET = Secret("a key that only these tests use, of enough bytes")
PASSWORD = "secure_password"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that open a socket out of the fast set."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.system)


@contextlib.contextmanager
def serving(settings: Settings) -> Generator[str]:
    """Run the application of `settings` in a thread of this process and yield its address."""
    config = server_config(create_app(settings), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="netra-test-server", daemon=True)
    thread.start()

    def has_started() -> bool:
        assert thread.is_alive(), "the server ended at its start"
        return server.started

    wait_until(has_started, "the server's start")
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=PATIENCE_S)


def settings_for(data: Path, **changes: Any) -> Settings:
    """Return settings without limits that would come between tests."""
    given: dict[str, Any] = {
        "data": data,
        "secret": SECRET,
        "registration": True,
        "limit_authentication": 10_000,
        "limit_agent": 10_000,
        "limit_websocket": 10_000,
        "limit_simulate": 10_000,
        "limit_ingest": 10_000,
        "limit_general": 100_000,
    }
    return Settings(**{**given, **changes})


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the server of the whole session listens."""
    with serving(settings_for(tmp_path_factory.mktemp("netra"))) as base_url:
        yield base_url


@pytest.fixture(scope="session")
def anyone(address: str) -> Iterator[httpx.Client]:
    """A client who is not signed in."""
    with httpx.Client(base_url=address, timeout=PATIENCE_S) as client:
        yield client


SignUp = Callable[[str], httpx.Client]


@pytest.fixture(scope="session")
def sign_up(address: str) -> Iterator[SignUp]:
    """Make an account and return a client that is signed in to it."""
    with contextlib.ExitStack() as stack:

        def signed_in(email: str) -> httpx.Client:
            return stack.enter_context(sign_up_at(address, email))

        yield signed_in


@contextlib.contextmanager
def sign_up_at(
    base_url: str, email: str, *, headers: Mapping[str, str] | None = None
) -> Generator[httpx.Client]:
    """Make an account at `base_url` and yield a client that is signed in to it."""
    with httpx.Client(base_url=base_url, timeout=PATIENCE_S, headers=headers) as client:
        pair = {"email": email, "password": PASSWORD}
        client.post("/api/auth/register", json={**pair, "name": "John Doe"}).raise_for_status()
        token = client.post("/api/auth/login", json=pair).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.fixture(scope="session")
def user(sign_up: SignUp) -> httpx.Client:
    """The user of the reference's examples, signed in."""
    return sign_up("user@example.com")


@pytest.fixture(scope="session")
def stranger(sign_up: SignUp) -> httpx.Client:
    """Somebody else, signed in."""
    return sign_up("stranger@example.com")


def ended(client: httpx.Client, run_id: str) -> dict[str, Any]:
    """Return the run once it has ended; the stream ends with it, so nothing polls."""
    client.get(f"/api/agent/stream/{run_id}").raise_for_status()
    status: dict[str, Any] = client.get(f"/api/agent/status/{run_id}").raise_for_status().json()
    return status
