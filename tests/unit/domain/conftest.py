"""Services over memory adapters, with a clock that stands still."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from netra.adapters.local.bell import LocalRunBell
from netra.adapters.local.feed import LocalRunFeed
from netra.adapters.local.ids import RandomIdSource
from netra.adapters.local.secrets import RandomSecretSource
from netra.adapters.local.tickets import LocalTicketBook
from netra.adapters.memory.api_keys import MemoryApiKeyStore
from netra.adapters.memory.audit_trail import MemoryAuditTrail
from netra.adapters.memory.call_log import MemoryEventLog
from netra.adapters.memory.one_time import MemoryOneTimeBook
from netra.adapters.memory.runs import MemoryRunStore
from netra.adapters.memory.sessions import MemorySessionStore
from netra.adapters.memory.state import MemoryState
from netra.adapters.memory.threads import MemoryThreadStore
from netra.adapters.memory.users import MemoryUserStore
from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.domain.audit.journal import SecurityJournal
from netra.domain.ids import UserId
from netra.domain.quotas import Quotas
from netra.domain.runs.service import RunService
from netra.domain.threads.service import ThreadService
from netra.domain.workloads.service import WorkloadService
from netra.ports.clock import Clock

ALICE, BOB = UserId(1), UserId(2)


class HeardIncidents:
    """Keeps what was reported."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, BaseException]] = []

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        self.heard.append((where, error))


@dataclass
class House:
    """Every port and service that domain tests need, over memory."""

    clock: Clock
    quotas: Quotas = field(default_factory=Quotas)

    def __post_init__(self) -> None:
        state = MemoryState()
        self.ids = RandomIdSource(clock=self.clock)
        self.incidents = HeardIncidents()
        self.feed = LocalRunFeed()
        self.bell = LocalRunBell()
        self.run_store = MemoryRunStore(state, clock=self.clock)
        self.thread_store = MemoryThreadStore(state, clock=self.clock)
        self.workload_store = MemoryWorkloadStore(clock=self.clock)
        self.event_log = MemoryEventLog(self.workload_store)
        self.event_outbox = None
        self.users = MemoryUserStore()
        self.sessions = MemorySessionStore(self.users)
        self.tickets = LocalTicketBook(clock=self.clock)
        self.api_keys = MemoryApiKeyStore(self.users)
        self.book = MemoryOneTimeBook()
        self.trail = MemoryAuditTrail()
        self.secrets = RandomSecretSource()
        self.journal = SecurityJournal(trail=self.trail, clock=self.clock, ids=self.ids)
        self.threads = ThreadService(threads=self.thread_store, feed=self.feed)
        self.runs = RunService(
            runs=self.run_store,
            feed=self.feed,
            bell=self.bell,
            clock=self.clock,
            ids=self.ids,
            quotas=self.quotas,
        )
        self.workloads = WorkloadService(
            workloads=self.workload_store,
            log=self.event_log,
            outbox=self.event_outbox,
            clock=self.clock,
            ids=self.ids,
            quotas=self.quotas,
            incidents=self.incidents,
        )


@pytest.fixture
def house(clock: Clock) -> House:
    """Return an empty house."""
    return House(clock)


@pytest.fixture
def house_with(clock: Clock) -> Callable[[Quotas], House]:
    """Return a maker of houses with other quotas."""
    return lambda quotas: House(clock, quotas)
