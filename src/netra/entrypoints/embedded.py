"""Netra inside another Python program: the same services, without a server and without a key."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from netra.bootstrap import Container, Ports, contained, memory_ports, open_ports
from netra.domain.agents.model import Question, Stage
from netra.domain.agents.stages.pipeline import AgentPipeline
from netra.domain.errors import NetraError, WorkStopped
from netra.domain.ids import ThreadId, UserId, WorkloadId
from netra.domain.optimization.model import Checkpoint, never_stop
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.price_check import PriceCheck, price_check
from netra.domain.optimization.result import Advice
from netra.domain.optimization.what_if.simulate import Proposal, Simulated
from netra.domain.paging import LIMIT_MAX, PageRequest
from netra.domain.runs.events import RunEvent
from netra.domain.runs.model import Run, StartRun
from netra.domain.texts import plain
from netra.domain.users.keys import ApiKeyService
from netra.domain.users.model import AddUser, Role, User
from netra.domain.users.rules import normal_email
from netra.domain.users.service import UserService
from netra.domain.what_if.price_list import price_list
from netra.domain.what_if.trial import what_if
from netra.domain.workloads.columns import Events
from netra.domain.workloads.model import Workload
from netra.ports.log_files import Progress, ReadLog
from netra.settings import Settings

Watcher = Callable[[RunEvent], None]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A completed run and its advice."""

    run: Run
    advice: Advice


class Netra:
    """One open Netra: make it with `in_memory` or `open`, use it until the block ends."""

    def __init__(self, *, ports: Ports, container: Container) -> None:
        self._ports = ports
        self._container = container

    @classmethod
    @asynccontextmanager
    async def in_memory(cls, settings: Settings | None = None) -> AsyncGenerator["Netra"]:
        """Open a Netra that keeps everything in memory and forgets it at the end."""
        chosen = settings or Settings()
        async with cls._running(memory_ports(chosen), chosen) as netra:
            yield netra

    @classmethod
    @asynccontextmanager
    async def open(cls, data: Path | str, settings: Settings | None = None) -> AsyncGenerator["Netra"]:
        """Open the Netra whose store is the folder `data`, made when missing.

        With `settings.slots` 0 it asks nothing itself: for tools beside a service on the same folder.
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
        """Make an account, whose address the caller vouches for.

        Raises `ValidationFailed`, or `Conflict` when the e-mail is taken.
        """
        command = AddUser(email=email, name=name, password=password, role=role, is_email_verified=True)
        return await self._container.user_service().add(command)

    async def find_user(self, email: str) -> User | None:
        """Return the user with this e-mail, or None."""
        return await self._ports.users.find_by_email(normal_email(email))

    async def users(self) -> Sequence[User]:
        """Return everybody, by id."""
        return await self._ports.users.everyone()

    async def set_password(self, user: User, password: str) -> int:
        """Replace the account's password and end its sessions; return how many API keys still work.

        Raises `ValidationFailed`.
        """
        service: UserService = self._container.user_service()
        return await service.set_password(user, password)

    async def disable_user(self, user: User) -> None:
        """Close the account: its sessions and keys count for nothing from now on."""
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

    async def create_workload(self, owner: User, *, name: str) -> Workload:
        """Make an empty workload."""
        return await self._container.workload_service().create(owner_id=owner.id, name=name)

    async def import_file(
        self, owner: User, path: Path | str, *, name: str | None = None, progress: Progress | None = None
    ) -> tuple[Workload, ReadLog]:
        """Make a workload of a request log: all of it, or none when an error or a cancellation comes.

        Raises `UnreadableFile` before anything is made.
        """
        log = await asyncio.to_thread(self.read_file, path, progress=progress)
        workload = await self.create_workload(owner, name=name or plain(Path(path).name))
        service = self._container.workload_service()
        try:
            await self.add_events(owner, workload.id, log.events)
        except BaseException:  # a part of a log, presented as the whole, would be wrong money
            with suppress(NetraError):  # what was wrong first is what the caller hears
                await service.delete(workload.id, owner_id=owner.id)
            raise
        return await service.get(workload.id, owner_id=owner.id), log

    async def add_events(self, owner: User, workload_id: WorkloadId, events: Events) -> int:
        """Add events, many of them in parts, and return how many were new."""
        service = self._container.workload_service()
        return int((await service.append(workload_id, events, owner_id=owner.id)).sum())

    def read_file(self, path: Path | str, *, progress: Progress | None = None) -> ReadLog:
        """Read a request log of any known kind. Blocking. Raises `UnreadableFile`."""
        return self._ports.log_files.read(str(path), progress=progress)

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
        """Ask, and return the answer once the run has completed; `watcher` is called with every event.

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
        """Answer a question about events that are in no store: the five agents, without a run."""
        question = Question(owner_id=UserId(0), message=message, parameters=parameters or {})
        pipeline: AgentPipeline = self._container.agent_pipeline()
        return await pipeline.answer_events(question, events, _Stage(checkpoint))

    async def simulate(
        self,
        events: Events,
        proposal: Proposal,
        *,
        model: str | None = None,
        checkpoint: Checkpoint = never_stop,
    ) -> Simulated:
        """Return what a proposed change would come to; see `what_if`."""
        work = partial(
            what_if,
            events,
            proposal,
            book=self._ports.prices,
            default_model=self._container.settings().default_model,
            hardware=HARDWARE,
            model=model,
            checkpoint=checkpoint,
        )
        return await asyncio.to_thread(work)

    async def check_prices(
        self, events: Events, *, model: str | None = None, progress: Progress | None = None
    ) -> PriceCheck:
        """Return how the bill agrees with list prices asked one call at a time, on the events given."""
        default_model = self._container.settings().default_model
        prices = price_list(events, self._ports.prices, default_model=default_model, model=model)
        audit = self._ports.price_audit
        listed_usd = await asyncio.to_thread(audit.listed_usd, events, prices, progress=progress)
        return price_check(events, prices, listed_usd=listed_usd)


def _answer(run: Run) -> Answer:
    if run.result is None:
        failure = run.failure
        if failure is None:
            raise WorkStopped("The run was cancelled.", run_id=run.id)
        raise NetraError(failure.message, run_id=run.id, code=failure.code)
    return Answer(run=run, advice=msgspec.json.decode(run.result, type=Advice))


class _Stage:
    """Turns the agents' stages into one line of progress."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._span = (0, 0)

    async def start_stage(self, *, agent: str, message: str, progress: int, until: int) -> None:
        """Begin a stage."""
        self._span = (progress, until)
        self._checkpoint(progress / 100, f"{agent}: {message}")

    async def skip_stages(self, *stages: Stage) -> None:
        """Go through stages that have nothing to do."""
        for stage in stages:
            self._span = (stage.progress, stage.until)
            self._checkpoint(stage.progress / 100, f"{stage.agent}: {stage.message}")

    async def emit_text(self, text: str, *, attempt: int, at: int) -> None:
        """Leave the answer to its end: a line of progress has no room for it."""

    async def wait_for_stop(self) -> None:
        """Wait for ever: whoever asked cancels, or stops the work at a checkpoint."""
        await asyncio.Event().wait()

    def checkpoint(self, done: float, doing: str) -> None:
        """Pass the share of the whole on."""
        begin, end = self._span
        self._checkpoint((begin + (end - begin) * done) / 100, doing)
