"""What waits for a slow reader, and how much."""

import asyncio
import json
from collections.abc import Sequence

import msgspec
import pytest
from tests.faults.virtual import virtually

from netra.domain.ids import RunId
from netra.domain.runs.events import EventKind, RunEvent
from netra.entrypoints.websocket.send_queue import WAITING_BYTES_MAX, WAITING_MAX, Outbox


async def drained(outbox: Outbox) -> list[dict[str, object]]:
    outbox.end()
    taken = []
    while await outbox.arrival():
        text = outbox.next()
        assert text is not None
        taken.append(json.loads(text))
    assert outbox.next() is None
    return taken


async def test_frames_leave_in_the_order_they_came() -> None:
    outbox = Outbox()
    for number in range(5):
        outbox.put(str(number))
    assert await drained(outbox) == [0, 1, 2, 3, 4]
    assert outbox.taken == 5


async def test_taking_waits_for_the_next_frame() -> None:
    outbox = Outbox()
    waiting = asyncio.create_task(outbox.arrival())
    await asyncio.sleep(0)
    outbox.put("x")
    assert await waiting
    assert outbox.next() == "x"


async def test_nothing_comes_in_after_the_end_and_what_waits_still_leaves() -> None:
    outbox = Outbox()
    outbox.put("1")
    outbox.end()
    outbox.put("2")
    assert await drained(outbox) == [1]


async def test_without_pressure_every_update_is_kept(events: Sequence[RunEvent]) -> None:
    outbox = Outbox()
    for event in events[: WAITING_MAX // 2]:
        outbox.put_event(event)
    assert len(await drained(outbox)) == WAITING_MAX // 2


async def test_under_pressure_an_update_gives_way_to_the_next_and_says_so(events: Sequence[RunEvent]) -> None:
    outbox = Outbox()
    for event in events:
        outbox.put_event(event)
    assert not outbox.has_overflowed
    frames = await drained(outbox)
    last = frames[-1]["data"]
    assert isinstance(last, dict)
    assert last["seq"] == len(events)
    assert last["skipped"] == len(events) - len(frames)


async def test_updates_of_one_run_never_give_way_to_those_of_another(events: Sequence[RunEvent]) -> None:
    outbox = Outbox()
    for event in events[: WAITING_MAX // 2 + 1]:
        outbox.put_event(event)
    other = msgspec.structs.replace(events[0], run_id=RunId("run-2"))
    outbox.put_event(other)
    frames = await drained(outbox)
    assert len(frames) == WAITING_MAX // 2 + 2


async def test_errors_and_results_are_never_dropped_and_nothing_overtakes_them(
    events: Sequence[RunEvent],
) -> None:
    outbox = Outbox()
    for event in events[:200]:
        outbox.put_event(event)
    outbox.put_event(msgspec.structs.replace(events[200], kind=EventKind.ERROR))
    outbox.put_event(events[201])
    outbox.put_event(events[202])
    outbox.put_event(msgspec.structs.replace(events[203], kind=EventKind.RESULT))
    tail = [(frame["type"], frame["data"]["seq"]) for frame in await drained(outbox)][-4:]  # type: ignore[index]
    assert tail == [("agent_update", 200), ("error", 201), ("agent_update", 203), ("agent_result", 204)]


async def test_too_many_frames_overflow() -> None:
    outbox = Outbox()
    for _ in range(WAITING_MAX):
        outbox.put("{}")
    assert not outbox.has_overflowed
    outbox.put("{}")
    assert outbox.has_overflowed


async def test_too_large_frames_overflow_but_one_of_any_size_may_wait() -> None:
    outbox = Outbox()
    outbox.put("x" * 2 * WAITING_BYTES_MAX)
    assert not outbox.has_overflowed
    outbox.put("x")
    assert outbox.has_overflowed


async def test_what_was_taken_or_cleared_does_not_count() -> None:
    outbox = Outbox()
    for _ in range(3):
        outbox.put("x" * WAITING_BYTES_MAX)
        outbox.next()
    outbox.put("x" * WAITING_BYTES_MAX)
    outbox.clear()
    outbox.put("x")
    assert not outbox.has_overflowed


@virtually
async def test_relief_comes_when_all_is_taken() -> None:
    outbox = Outbox()
    outbox.put("1")
    relieved = asyncio.create_task(outbox.relief(timeout_s=60))
    await asyncio.sleep(1)
    assert not relieved.done()
    outbox.next()
    writer = asyncio.create_task(outbox.arrival())
    await asyncio.sleep(1)
    assert relieved.done(), "relief waited on though nothing was left to send"
    writer.cancel()


@virtually
async def test_relief_gives_up_when_the_time_is_over() -> None:
    outbox = Outbox()
    outbox.put("1")
    await outbox.relief(timeout_s=60)
    assert asyncio.get_running_loop().time() == pytest.approx(60)


@virtually
async def test_relief_is_immediate_when_the_writer_has_taken_all_before() -> None:
    outbox = Outbox()
    outbox.put("1")
    outbox.next()
    writer = asyncio.create_task(outbox.arrival())
    await asyncio.sleep(1)
    await outbox.relief(timeout_s=60)
    assert asyncio.get_running_loop().time() == pytest.approx(1)
    writer.cancel()
