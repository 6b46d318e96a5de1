"""The application over memory ports, asked without a socket."""

import itertools
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from netra.bootstrap.memory import memory_ports
from netra.domain.users.model import AddUser, Principal
from netra.entrypoints.app import Application, create_app
from netra.entrypoints.services import Services, Switchboard
from netra.plugboard import Ports
from netra.settings import Secret, Settings

SETTINGS = Settings(
    secret=Secret("a key that only these tests use, of enough bytes"),
    slots=0,  # runs stay queued: what a test sees does not depend on how fast they are
    limit_authentication=1_000,
    limit_general=1_000,
)
PASSWORD = "secure_password"
NUMBERS = itertools.count(1)


class PlainPasswords:
    """Passwords as they are: hashing is tested where it happens."""

    async def hash(self, password: str) -> str:
        return password

    async def verify(self, password: str, *, against: str | None) -> bool:
        return password == against


@dataclass
class Heard:
    """Keeps what was reported."""

    errors: list[BaseException] = field(default_factory=list)

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        self.errors.append(error)


@dataclass
class House:
    """An open application, its services, and a client that is signed in."""

    app: Application
    services: Services
    client: httpx.AsyncClient
    principal: Principal
    incidents: Heard

    async def run_id(self) -> str:
        """Accept a run, which stays queued, and return its id."""
        answer = await self.client.post("/api/agent/execute", json={"message": "Optimize"})
        return str(answer.raise_for_status().json()["run_id"])


@asynccontextmanager
async def opened(settings: Settings = SETTINGS, **plugs: Any) -> AsyncGenerator[House]:
    """Open the application over memory ports, some of them replaced."""
    incidents = Heard()
    usual: dict[str, Any] = {"incidents": incidents, "passwords": PlainPasswords()}
    ports: Ports = replace(memory_ports(settings), **{**usual, **plugs})
    services = Switchboard(settings).plug(ports)
    app = create_app(settings, ports)
    async with app.litestar.lifespan(), signed_in(app, services, incidents) as house:
        yield house


@asynccontextmanager
async def signed_in(app: Application, services: Services, incidents: Heard) -> AsyncGenerator[House]:
    """Sign somebody new in at an open application."""
    email = f"somebody-{next(NUMBERS)}@example.com"
    await services.user_service().add(AddUser(email=email, name="A", password=PASSWORD))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://netra.test") as client:
        pair = {"email": email, "password": PASSWORD}
        token = (await client.post("/api/auth/login", json=pair)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        principal = await services.user_service().authenticate(token)
        yield House(app=app, services=services, client=client, principal=principal, incidents=incidents)


@pytest.fixture(scope="session")
async def usual() -> AsyncGenerator[House]:
    """The usual application, built once."""
    async with opened() as house:
        yield house


@pytest.fixture
async def house(usual: House) -> AsyncGenerator[House]:
    """The usual application with nothing reported yet, and somebody new at its door."""
    usual.incidents.errors.clear()
    async with signed_in(usual.app, usual.services, usual.incidents) as house:
        yield house


def scope_of(method: str, path: str, headers: Sequence[tuple[bytes, bytes]]) -> dict[str, Any]:
    """Return the scope of a request, for tests that play the server themselves."""
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": list(headers),
        "client": ("192.0.2.1", 1),
    }
