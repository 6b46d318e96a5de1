"""Define a run: the work on one question until its one result."""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from netra.domain.ids import RunId, ThreadId, UserId, WorkloadId


class RunState(enum.StrEnum):
    """The state of a run; the last three are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        """Return whether the run has ended."""
        return self in TERMINAL

    @property
    def status(self) -> str:
        """Return the public status; queued and running are both `processing`."""
        return self.value if self.is_terminal else "processing"


TERMINAL = frozenset({RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED})


class RunFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The reason why a run failed."""

    code: str
    message: str


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """The bill and the plan of a completed run, in dollars a month, and the share of the bill saved.

    A figure is None where the result has none: no month of a log of less than a day, no plan without a bill.
    """

    bill_usd_per_month: float | None = None
    plan_usd_per_month: float | None = None
    saved_share: float | None = None


class StartRun(msgspec.Struct, frozen=True, kw_only=True):
    """Start a run: the command behind `execute` and `optimization_request`.

    `parameters` are stored as sent, including unknown ones. `client_ref` is the WebSocket client's own `id`
    and is returned as `data.request_id`. Two commands with the same `idempotency_key` and `fingerprint`
    start one run.
    """

    owner_id: UserId
    message: str
    thread_id: ThreadId | None = None
    workload_id: WorkloadId | None = None
    parameters: Mapping[str, Any] = {}
    client_ref: str | None = None
    idempotency_key: str | None = None
    fingerprint: str = ""


class StopRun(msgspec.Struct, frozen=True, kw_only=True):
    """Cancel a run; without an id, the owner's only live run."""

    owner_id: UserId
    run_id: RunId | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A stored run; the row is also the queue entry."""

    id: RunId
    owner_id: UserId
    thread_id: ThreadId
    message: str
    created_at: datetime
    workload_id: WorkloadId | None = None
    parameters: Mapping[str, Any] = {}
    client_ref: str | None = None
    state: RunState = RunState.QUEUED
    is_cancel_requested: bool = False
    progress: int = 0  # percent, 0..100
    attempts: int = 0  # number of claims, without released ones
    outages: int = 0  # attempts lost because a dependency was down
    last_seq: int = 0
    started_at: datetime | None = None
    completed_at: datetime | None = None
    result: msgspec.Raw | None = None  # the encoded Advice of a completed run
    headline: Headline | None = None  # None: not completed, or without a bill
    failure: RunFailure | None = None

    @property
    def phase(self) -> str:
        """Return the detailed public status: `queued`, `running`, `cancelling`, or the terminal state."""
        if self.state is RunState.RUNNING and self.is_cancel_requested:
            return "cancelling"
        return self.state.value


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A durably accepted run; `is_replay` if its idempotency key had already started it."""

    run: Run
    thread_created: bool
    is_replay: bool = False


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's claim on a run; its writes carry the fencing token `fence` and fail after a newer claim."""

    run: Run
    fence: int
