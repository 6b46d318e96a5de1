"""How soon Netra answers, refuses, notices and recovers while what it depends on is away.

    python bench/faults.py                      # all rows, about four minutes
    python bench/faults.py --only redis model   # some of them

Run it on an idle machine. The tests hold what must be true at any speed; these rows hold the times.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from embedded import Row

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.api.conftest import serving, settings_for, sign_up_at
from tests.faults import test_redis_mid_load as redis_load
from tests.faults.fleet import Fleet
from tests.servers.clickhouse_server import ClickHouseServer
from tests.servers.endpoint import bad_endpoint, speaking_until_hung_up
from tests.servers.fixtures import running
from tests.servers.netra_server import NetraServer
from tests.servers.postgres_server import PostgresServer, fresh_database
from tests.servers.proxy import proxied
from tests.servers.redis_server import RedisServer
from tests.system import test_crash as crash
from tests.system.test_clickhouse_faults import lines, sent, until_delivered, workload
from tests.system.test_database_outage import ACCOUNT, deployed
from tests.system.test_language_model_faults import PROMPT, heard, opened_at
from tests.system.test_redis_listener import becomes, listening

from netra.bootstrap import open_ports
from netra.domain.errors import Unauthorized
from netra.domain.users.model import AddUser, SignIn
from netra.plugboard import contained
from netra.ports.language_model import LanguageModelTimedOut, Prompt
from netra.settings import Secret, Settings

TURNS = 10  # of what takes milliseconds: the worst counts
SIGN_INS = 200  # of each kind
QUESTION = {"message": "Make it cheaper"}


async def seconds(awaited: Awaitable[object]) -> float:
    """Return how long it takes."""
    began_s = time.monotonic()
    await awaited
    return time.monotonic() - began_s


def at_most(what: str, figure: float, must: float, aim: float, *, note: str = "") -> Row:
    """Return a row whose figure is better the lower it is."""
    return Row(what, figure, must, aim, higher=False, note=note)


async def postgres(folder: Path) -> AsyncIterator[Row]:
    """PostgreSQL killed, and frozen."""
    server = PostgresServer(folder)
    with running(server):
        for fault in ("killed", "frozen"):
            async with deployed(fresh_database(server.url), None, folder / fault) as service:
                client, run = service.client, await service.accepted()
                if fault == "killed":
                    await asyncio.to_thread(server.crash)
                else:
                    service.line.hold()
                asked = [
                    service.execute(),
                    client.get(f"/api/agent/status/{run}"),
                    client.post("/api/auth/login", json=ACCOUNT),
                ]
                took_s = [await seconds(one) for one in asked]
                yield at_most(f"PostgreSQL {fault}: a refusal, s", max(took_s), 2.0, 1.8)
                alive_s = [await seconds(client.get("/health")) for _ in range(TURNS)]
                yield at_most(f"PostgreSQL {fault}: /health, s", max(alive_s), 0.1, 0.02)
                if fault == "killed":
                    await asyncio.to_thread(server.start)
                service.line.release()
                yield at_most(
                    f"PostgreSQL {fault}: accepted again, s", await seconds(service.accepted()), 5.0, 2.0
                )


async def redis(folder: Path) -> AsyncIterator[Row]:
    """Redis killed, and frozen; a line to it that falls silent."""
    server = RedisServer(folder)
    with running(server), serving(settings_for(folder, slots=0, redis_url=Secret(server.url))) as base:
        with sign_up_at(base, "ada@example.com") as ada:
            async with httpx.AsyncClient(base_url=base, headers=ada.headers, timeout=60) as client:
                run = (await client.post("/api/agent/execute", json=QUESTION)).json()["run_id"]
                for fault, begin, end in (
                    ("killed", server.kill, server.start),
                    ("frozen", server.pause, server.resume),
                ):
                    begin()
                    asked = [client.post("/api/agent/execute", json=QUESTION) for _ in range(TURNS)]
                    asked += [client.get(f"/api/agent/status/{run}") for _ in range(TURNS)]
                    took_s = [await seconds(one) for one in asked]
                    yield at_most(f"Redis {fault}: an answer, s", max(took_s), 2.0, 1.0)
                    end()
        async with proxied(server.port) as far, listening(far.port) as ear:
            far.hold()
            silent_s = await seconds(becomes(ear, connected=False))
            yield at_most("Redis: a silent line is noticed, s", silent_s, 3.0, 2.5)
            far.release()


async def load(folder: Path) -> AsyncIterator[Row]:
    """Redis flushed, killed and frozen under a paced load; then the disk of PostgreSQL full."""
    fleet = Fleet(folder, settings=redis_load.SETTINGS)
    with fleet.running():
        play = await redis_load.played(fleet)
        late = redis_load.lateness(play)
        calm_s = {what: max(values) for what, values in late[redis_load.CALM].items()}
        for phase in play.phases[1:]:
            beyond = {what: max(values) - calm_s[what] for what, values in late[phase.name].items()}
            worst = max(beyond, key=lambda what: beyond[what])
            note = (
                f"{worst}: {redis_load.figures(late[phase.name][worst])}; lag here {phase.lag_s * 1e3:.0f} ms"
            )
            what = f"Redis {phase.name} under load: later than in calm, s"
            yield at_most(what, beyond[worst], 1.2, 1.0, note=note)
        with sign_up_at(fleet.services[0].url, "disk@example.com") as client, fleet.postgres.full_tables():
            took_s = [
                await seconds(asyncio.to_thread(client.post, "/api/agent/execute", json=QUESTION))
                for _ in range(TURNS)
            ]
        yield at_most("PostgreSQL's disk full: an answer, s", max(took_s), 2.0, 1.0)


async def clickhouse(folder: Path) -> AsyncIterator[Row]:
    """ClickHouse frozen: events taken, health, a what-if and a workload's card, together."""
    server = ClickHouseServer(folder)
    netra = NetraServer(folder, settings=settings_for(folder, clickhouse_url=Secret(server.url)))
    with running(server), running(netra), sign_up_at(netra.url, "ada@example.com") as client:
        path = f"/api/workloads/{workload(client)}"
        sent(client, f"{path}/events", lines(0, 10))
        until_delivered(client, path.rpartition("/")[2])
        server.pause()
        began_s = time.monotonic()
        sent(client, f"{path}/events", lines(10, 10))
        client.get("/health/dependencies")
        client.post(f"{path}/simulate", json={"model": "gpt-4o"})
        client.get(path)
        yield at_most("ClickHouse frozen: four answers, s", time.monotonic() - began_s, 8.0, 6.0)
        server.resume()


async def model(_: Path) -> AsyncIterator[Row]:
    """A language model's stream that is given up, and one that never ends."""
    async with bad_endpoint() as endpoint, opened_at(endpoint.url) as opened:
        endpoint.script = speaking_until_hung_up
        async with aclosing(opened.model.ask(PROMPT)) as stream:
            await anext(stream)
        gone_s = await seconds(endpoint.asked[0].gone.wait())
        yield at_most("a model's stream given up: it ends there, s", gone_s, 1.0, 0.1)
        began_s = time.monotonic()
        try:
            await heard(opened, Prompt(messages=PROMPT.messages, deadline_s=1.5))
        except LanguageModelTimedOut:
            yield at_most("a drip of words: past its deadline, s", time.monotonic() - began_s - 1.5, 1.0, 0.1)


async def cancel(folder: Path) -> AsyncIterator[Row]:
    """A run that works on a large log, cancelled."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = (f"{start + timedelta(seconds=i):%FT%TZ},gpt-4o,{900 + i % 777},200" for i in range(crash.EVENTS))
    log = folder / "traffic.csv"
    log.write_text("timestamp,model,input_tokens,output_tokens\n" + "\n".join(rows) + "\n")
    name, password = crash.USER["email"], crash.USER["password"]
    added = ("users", "add", name, "--name", "Ada", "--password-stdin")
    crash.netra(*added, data=folder, given=password)
    crash.netra("workloads", "import", str(log), "--name", "big", "--email", name, data=folder)
    service = crash.Service(folder)
    service.start()
    try:
        service.sign_in()
        run_id = service.ask()
        service.until(run_id, phase="running")
        began_s = time.monotonic()
        service.client.post(f"/api/agent/runs/{run_id}/cancel").raise_for_status()
        service.until(run_id, status="cancelled")
        yield at_most("a working run: cancelled, s", time.monotonic() - began_s, 2.0, 1.0)
    finally:
        service.kill()


async def sign_in(folder: Path) -> AsyncIterator[Row]:
    """Processor time of a refused sign-in: a wrong password, no such account, one without a password."""
    emails = {"wrong": "ada@example.com", "unknown": "nobody@example.com", "elsewhere": "eve@example.com"}
    settings = Settings(data=folder)
    took_s: dict[str, list[float]] = {name: [] for name in emails}
    async with open_ports(settings) as ports:
        users = contained(ports, settings).user_service()
        await users.add(AddUser(email=emails["wrong"], name="Ada", password="correct horse"))
        await users.add(AddUser(email=emails["elsewhere"], name="Eve"))
        for turn in range(SIGN_INS + 1):
            for name, email in emails.items():
                began_s = time.process_time()
                try:
                    await users.sign_in(SignIn(email=email, password="not the password"))
                except Unauthorized:
                    used_s = time.process_time() - began_s
                if turn:
                    took_s[name].append(used_s)
    medians = {name: statistics.median(values) for name, values in took_s.items()}
    note = ", ".join(f"{name} {value * 1e3:.2f} ms" for name, value in medians.items())
    ratio = max(medians.values()) / min(medians.values())
    yield at_most("refused sign-ins: slowest median over quickest", ratio, 1.05, 1.02, note=note)


ROOMS: Mapping[str, Callable[[Path], AsyncIterator[Row]]] = {
    "postgres": postgres,
    "redis": redis,
    "load": load,
    "clickhouse": clickhouse,
    "model": model,
    "cancel": cancel,
    "sign-in": sign_in,
}


async def main() -> int:
    """Print the rows; return 1 when one is short of what it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=ROOMS, default=list(ROOMS), metavar="NAME")
    is_short = False
    for name in parser.parse_args().only:
        with tempfile.TemporaryDirectory() as folder:
            async for row in ROOMS[name](Path(folder)):
                bounds = f"must {row.must:g}, aim {row.aim:g}"
                print(
                    f"{row.what:52} {row.figure:7.3f}  {bounds:20} {row.verdict():5} {row.note}", flush=True
                )
                is_short |= row.verdict() == "SHORT"
    return int(is_short)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
