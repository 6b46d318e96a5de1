"""The small language model as a server process."""

import json
import sys
from pathlib import Path

from tests.servers import small_model
from tests.servers.ports import free_port
from tests.servers.process import HOST, ServerProcess


class SmallModel(ServerProcess):
    """One server of the model on one port."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}/v1"
        self.key = small_model.KEY
        super().__init__(
            [sys.executable, small_model.__file__, str(self.port)], folder=folder, answers=self._is_up
        )

    def is_busy(self) -> bool:
        """Return whether it is making tokens."""
        return any(slot["is_processing"] for slot in json.loads(self._said("/slots")))

    def _is_up(self) -> bool:
        return bool(self._said("/health"))

    def _said(self, path: str) -> str:
        """Return what the server says, nothing where there is none or it is not ready."""
        import httpx  # every test session loads this module, few ask the model

        try:
            said = httpx.get(
                f"http://{HOST}:{self.port}{path}",
                headers={"Authorization": f"Bearer {self.key}"},
                timeout=30.0,
            )
        except httpx.TransportError:
            return ""
        return said.text if said.is_success else ""
