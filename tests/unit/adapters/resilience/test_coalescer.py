"""Requests that arrive while a batch is served form the next one, bounded and in order."""

import asyncio
from collections.abc import Mapping

import pytest

from netra.adapters.resilience.coalescer import Coalescer
from netra.domain.errors import Unavailable


class Server:
    """Doubles numbers, a batch at a time, each batch once it is released."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.seen_last: list[list[int]] = []  # what was left of each batch when it was answered
        self.may_go = asyncio.Semaphore(0)
        self.is_down = False

    async def serve(self, batch: Mapping[object, int]) -> Mapping[object, int]:
        self.batches.append(list(batch.values()))
        await self.may_go.acquire()
        if self.is_down:
            raise Unavailable("down")
        self.seen_last.append(list(batch.values()))
        return {key: 2 * number for key, number in batch.items()}

    def release(self, batches: int = 1) -> None:
        for _ in range(batches):
            self.may_go.release()


@pytest.fixture
def server() -> Server:
    return Server()


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_requests_of_one_turn_share_a_batch_and_later_ones_the_next(server: Server) -> None:
    coalescer = Coalescer(server.serve)
    first = [asyncio.ensure_future(coalescer.ask(number)) for number in (1, 2)]
    await turns()
    later = [asyncio.ensure_future(coalescer.ask(number)) for number in (3, 4, 5)]
    await turns()
    assert server.batches == [[1, 2]]
    server.release(2)
    assert await asyncio.gather(*first, *later) == [2, 4, 6, 8, 10]
    assert server.batches == [[1, 2], [3, 4, 5]]


async def test_a_batch_holds_no_more_than_it_may(server: Server) -> None:
    coalescer = Coalescer(server.serve, batch_max=2)
    server.release(3)
    assert await asyncio.gather(*(coalescer.ask(number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert server.batches == [[0, 1], [2, 3], [4]]


async def test_an_error_reaches_every_caller_of_its_batch_and_none_of_the_next(server: Server) -> None:
    coalescer = Coalescer(server.serve)
    server.is_down = True
    asked = [asyncio.ensure_future(coalescer.ask(number)) for number in (1, 2)]
    server.release()
    errors = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(error) for error in errors] == [Unavailable, Unavailable]
    server.is_down = False
    server.release()
    assert await coalescer.ask(3) == 6


async def test_a_cancelled_request_leaves_its_batch_waiting_or_served(server: Server) -> None:
    coalescer = Coalescer(server.serve)
    served = [asyncio.ensure_future(coalescer.ask(number)) for number in (1, 2)]
    await turns()
    waiting = [asyncio.ensure_future(coalescer.ask(number)) for number in (3, 4)]
    await turns()
    served[0].cancel()
    waiting[0].cancel()
    await turns()
    server.release(2)
    assert await asyncio.gather(served[1], waiting[1]) == [4, 8]
    assert server.seen_last == [[2], [4]]


async def test_a_batch_that_every_caller_left_is_not_served(server: Server) -> None:
    coalescer = Coalescer(server.serve)
    first = asyncio.ensure_future(coalescer.ask(1))
    await turns()
    waiting = asyncio.ensure_future(coalescer.ask(2))
    await turns()
    waiting.cancel()
    await turns()
    server.release()
    assert await first == 2
    await coalescer.close()
    assert server.batches == [[1]]
    server.release()
    assert await coalescer.ask(3) == 6


async def test_a_request_that_finds_no_room_is_refused(server: Server) -> None:
    coalescer = Coalescer(server.serve, waiting_max=2)
    assert [coalescer.put(number) for number in range(3)] == [True, True, False]
    with pytest.raises(Unavailable, match="Too many requests are queued"):
        await coalescer.ask(4)
    await turns()  # those two are being served, so there is room again
    assert coalescer.put(5)
    server.release(2)
    await coalescer.close()
    assert server.batches == [[0, 1], [5]]


async def test_closing_waits_for_every_batch(server: Server) -> None:
    coalescer = Coalescer(server.serve, batch_max=1)
    await coalescer.close()
    for number in range(3):
        coalescer.put(number)
    server.release(3)
    await coalescer.close()
    assert server.seen_last == [[0], [1], [2]]


async def test_callers_of_a_batch_that_is_cancelled_are_cancelled(server: Server) -> None:
    coalescer = Coalescer(server.serve)
    asked = asyncio.ensure_future(coalescer.ask(1))
    await turns()
    (serving,) = [task for task in asyncio.all_tasks() if "_serve_batch" in repr(task.get_coro())]
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
