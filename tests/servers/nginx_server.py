"""nginx as a proxy in front of a port: the one on PATH, or Debian's packages, unpacked and not installed."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from tests.servers.ports import free_port
from tests.servers.process import HOST, ServerProcess

DOWNLOAD_S = 300.0  # a slow mirror
_LIBRARY = re.compile(r"Depends: ((?:lib(?!c6\b)|zlib)[a-z0-9.+-]*)$", re.MULTILINE)

# The lines that every guide to WebSocket behind nginx has, and connections to the service that are reused.
_CONFIGURATION = Template("""
daemon off;
master_process off;
error_log stderr warn;
pid $folder/pid;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    upstream service {
        server $host:$to_port;
        keepalive 1;
    }
    server {
        listen $host:$port;
        location / {
            proxy_pass http://service;
            proxy_http_version 1.1;
            proxy_set_header Host $$host;
            proxy_set_header Upgrade $$http_upgrade;
            proxy_set_header Connection $connection;
            proxy_request_buffering $buffering;
        }
    }
}
""")


class NginxMissing(RuntimeError):
    """nginx is not on PATH, and its packages could not be fetched; the message says why."""


class NginxServer(ServerProcess):
    """One nginx on `port`, in front of `to_port`."""

    def __init__(
        self, folder: Path, *, program: "Program", to_port: int, connection: str, buffers_bodies: bool
    ) -> None:
        self.port = free_port()
        configuration = folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.substitute(
                folder=folder,
                host=HOST,
                port=self.port,
                to_port=to_port,
                connection=connection,
                buffering="on" if buffers_bodies else "off",
            )
        )
        super().__init__(
            [*program.command, "-p", str(folder), "-c", str(configuration)],
            folder=folder,
            answers=self._answers,
            environment=program.environment,
        )

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0


class Program:
    """How to run nginx."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.command = command
        self.environment = environment or {}

    def runs(self) -> bool:
        """Return whether it starts at all: a library may be missing."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run([*self.command, "-v"], check=False, env=environment, capture_output=True)
        return done.returncode == 0


def nginx(folder: Path) -> Program:
    """Return nginx, fetched into `folder` when this machine has none. Raises `NginxMissing`."""
    installed = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if installed is not None:
        return Program([installed])
    _unpack(["nginx"], folder)
    program = Program([str(folder / "usr/sbin/nginx")])
    if program.runs():
        return program
    _unpack(_LIBRARY.findall(_run(["apt-cache", "depends", "nginx"], folder)), folder)
    found = {str(path.parent) for path in folder.rglob("*.so*")}
    return Program(program.command, {"LD_LIBRARY_PATH": ":".join(sorted(found))})


def _unpack(packages: Sequence[str], folder: Path) -> None:
    try:
        _run(["apt-get", "download", *packages], folder)
    except NginxMissing:  # a fresh machine has no lists of packages
        _run(["apt-get", "update"], folder)
        _run(["apt-get", "download", *packages], folder)
    for archive in folder.glob("*.deb"):
        _run(["dpkg", "-x", str(archive), str(folder)], folder)
        archive.unlink()


def _run(command: Sequence[str], folder: Path) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=DOWNLOAD_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        detail = error.stderr if isinstance(error, subprocess.CalledProcessError) else ""
        raise NginxMissing(f"nginx could not be fetched: {' '.join(command)}: {error} {detail}") from error
    return done.stdout
