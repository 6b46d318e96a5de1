"""One deployment and two doors to it, over each kind of store: what holds at one must hold at the other.

Over the engines the second door is another process. The embedded store is one process's, so there
both doors are the same.
"""

import itertools
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from tests.api.conftest import serving, settings_for
from tests.contracts.postgres import migrated_template
from tests.servers.fixtures import running
from tests.servers.netra_server import NetraServer
from tests.servers.postgres_server import drop_database, fresh_database

from netra.settings import Secret, Settings

STORES = ["embedded", "engines"]
REDIS_DATABASES = itertools.count(1)  # each deployment counts and speaks in one of its own


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Where the two listen, and how both are set up."""

    first: str
    second: str
    settings: Settings


Opened = Callable[..., AbstractContextManager[Doors]]


@pytest.fixture(scope="session")
def doors_to(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Opened]:
    """Return what opens a deployment over a kind of store, with changes to the settings of tests."""

    def over(store: str) -> Opened:
        @contextmanager
        def opened(**changes: Any) -> Generator[Doors]:
            folder = tmp_path_factory.mktemp("doors")
            settings = settings_for(folder, **changes)
            if store == "embedded":
                with serving(settings) as address:
                    yield Doors(first=address, second=address, settings=settings)
                return
            servers = [request.getfixturevalue(name) for name in ("postgres_server_url", "redis_url")]
            with _over_engines(folder, *servers, **changes) as doors:
                yield doors

        return opened

    return over


@contextmanager
def _over_engines(folder: Path, server_url: str, redis_url: str, **changes: Any) -> Generator[Doors]:
    database_url = fresh_database(server_url, template=migrated_template(server_url))
    redis = urlsplit(redis_url)._replace(path=f"/{next(REDIS_DATABASES)}")
    engines = {"database_url": Secret(database_url), "redis_url": Secret(urlunsplit(redis))}
    settings = settings_for(folder, **engines, **changes)
    other = NetraServer(folder, settings=settings)
    try:
        with serving(settings) as address, running(other):
            yield Doors(first=address, second=other.url, settings=settings)
    finally:
        drop_database(database_url)


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
