"""Netra itself as a process of its own, told by its environment as an operator tells it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from tests.servers.ports import free_port
from tests.servers.process import HOST, ServerProcess

from netra.settings import PREFIX, Secret, Settings


class NetraServer(ServerProcess):
    """`netra serve` on a port of its own; what it logs is in `folder / "log"`."""

    def __init__(self, folder: Path, *, settings: Settings) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        command = [sys.executable, "-m", "netra", "serve", "--port", str(self.port)]
        super().__init__(command, folder=folder, answers=self._is_up, environment=environment_of(settings))

    def _is_up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health").is_success
        except httpx.TransportError:
            return False


def environment_of(settings: Settings) -> Mapping[str, str]:
    """Return the variables that lead to these settings."""
    usual = Settings()
    return {
        f"{PREFIX}{name.upper()}": _text(value)
        for name in Settings.__struct_fields__
        if (value := getattr(settings, name)) != getattr(usual, name)
    }


def _text(value: Any) -> str:
    match value:
        case Secret():
            return value.reveal()
        case tuple():
            return ",".join(value)
        case _:
            return str(value).lower() if isinstance(value, bool) else str(value)
