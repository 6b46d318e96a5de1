"""Eight clients of two processes over one Redis: by the servers' logs no window holds more than the limit."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.api.conftest import settings_for
from tests.servers.fixtures import running
from tests.servers.netra_server import environment_of
from tests.servers.ports import free_port
from tests.servers.process import HOST, ServerProcess
from tests.waiting import PATIENCE_S

from netra.settings import Secret

pytestmark = [pytest.mark.system, pytest.mark.long(75)]

WINDOW_S = 60.0
GENERAL, AUTHENTICATION = 40, 5
CONFIG, LOGIN = "/api/config", "/api/auth/login"
BURST_S, PAUSE_S, LASTS_S = 1.0, 0.5, 63.0
SLID_S = 240.0  # upper bound on the time until a loaded machine has admitted more than one window holds
TRIES = 3


@contextmanager
def counted(folder: Path, *, redis_url: str, number: int, database: int) -> Generator[tuple[str, Path]]:
    """Run one process and yield its address and its log."""
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = settings_for(
        folder,
        redis_url=Secret(redis_url.rpartition("/")[0] + f"/{database}"),
        limit_general=GENERAL,
        limit_authentication=AUTHENTICATION,
    )
    port, log = free_port(), folder / f"answers-{number}"

    def is_up() -> bool:
        try:
            return httpx.get(f"http://{HOST}:{port}/health").is_success
        except httpx.TransportError:
            return False

    script = str(Path(__file__).with_name("counted_server.py"))
    command = [sys.executable, script, str(port), str(log)]
    path = {"PYTHONPATH": ":".join(entry for entry in sys.path if entry)}
    server = ServerProcess(
        command, folder=folder, answers=is_up, environment={**path, **environment_of(settings)}
    )
    with running(server):
        yield f"http://{HOST}:{port}", log


async def knocks(address: str, admitted: Counter[str]) -> None:
    """Ask without rest at the beginning and when the window is about to slide, else now and then.

    Each sign-in is to an account of its own, so that the count by address alone decides. It ends once the
    window has slid: more was admitted than it holds.
    """
    began_s, passed_s = time.monotonic(), 0.0
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S) as client:
        while passed_s < LASTS_S or (passed_s < SLID_S and not has_slid(admitted)):
            wrong = {"email": f"{uuid4().hex}@example.com", "password": "a wrong password"}
            answers = await asyncio.gather(client.get(CONFIG), client.post(LOGIN, json=wrong))
            admitted.update(
                path
                for path, answer in zip((CONFIG, LOGIN), answers, strict=True)
                if answer.status_code != 429
            )
            passed_s = time.monotonic() - began_s
            is_burst = passed_s < BURST_S or abs(passed_s - WINDOW_S) < BURST_S
            await asyncio.sleep(0 if is_burst else PAUSE_S)


def has_slid(admitted: Counter[str]) -> bool:
    return admitted[CONFIG] > GENERAL and admitted[LOGIN] > AUTHENTICATION


async def answered_by_two(folder: Path, *, redis_url: str, database: int) -> list[list[str]]:
    """Return the lines of both processes' logs."""
    shared: Any = {"redis_url": redis_url, "database": database}
    with (
        counted(folder, number=1, **shared) as (one, one_log),
        counted(folder, number=2, **shared) as (other, other_log),
    ):
        admitted = Counter[str]()
        await asyncio.gather(*(knocks(door, admitted) for door in (one, other) * 4))
        return [line.split() for log in (one_log, other_log) for line in log.read_text().splitlines()]


async def test_no_window_of_a_minute_holds_more_than_the_limit(tmp_path: Path, redis_url: str) -> None:
    """Tried again when the machine stood still until a process took Redis for away, and decided alone."""
    lines: list[list[str]] = []
    for number in range(TRIES):
        folder = tmp_path / str(number)
        lines = await answered_by_two(folder, redis_url=redis_url, database=15 - number)
        if '"where":"redis"' not in (folder / "log").read_text():
            break
    for path, limit, admitted in ((CONFIG, GENERAL, "200"), (LOGIN, AUTHENTICATION, "401")):
        answered = [line for line in lines if line[2] == path]
        assert {line[3] for line in answered} == {admitted, "429"}
        passed = sorted((float(line[0]), float(line[1])) for line in answered if line[3] == admitted)
        assert len(passed) > limit, "the window slid"
        for first in range(len(passed) - limit):
            one_too_many = passed[first : first + limit + 1]
            # each was decided between its two instants, in an order that is not known
            assert max(answered_s for _, answered_s in one_too_many) - one_too_many[0][0] > WINDOW_S, path
