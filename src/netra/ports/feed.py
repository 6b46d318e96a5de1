"""How readers of a run learn that something happened, and workers that something waits.

A feed is never the truth: stored events are. It may lose, repeat and reorder across a fault; a
reader that sees a hole reads the store.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from netra.domain.ids import RunId
from netra.domain.runs.events import RunEvent


class Subscription(Protocol):
    """One reader's end of a run's feed: bounded, so that a slow reader hurts itself alone."""

    async def next(self, *, timeout_s: float) -> Sequence[RunEvent]:
        """Return events since the last call in the order they came, or none after `timeout_s`.

        After an overflow it returns none at once, which is the reader's sign to read the store.
        """
        ...


class RunFeed(Protocol):
    """Live events of runs, to readers in any process."""

    async def publish(self, events: Sequence[RunEvent]) -> None:
        """Tell the readers; never raises because nobody listens or a transport is down."""
        ...

    def subscribe(self, run_id: RunId) -> AbstractAsyncContextManager[Subscription]:
        """Open a subscription that misses nothing published after it is entered, faults aside."""
        ...


class RunBell(Protocol):
    """Wakes workers."""

    async def ring(self) -> None:
        """Say that a run waits; never raises."""
        ...

    async def wait(self, *, timeout_s: float) -> None:
        """Return when it rings, at once if it rang since the last wait returned, else after `timeout_s`."""
        ...
