"""Times what is promised within so many seconds, on a machine that may be busy with other tests."""

import heapq
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

TICK_S = 0.02
HOPS = 5  # between asking and having the answer: client, proxy, server, engine and back


@dataclass
class Stopwatch:
    """What was timed: `spent_s` is 0 until the block has ended."""

    spent_s: float = 0.0


@contextmanager
def timed() -> Generator[Stopwatch]:
    """Time the block, less what the machine added: on one at rest that is nothing.

    A thread notes how late it comes itself. What waits its turn was as late as that at each hop, each
    time by another of these delays: one long stall is excused once.
    """
    watch, is_over, lags_s = Stopwatch(), threading.Event(), [0.0]

    def tick() -> None:
        due_s = time.monotonic() + TICK_S
        while not is_over.wait(TICK_S):
            lags_s.append(time.monotonic() - due_s)
            due_s = time.monotonic() + TICK_S

    ticking = threading.Thread(target=tick)
    ticking.start()
    began_s = time.monotonic()
    try:
        yield watch
    finally:
        took_s = time.monotonic() - began_s
        is_over.set()
        ticking.join()
        watch.spent_s = took_s - sum(heapq.nlargest(HOPS, lags_s))
