"""PostgreSQL alone: processes at one queue, a server that stops or freezes, its clock, the trips to it."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import psycopg
import pytest
from msgspec import Raw
from tests.contracts.postgres import opened_over_postgres
from tests.servers.proxy import proxied
from tests.waiting import until

from netra.adapters.sql.postgres.postgres_stores import PostgresSchema, open_postgres
from netra.bootstrap import open_ports
from netra.domain.errors import IdempotencyInProgress, LeaseLost, NotFound, Unavailable
from netra.domain.idempotency import KeyEntry
from netra.domain.ids import MessageId, RunId, UserId
from netra.domain.quotas import Quotas
from netra.domain.runs.events import updated
from netra.domain.runs.lifecycle import Ending, RunMove
from netra.domain.runs.model import RunState
from netra.domain.threads.model import Message, MessageRole
from netra.settings import settings_from

pytestmark = pytest.mark.system


async def works_again(stores) -> None:
    """Return when the stores answer."""

    async def answers() -> bool:
        try:
            await stores.probe.check()
        except Unavailable:
            return False
        return True

    await until(answers, "stores that answer")


async def refuse_everything(stores, new_run) -> None:
    """See refusals from a server that never answers; `bench/faults.py` measures how soon."""
    read = stores.runs.get(RunId("run-1"), owner_id=UserId(1))
    write = stores.runs.accept(new_run("9"), quotas=Quotas())
    for asked in [read, write, stores.probe.check()]:
        with pytest.raises(Unavailable) as refused:
            await asked
        assert refused.value.retry_after_s >= 1


async def test_a_killed_server_is_told_of_in_time_and_comes_back_by_itself(own_postgres, new_run):
    async with open_postgres(own_postgres.url) as stores:
        await stores.runs.accept(new_run("1"), quotas=Quotas())
        own_postgres.crash()
        await refuse_everything(stores, new_run)
        await asyncio.to_thread(own_postgres.start)
        await works_again(stores)
        assert (await stores.runs.get(RunId("run-1"), owner_id=UserId(1))).id == "run-1"
        with pytest.raises(NotFound):
            await stores.runs.get(RunId("run-9"), owner_id=UserId(1))


async def test_a_frozen_server_is_told_of_in_time_and_comes_back_by_itself(own_postgres, new_run):
    port = own_postgres.port
    async with (
        proxied(port) as line,
        open_postgres(own_postgres.url.replace(str(port), str(line.port))) as stores,
    ):
        await stores.runs.accept(new_run("1"), quotas=Quotas())
        line.hold()
        await refuse_everything(stores, new_run)
        line.release()
        await works_again(stores)
        assert (await stores.runs.get(RunId("run-1"), owner_id=UserId(1))).id == "run-1"


async def test_many_workers_claim_each_run_once_and_one_a_thread(postgres_url, new_run):
    async with open_postgres(postgres_url) as one, open_postgres(postgres_url) as other:
        for number in range(20):
            await one.runs.accept(
                new_run(str(number), thread=f"thread-{number % 10}"), quotas=Quotas(max_live_runs_per_user=50)
            )
        claims = await asyncio.gather(
            *(stores.runs.claim(lease_s=30) for _ in range(20) for stores in (one, other))
        )
        claimed = [claim.run for claim in claims if claim is not None]
        assert len({run.id for run in claimed}) == len(claimed) == 10
        assert len({run.thread_id for run in claimed}) == 10


async def test_a_thread_that_is_deleted_under_its_workers_leaves_no_event(postgres_url, new_run):
    async with open_postgres(postgres_url) as one, open_postgres(postgres_url) as other:
        for number in range(20):
            await one.runs.accept(new_run(str(number), thread=f"thread-{number}"), quotas=Quotas())
        claims = [await other.runs.claim(lease_s=30) for _ in range(20)]

        async def tell(claim):
            with suppress(LeaseLost):
                while True:
                    said = updated(claim.run, agent="DataSubAgent", message="at work", progress=10)
                    await other.runs.record(claim, [said], progress=10)

        telling = [asyncio.ensure_future(tell(claim)) for claim in claims]
        for claim in claims:
            await one.threads.delete(claim.run.thread_id, owner_id=claim.run.owner_id)
        await asyncio.gather(*telling)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute(b"SELECT count(*) FROM run_events").fetchone() == (0,)


async def test_one_key_in_two_processes_makes_one_run(postgres_url, new_run):
    async with open_postgres(postgres_url) as one, open_postgres(postgres_url) as other:
        made = await asyncio.gather(
            *(
                stores.runs.accept(new_run(f"{side}-{n}", key="k", thread="t"), quotas=Quotas())
                for n in range(25)
                for side, stores in (("a", one), ("b", other))
            )
        )
        assert len({accepted.run.id for accepted in made}) == 1
        assert [accepted.is_replay for accepted in made].count(False) == 1


async def test_leases_are_judged_by_the_servers_clock(postgres_server_url, new_run):
    async with opened_over_postgres(None, postgres_server_url) as stores:
        await stores.runs.accept(new_run("1"), quotas=Quotas())
        first, second = await stores.runs.clock(), await stores.runs.clock()
        assert timedelta(0) <= second - first
        assert await stores.runs.claim(lease_s=0) is not None
        await stores.runs.reap(max_attempts=3)
        run = await stores.runs.get(RunId("run-1"), owner_id=UserId(1))
        assert run.state is RunState.QUEUED


async def test_processes_that_start_at_once_migrate_once(postgres_url):
    await asyncio.gather(*(asyncio.to_thread(PostgresSchema(postgres_url).upgrade) for _ in range(4)))
    async with open_postgres(postgres_url) as stores:
        await stores.probe.check()
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute(b"SELECT count(*) FROM alembic_version").fetchone() == (1,)


async def test_a_server_that_is_not_there_is_said_so(own_postgres):
    own_postgres.stop()
    with pytest.raises(Unavailable, match="NETRA_DATABASE_URL"):
        async with open_postgres(own_postgres.url):
            pass


async def test_the_settings_choose_the_server(postgres_url, tmp_path):
    settings = settings_from({"NETRA_DATABASE_URL": postgres_url, "NETRA_SECRET": "s" * 48}, data=tmp_path)
    async with open_ports(settings) as ports:
        assert [probe.name for probe in ports.probes] == ["postgresql"]
        await ports.probes[0].check()
    assert not list(tmp_path.glob("*.sqlite3"))


async def test_of_many_processes_that_bring_one_replay_key_one_goes_on(postgres_url):
    async with open_postgres(postgres_url) as one, open_postgres(postgres_url) as other:
        begun = await asyncio.gather(
            *(
                stores.replays.begin(UserId(1), "k", fingerprint="f")
                for _ in range(10)
                for stores in (one, other)
            ),
            return_exceptions=True,
        )
        assert sum(isinstance(entry, KeyEntry) for entry in begun) == 1
        assert sum(isinstance(refused, IdempotencyInProgress) for refused in begun) == 19


async def test_each_step_of_a_worker_is_one_round_trip(postgres_url, new_run):
    port = int(postgres_url.rpartition("/")[0].rpartition(":")[2])
    ending = Ending(move=RunMove.COMPLETE, result=Raw(b"{}"))
    async with (
        proxied(port) as line,
        open_postgres(postgres_url.replace(f":{port}/", f":{line.port}/")) as stores,
    ):
        await stores.runs.accept(new_run("1"), quotas=Quotas())
        for (
            name
        ) in "23":  # the first of each kind may find a new connection, and an idle queue is looked at first
            await stores.runs.accept(new_run(name), quotas=Quotas())
            before = line.turns
            claim = await stores.runs.claim(lease_s=10)
            claimed = line.turns
            told = [updated(claim.run, agent="DataSubAgent", message="at work", progress=10)] * 3
            await stores.runs.record(claim, told, progress=10)
            recorded = line.turns
            said = Message(
                id=MessageId(f"msg-{name}"),
                thread_id=claim.run.thread_id,
                role=MessageRole.ASSISTANT,
                content="Done.",
                created_at=claim.run.created_at,
                run_id=claim.run.id,
            )
            await stores.runs.finish(claim, ending, told, answer=said)
        assert (claimed - before, recorded - claimed, line.turns - recorded) == (1, 1, 1)
