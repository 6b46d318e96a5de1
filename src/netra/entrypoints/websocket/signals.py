"""The inputs and outputs of a session: the types shared by `session` and `pump`. No logic."""

import msgspec

from netra.domain.errors import NetraError
from netra.domain.ids import RunId, WorkloadId
from netra.domain.runs.model import Run, StartRun, StopRun
from netra.domain.users.model import Principal
from netra.domain.workloads.watching import WorkloadFigures


class SignedIn(msgspec.Struct, frozen=True):
    """The client has signed in."""

    principal: Principal


class Renewed(msgspec.Struct, frozen=True):
    """The client has presented another valid proof, of any user."""

    principal: Principal
    request_id: str | None


class Refused(msgspec.Struct, frozen=True):
    """The connection cannot continue."""

    error: NetraError


class Drained(msgspec.Struct, frozen=True):
    """The server is shutting down."""


class ReaderTooSlow(msgspec.Struct, frozen=True):
    """The client reads too slowly; what it missed is stored, so it can resume."""


class TextReceived(msgspec.Struct, frozen=True):
    """The client sent a text message."""

    text: str


class BinaryReceived(msgspec.Struct, frozen=True):
    """The client sent a binary message."""


class RunStarted(msgspec.Struct, frozen=True):
    """A run that this client requested is durable."""

    run: Run


class RunStopped(msgspec.Struct, frozen=True):
    """The state of a run that this client cancelled."""

    run: Run
    request_id: str | None


class RunFound(msgspec.Struct, frozen=True):
    """A run that this client wants to follow from `after` on."""

    run: Run
    after: int
    request_id: str | None


class CommandFailed(msgspec.Struct, frozen=True):
    """A command of the client was rejected."""

    error: NetraError
    request_id: str | None = None
    run_id: RunId | None = None


class RunEnded(msgspec.Struct, frozen=True):
    """All events of a run have been sent."""

    run_id: RunId


class WorkloadFound(msgspec.Struct, frozen=True):
    """A workload that this client wants to watch."""

    workload_id: WorkloadId
    request_id: str | None


class WorkloadSeen(msgspec.Struct, frozen=True):
    """The figures of a watched workload: its first, which answer the request, or changed ones."""

    workload_id: WorkloadId
    figures: WorkloadFigures
    request_id: str | None


class WatchEnded(msgspec.Struct, frozen=True):
    """A workload can be watched no longer."""

    workload_id: WorkloadId


Input = (
    SignedIn
    | Renewed
    | Refused
    | Drained
    | ReaderTooSlow
    | TextReceived
    | BinaryReceived
    | RunStarted
    | RunStopped
    | RunFound
    | CommandFailed
    | RunEnded
    | WorkloadFound
    | WorkloadSeen
    | WatchEnded
)


class Send(msgspec.Struct, frozen=True):
    """Send this text."""

    text: str


class Close(msgspec.Struct, frozen=True):
    """Close after everything queued has been sent."""

    code: int
    reason: str


class Start(msgspec.Struct, frozen=True):
    """Start a run."""

    command: StartRun


class Stop(msgspec.Struct, frozen=True):
    """Stop a run."""

    command: StopRun
    request_id: str | None


class Find(msgspec.Struct, frozen=True):
    """Look up a run, to follow it from `after` on."""

    run_id: RunId
    after: int
    request_id: str | None


class Follow(msgspec.Struct, frozen=True):
    """Send a run's events above `after`, replacing an earlier `Follow` of the run."""

    run_id: RunId
    after: int


class Prove(msgspec.Struct, frozen=True):
    """Verify a new proof and find its principal."""

    token: str
    request_id: str | None


class FindWorkload(msgspec.Struct, frozen=True):
    """Look up a workload, to watch it."""

    workload_id: WorkloadId
    request_id: str | None


class Watch(msgspec.Struct, frozen=True):
    """Watch a workload, replacing an earlier `Watch` of it."""

    workload_id: WorkloadId
    request_id: str | None


class Unwatch(msgspec.Struct, frozen=True):
    """Watch a workload no longer."""

    workload_id: WorkloadId


Output = Send | Close | Start | Stop | Find | Follow | Prove | FindWorkload | Watch | Unwatch
