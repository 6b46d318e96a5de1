"""Redis flushed, killed and frozen under a paced load: no run lost, limits hold.

It prints how late answers, starts and events were; `bench/faults.py` holds these figures to their bounds.
"""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import pytest
from tests.faults import witness
from tests.faults.fleet import PASSWORD, Client, Fleet, NetraProcess
from tests.faults.history import TERMINAL, Heard, History, broken_promises
from tests.waiting import happens

pytestmark = [pytest.mark.system, pytest.mark.long(55)]

RUNS_PER_S: Final = 10
LIMIT: Final = 40  # runs and what-ifs of one user in 60 s: longer than one fault takes
LOADERS: Final = 40  # users who share the load: 15 runs of each in 60 s, also twice that after a stall
UNDER_WAY_MAX: Final = 16  # runs at once: 10 a second that take 1.5 s each; above it the pace gives way
TICK_S: Final = 0.02
CALM: Final = "calm"
SETTINGS: Final = {
    "NETRA_LIMIT_AGENT": str(LIMIT),
    "NETRA_LIMIT_SIMULATE": str(LIMIT),
    "NETRA_REGISTRATION": "true",
    "NETRA_LIMIT_GENERAL": "10000",
}
FLUSHES: Final = ("flushed", "flushed-again", "flushed-anew")  # the next when the machine spoilt one
FAULTS: Final = (*FLUSHES, "killed", "frozen")
_EVENTS: Final = b"SELECT runs.id, seq, at FROM run_events JOIN runs ON runs.number = run_events.run"


class Stamped(list[Heard]):
    """Events with the time at which each was heard."""

    def __init__(self) -> None:
        super().__init__()
        self.at_s: list[float] = []

    def append(self, event: Heard) -> None:
        self.at_s.append(time.time())
        super().append(event)


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A stretch of the load under one name."""

    name: str
    from_s: float  # Unix
    until_s: float
    lag_s: float  # the latest that this process itself came


@dataclass(kw_only=True)
class Play:
    """The load and what it saw."""

    fleet: Fleet
    history: History
    http: httpx.AsyncClient
    heard: Stamped = field(default_factory=Stamped)
    phases: list[Phase] = field(default_factory=list)
    asked_s: dict[str, float] = field(default_factory=dict)  # when the reader of a run came
    answers_s: list[tuple[float, float]] = field(default_factory=list)  # of `execute`: when, and how long
    admitted: Counter[tuple[str, str]] = field(default_factory=Counter)  # by fault and service
    is_over: bool = False

    @asynccontextmanager
    async def phase(self, name: str) -> AsyncGenerator[None]:
        """Note what happens meanwhile under `name`."""
        lags: list[float] = []
        ticking = asyncio.create_task(ticks(lags))
        from_s = time.time()
        yield
        ticking.cancel()
        self.phases.append(Phase(name=name, from_s=from_s, until_s=time.time(), lag_s=max(lags)))


async def ticks(lags: list[float]) -> None:
    """Note how late this process comes itself."""
    while True:
        due_s = time.monotonic() + TICK_S
        await asyncio.sleep(TICK_S)
        lags.append(time.monotonic() - due_s)


async def a_user(name: str, play: Play, *, rng: random.Random) -> Client:
    """Return a new user's program, signed in."""
    account = {"email": f"{name}@example.com", "password": PASSWORD, "name": name}
    url = play.fleet.services[0].url
    (await play.http.post(f"{url}/api/auth/register", json=account)).raise_for_status()
    client = Client(account["email"], fleet=play.fleet, history=play.history, rng=rng, http=play.http)
    await client.sign_in()
    return client


async def a_load(play: Play, clients: list[Client]) -> None:
    """Ask at a steady pace while there is room; each run has a reader to its end."""
    began_s = time.monotonic()
    turns = itertools.cycle(clients)
    room = asyncio.Semaphore(UNDER_WAY_MAX)
    async with asyncio.TaskGroup() as group:
        for number in itertools.count():
            await asyncio.sleep(max(began_s + number / RUNS_PER_S - time.monotonic(), 0))
            await room.acquire()
            if play.is_over:
                return
            run = group.create_task(one_run(play, next(turns), f"key-{number}"))
            run.add_done_callback(lambda _: room.release())


async def one_run(play: Play, client: Client, key: str) -> None:
    from_s = time.time()
    run_id = await client.execute(key, workload_id="wl-unknown")  # answered at once: the way is tried
    play.asked_s[run_id] = time.time()
    play.answers_s.append((from_s, play.asked_s[run_id] - from_s))
    await client.read(run_id, reader=key)
    while await client.glance(run_id) not in TERMINAL:
        await asyncio.sleep(0.2)


async def is_admitted(play: Play, service: NetraProcess, client: Client) -> bool:
    """Ask for what is limited like a run and costs nothing; say whether the limit let it pass."""
    url = f"{service.url}/api/workloads/wl-unknown/simulate"
    answer = await play.http.post(url, headers=client._headers, json={})
    assert answer.status_code in {404, 422, 429}, answer.text
    return answer.status_code != httpx.codes.TOO_MANY_REQUESTS


async def knock(play: Play, service: NetraProcess, client: Client, *, fault: str) -> bool:
    """Ask once, and count what is let in."""
    is_in = await is_admitted(play, service, client)
    play.admitted[fault, service.name] += is_in
    return is_in


async def knocks(
    play: Play, service: NetraProcess, client: Client, *, fault: str, over: asyncio.Event
) -> None:
    """Ask on and on."""
    while not over.is_set():
        await knock(play, service, client, fault=fault)
        await asyncio.sleep(0.05)


async def a_fault(
    play: Play, client: Client, name: str, befall: Callable[[], Any], *, after_s: float
) -> None:
    """Let it happen while a user knocks at both services, much of the limit used; then use up the rest."""
    over = asyncio.Event()
    for service in play.fleet.services * (LIMIT * 3 // 8):
        assert await knock(play, service, client, fault=name)
    async with asyncio.TaskGroup() as group:
        for service in play.fleet.services:
            group.create_task(knocks(play, service, client, fault=name, over=over))
        async with play.phase(name):
            await asyncio.to_thread(befall)
            await asyncio.sleep(after_s)
        over.set()
    for service in play.fleet.services:
        while await knock(play, service, client, fault=name):
            pass


async def is_spoilt(play: Play, flush: Awaitable[None]) -> bool:
    """Return whether a service decided in process meanwhile, because the machine was too slow for Redis."""
    before = sum(service.incidents(where="redis") for service in play.fleet.services)
    await flush
    return sum(service.incidents(where="redis") for service in play.fleet.services) > before


def killed(fleet: Fleet) -> None:
    fleet.redis.kill()
    time.sleep(1.5)  # the fault itself lasts this long
    fleet.redis.start()


def frozen(fleet: Fleet) -> None:
    fleet.redis.pause()
    try:
        time.sleep(2.0)  # the fault itself lasts this long
    finally:
        fleet.redis.resume()


async def played(fleet: Fleet) -> Play:
    """Return what was seen of all faults in turn."""
    rng = random.Random(1)  # noqa: S311  # who asks which service; nothing secret
    history = History()
    async with httpx.AsyncClient(timeout=15, limits=httpx.Limits(max_connections=200)) as http:
        play = Play(fleet=fleet, history=history, http=http)
        history.heard = play.heard
        names = [*FAULTS, *(f"loader-{number}" for number in range(LOADERS))]
        knockers = dict(zip(names, [await a_user(name, play, rng=rng) for name in names], strict=True))
        loading = asyncio.create_task(a_load(play, [knockers[name] for name in names[len(FAULTS) :]]))
        await asyncio.sleep(1.0)
        async with play.phase(CALM):
            await asyncio.sleep(3.0)
        for name in FLUSHES:
            if not await is_spoilt(play, a_fault(play, knockers[name], name, fleet.redis.flush, after_s=1.5)):
                break
        await a_fault(play, knockers["killed"], "killed", lambda: killed(fleet), after_s=2.5)
        await a_fault(play, knockers["frozen"], "frozen", lambda: frozen(fleet), after_s=2.5)
        play.is_over = True
        await happens(loading, "the end of every run", most_s=240)
    witness.testify(fleet.postgres.url, history)
    return play


def lateness(play: Play) -> dict[str, dict[str, list[float]]]:
    """Return by phase how late answers, starts and events were, in seconds."""
    late: dict[str, dict[str, list[float]]] = {phase.name: {} for phase in play.phases}

    def note(what: str, at_s: float, late_s: float) -> None:
        for phase in play.phases:
            if phase.from_s <= at_s < phase.until_s:
                late[phase.name].setdefault(what, []).append(late_s)

    for at_s, took_s in play.answers_s:
        note("answer", at_s, took_s)
    with psycopg.connect(play.fleet.postgres.url) as connection:
        for created, started in connection.execute(b"SELECT created_at, started_at FROM runs"):
            note("start", created / 1e6, (started - created) / 1e6)
        stored = {(run_id, seq): at / 1e6 for run_id, seq, at in connection.execute(_EVENTS)}
    for event, heard_s in zip(play.heard, play.heard.at_s, strict=True):
        at_s = stored[event.run_id, event.seq]
        note("event", at_s, heard_s - max(at_s, play.asked_s[event.run_id]))
    return late


def figures(values: list[float]) -> str:
    """Return what stands in the middle, near the end and at the end."""
    ordered = sorted(values)
    p50, p99 = (ordered[int(len(ordered) * part)] for part in (0.5, 0.99))
    return f"p50 {p50 * 1e3:5.0f} p99 {p99 * 1e3:5.0f} max {ordered[-1] * 1e3:5.0f} ms of {len(ordered):4}"


def test_redis_is_never_the_only_copy(tmp_path: Path, capsys: Any) -> None:
    fleet = Fleet(tmp_path, settings=SETTINGS)
    with fleet.running():
        play = asyncio.run(played(fleet))
        late = lateness(play)
    with capsys.disabled():
        for phase in play.phases:
            for what, values in sorted(late[phase.name].items()):
                print(f"\n  {phase.name:13} {what:7} {figures(values)}", end="")
            print(f"; lag here {phase.lag_s * 1e3:.0f} ms", end="")
        print(f"\n  admitted of {LIMIT}: {dict(play.admitted)}")
    broken = broken_promises(play.history)
    assert not broken, "\n".join(broken[:20])
    assert_limits_hold(play)


def assert_limits_hold(play: Play) -> None:
    """Redis admits up to the limit per memory, and each service that decides in process does as well."""
    names = [phase.name for phase in play.phases if phase.name in FAULTS]
    admitted = {name: sum(play.admitted[name, one.name] for one in play.fleet.services) for name in names}
    flushed = [name for name in names if name in FLUSHES][-1]
    services = len(play.fleet.services)
    most = {flushed: 2, "killed": 2 + services, "frozen": 1 + services}
    for fault, times in most.items():
        assert LIMIT <= admitted[fault] <= times * LIMIT, f"{fault}: {admitted[fault]} of {LIMIT} admitted"
