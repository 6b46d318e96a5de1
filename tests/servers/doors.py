"""One deployment and two doors to it, over each kind of store: what holds at one must hold at the other.

Over the engines the second door is another process. The embedded store is one process's, so there
both doors are the same.
"""

import itertools
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from tests.api.conftest import serving, settings_for
from tests.contracts.postgres import migrated_template
from tests.servers.fixtures import running
from tests.servers.netra_server import NetraServer
from tests.servers.postgres_server import drop_database, fresh_database
from tests.system.oidc.hostile import CLIENT_ID, CLIENT_SECRET, HostileIssuer, hostile_issuer

from netra.settings import Secret, Settings

STORES = ["embedded", "engines"]
PAGE = "http://127.0.0.1:9/signed-in"  # where a sign-in may go on to; nobody listens there
REDIS_DATABASES = itertools.count(1)  # each deployment counts and speaks in one of its own


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Where the two listen, and how both are set up."""

    first: str
    second: str
    settings: Settings
    issuer: HostileIssuer  # the identity provider that both send people to


Opened = Callable[..., AbstractContextManager[Doors]]


@pytest.fixture(scope="session")
def doors_to(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Opened]:
    """Return what opens a deployment over a kind of store, with changes to the settings of tests."""

    def over(store: str) -> Opened:
        @contextmanager
        def opened(**changes: Any) -> Generator[Doors]:
            with hostile_issuer() as issuer, ExitStack() as stack:
                folder = tmp_path_factory.mktemp("doors")
                given = {**_federated(issuer), **changes}
                if store == "engines":
                    servers = [request.getfixturevalue(name) for name in ("postgres_server_url", "redis_url")]
                    given |= stack.enter_context(engines(*servers))
                settings = settings_for(folder, **given)
                first = second = stack.enter_context(serving(settings))
                if store == "engines":
                    other = NetraServer(folder, settings=settings)
                    stack.enter_context(running(other))
                    second = other.url
                yield Doors(first=first, second=second, settings=settings, issuer=issuer)

        return opened

    return over


@contextmanager
def engines(server_url: str, redis_url: str) -> Generator[dict[str, Any]]:
    """Yield the settings that name a database of its own on each server."""
    database_url = fresh_database(server_url, template=migrated_template(server_url))
    redis = urlsplit(redis_url)._replace(path=f"/{next(REDIS_DATABASES)}")
    try:
        yield {"database_url": Secret(database_url), "redis_url": Secret(urlunsplit(redis))}
    finally:
        drop_database(database_url)


def _federated(issuer: HostileIssuer) -> dict[str, Any]:
    return {
        "google_client_id": CLIENT_ID,
        "google_client_secret": Secret(CLIENT_SECRET),
        "oidc_issuer": issuer.url,
        "oauth_redirects": (PAGE,),
    }


@pytest.fixture(scope="session")
def embedded_doors(doors_to: Callable[[str], Opened]) -> Generator[Doors]:
    """Return the session's deployment over the embedded store."""
    with doors_to("embedded")() as doors:
        yield doors


@pytest.fixture(scope="session")
def engines_doors(doors_to: Callable[[str], Opened]) -> Generator[Doors]:
    """Return the session's deployment over PostgreSQL and Redis."""
    with doors_to("engines")() as doors:
        yield doors


@pytest.fixture(scope="session", params=STORES)
def doors(request: Any) -> Doors:
    """Return one deployment after the other; tests keep to accounts of their own."""
    found: Doors = request.getfixturevalue(f"{request.param}_doors")
    return found
