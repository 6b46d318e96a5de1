"""The recorder's queue and pace without I/O, and the child of a fork."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import netra_sdk
import pytest
from netra_sdk import Call, Netra, errors
from netra_sdk._batching import Buffer, line_of
from netra_sdk.recorder import _Notices, _rearm
from netra_sdk.types import EventsTaken, RowOutcome

ROW: dict[str, Any] = {
    "timestamp": "2026-10-05T00:00:00Z", "model": "m", "input_tokens": 1, "output_tokens": 1,
}  # fmt: skip


def buffer(**changes: Any) -> Buffer:
    return Buffer(**{"max_queue": 3, "max_bytes": 1_000, "batch": 2, "interval": 1.0, **changes})


def taken(*statuses: str) -> EventsTaken:
    rows = [RowOutcome(line=n, status=status) for n, status in enumerate(statuses, 1)]
    return EventsTaken(workload_id="w", accepted=0, duplicates=0, rejected=0, results=rows, notes=[])


def failure(status: int, **headers: str) -> errors.ApiError:
    return errors.class_of("X", status)(
        status=status, code="X", message="m", details={}, request_id=None, headers=headers
    )


def test_the_newest_call_is_dropped_when_the_queue_is_full() -> None:
    one = buffer()
    assert [one.add(b"x") for _ in range(4)] == [None, None, None, "the queue is full"]
    assert buffer(max_bytes=1).add(b"xx") == "the queue is full"
    assert one.flushed().dropped == 1
    one.is_closed = True
    assert one.add(b"x") == "the recorder is closed"


def test_a_batch_keeps_its_key_until_it_arrives() -> None:
    one = buffer()
    for _ in range(3):
        one.add(b"x\n")
    batch = one.take()
    assert batch is not None
    pause = one.failed(errors.ConnectionFailedError("gone"))
    assert pause is not None
    assert pause > 0
    assert one.take() is batch
    assert (batch.body, one.pending) == (b"x\nx\n", 3)
    assert one.taken(taken("accepted", "rejected"))[0].line == 2
    assert (one.sent, one.rejected, one.pending) == (1, 1, 1)
    assert one.take() is not batch
    assert buffer().take() is None
    assert buffer().failed(errors.ConnectionFailedError("gone")) == 0.0


@pytest.mark.parametrize("error", [failure(404), failure(422), errors.SessionLostError("over")])
def test_a_batch_that_can_never_arrive_is_given_up(error: errors.NetraError) -> None:
    one = buffer()
    one.add(b"x")
    one.take()
    assert one.failed(error) is None
    assert (one.dropped, one.pending) == (1, 0)


def test_a_limited_rate_makes_batches_larger_and_rarer_until_it_relaxes() -> None:
    one = buffer(max_queue=100)
    one.add(b"x")
    one.take()
    assert (one.failed(failure(429, **{"retry-after": "7"})) or 0) >= 7
    assert (one.interval, one._batch) == (2.0, 4)
    for _ in range(40):
        one.taken(taken())
    assert (one.interval, one._batch) == (1.0, 2)
    assert not one.is_full_batch


def test_every_call_has_an_id_at_once() -> None:
    for line in (
        line_of(ROW, {}),
        line_of(None, ROW),
        line_of(Call(timestamp="t", model="m", input_tokens=1, output_tokens=1), {}),  # type: ignore[arg-type]
    ):
        assert len(json.loads(line)["id"]) == 32
    assert json.loads(line_of({**ROW, "id": "mine"}, {}))["id"] == "mine"


def test_notices_are_seldom_and_their_faults_harmless() -> None:
    counts: list[int] = []

    def failing(count: int, reason: str) -> None:
        counts.append(count)
        raise RuntimeError(reason)

    notices = _Notices(failing, lambda rows: counts.append(-len(rows)))
    for _ in range(5):
        notices.dropped(1, "full")
    notices.rejected([RowOutcome(line=1, status="rejected", code="c", message="m")] * 2)
    assert counts == [1, -2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_child_of_a_fork_has_its_own_queue_and_thread() -> None:
    import subprocess
    import textwrap

    program = textwrap.dedent("""
        import os, netra_sdk
        client = netra_sdk.Netra("nk_x", base_url="http://127.0.0.1:9", max_retries=0)
        recorder = client.workloads.recorder("w", interval=60)
        row = {"timestamp": "t", "model": "m", "input_tokens": 1, "output_tokens": 1}
        recorder.record(row)
        child = os.fork()
        if child == 0:
            assert recorder.stats().pending == 0
            recorder.record(row)
            assert recorder.stats().pending == 1 and recorder._thread.is_alive()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0 and recorder.stats().pending == 1
        os._exit(0)
    """)
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        timeout=60,
        check=False,
        text=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(Path(netra_sdk.__file__).parents[1])},
    )
    assert ran.returncode == 0, ran.stderr


def test_recording_is_quick_though_the_service_is_gone_and_closing_returns() -> None:
    client = Netra("nk_x", base_url="http://127.0.0.1:9", max_retries=0)
    recorder = client.workloads.recorder("w")
    _rearm(lambda: recorder)  # type: ignore[arg-type]
    for _ in range(100):
        recorder.record(ROW)
    began = time.monotonic()
    flushed = recorder.close(0.3)
    assert time.monotonic() - began < 10
    assert flushed.pending == 100
    client.close()
