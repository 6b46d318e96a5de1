"""What a session is told and what it wants done: the vocabulary between `session` and `pump`. No logic."""

import msgspec

from netra.domain.errors import NetraError
from netra.domain.ids import RunId
from netra.domain.runs.model import Run, StartRun, StopRun
from netra.domain.users.model import Principal


class SignedIn(msgspec.Struct, frozen=True):
    """The client has proven who they are."""

    principal: Principal


class Renewed(msgspec.Struct, frozen=True):
    """The client has shown another proof that holds, of whomever."""

    principal: Principal
    request_id: str | None


class Refused(msgspec.Struct, frozen=True):
    """The connection cannot go on, for this reason."""

    error: NetraError


class Drained(msgspec.Struct, frozen=True):
    """The server is ending."""


class FellBehind(msgspec.Struct, frozen=True):
    """The client reads too slowly; what it missed is stored, it can come back for it."""


class TextCame(msgspec.Struct, frozen=True):
    """The client sent text."""

    text: str


class BinaryCame(msgspec.Struct, frozen=True):
    """The client sent bytes."""


class RunStarted(msgspec.Struct, frozen=True):
    """A run that this client asked for is durable."""

    run: Run


class RunStopped(msgspec.Struct, frozen=True):
    """A run that this client asked to stop, as it is now."""

    run: Run
    request_id: str | None


class RunFound(msgspec.Struct, frozen=True):
    """A run that this client wants to hear of from `after` on."""

    run: Run
    after: int
    request_id: str | None


class CommandFailed(msgspec.Struct, frozen=True):
    """What the client asked for was refused."""

    error: NetraError
    request_id: str | None = None
    run_id: RunId | None = None


class RunTold(msgspec.Struct, frozen=True):
    """There is nothing more to hear of a run."""

    run_id: RunId


Happening = (
    SignedIn
    | Renewed
    | Refused
    | Drained
    | FellBehind
    | TextCame
    | BinaryCame
    | RunStarted
    | RunStopped
    | RunFound
    | CommandFailed
    | RunTold
)


class Send(msgspec.Struct, frozen=True):
    """Send this text."""

    text: str


class Close(msgspec.Struct, frozen=True):
    """Close, once all has been sent."""

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
    """Look a run up, to hear of it from `after` on."""

    run_id: RunId
    after: int
    request_id: str | None


class Follow(msgspec.Struct, frozen=True):
    """Send a run's events above `after`, instead of those that are being sent of it already."""

    run_id: RunId
    after: int


class Prove(msgspec.Struct, frozen=True):
    """Find out whom a new proof speaks for."""

    token: str
    request_id: str | None


Output = Send | Close | Start | Stop | Find | Follow | Prove
