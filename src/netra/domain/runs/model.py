"""A run: one question on its way to one answer."""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from netra.domain.ids import RunId, ThreadId, UserId, WorkloadId


class RunState(enum.StrEnum):
    """Where a run is; the last three are terminal and never change."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        """Whether the run has ended."""
        return self in TERMINAL

    @property
    def status(self) -> str:
        """The public word: queued and running are both `processing`."""
        return self.value if self.is_terminal else "processing"


TERMINAL = frozenset({RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED})


class RunFailure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a run failed."""

    code: str
    message: str


class StartRun(msgspec.Struct, frozen=True, kw_only=True):
    """Ask: the one command behind `execute` and `optimization_request`.

    `parameters` are kept as sent, unknown ones too. `client_ref` is the socket client's own `id`
    and comes back as `data.request_id`. `idempotency_key` with the same `fingerprint` starts one run.
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
    """Cancel a run; without an id, the owner's only live one."""

    owner_id: UserId
    run_id: RunId | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its store keeps it; the row is the queue entry too."""

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
    attempts: int = 0  # how often a worker took it, hand-backs apart
    outages: int = 0  # how many of the attempts came to nothing because what they needed was away
    last_seq: int = 0
    started_at: datetime | None = None
    completed_at: datetime | None = None
    result: msgspec.Raw | None = None  # the encoded Advice of a completed run
    failure: RunFailure | None = None

    @property
    def phase(self) -> str:
        """The finer public word: `queued`, `running`, `cancelling`, or the terminal state."""
        if self.state is RunState.RUNNING and self.is_cancel_requested:
            return "cancelling"
        return self.state.value


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is durable; `is_replay` when its idempotency key had started it before."""

    run: Run
    thread_created: bool
    is_replay: bool = False


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's right to one run: every write carries `fence` and fails once another claim exists."""

    run: Run
    fence: int
