"""Runs one connection: reads, lets `session` decide, executes its commands, writes.

Two tasks in one group: the reader, which also executes commands, and the writer, the only task that sends.
Each followed run adds one task, which sleeps while the run's follower passes its events to `receive`. It
speaks ASGI without a framework.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from netra.domain.audit.journal import SecurityJournal
from netra.domain.errors import DeadlineExceeded, NetraError
from netra.domain.ids import RunId
from netra.domain.quotas import LimitName
from netra.domain.runs.events import RunEvent
from netra.domain.runs.service import RunService
from netra.domain.users.model import Principal
from netra.domain.users.service import UserService
from netra.domain.workloads.watching import WorkloadWatch
from netra.entrypoints.asgi import CLOSED_BY_SERVER, Receive, Send
from netra.entrypoints.errors import Unexpected, is_outage, outcome_of
from netra.entrypoints.websocket import frames, session, signals
from netra.entrypoints.websocket.commands import Command, failure_of
from netra.entrypoints.websocket.send_queue import Outbox
from netra.entrypoints.websocket.session import Phase, Session, advance
from netra.entrypoints.websocket.watchers import Watchers
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents
from netra.ports.rate_limiter import RateLimiter

SIGN_IN_S: Final = 10.0  # seconds until a connection without a valid proof is closed
LINGER_S: Final = 10.0  # seconds that a closing connection may take to receive the close
RELIEF_S: Final = 0.25  # seconds that a run's events wait for a slow reader before updates are dropped
# consecutive checks, one per second, without a frame being sent; then the client is dropped
STUCK_CHECKS_MAX: Final = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """The services that a connection uses."""

    runs: RunService
    watch: WorkloadWatch
    users: UserService
    limiter: RateLimiter
    clock: Clock
    incidents: Incidents
    journal: SecurityJournal


class Connection:
    """One accepted socket, from sign-in to close."""

    __slots__ = (
        "_closed_by_server",
        "_closing",
        "_followers",
        "_group",
        "_leash",
        "_linger_s",
        "_outbox",
        "_receive",
        "_send",
        "_services",
        "_session",
        "_stuck_checks",
        "_taken_before",
        "_watchers",
    )

    def __init__(
        self, services: Services, *, receive: Receive, send: Send, linger_s: float = LINGER_S
    ) -> None:
        self._services = services
        self._linger_s = linger_s
        self._receive = receive
        self._send = send
        self._session = Session()
        self._outbox = Outbox()
        self._followers: dict[RunId, asyncio.Task[None]] = {}
        self._closing: signals.Close | None = None
        self._closed_by_server: int | None = None
        self._leash = asyncio.timeout(None)
        self._group = asyncio.TaskGroup()
        self._watchers = Watchers(services.watch, group=self._group, dispatch=self.dispatch)
        self._taken_before = 0
        self._stuck_checks = 0

    @property
    def principal(self) -> Principal | None:
        """The connected principal, once signed in."""
        return self._session.principal

    @property
    def closed_with(self) -> int | None:
        """The code that our side closed or will close with: the server's, otherwise the session's."""
        if self._closed_by_server is not None:
            return self._closed_by_server
        return None if self._closing is None else self._closing.code

    async def run(self, sign_in: Callable[[], Awaitable[Principal]]) -> None:
        """Serve the connection until either side closes it."""
        try:
            async with self._leash, self._group:
                writer = self._group.create_task(self._write())
                await self._read(sign_in)
                if self._closing is None:
                    writer.cancel()
                for follower in self._followers.values():
                    follower.cancel()
                self._watchers.stop_all()
        except TimeoutError:
            return  # the client ignored the close: the server drops it
        except Exception as error:  # noqa: BLE001 # the outermost frame of a connection
            self._services.incidents.report(error, where="websocket")
            await self._crash()

    def dispatch(self, signal: signals.Input) -> tuple[Command, ...]:
        """Advance the session; execute what needs no waiting and return the commands that do."""
        if isinstance(signal, signals.CommandFailed | signals.Refused) and is_outage(signal.error):
            self._services.incidents.report(signal.error, where="websocket")
        self._session, outputs = advance(self._session, signal, now=self._services.clock.now())
        commands: list[Command] = []
        for output in outputs:
            match output:
                case signals.Send(text=text):
                    self._outbox.put(text)
                case signals.Close():
                    self._close(output)
                case signals.Follow(run_id=run_id, after=after):
                    self._start_following(run_id, after=after)
                case signals.Watch():
                    self._watchers.start(output, owner_id=self._owner.user_id)
                case signals.Unwatch(workload_id=workload_id):
                    self._watchers.stop(workload_id)
                case _:
                    commands.append(output)
        if self._outbox.has_overflowed:
            self._fall_behind()
        return tuple(commands)

    def check(self) -> None:
        """Close the connection if it has expired or its reader is stuck; called every second."""
        principal = self.principal
        if principal is not None and principal.expires_at <= self._services.clock.now():
            self.dispatch(signals.Refused(session.expired()))
        is_stuck = self._outbox.is_waiting and self._outbox.taken == self._taken_before
        self._stuck_checks = self._stuck_checks + 1 if is_stuck else 0
        self._taken_before = self._outbox.taken
        if self._stuck_checks > STUCK_CHECKS_MAX:
            self._fall_behind()

    def end_session(self) -> None:
        """Close the connection because its session was ended or its key revoked."""
        self.dispatch(signals.Refused(session.signed_out()))

    def drain(self) -> None:
        """Close the connection because the server is shutting down."""
        self.dispatch(signals.Drained())

    def receive(self, event: RunEvent) -> bool:
        """Queue a followed run's event; return whether the queue is getting full."""
        return self._outbox.put_event(event)

    async def wait_until_ready(self) -> None:
        """Return when the client has caught up, or after the time to do so; then updates are dropped."""
        if self._outbox.has_overflowed:
            self._fall_behind()
        await self._outbox.relief(timeout_s=RELIEF_S)

    async def _read(self, sign_in: Callable[[], Awaitable[Principal]]) -> None:
        self.dispatch(await _knock(sign_in))
        while (message := await self._receive())["type"] != "websocket.disconnect":
            if self._session.phase is not Phase.OPEN:
                continue
            text = message.get("text")
            if text is None:
                self.dispatch(signals.BinaryReceived())
            else:
                await self._receive_text(text)
        self._closed_by_server = message.get(CLOSED_BY_SERVER)

    async def _receive_text(self, text: str) -> None:
        refusal = await self._over_limit(LimitName.WEBSOCKET, what="messages")
        for command in self.dispatch(refusal or signals.TextReceived(text)):
            try:
                answer = await self._carry_out(command)
            except NetraError as error:
                answer = failure_of(command, error)
            self.dispatch(answer)
        await asyncio.sleep(0)  # lets other connections run between the messages of one packet

    async def _carry_out(self, command: Command) -> signals.Input:
        runs = self._services.runs
        if not await self._services.users.is_signed_in(self._owner):
            return signals.Refused(session.signed_out())
        match command:
            case signals.Start(command=start):
                refusal = await self._over_limit(LimitName.AGENT, what="optimization requests")
                return refusal or signals.RunStarted((await runs.start(start)).run)
            case signals.Stop(command=stop, request_id=request_id):
                return signals.RunStopped(await runs.stop(stop), request_id)
            case signals.Find(run_id=run_id, after=after, request_id=request_id):
                run = await runs.get(run_id, owner_id=self._owner.user_id)
                return signals.RunFound(run, after, request_id)
            case signals.FindWorkload(workload_id=workload_id, request_id=request_id):
                await self._services.watch.check(workload_id, owner_id=self._owner.user_id)
                return signals.WorkloadFound(workload_id, request_id)
            case signals.Prove(token=token, request_id=request_id):
                return signals.Renewed(await self._services.users.authenticate(token), request_id)

    async def _over_limit(self, name: LimitName, *, what: str) -> signals.Refused | None:
        admission = await self._services.limiter.admit(name, f"user:{self._owner.user_id}")
        return None if admission.allowed else signals.Refused(session.over_limit(admission, what=what))

    def _start_following(self, run_id: RunId, *, after: int) -> None:
        earlier = self._followers.pop(run_id, None)
        if earlier is not None:
            earlier.cancel()
        self._followers[run_id] = self._group.create_task(self._follow(run_id, after=after))

    async def _follow(self, run_id: RunId, *, after: int) -> None:
        try:
            await self._services.runs.deliver(self, run_id, owner_id=self._owner.user_id, after=after)
        except NetraError as error:
            self.dispatch(signals.CommandFailed(error, run_id=run_id))
        del self._followers[run_id]
        self.dispatch(signals.RunEnded(run_id))

    async def _write(self) -> None:
        send, outbox = self._send, self._outbox
        try:
            while await outbox.arrival():
                while (text := outbox.next()) is not None:
                    await send({"type": "websocket.send", "text": text})
            if self._closing is not None:
                code, reason = self._closing.code, self._closing.reason
                await send({"type": "websocket.close", "code": code, "reason": reason})
        except (OSError, RuntimeError):
            # The client is gone, or the server has closed by itself (no answer to a ping): the reader is
            # notified and ends the connection.
            outbox.end()

    def _fall_behind(self) -> None:
        self._outbox.clear()
        self.dispatch(signals.ReaderTooSlow())

    def _close(self, output: signals.Close) -> None:
        self._closing = output
        self._outbox.end()
        self._leash.reschedule(asyncio.get_running_loop().time() + self._linger_s)

    async def _crash(self) -> None:
        """Close with an internal error; the writer has already ended."""
        if self._closing is not None:
            return
        error = Unexpected()
        text = frames.error_frame(error, at=self._services.clock.now())
        code = outcome_of(error).close_code
        try:
            await self._send({"type": "websocket.send", "text": text})
            await self._send({"type": "websocket.close", "code": code, "reason": error.message})
        except (OSError, RuntimeError):
            return  # the client is already gone

    @property
    def _owner(self) -> Principal:
        principal = self.principal
        assert principal is not None, "commands come from an open session"  # noqa: S101  # for the types
        return principal


async def _knock(sign_in: Callable[[], Awaitable[Principal]]) -> signals.Input:
    try:
        async with asyncio.timeout(SIGN_IN_S):
            return signals.SignedIn(await sign_in())
    except TimeoutError:
        return signals.Refused(DeadlineExceeded(f"Signing in took longer than {SIGN_IN_S:g} s."))
    except NetraError as error:
        return signals.Refused(error)
