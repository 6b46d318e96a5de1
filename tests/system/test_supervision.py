"""Processes under supervision, seen from inside the one that supervises; and a worker in this process."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from tests.waiting import PATIENCE_S

from netra.entrypoints.cli import exit_code
from netra.entrypoints.server.supervision import (
    DONE,
    FAILED,
    KNOWN,
    NEW,
    ApiProcess,
    Work,
    end_with_parent,
    supervise,
)

pytestmark = pytest.mark.system


def ends_at_once(line: Connection) -> None:
    """Be a process that cannot start."""


def serves(line: Connection) -> None:
    """Be a process that serves until it is told to end."""
    line.send_bytes(KNOWN)
    signal.pause()


def stumbles(folder: Path, line: Connection) -> None:
    """Serve and die the first time, die before serving the second, then serve on."""
    start = len(list(folder.iterdir()))
    (folder / str(start)).touch()
    if start == 1:
        return
    line.send_bytes(NEW)
    if start == 2:
        signal.pause()


def end_once(happened: Callable[[], bool]) -> None:
    """Send this process SIGTERM as soon as something has happened."""

    def watch() -> None:
        until_s = time.monotonic() + PATIENCE_S
        while not happened() and time.monotonic() < until_s:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def test_processes_that_serve_are_announced_once_and_ended_together() -> None:
    heard: list[bool] = []

    def announce(is_new: bool) -> None:
        heard.append(is_new)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    assert supervise(serves, count=2, on_ready=announce) == DONE
    assert heard == [False]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_process_that_ends_before_it_serves_ends_the_start() -> None:
    heard: list[bool] = []
    assert supervise(ends_at_once, count=2, on_ready=heard.append) == FAILED
    assert heard == []


def test_a_process_that_ends_is_replaced_until_one_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[bool] = []
    end_once((tmp_path / "2").exists)
    assert supervise(partial(stumbles, tmp_path), count=1, on_ready=heard.append) == DONE
    assert heard == [True]
    assert capsys.readouterr().err.count("ended with 0; starting another one.") == 2


def serves_and_ends(line: Connection) -> None:
    """Serve, and end by itself."""
    line.send_bytes(KNOWN)


@pytest.mark.parametrize("is_heard", [True, False], ids=["heard", "unheard"])
@pytest.mark.parametrize(("work", "has_served"), [(serves_and_ends, True), (ends_at_once, False)])
def test_an_ended_process_is_known_by_whether_it_ever_served(
    work: Work, has_served: bool, is_heard: bool
) -> None:
    process = ApiProcess(work)
    if is_heard:
        assert (process.announcement() is not None) is has_served
    assert "ended with 0" in process.outcome()
    assert process.has_served is has_served
    process.end(by_s=time.monotonic())


async def test_a_process_hears_once_that_its_parent_is_gone() -> None:
    heard: list[str] = []
    parents, line = Pipe()
    with line:
        end_with_parent(line, lambda: heard.append("gone"))
        await asyncio.sleep(0)
        assert heard == []
        parents.close()
        for _ in range(20):
            await asyncio.sleep(0)
    assert heard == ["gone"]


def test_a_worker_ends_with_nothing_to_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    said: list[str] = []

    def has_begun() -> bool:
        said.append(capsys.readouterr().out)
        return "works on up to 1 runs concurrently" in "".join(said)

    end_once(has_begun)
    assert exit_code(["worker", "--slots", "1", "--data", str(tmp_path / "data")]) == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_worker_without_slots_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["worker", "--slots", "0", "--data", str(tmp_path)]) == 2
    assert "0 slots does nothing" in capsys.readouterr().err


def test_several_processes_without_redis_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["serve", "--workers", "2", "--data", str(tmp_path)]) == 2
    assert "needs NETRA_REDIS_URL" in capsys.readouterr().err
