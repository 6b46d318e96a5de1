"""Accepted is durable: a process killed at any instant loses no run that it had accepted."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netra.adapters.sql.stores import open_sqlite
from netra.domain.ids import RunId, UserId
from netra.domain.runs.model import RunState

pytestmark = pytest.mark.system

OWNER = UserId(1)
KILLED_AFTER = (1, 40, 300)  # runs

CHILD = """
import asyncio, sys
from pathlib import Path

from netra.adapters.local.clock import SystemClock
from netra.adapters.local.ids import RandomIdSource
from netra.adapters.sql.stores import open_sqlite
from netra.domain.quotas import Quotas
from netra.domain.runs.events import updated
from netra.domain.runs.model import Run
from netra.domain.threads.model import Message, MessageRole
from netra.ports.runs import NewRun

clock = SystemClock()
ids = RandomIdSource(clock=clock)


def new_run():
    now = clock.now()
    run = Run(id=ids.new("run"), owner_id=1, thread_id=ids.new("thread"), message="?", created_at=now)
    question = Message(
        id=ids.new("msg"), thread_id=run.thread_id, role=MessageRole.USER, content="?", created_at=now
    )
    word = updated(run, agent="a", message="m", progress=0)
    return NewRun(run=run, thread_title="t", question=question, first_event=word)


async def accept_for_ever(stores):
    while True:
        accepted = await stores.runs.accept(new_run(), quotas=Quotas(max_live_runs_per_user=10**6))
        print(accepted.run.id, flush=True)


async def main():
    async with open_sqlite(Path(sys.argv[1]), clock=clock) as stores:
        await asyncio.gather(*(accept_for_ever(stores) for _ in range(8)))


asyncio.run(main())
"""


def accepted_before_the_kill(path: Path, *, killed_after: int) -> list[str]:
    """Return the runs that a process had accepted when it was killed without warning."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, env=environment, text=True
    ) as child:
        told = [child.stdout.readline().strip() for _ in range(killed_after)]
        child.send_signal(signal.SIGKILL)
        return told + [line.strip() for line in child.stdout if line.endswith("\n")]


@pytest.mark.parametrize("killed_after", KILLED_AFTER)
async def test_a_killed_process_loses_no_accepted_run(tmp_path: Path, clock, killed_after: int):
    path = tmp_path / "netra.sqlite3"
    told = accepted_before_the_kill(path, killed_after=killed_after)
    assert len(told) >= killed_after
    async with open_sqlite(path, clock=clock) as stores:
        for run_id in told:
            run = await stores.runs.get(RunId(run_id), owner_id=OWNER)
            events = await stores.runs.events(run.id, owner_id=OWNER, after=0)
            assert (run.state, [event.seq for event in events]) == (RunState.QUEUED, [1])
            assert len(await stores.threads.messages(run.thread_id, owner_id=OWNER)) == 1
        assert await stores.runs.waiting() >= len(told)
        assert await stores.runs.claim(lease_s=10) is not None
