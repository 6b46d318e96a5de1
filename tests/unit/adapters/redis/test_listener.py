"""What the listener takes for proven: that all which was published before it asked has arrived."""

from typing import Any

from tests.conftest import SteppedClock

from netra.adapters.local.incidents import LoggedIncidents
from netra.adapters.redis.link import RedisLink
from netra.adapters.redis.listener import RedisListener


class Quiet:
    """A line that takes every word and answers nothing by itself."""

    async def send(self, *words: str) -> None:
        del words


async def test_an_answer_proves_nothing_of_what_was_asked_after_its_question() -> None:
    clock, incidents, wire = SteppedClock(), LoggedIncidents(), Quiet()
    link = RedisLink("redis://127.0.0.1:1/0", clock=clock, incidents=incidents, prefix="test")
    listener: Any = RedisListener(link, clock=clock, incidents=incidents)
    listener._wire = wire
    assert not listener.is_caught_up(within_s=0.2)  # and it asks
    await listener.close()  # the question is out
    clock.turn(0.5)
    listener._ask(wire)  # as after a second of silence
    await listener._take((b"pong", b""))
    assert not listener.is_caught_up(within_s=0.2)
    assert listener.is_caught_up(within_s=0.6)
    await listener.close()
    await link.close()
