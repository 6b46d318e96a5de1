"""Where runs are kept, queued and claimed: one state machine, the run's row is the queue entry."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from netra.domain.errors import NetraError
from netra.domain.ids import RunId, ThreadId, UserId
from netra.domain.paging import Page, PageRequest
from netra.domain.quotas import Quotas
from netra.domain.runs.events import NewEvent, RunEvent
from netra.domain.runs.lifecycle import Ending
from netra.domain.runs.model import Accepted, Claim, Run
from netra.domain.threads.model import Message


class NewRun(msgspec.Struct, frozen=True, kw_only=True):
    """All that becomes durable when a run is accepted."""

    run: Run
    thread_title: str  # for a thread that does not exist yet
    question: Message
    first_event: NewEvent
    idempotency_key: str | None = None
    fingerprint: str = ""


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """What a heartbeat brings back."""

    is_cancel_requested: bool


class RunStore(Protocol):
    """Runs and their events. Methods that take `owner_id` see that owner's runs alone.

    Leases are timed by the store's own clock and judged by `leases.has_passed`: one that ends too far
    ahead has lapsed, so that a clock that was set back holds up no run. Every method that takes a `Claim`
    checks its fence in the same statement that writes, and raises `LeaseLost` without writing when another
    claim or an ending has come since, or when its lease has run out and was reaped. Each method is one
    transaction.
    """

    async def accept(self, new: NewRun, *, quotas: Quotas) -> Accepted:
        """Store run, thread (made when unknown), question and first event (`seq` 1), all or nothing.

        A key seen before with the same fingerprint returns the first run with `is_replay`, and of any
        number of parallel calls one makes the run. Raises `IdempotencyKeyReused` for another
        fingerprint, `ValidationFailed` when the thread is full (question and answer must both fit),
        `ThreadBusy` and `Unavailable` at the bounds of `quotas`.
        """
        ...

    async def get(self, run_id: RunId, *, owner_id: UserId) -> Run:
        """Return the run. Raises `NotFound`, for another's run too."""
        ...

    async def page(self, *, owner_id: UserId, request: PageRequest, thread_id: ThreadId | None) -> Page[Run]:
        """Return runs without their results, newest `created_at` first, ties by id descending."""
        ...

    async def live(self, *, owner_id: UserId, thread_id: ThreadId | None = None) -> Sequence[RunId]:
        """Return the ids of runs that have not ended, oldest first, at most 100."""
        ...

    async def events(
        self, run_id: RunId, *, owner_id: UserId, after: int, limit: int = 1_000
    ) -> Sequence[RunEvent]:
        """Return events with `seq` above `after`, in order, at most `limit`. Raises `NotFound`."""
        ...

    async def claim(self, *, lease_s: float) -> Claim | None:
        """Claim a queued run, or return None when none is ready.

        A run is ready when it does not rest and no live run precedes it in its thread. Among ready runs
        that of the owner with the fewest running runs is claimed, then the oldest. Claims made at the same
        time may each miss the other's run in that count. Where many owners wait, a store may compare
        a part of them at a time, another part at the next claim.

        The run becomes running, `started_at` is set once, `attempts` and the fence rise by one. No two
        claims of any process ever hold one run. Raises `ValueError` above `leases.LEASE_S_MAX`.
        """
        ...

    async def extend(self, claim: Claim, *, lease_s: float) -> Pulse:
        """Move the lease's end to `lease_s` from now and say whether a cancel was asked for."""
        ...

    async def record(self, claim: Claim, events: Sequence[NewEvent], *, progress: int) -> Sequence[RunEvent]:
        """Append events, numbered on from the last, and set the progress; return them numbered."""
        ...

    async def finish(
        self, claim: Claim, ending: Ending, events: Sequence[NewEvent], *, answer: Message | None
    ) -> Sequence[RunEvent]:
        """End the run: state, result or failure, last events, the answer in its thread; return the events.

        When a cancel was asked for before, a completion still wins if it comes here first.
        """
        ...

    async def release(self, claim: Claim) -> Sequence[RunEvent]:
        """Hand the run back to the queue without having spent an attempt.

        One that was told to stop ends as cancelled instead; return the terminal events stored.
        """
        ...

    async def postpone(self, claim: Claim, why: NetraError, *, max_attempts: int) -> Sequence[RunEvent]:
        """Apply `lifecycle.on_lapse` to a run whose worker cannot go on: an attempt spent on an outage.

        Of those it may have `max_attempts`. It rests as `reap` has it, or ends; failed, it says `why`.
        Return the terminal events stored.
        """
        ...

    async def stop(self, run_id: RunId, *, owner_id: UserId) -> tuple[Run, Sequence[RunEvent]]:
        """Apply `lifecycle.on_stop`; return the run as it is now and the events that this stored.

        Idempotent. Raises `NotFound`.
        """
        ...

    async def reap(self, *, max_attempts: int, limit: int = 100) -> Sequence[RunEvent]:
        """Apply `lifecycle.on_lapse` to runs whose lease has run out; return the terminal events stored.

        Attempts that were spent on outages are none of the `max_attempts`.
        A run that is queued again rests for `lifecycle.rest_s`, and those behind it in its thread wait.
        """
        ...

    async def waiting(self) -> int:
        """Return how many runs are queued."""
        ...

    async def clock(self) -> datetime:
        """Return the store's own time, UTC, by which it judges leases."""
        ...
