"""Live events of runs for readers, and wake-ups for workers.

A feed is best effort; the stored events are authoritative. After a fault it may lose, repeat or reorder
events. A reader that sees a gap in the sequence reads the store.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from netra.domain.ids import RunId
from netra.domain.runs.events import RunEvent


class Subscription(Protocol):
    """One reader's bounded buffer of a run's feed; a slow reader affects only itself."""

    async def next(self, *, timeout_s: float) -> Sequence[RunEvent]:
        """Return the events since the last call in arrival order, or an empty sequence after `timeout_s`.

        After an overflow it returns an empty sequence without waiting: the reader then reads the store.
        """
        ...


class RunFeed(Protocol):
    """Publishes live events of runs to readers in any process."""

    async def publish(self, events: Sequence[RunEvent]) -> None:
        """Send the events to all subscribers; never raises, with or without subscribers or a transport."""
        ...

    def subscribe(self, run_id: RunId) -> AbstractAsyncContextManager[Subscription]:
        """Open a subscription to every event published after it is entered, except during faults."""
        ...


class RunBell(Protocol):
    """Wakes idle workers in any process."""

    async def notify(self) -> None:
        """Announce that a run is queued; never raises."""
        ...

    async def wait(self, *, timeout_s: float) -> None:
        """Return on the next notification, or after `timeout_s`.

        A notification since the previous wait returned makes it return without waiting.
        """
        ...
