"""Several API processes on one port: starts them, replaces one that dies, and ends them together.

They accept from one listening socket that this process keeps open, so a connection that is not accepted yet
survives the death of a process. Each process holds one end of a pipe: it announces there that it accepts
connections, and when the other end closes, this process is gone and it ends too.
"""

import asyncio
import signal
import socket
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from time import monotonic
from types import FrameType
from typing import Final, TypeAlias

from netra.entrypoints.reports.safe import say

DONE: Final = 0
FAILED: Final = 1
PAUSE_S: Final = 1.0  # seconds before replacing a process that never accepted connections
# seconds; above what a process needs for its requests (10 s), its runs (7 s) and its stores
END_WITHIN_S: Final = 30.0
NEW: Final = b"new"
KNOWN: Final = b"known"

Work: TypeAlias = Callable[["Connection[bytes, bytes]"], None]


class ApiProcess:
    """One process that runs `work`, which must be picklable, with our end of its pipe."""

    def __init__(self, work: Work) -> None:
        context = get_context("spawn")  # a fork would copy locks held by threads
        self.line, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs,), name="netra-api")
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited: this process passes Ctrl-C on
        try:
            self._process.start()
        finally:
            signal.signal(signal.SIGINT, previous)
        theirs.close()
        self._has_announced = False

    @property
    def sentinel(self) -> int:
        """A handle that becomes readable when the process has ended."""
        return self._process.sentinel

    def announcement(self) -> bytes | None:
        """Return the announcement of the process once it accepts connections; None if it ended before."""
        try:
            announced = self.line.recv_bytes()
        except (EOFError, OSError):
            return None
        self._has_announced = True
        return announced

    @property
    def has_served(self) -> bool:
        """Return whether a process that has ended ever accepted connections."""
        return self._has_announced or self.announcement() is not None

    def outcome(self) -> str:
        """Return the process id and exit code, as text."""
        self._process.join()
        return f"API process {self._process.pid} ended with {self._process.exitcode}"

    def ask_to_end(self) -> None:
        """Send SIGTERM; a no-op if the process has ended."""
        self._process.terminate()

    def end(self, *, by_s: float) -> None:
        """Wait until `by_s` of the monotonic clock for the process to end, then kill it."""
        self._process.join(max(by_s - monotonic(), 0))
        self._process.kill()
        self._process.join()
        self.line.close()


def end_with_parent(line: "Connection[bytes, bytes]", end: Callable[[], None]) -> None:
    """Call `end` on the running loop once the other end of a process's pipe is closed."""
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(line.fileno())  # a closed pipe stays readable forever
        end()

    loop.add_reader(line.fileno(), gone)


def supervise(work: Work, *, count: int, on_ready: Callable[[bool], None]) -> int:
    """Run `count` processes until SIGINT or SIGTERM and return the exit code.

    `on_ready` receives whether the store is new, once all processes accept connections. A process that ends
    after that is replaced; one that ends before aborts the start.
    """
    with _signals() as signalled:
        processes = [ApiProcess(work) for _ in range(count)]
        try:
            announcements = _announcements(processes, signalled)
            if announcements is None:
                return DONE
            if None in announcements:
                return FAILED
            on_ready(NEW in announcements)
            _keep(processes, work, signalled)
            return DONE
        finally:
            _end(processes)


def _announcements(processes: Sequence[ApiProcess], signalled: socket.socket) -> list[bytes | None] | None:
    """Return each process's announcement, up to the first that ended; None after a signal."""
    announcements: list[bytes | None] = []
    for process in processes:
        if signalled in wait([signalled, process.line]):
            return None
        announcements.append(process.announcement())
        if announcements[-1] is None:
            return announcements
    return announcements


def _keep(processes: list[ApiProcess], work: Work, signalled: socket.socket) -> None:
    """Replace processes that end, until a signal."""
    due_s: dict[int, float] = {}  # free places, and when (monotonic clock) each is filled again
    while True:
        at_work = [process.sentinel for place, process in enumerate(processes) if place not in due_s]
        readable = wait([signalled, *at_work], _until(due_s))
        if signalled in readable:
            return
        for place, process in enumerate(processes):
            if place not in due_s and process.sentinel in readable:
                say(f"{process.outcome()}; starting another one.", err=True)
                due_s[place] = monotonic() + (0 if process.has_served else PAUSE_S)
                process.line.close()
        for place in [place for place, at_s in due_s.items() if at_s <= monotonic()]:
            del due_s[place]
            processes[place] = ApiProcess(work)


def _until(due_s: Mapping[int, float]) -> float | None:
    """Return the seconds to the first of these instants, or None without any."""
    return max(min(due_s.values()) - monotonic(), 0) if due_s else None


def _end(processes: Sequence[ApiProcess]) -> None:
    for process in processes:
        process.ask_to_end()
    by_s = monotonic() + END_WITHIN_S
    for process in processes:
        process.end(by_s=by_s)


@contextmanager
def _signals() -> Generator[socket.socket]:
    """Yield a socket that becomes readable with the first SIGINT or SIGTERM."""
    signalled, waker = socket.socketpair()
    waker.settimeout(0)  # required by `set_wakeup_fd`
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    woken = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    try:
        yield signalled
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        signalled.close()
        waker.close()


def _ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing: the byte that the interpreter wrote wakes the loop."""
