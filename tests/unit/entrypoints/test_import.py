"""A file becomes a workload whole or not at all, however many parts it is stored in."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netra.bootstrap.memory import memory_ports
from netra.domain.errors import Unavailable
from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.columns import Events
from netra.domain.workloads.service import APPENDED_EVENTS
from netra.domain.workloads.sizes import LogLimits
from netra.entrypoints.embedded import Netra
from netra.plugboard import Ports, contained
from netra.ports.workloads import Appended
from netra.settings import Settings

ROWS = APPENDED_EVENTS + 1


class Witnessed:
    """An `EventLog` that takes so many batches and is away then."""

    def __init__(self, ports: Ports, *, takes: int) -> None:
        self._log = ports.event_log
        self._takes = takes
        self.sizes: list[int] = []
        self.read = self._log.read
        self.delete = self._log.delete

    async def append(
        self, workload_id: WorkloadId, events: Events, *, owner_id: UserId, limits: LogLimits | None = None
    ) -> Appended:
        if len(self.sizes) == self._takes:
            raise Unavailable("away")
        self.sizes.append(len(events))
        return await self._log.append(workload_id, events, owner_id=owner_id, limits=limits)


def witnessed(*, takes: int) -> tuple[Netra, Witnessed]:
    settings = Settings()
    ports = memory_ports(settings)
    log = Witnessed(ports, takes=takes)
    ports = replace(ports, event_log=log)
    return Netra(ports=ports, container=contained(ports, settings)), log


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "log.csv"
    rows = "\n".join(f"id-{n},2024-03-01T00:00:00Z,m,1,1" for n in range(ROWS))
    made.write_text(f"id,timestamp,model,input_tokens,output_tokens\n{rows}\n")
    return made


async def test_a_large_file_is_stored_in_parts(path: Any) -> None:
    netra, log = witnessed(takes=4)
    owner = await netra.add_user("a@example.com", name="a")
    workload, _ = await netra.import_file(owner, path)
    assert log.sizes == [APPENDED_EVENTS, 1]
    assert workload.event_count == ROWS
    assert await netra.add_events(owner, workload.id, netra.read_file(path).events) == 0


async def test_a_file_that_cannot_be_stored_whole_leaves_no_workload(path: Any) -> None:
    netra, log = witnessed(takes=1)
    owner = await netra.add_user("a@example.com", name="a")
    with pytest.raises(Unavailable, match="away"):
        await netra.import_file(owner, path)
    assert log.sizes == [APPENDED_EVENTS]
    assert await netra.workloads(owner) == ()
