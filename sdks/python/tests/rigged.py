"""Starts the rig and speaks with its control."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

SDKS = Path(__file__).parents[2]


class Rig:
    """The real server, the proxy with its faults, and the users."""

    def __init__(self) -> None:
        command = [sys.executable, str(SDKS / "tools" / "rig.py")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the rig did not start"
        self.facts: dict[str, Any] = json.loads(line)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def faults(self, *faults: dict[str, Any]) -> None:
        self._do("/faults", list(faults))

    def restart(self, how: str = "kill") -> None:
        self._do("/restart", {"how": how})

    def log(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._do("/log")
        return found

    def _do(self, path: str, sent: Any = None) -> Any:
        body = None if sent is None else json.dumps(sent).encode()
        request = urllib.request.Request(self.facts["control_url"] + path, body)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)
