"""The state shared by the memory stores of threads and runs: everything that a transaction would span.

The stores' methods never await between reading and writing it, so on one event loop each is atomic.
"""

from datetime import datetime

import msgspec

from netra.domain.ids import RunId, ThreadId, UserId
from netra.domain.runs.events import RunEvent
from netra.domain.runs.model import Run, RunState
from netra.domain.threads.model import Message, Thread


class RunEntry(msgspec.Struct, kw_only=True):
    """A run with the store's own fields."""

    run: Run
    number: int  # order of acceptance
    has_made_thread: bool
    events: list[RunEvent]
    fingerprint: str = ""
    idempotency_key: str | None = None
    fence: int = 0
    lease_until: datetime | None = None  # the end of a running run's lease, or of a queued run's rest

    @property
    def thread_key(self) -> tuple[UserId, ThreadId]:
        """The key of the run's thread: thread ids are unique only per owner."""
        return self.run.owner_id, self.run.thread_id


class MemoryState:
    """Threads, messages, runs and their events."""

    def __init__(self) -> None:
        self.threads: dict[tuple[UserId, ThreadId], Thread] = {}
        self.messages: dict[tuple[UserId, ThreadId], list[Message]] = {}
        self.runs: dict[RunId, RunEntry] = {}
        self.keys: dict[tuple[UserId, str], RunId] = {}
        self.queue: dict[RunId, RunEntry] = {}  # queued and running runs, in order of acceptance
        self.accepted = 0

    def find(self, run_id: RunId, *, owner_id: UserId) -> RunEntry | None:
        """Return the owner's run, or None."""
        entry = self.runs.get(run_id)
        return None if entry is None or entry.run.owner_id != owner_id else entry

    def put(self, entry: RunEntry, run: Run, events: tuple[RunEvent, ...] = ()) -> None:
        """Store `run` in `entry` and append its events."""
        entry.run = run
        entry.events.extend(events)
        if run.state is not RunState.RUNNING:
            entry.lease_until = None
        if run.state.is_terminal:
            self.queue.pop(run.id, None)

    def add_message(self, message: Message, *, owner_id: UserId) -> None:
        """Append a message to its thread."""
        key = owner_id, message.thread_id
        thread = self.threads[key]
        self.messages[key].append(message)
        self.threads[key] = msgspec.structs.replace(
            thread,
            message_count=thread.message_count + 1,
            updated_at=max(thread.updated_at, message.created_at),
        )

    def forget(self, entry: RunEntry) -> None:
        """Remove a run with its events and its key."""
        del self.runs[entry.run.id]
        self.queue.pop(entry.run.id, None)
        if entry.idempotency_key is not None:
            del self.keys[entry.run.owner_id, entry.idempotency_key]


def unshared(run: Run) -> Run:
    """Return a copy of the run with its own parameters, so that no caller can change what is stored."""
    if not run.parameters:
        return run
    own = msgspec.json.decode(msgspec.json.encode(run.parameters))
    return msgspec.structs.replace(run, parameters=own)
