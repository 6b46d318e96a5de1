"""Two processes over one PostgreSQL: order, bounds, attempts and leases hold between them, by its clock."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from tests.contracts.postgres import migrated_template
from tests.servers.postgres_server import drop_database, fresh_database
from tests.waiting import until

from netra.adapters.sql.postgres.postgres_stores import open_postgres
from netra.adapters.sql.stores import SqlStores
from netra.domain.errors import LeaseLost, ThreadBusy, Unavailable
from netra.domain.quotas import Quotas
from netra.domain.runs.events import updated
from netra.domain.runs.lifecycle import Ending, RunMove, retry_delay_s
from netra.domain.runs.model import Claim, RunState

pytestmark = pytest.mark.system

CANCELLED = Ending(move=RunMove.CANCEL)


@asynccontextmanager
async def two(server_url: str) -> AsyncGenerator[tuple[SqlStores, SqlStores]]:
    url = fresh_database(server_url, template=migrated_template(server_url))
    try:
        async with open_postgres(url) as one, open_postgres(url) as other:
            yield one, other
    finally:
        drop_database(url)


async def taken_over(stores: SqlStores) -> Claim:
    """Return the claim of a lost worker's run, reaping again and again as every worker does.

    Once may be too early: processes agree on the time but for the way of the server's answer to each.
    """

    async def claimed() -> Claim | None:
        if claim := await stores.runs.claim(lease_s=30):
            return claim
        assert await stores.runs.reap(max_attempts=3) == ()
        return None

    claim = await until(claimed, "the claim of a lost worker's run")
    assert claim is not None
    return claim


async def test_a_thread_is_worked_off_in_order_by_workers_that_race(postgres_server_url, new_run):
    async with two(postgres_server_url) as both:
        for number in range(12):
            await both[number % 2].runs.accept(new_run(f"{number:02}", thread="t"), quotas=Quotas())
        order: list[str] = []
        while len(order) < 12:
            claims = await asyncio.gather(*(stores.runs.claim(lease_s=30) for stores in both * 4))
            (claim,) = [claim for claim in claims if claim is not None]
            order.append(claim.run.id)
            await both[len(order) % 2].runs.finish(claim, CANCELLED, [], answer=None)
        assert order == sorted(order)


async def accepted(stores, new, *, quotas):
    """Accept a run; a database too busy to answer on a loaded machine is asked again."""
    while True:
        try:
            return await stores.runs.accept(new, quotas=quotas)
        except Unavailable as error:
            if not str(error).startswith("The database"):
                raise


@pytest.mark.parametrize(
    ("quotas", "threads", "refusal", "most"),
    [
        (Quotas(max_live_runs_per_user=5), 40, Unavailable, 5),
        (Quotas(max_waiting_runs_per_thread=3), 1, ThreadBusy, 3),
    ],
    ids=["of a user", "of a thread"],
)
async def test_a_bound_holds_over_both(postgres_server_url, new_run, quotas, threads, refusal, most):
    async with two(postgres_server_url) as both:
        news = [new_run(f"{number}", thread=f"t-{number % threads}") for number in range(40)]
        answers = await asyncio.gather(
            *(accepted(both[number % 2], new, quotas=quotas) for number, new in enumerate(news)),
            return_exceptions=True,
        )
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        assert len(refused) == 40 - most
        assert all(isinstance(answer, refusal) for answer in refused)


async def test_the_bound_of_all_holds_for_one_that_comes_after_the_others(postgres_server_url, new_run):
    async with two(postgres_server_url) as (one, other):
        quotas = Quotas(max_live_runs=5)
        for number in range(5):
            await one.runs.accept(new_run(f"{number}", owner=number, thread="t"), quotas=quotas)
        with pytest.raises(Unavailable, match="full"):
            await other.runs.accept(new_run("x", owner=9), quotas=quotas)


async def test_a_lost_worker_s_run_rests_and_goes_to_the_other_process(postgres_server_url, new_run):
    async with two(postgres_server_url) as (one, other):
        await one.runs.accept(new_run("1"), quotas=Quotas())
        lost = await one.runs.claim(lease_s=0)
        assert lost is not None
        lapsed_at = await other.runs.clock()
        again = await taken_over(other)
        assert (again.run.attempts, again.fence) == (2, 2)
        assert (await other.runs.clock() - lapsed_at).total_seconds() >= retry_delay_s(1)
        word = updated(lost.run, agent="a", message="m", progress=1)
        with pytest.raises(LeaseLost):
            await one.runs.record(lost, [word], progress=1)
        assert [event.seq for event in await other.runs.record(again, [word], progress=1)] == [2]


async def test_a_cancel_by_one_process_reaches_the_worker_in_the_other(postgres_server_url, new_run):
    async with two(postgres_server_url) as (one, other):
        await one.runs.accept(new_run("1"), quotas=Quotas())
        claim = await other.runs.claim(lease_s=30)
        assert claim is not None
        run, _ = await one.runs.stop(claim.run.id, owner_id=claim.run.owner_id)
        assert (run.state, run.phase) == (RunState.RUNNING, "cancelling")
        assert (await other.runs.extend(claim, lease_s=30)).is_cancel_requested
