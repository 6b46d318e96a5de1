"""ClickHouse behind HTTP, as a child process made of the in-process engine's wheel."""

import signal
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from uuid import uuid4

from tests.servers.ports import free_port
from tests.servers.process import HOST, ServerProcess

USER, PASSWORD = "netra", "a test's password"

CONFIG = """<clickhouse>
  <http_port>{port}</http_port>
  <listen_host>127.0.0.1</listen_host>
  <user_directories><users_xml><path>users.xml</path></users_xml></user_directories>
  <logger><level>none</level></logger>
</clickhouse>
"""
USERS = f"""<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>
    <default><no_password/><networks><ip>127.0.0.1</ip></networks><profile>default</profile></default>
    <{USER}>
      <password>{PASSWORD}</password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
    </{USER}>
  </users>
</clickhouse>
"""


class ClickHouseServer(ServerProcess):
    """ClickHouse; what it stored outlives a kill, as on a real disk."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://{USER}:{urllib.parse.quote(PASSWORD)}@{HOST}:{self.port}/default"
        (folder / "config.xml").write_text(CONFIG.format(port=self.port))
        (folder / "users.xml").write_text(USERS)
        child = Path(__file__).with_name("clickhouse_child.py")
        super().__init__(
            [sys.executable, str(child)], folder=folder, answers=self._is_up, stop_signal=signal.SIGKILL
        )

    def _is_up(self) -> bool:
        try:
            return bool(asked(self.url, "SELECT 1") == b"1\n")
        except OSError:
            return False


def fresh_database(url: str) -> str:
    """Make an empty database and return the address that names it."""
    name = f"test_{uuid4().hex}"
    asked(url, f"CREATE DATABASE {name}")
    return urllib.parse.urlunsplit(urllib.parse.urlsplit(url)._replace(path=f"/{name}"))


def asked(url: str, statement: str) -> bytes:
    """Return what the server says to a statement."""
    parts = urllib.parse.urlsplit(url)
    assert parts.scheme == "http"
    headers = {"X-ClickHouse-User": parts.username or "default"}
    if parts.password:
        headers["X-ClickHouse-Key"] = urllib.parse.unquote(parts.password)
    request = urllib.request.Request(
        f"http://{parts.hostname}:{parts.port}/", data=statement.encode(), headers=headers
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 (see above)
        return bytes(answer.read())
