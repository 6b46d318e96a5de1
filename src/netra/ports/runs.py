"""Store, queue and leases of runs: one state machine; the run's row is the queue entry."""

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
from netra.domain.runs.listing import EVERY_RUN, RunFilter
from netra.domain.runs.model import Accepted, Claim, Run
from netra.domain.threads.model import Message


class NewRun(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that becomes durable when a run is accepted."""

    run: Run
    thread_title: str  # title of the thread if it is created
    question: Message
    first_event: NewEvent
    idempotency_key: str | None = None
    fingerprint: str = ""


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a heartbeat."""

    is_cancel_requested: bool


class RunStore(Protocol):
    """Stores runs and their events. Methods with `owner_id` see only that owner's runs.

    Leases are timed by the store's own clock and judged by `leases.has_passed`. A lease that ends too far
    in the future counts as lapsed, so a clock that is set back blocks no run. Every method that takes a
    `Claim` checks its fencing token in the statement that writes. It raises `LeaseLost` without writing when
    the run was claimed again, has ended, or its lease expired and was reaped. Each method is one transaction.
    """

    async def accept(self, new: NewRun, *, quotas: Quotas) -> Accepted:
        """Store run, thread (created if missing), question and first event (`seq` 1), all or nothing.

        A known key with the same fingerprint returns the first run with `is_replay`, for `KEY_KEPT`; of any
        number of parallel calls, one creates the run. Raises `IdempotencyKeyReused` for another fingerprint,
        `ValidationFailed` when the thread is full (question and answer must both fit), `ThreadBusy` and
        `Unavailable` at the limits of `quotas`.
        """
        ...

    async def get(self, run_id: RunId, *, owner_id: UserId) -> Run:
        """Return the run. Raises `NotFound`, also for another owner's run."""
        ...

    async def page(
        self, *, owner_id: UserId, request: PageRequest, chosen: RunFilter = EVERY_RUN
    ) -> Page[Run]:
        """Return the runs that `chosen` admits, without their results.

        Newest `created_at` first, ties by id descending; the total counts admitted runs.
        """
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
        """Claim a queued run, or return None when no run is ready.

        A run is ready when its rest is over and no live run precedes it in its thread. Among ready runs, the
        owner with the fewest running runs goes first, then the oldest run. Concurrent claims may not see each
        other's run in that count. With many waiting owners, a store may compare only some of them per claim
        and others at the next.

        The run becomes running, `started_at` is set once, `attempts` and the fencing token increase by one.
        No two claims of any process ever hold the same run. Raises `ValueError` above
        `leases.LEASE_S_MAX`.
        """
        ...

    async def extend(self, claim: Claim, *, lease_s: float) -> Pulse:
        """Extend the lease to `lease_s` from now and return whether a cancel was requested."""
        ...

    async def record(self, claim: Claim, events: Sequence[NewEvent], *, progress: int) -> Sequence[RunEvent]:
        """Append events, numbered after the last one, and set the progress; return the numbered events."""
        ...

    async def finish(
        self, claim: Claim, ending: Ending, events: Sequence[NewEvent], *, answer: Message | None
    ) -> Sequence[RunEvent]:
        """End the run and return its last events as numbered.

        State, result or failure, last events and the answer in its thread are stored together.

        A completion that arrives before a requested cancel takes effect still wins.
        """
        ...

    async def release(self, claim: Claim) -> Sequence[RunEvent]:
        """Return the run to the queue without counting the attempt.

        A run whose cancel was requested ends as cancelled instead. Returns the terminal events stored.
        """
        ...

    async def postpone(self, claim: Claim, why: NetraError, *, max_attempts: int) -> Sequence[RunEvent]:
        """Apply `lifecycle.on_lapse` to a run whose worker cannot continue because of an outage.

        The attempt counts towards `max_attempts` outage attempts. The run rests as in `reap`, or ends; a
        failed run carries the error `why`. Returns the terminal events stored.
        """
        ...

    async def stop(self, run_id: RunId, *, owner_id: UserId) -> tuple[Run, Sequence[RunEvent]]:
        """Apply `lifecycle.on_stop`; return the run's current state and the events that this call stored."""
        ...

    async def reap(self, *, max_attempts: int, limit: int = 100) -> Sequence[RunEvent]:
        """Apply `lifecycle.on_lapse` to runs whose lease has expired; return the terminal events stored.

        Attempts lost to outages do not count towards `max_attempts`. A run that is queued again rests for
        `lifecycle.retry_delay_s`, and later runs in its thread wait for it.
        """
        ...

    async def queue_position(self, run_id: RunId, *, owner_id: UserId) -> int | None:
        """Return 1 + how many runs queued now, of all owners, were accepted before this one.

        None when the owner has no such run in the queue.
        """
        ...

    async def waiting(self) -> int:
        """Return the number of queued runs."""
        ...

    async def clock(self) -> datetime:
        """Return the store's current time, in UTC, by which it judges leases."""
        ...
