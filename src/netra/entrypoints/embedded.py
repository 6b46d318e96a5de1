"""Netra embedded in another Python program: the same services, without a server or an API key."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from netra.bootstrap import open_ports
from netra.bootstrap.memory import memory_ports
from netra.domain.agents.stages.advisor import Advisor
from netra.domain.decisions.model import Decide, Decision
from netra.domain.errors import NetraError, WorkStopped
from netra.domain.ids import ThreadId, WorkloadId
from netra.domain.optimization.explain.explanation import Explanation
from netra.domain.optimization.explain.periods import Periods
from netra.domain.optimization.model import Checkpoint, never_stop
from netra.domain.optimization.price_check import PriceCheck
from netra.domain.optimization.result import Advice
from netra.domain.optimization.what_if.simulate import Proposal, Simulated
from netra.domain.paging import LIMIT_MAX, PageRequest
from netra.domain.runs.events import RunEvent
from netra.domain.runs.model import Run, StartRun
from netra.domain.telemetry.reports import Report
from netra.domain.texts import plain
from netra.domain.users.keys import ApiKeyService
from netra.domain.users.model import AddUser, Role, User
from netra.domain.users.rules import normal_email
from netra.domain.users.service import UserService
from netra.domain.workloads.columns import Events
from netra.domain.workloads.model import Workload
from netra.entrypoints.file_analysis import advise_on, check_prices_on, explain_on, simulate_on
from netra.plugboard import Container, Ports, contained
from netra.ports.log_files import AS_FOUND, Progress, ReadingChoices, ReadLog
from netra.settings import Settings

Watcher = Callable[[RunEvent], None]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A completed run and its advice."""

    run: Run
    advice: Advice


class Netra:
    """An open Netra, from `in_memory` or `open`; usable until the block ends."""

    def __init__(self, *, ports: Ports, container: Container) -> None:
        self._ports = ports
        self._container = container

    @classmethod
    @asynccontextmanager
    async def in_memory(cls, settings: Settings | None = None) -> AsyncGenerator["Netra"]:
        """Open a Netra whose data is in memory and lost when the block ends."""
        chosen = settings or Settings()
        async with cls._running(memory_ports(chosen), chosen) as netra:
            yield netra

    @classmethod
    @asynccontextmanager
    async def open(cls, data: Path | str, settings: Settings | None = None) -> AsyncGenerator["Netra"]:
        """Open the Netra whose store is the folder `data`, created if missing.

        With `settings.slots` 0 it works on no runs itself: for tools next to a service on the same folder.
        """
        chosen = msgspec.structs.replace(settings or Settings(), data=Path(data))
        async with open_ports(chosen) as ports, cls._running(ports, chosen) as netra:
            yield netra

    @classmethod
    @asynccontextmanager
    async def _running(cls, ports: Ports, settings: Settings) -> AsyncGenerator["Netra"]:
        container = contained(ports, settings)
        stopping = asyncio.Event()
        # No task group: it would wrap every exception of the caller's block in a group.
        worker = asyncio.create_task(container.run_worker().serve(stopping))
        try:
            yield cls(ports=ports, container=container)
        finally:
            stopping.set()
            await worker

    async def add_user(
        self, email: str, *, name: str, password: str | None = None, role: Role = Role.MEMBER
    ) -> User:
        """Create an account; its e-mail address counts as verified.

        Raises `ValidationFailed`, or `Conflict` if the address is taken.
        """
        command = AddUser(email=email, name=name, password=password, role=role, is_email_verified=True)
        return await self._container.user_service().add(command)

    async def find_user(self, email: str) -> User | None:
        """Return the user with this e-mail, or None."""
        return await self._ports.users.find_by_email(normal_email(email))

    async def users(self) -> Sequence[User]:
        """Return all users, by id."""
        return await self._ports.users.everyone()

    async def set_password(self, user: User, password: str) -> int:
        """Replace the account's password and end its sessions; return how many API keys still work.

        Raises `ValidationFailed`.
        """
        service: UserService = self._container.user_service()
        return await service.set_password(user, password)

    async def disable_user(self, user: User) -> None:
        """Disable the account; its sessions and API keys are no longer accepted."""
        await self._container.user_service().disable(user)

    @property
    def keys(self) -> ApiKeyService:
        """The API keys of users."""
        service: ApiKeyService = self._container.api_key_service()
        return service

    async def workloads(self, owner: User) -> Sequence[Workload]:
        """Return the owner's newest workloads, a hundred at most."""
        request = PageRequest(limit=LIMIT_MAX)
        return (await self._container.workload_service().page(owner_id=owner.id, request=request)).items

    async def workload(self, owner: User, workload_id: WorkloadId) -> Workload:
        """Return one of the owner's workloads. Raises `NotFound`."""
        found: Workload = await self._container.workload_service().get(workload_id, owner_id=owner.id)
        return found

    async def create_workload(self, owner: User, *, name: str) -> Workload:
        """Create an empty workload."""
        return await self._container.workload_service().create(owner_id=owner.id, name=name)

    async def intake(self, owner: User, workload_id: WorkloadId) -> Report:
        """Return what came in for a workload by telemetry. Raises `NotFound`."""
        return await self._container.telemetry_service().report(workload_id, owner_id=owner.id)

    async def decisions(self, owner: User, workload_id: WorkloadId) -> Sequence[Decision]:
        """Return the decisions about recommendations on a workload, latest first. Raises `NotFound`."""
        return await self._container.decision_service().all_of(workload_id, owner_id=owner.id)

    async def decide(self, command: Decide) -> Decision:
        """Store a decision about a recommendation; raises as `DecisionService.decide` does."""
        made: Decision = await self._container.decision_service().decide(command)
        return made

    async def import_file(
        self, owner: User, path: Path | str, *, name: str | None = None, progress: Progress | None = None
    ) -> tuple[Workload, ReadLog]:
        """Create a workload from a whole request log; an error or a cancellation leaves no workload.

        Raises `UnreadableFile` before the workload is created.
        """
        log = await asyncio.to_thread(self.read_file, path, progress=progress)
        return await self.import_log(owner, log, name=name or plain(Path(path).name)), log

    async def import_log(self, owner: User, log: ReadLog, *, name: str) -> Workload:
        """Create a workload from a whole log; an error or a cancellation leaves no workload."""
        workload = await self.create_workload(owner, name=name)
        service = self._container.workload_service()
        try:
            await self.add_events(owner, workload.id, log.events)
        except BaseException:  # a partial log in place of the whole would give wrong costs
            with suppress(NetraError):  # the caller gets the first error
                await service.delete(workload.id, owner_id=owner.id)
            raise
        return await service.get(workload.id, owner_id=owner.id)

    async def add_events(self, owner: User, workload_id: WorkloadId, events: Events) -> int:
        """Add events, in batches if there are many, and return how many were new."""
        service = self._container.workload_service()
        return int((await service.append(workload_id, events, owner_id=owner.id)).sum())

    def read_file(self, path: Path | str, *, progress: Progress | None = None) -> ReadLog:
        """Read a request log of any supported format. Blocks. Raises `UnreadableFile`."""
        return self.read_files(str(path), progress=progress)

    def read_files(
        self, *paths: str, choices: ReadingChoices = AS_FOUND, progress: Progress | None = None
    ) -> ReadLog:
        """Read the logs in files, folders and patterns. Blocks. Raises `UnreadableFile`."""
        return self._ports.log_files.read(*paths, choices=choices, progress=progress)

    def now(self) -> datetime:
        """Return the current instant."""
        return self._ports.clock.now()

    async def ask(
        self,
        owner: User,
        message: str,
        *,
        workload_id: WorkloadId | None = None,
        thread_id: ThreadId | None = None,
        parameters: Mapping[str, Any] | None = None,
        watcher: Watcher | None = None,
    ) -> Answer:
        """Start a run and return its answer on completion; calls `watcher` with every event.

        Raises a `NetraError` with the run's own code and message when it failed, `WorkStopped` when
        it was cancelled.
        """
        service = self._container.run_service()
        command = StartRun(
            owner_id=owner.id,
            message=message,
            thread_id=thread_id,
            workload_id=workload_id,
            parameters=parameters or {},
        )
        accepted = await service.start(command)
        async for event in service.follow(accepted.run.id, owner_id=owner.id):
            if watcher is not None:
                watcher(event)
        return _answer(await service.get(accepted.run.id, owner_id=owner.id))

    async def advise(
        self,
        events: Events,
        message: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        checkpoint: Checkpoint = never_stop,
    ) -> Advice:
        """Answer a question about events that are in no store, with the five agents but without a run."""
        advisor: Advisor = self._container.advisor()
        return await advise_on(events, message, advisor=advisor, parameters=parameters, checkpoint=checkpoint)

    async def simulate(
        self,
        events: Events,
        proposal: Proposal,
        *,
        model: str | None = None,
        checkpoint: Checkpoint = never_stop,
    ) -> Simulated:
        """Estimate the bill and the latency after a proposed change; see `what_if`."""
        return await simulate_on(
            events,
            proposal,
            book=self._ports.prices,
            default_model=self._container.settings().default_model,
            model=model,
            checkpoint=checkpoint,
        )

    async def explain(
        self,
        events: Events,
        periods: Periods,
        *,
        model: str | None = None,
        checkpoint: Checkpoint = never_stop,
    ) -> Explanation:
        """Return why the bill of one period differs from that of the other; see `compared`."""
        return await explain_on(
            events,
            periods,
            book=self._ports.prices,
            default_model=self._container.settings().default_model,
            model=model,
            checkpoint=checkpoint,
        )

    async def check_prices(
        self, events: Events, *, model: str | None = None, progress: Progress | None = None
    ) -> PriceCheck:
        """Compare the bill of the events with list prices that are looked up one call at a time."""
        return await check_prices_on(
            events,
            book=self._ports.prices,
            audit=self._ports.price_audit,
            default_model=self._container.settings().default_model,
            model=model,
            progress=progress,
        )


def _answer(run: Run) -> Answer:
    if run.result is None:
        failure = run.failure
        if failure is None:
            raise WorkStopped("The run was cancelled.", run_id=run.id)
        raise NetraError(failure.message, run_id=run.id, code=failure.code)
    return Answer(run=run, advice=msgspec.json.decode(run.result, type=Advice))
