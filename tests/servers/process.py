"""A server as a process of its own: what the three engines have in common."""

import os
import resource
import signal
import subprocess
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.waiting import wait_until

HOST = "127.0.0.1"
PATIENCE_S = 150.0  # upper bound on the start of a server on a loaded machine


def as_nobodys_root(command: Sequence[str]) -> list[str]:
    """Return the command as an ordinary user would run it: some servers refuse root."""
    if os.geteuid() != 0:
        return list(command)
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", *command]


class ServerProcess:
    """One engine on one port; whatever was started is ended by its own id."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        answers: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._command = list(command)
        self._folder = folder
        self._answers = answers
        self._environment = {**os.environ, **(environment or {})}
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it answers."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environment, stdout=log, stderr=log
            )
        try:
            wait_until(
                self._is_answering_or_over,
                f"an answer of {self._command[0]}",
                most_s=PATIENCE_S,
                pause_s=0.1,  # asking costs processor time, which the server needs to start
            )
        except AssertionError as error:
            raise RuntimeError(f"{error}; its log ends: {self._last_words()}") from error
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._command[0]} has ended; its log ends: {self._last_words()}")

    def _is_answering_or_over(self) -> bool:
        return self._answers() or (self._process is not None and self._process.poll() is not None)

    def stop(self) -> None:
        """End it in order; nothing happens when it has ended."""
        self._signal(signal.SIGCONT)
        self._signal(self._stop_signal)
        self._wait()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._signal(signal.SIGKILL)
        self._wait()

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Thaw it."""
        self._signal(signal.SIGCONT)

    def _last_words(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-2_000:]

    @contextmanager
    def full_disk(self, most_bytes: int) -> Generator[None]:
        """Let none of its files grow beyond `most_bytes` meanwhile: what it may do needs no privilege.

        The kernel refuses with "File too large" where a full disk says "No space left on device"; the
        engines go the same way from there. A limit that is lowered may be raised again.
        """
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        try:
            for pid in self._who_writes():
                _limit(pid, (most_bytes, most))
            yield
        finally:
            for pid in self._who_writes():
                _limit(pid, (most, most))

    def _who_writes(self) -> list[int]:
        """Return the ids of the processes that write what users are waiting for."""
        return [] if self._process is None else [self._process.pid]

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _wait(self) -> None:
        if self._process is not None:
            self._process.wait(PATIENCE_S)
            self._process = None


def _limit(pid: int, limits: tuple[int, int]) -> None:
    with suppress(ProcessLookupError):  # it has ended meanwhile
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
