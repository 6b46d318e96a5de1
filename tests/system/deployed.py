"""Netra as it is deployed: each part a process of its own, over real servers."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.waiting import COMMAND_S, PATIENCE_S, wait_until

USER = {"email": "ada@example.com", "password": "correct horse battery"}


class Part:
    """One `netra` command under way; what it prints goes to a file."""

    def __init__(self, *arguments: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._log = folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "netra", *arguments],
                env={**os.environ, **environment},
                cwd=folder,
                stdout=log,
                stderr=log,
            )

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self._log.read_text()

    def until_it_says(self, pattern: str) -> re.Match[str]:
        """Return where it printed something like `pattern`."""

        def found() -> re.Match[str] | None:
            match = re.search(pattern, self.said)
            assert match or self.process.poll() is None, self.said
            return match

        match = wait_until(found, f"a line like {pattern!r} in its log")
        assert match is not None
        return match

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ended(self) -> int:
        """Wait for its end and return its exit code."""
        return self.process.wait(PATIENCE_S)

    def children(self) -> list[int]:
        """Return the ids of the processes that it started and that serve."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in listed if b"spawn_main" in command_of(pid)]


def command_of(pid: str) -> bytes:
    """Return how a process was started; nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@contextmanager
def running(*arguments: str, folder: Path, environment: Mapping[str, str]) -> Generator[Part]:
    """Run a command until the block ends."""
    part = Part(*arguments, folder=folder, environment=environment)
    try:
        yield part
    finally:
        if part.process.poll() is None:
            part.process.kill()
        part.process.wait(PATIENCE_S)


def signed_in(base: str) -> httpx.Client:
    """Return a client of the service at `base`, signed in as the one user there is."""
    client = httpx.Client(base_url=base, timeout=PATIENCE_S)
    answer = client.post("/api/auth/login", json=USER).raise_for_status().json()
    client.headers["Authorization"] = f"Bearer {answer['access_token']}"
    return client


def add_user(folder: Path, environment: Mapping[str, str]) -> None:
    """Add the one user."""
    subprocess.run(
        [
            *(sys.executable, "-m", "netra", "users", "add", USER["email"]),
            *("--name", "Ada", "--password-stdin"),
        ],
        env={**os.environ, **environment},
        cwd=folder,
        input=USER["password"].encode(),
        check=True,
        capture_output=True,
        timeout=COMMAND_S,
    )
