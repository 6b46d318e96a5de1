"""What a transaction on PostgreSQL does when it loses its connection, a lock or a tie."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
import pytest
import uvloop
from psycopg import sql
from sqlalchemy import select, text
from tests.servers.proxy import Proxy, proxied
from tests.waiting import happens, until

from netra.adapters.sql.identity.identity_schema import one_time
from netra.adapters.sql.locks import locking
from netra.adapters.sql.postgres.database_clock import DatabaseClock
from netra.adapters.sql.postgres.postgres_database import ANSWER_S, PostgresDatabase, server_options
from netra.adapters.sql.postgres.postgres_stores import open_postgres
from netra.adapters.sql.replays import forgetting
from netra.adapters.sql.schema import replays
from netra.adapters.sql.transactions import Query, Script, ask, ask_last, inserting
from netra.domain.errors import Conflict, NotFound, Unavailable

pytestmark = pytest.mark.system

KEEP = inserting(one_time)
KEEPING = ask(KEEP, key="k", value=b"", until_at=0, client="")
COUNT = Query(one_time.select())
PATIENT_S = 60.0  # for a server that is slow and not away: what is tried is something else
TRIES = 3  # of what a stalled machine may spoil


@asynccontextmanager
async def opened(url: str, *, connections: int = 2, **times: float) -> AsyncGenerator[PostgresDatabase]:
    async with open_postgres(url):
        database = PostgresDatabase(url, clock=DatabaseClock(), connections=connections, **times)
        await database.open()
        try:
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def opened_through_a_line(
    url: str, *, connections: int = 2, **times: float
) -> AsyncGenerator[tuple[PostgresDatabase, Proxy]]:
    port = psycopg.conninfo.conninfo_to_dict(url)["port"]
    async with (
        proxied(int(str(port))) as line,
        opened(url.replace(f":{port}/", f":{line.port}/"), connections=connections, **times) as database,
    ):
        yield database, line


def keeping(key: str) -> Script[None]:
    yield ask(KEEP, key=key, value=b"", until_at=0, client="")


def kept() -> Script[list[str]]:
    return [row[0] for row in (yield ask(COUNT))]


def keeping_last(key: str, *, missed: str = "never") -> Script[str]:
    yield ask(KEEP, key=f"{key} first", value=b"", until_at=0, client="")
    if missed == "before":
        raise NotFound("key", key)
    yield ask_last(KEEP, key=key, value=b"", until_at=0, client="")
    if missed == "after":
        raise NotFound("key", key)
    return key


def commits() -> Script[int]:
    ((count,),) = yield ask(Query(text("SELECT count(DISTINCT xmin::text) FROM one_time")))
    return int(count)


class Plays:
    """Counts how often a recipe was played; each play may wait in the middle."""

    def __init__(self, *steps: Any, after_first: Any = None) -> None:
        self.count = 0
        self._steps = steps
        self._after_first = after_first

    def __call__(self) -> Script[int]:
        self.count += 1
        for number, step in enumerate(self._steps):
            yield step
            if number == 0 and self._after_first is not None:
                yield ask(COUNT)  # so that the first has been done
                self._after_first()
        return self.count


def interrupted(script: Script[None], between: Callable[[], None]) -> Script[None]:
    """Play a script, and call `between` once its first question is answered."""
    rows = yield next(script)
    between()
    with suppress(StopIteration):
        while True:
            rows = yield script.send(rows)


def cut_off(url: str) -> None:
    """End every other session on the database and wait until it has ended."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_connections_that_died_idle_are_noticed_by_nobody(postgres_url):
    async with opened(postgres_url, answer_s=PATIENT_S) as database:
        await database.write(lambda: keeping("before"))
        cut_off(postgres_url)
        await database.write(lambda: keeping("after"))
        assert await database.read(kept) == ["before", "after"]
        cut_off(postgres_url)
        assert await database.read(kept) == ["before", "after"]


async def test_a_transaction_that_loses_its_connection_before_its_commit_is_played_again(postgres_url):
    once = iter([cut_off])  # the second time around it is `str`, which does nothing
    plays = Plays(KEEPING, after_first=lambda: next(once, str)(postgres_url))
    async with opened(postgres_url, answer_s=PATIENT_S) as database:
        assert await database.write(plays) == 2
        assert await database.read(kept) == ["k"]


async def test_one_whose_commit_was_on_its_way_is_not_played_again(postgres_url):
    async with opened_through_a_line(postgres_url, connections=1, answer_s=PATIENT_S) as (database, line):
        plays = Plays(KEEPING, after_first=lambda: setattr(line, "cut_after", 0))
        with pytest.raises(Unavailable):
            await database.write(plays)
        assert plays.count == 1


@pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_the_time_in_which_the_process_stood_still_is_none_that_the_database_took(postgres_url, new_loop):
    nap = Query(text("SELECT pg_sleep(0.2)"))

    def napping() -> Script[int]:
        first = yield ask(nap)
        return len(first) + len((yield ask(COUNT)))

    async def standing_still() -> int:
        async with opened(postgres_url, answer_s=2.0) as database:
            reading = asyncio.create_task(database.read(napping))
            await asyncio.sleep(0.1)  # it has been asked
            time.sleep(2.5)  # noqa: ASYNC251  # the fault itself
            return await reading

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(standing_still()) == 1


async def test_another_try_has_only_the_time_that_the_first_left(postgres_url):
    """By the time that a read on a silent line takes in the same run: a second full try nearly doubles it."""
    loop = asyncio.get_running_loop()

    async def refused_s(*, reset_after_s: float | None = None) -> float:
        async with opened_through_a_line(postgres_url) as (database, line):
            line.hold()
            if reset_after_s is not None:
                loop.call_later(reset_after_s, line.reset)
            began_s = loop.time()
            with pytest.raises(Unavailable):
                await database.read(kept)
            took_s = loop.time() - began_s
            line.release()
        return took_s

    took_s: list[float] = []
    for _ in range(TRIES):
        once_s = await refused_s()
        took_s += [once_s, await refused_s(reset_after_s=0.8 * ANSWER_S)]
        if took_s[-1] < once_s + 0.4 * ANSWER_S:
            return
    pytest.fail(f"a read on a silent line, and one whose line is reset, took by turns {took_s} s")


async def test_one_that_is_chosen_to_break_a_deadlock_is_played_again(postgres_url):
    # the server looks for deadlocks a second after a wait began, and the tie's loser plays again after that
    async with opened(postgres_url, answer_s=PATIENT_S) as database:
        met = asyncio.Barrier(2)

        async def crossing(first: str, second: str) -> int:
            begun = asyncio.Event()
            plays = Plays(locking(first), locking(second), ask(COUNT), after_first=begun.set)

            async def writing() -> int:
                return await database.write(plays)

            async with asyncio.TaskGroup() as group:
                result = group.create_task(writing())
                await begun.wait()
                await met.wait()
            return result.result()

        both = asyncio.gather(crossing("a", "b"), crossing("b", "a"), return_exceptions=True)
        results = await happens(both, "the end of a deadlock")
        assert all(isinstance(result, int) for result in results), results


async def test_a_lock_that_somebody_keeps_is_waited_for_and_not_for_ever(postgres_url):
    async with opened(postgres_url) as database:
        with psycopg.connect(postgres_url) as other:
            other.execute(sql.SQL("LOCK TABLE one_time"))
            with pytest.raises(Unavailable):
                await database.write(lambda: keeping("k"))
        await database.write(lambda: keeping("k"))
        assert await database.read(kept) == ["k"]


async def test_text_that_the_protocol_would_cut_off_is_refused_and_the_connection_goes_on(postgres_url):
    async with opened(postgres_url, connections=1, answer_s=PATIENT_S) as database:
        await database.write(lambda: keeping("k"))
        with pytest.raises(Unavailable):
            await database.write(lambda: keeping("k\x00more"))
        assert await database.read(kept) == ["k"]


async def test_a_statement_that_fails_at_its_first_use_is_prepared_once(postgres_url):
    def prepared() -> Script[int]:
        ((count,),) = yield ask(Query(text("SELECT count(*) FROM pg_prepared_statements")))
        return int(count)

    async with opened(postgres_url, connections=1, answer_s=PATIENT_S) as database:
        await database.write(lambda: keeping("k"))
    async with opened(postgres_url, connections=1, answer_s=PATIENT_S) as database:
        before = await database.read(prepared)
        for _ in range(5):
            with pytest.raises(Conflict):
                await database.write(lambda: keeping("k"))
        assert await database.read(prepared) == before + 1


async def test_the_server_s_patience_is_set_beside_what_the_address_asks_for(postgres_url):
    async with opened(f"{postgres_url}?options=-c%20work_mem%3D5MB") as database:

        def shown() -> Script[tuple[str, str]]:
            ((memory,),) = yield ask(Query(text("SHOW work_mem")))
            ((patience,),) = yield ask(Query(text("SHOW lock_timeout")))
            return memory, patience

        assert await database.read(shown) == ("5MB", "1500ms")


async def test_who_freezes_in_a_transaction_holds_nobody_up_for_long(postgres_url):
    """Its connection stays open and says nothing, as that of a stopped process does."""
    async with opened(postgres_url) as database:
        with psycopg.connect(postgres_url, options=server_options(ANSWER_S)) as frozen:
            frozen.execute(sql.SQL("LOCK TABLE one_time"))
            await until(lambda: is_kept(database), "the end of a frozen transaction")
            with pytest.raises(psycopg.Error):
                frozen.execute("SELECT 1")


async def is_kept(database: PostgresDatabase) -> bool:
    try:
        await database.write(lambda: keeping("k"))
    except Unavailable:
        return False
    return True


async def together(database: PostgresDatabase, *recipes: Any) -> list[Any]:
    return await asyncio.gather(*map(database.write_together, recipes), return_exceptions=True)


async def test_what_is_written_together_is_one_commit_and_answers_each(postgres_url):
    async with opened(postgres_url, answer_s=PATIENT_S) as database:
        keys = [f"k{number}" for number in range(8)]
        assert await together(database, *(lambda key=key: keeping_last(key) for key in keys)) == keys
        assert len(await database.read(kept)) == 16
        assert await database.read(commits) == 1


@pytest.mark.parametrize("missed", ["before", "after"])
async def test_what_a_script_raises_before_or_after_its_last_step_is_its_own(postgres_url, missed):
    async with opened(postgres_url, answer_s=PATIENT_S) as database:
        first, lost, last = await together(
            database,
            lambda: keeping_last("a"),
            lambda: keeping_last("b", missed=missed),
            lambda: keeping_last("c"),
        )
        assert (first, type(lost), last) == ("a", NotFound, "c")
        assert ("b first" in await database.read(kept)) == (missed == "after")


@pytest.mark.parametrize(("key", "error"), [("taken", Conflict), ("k\x00more", Unavailable)])
async def test_what_the_engine_has_against_one_costs_the_others_nothing(postgres_url, key, error):
    async with opened(postgres_url, answer_s=PATIENT_S) as database:
        await database.write(lambda: keeping("taken"))
        first, refused, last = await together(
            database, lambda: keeping_last("a"), lambda: keeping_last(key), lambda: keeping_last("c")
        )
        assert (first, type(refused), last) == ("a", error, "c")
        assert sorted(await database.read(kept)) == ["a", "a first", "c", "c first", "taken"]


async def test_a_commit_of_many_that_was_on_its_way_is_not_played_again(postgres_url):
    async with opened_through_a_line(postgres_url, connections=1, answer_s=PATIENT_S) as (database, line):
        played = []

        def playing() -> Script[str]:
            played.append(1)
            return (yield from keeping_last("k"))

        line.cut_after = 0
        errors = await together(database, playing, playing)
        assert [type(error) for error in errors] == [Unavailable, Unavailable]
        assert len(played) == 2


async def test_a_key_that_is_begun_anew_while_old_ones_are_forgotten_stays(postgres_url):
    values = {"owner_id": 1, "fingerprint": "f", "answer": None, "tried_at": None}

    def begin_anew() -> None:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("UPDATE replays SET began_at = 8 WHERE key = 'anew'")

    def begun() -> Script[None]:
        for key in ("anew", "old"):
            yield ask(inserting(replays), **values, key=key, began_at=6)

    def keys() -> Script[list[str]]:
        return [row[0] for row in (yield ask(Query(select(replays.c.key))))]

    async with opened(postgres_url, answer_s=PATIENT_S) as database:
        await database.write(begun)
        await database.write(lambda: interrupted(forgetting(7), begin_anew))
        assert await database.read(keys) == ["anew"]
