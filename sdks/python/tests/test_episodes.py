"""Seeded episodes of cuts, losses and restarts: events dense, one run, recorded calls exact."""

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from rigged import Rig
from runner import Runner, calls

FIRST, _, COUNT = os.environ.get("NETRA_TEST_SEEDS", "1:6").partition(":")
SEEDS = range(int(FIRST), int(FIRST) + int(COUNT or 1))
FLUSH_S = 120.0  # ends a flush that hangs; on an idle machine it takes one or two seconds
STREAM, EXECUTE = "GET /api/agent/stream/*", "POST /api/agent/execute"
EVENTS = "POST /api/workloads/*/events"


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    started = Rig()
    try:
        yield started
    finally:
        started.close()


def faults(chance: random.Random) -> list[dict[str, Any]]:
    """Return some misfortunes."""
    made: list[dict[str, Any]] = []
    for _ in range(chance.randint(1, 6)):
        nth = chance.randint(1, 3)
        made.append(
            chance.choice(
                [
                    {
                        "match": STREAM,
                        "do": "cut_after_events",
                        "events": chance.randint(1, 4),
                        "nth": nth,
                        "more_bytes": chance.randint(0, 80),
                    },
                    {"match": STREAM, "do": "cut_after_bytes", "bytes": chance.randint(1, 2_000), "nth": nth},
                    {"match": STREAM, "do": "status", "code": 503, "retry_after": 0, "nth": nth},
                    {"match": EXECUTE, "do": "lose_answer", "nth": 1},
                    {"match": EXECUTE, "do": "refuse", "nth": 1},
                    {"match": EVENTS, "do": "lose_answer", "nth": nth},
                    {"match": EVENTS, "do": "status", "code": 429, "error": "RATE_LIMITED", "nth": nth},
                    {"match": "*", "do": "refuse", "nth": chance.randint(1, 6)},
                ]
            )
        )
    return made


@pytest.mark.parametrize("seed", SEEDS)
def test_an_episode_loses_and_doubles_nothing(rig: Rig, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    runner = Runner(rig, kind=chance.choice(["sync", "async"]))
    rig.faults()
    try:
        runner.use("key:all")
        workload = runner.client.workloads.create(f"episode {seed}").id
        runner.client.workloads.add_events(workload, calls(30))
        before = runner.client.agent.history(limit=1).total
        rig.faults(*faults(chance))
        recorder = runner.client.workloads.recorder(workload, batch=100, interval=0.05)
        for row in calls(500):
            recorder.record({**row, "id": f"r-{row['id']}"})
        run = runner.client.agent.execute("20 % cheaper", workload_id=workload)
        restart_after = chance.choice([0, 0, 0, 1, 2])
        got = runner.do_run_events(run.id, restart_after=restart_after)
        assert got["dense"], got["seqs"]
        assert got["last"]["success"] is True
        flushed = recorder.flush(FLUSH_S)
        recorder.close(0)
        rig.faults()
        assert (flushed.sent, flushed.pending, flushed.dropped) == (500, 0, 0)
        assert runner.client.workloads.get(workload).event_count == 530
        assert runner.client.agent.history(limit=1).total == before + 1
    finally:
        runner.close()
