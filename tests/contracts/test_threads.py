"""The contract of `ThreadStore`."""

import asyncio

import msgspec
import pytest

from netra.domain.errors import NotFound
from netra.domain.paging import PageRequest
from netra.domain.quotas import Quotas
from netra.domain.runs.lifecycle import Ending, RunMove
from netra.domain.threads.model import Message, MessageRole

QUOTAS = Quotas()
ONE, OTHER = 1, 2


async def accept(stores, *news) -> None:
    for new in news:
        await stores.runs.accept(new, quotas=QUOTAS)


async def test_threads_are_the_owners_alone(stores, new_run):
    await accept(stores, new_run())
    with pytest.raises(NotFound):
        await stores.threads.get("thread-1", owner_id=OTHER)
    with pytest.raises(NotFound):
        await stores.threads.delete("thread-1", owner_id=OTHER)
    assert not await stores.threads.messages("thread-1", owner_id=OTHER)
    assert (await stores.threads.page(owner_id=OTHER, request=PageRequest())).items == ()
    assert (await stores.threads.get("thread-1", owner_id=ONE)).id == "thread-1"


async def test_an_unknown_thread_is_not_found_and_has_no_messages(stores):
    with pytest.raises(NotFound):
        await stores.threads.get("thread-1", owner_id=ONE)
    assert not await stores.threads.messages("thread-1", owner_id=ONE)


async def test_pages_are_newest_first_with_ties_by_id(stores, new_run):
    for name, at_s in (("b", 1), ("a", 1), ("old", 0), ("new", 2)):
        await accept(stores, new_run(name, thread=f"thread-{name}", at_s=at_s))
    page = await stores.threads.page(owner_id=ONE, request=PageRequest(limit=3))
    assert [thread.id for thread in page.items] == ["thread-new", "thread-b", "thread-a"]
    assert (page.total, page.has_more) == (4, True)
    rest = await stores.threads.page(owner_id=ONE, request=PageRequest(limit=3, after=page.next))
    assert [thread.id for thread in rest.items] == ["thread-old"]
    assert rest.next is None
    skipped = await stores.threads.page(owner_id=ONE, request=PageRequest(limit=3, offset=2))
    assert [thread.id for thread in skipped.items] == ["thread-a", "thread-old"]
    assert skipped.offset == 2


async def test_a_page_does_not_move_when_something_new_comes(stores, new_run):
    for n in range(4):
        await accept(stores, new_run(str(n), thread=f"thread-{n}", at_s=n))
    first = await stores.threads.page(owner_id=ONE, request=PageRequest(limit=2))
    await accept(stores, new_run("9", thread="thread-9", at_s=9))
    rest = await stores.threads.page(owner_id=ONE, request=PageRequest(limit=2, after=first.next))
    assert [thread.id for thread in rest.items] == ["thread-1", "thread-0"]


async def test_messages_are_oldest_first_with_ties_as_they_came(stores, new_run):
    names = [("late", 9), ("z", 1), ("a", 1), ("m", 1)]
    await accept(stores, *(new_run(name, at_s=at_s) for name, at_s in names))
    said = await stores.threads.messages("thread-1", owner_id=ONE)
    assert [message.id for message in said] == ["msg-z", "msg-a", "msg-m", "msg-late"]


async def test_an_older_message_does_not_turn_the_threads_time_back(stores, new_run):
    await accept(stores, new_run("1", at_s=9), new_run("2", at_s=1))
    thread = await stores.threads.get("thread-1", owner_id=ONE)
    assert (thread.updated_at, thread.message_count) == (thread.created_at, 2)


async def test_a_deleted_thread_takes_all_it_holds_along(stores, new_run):
    await accept(stores, new_run("1", key="k"), new_run("2", thread="thread-2"))
    await stores.threads.delete("thread-1", owner_id=ONE)
    for ask in (
        stores.threads.get("thread-1", owner_id=ONE),
        stores.threads.delete("thread-1", owner_id=ONE),
        stores.runs.get("run-1", owner_id=ONE),
        stores.runs.events("run-1", owner_id=ONE, after=0),
    ):
        with pytest.raises(NotFound):
            await ask
    assert not await stores.threads.messages("thread-1", owner_id=ONE)
    assert await stores.runs.waiting() == 1
    assert not (await stores.runs.accept(new_run("1", key="k"), quotas=QUOTAS)).is_replay


async def test_deleting_returns_the_ends_of_live_runs(stores, clock, new_run):
    await accept(stores, new_run("1"), new_run("2"), new_run("3"))
    claim = await stores.runs.claim(lease_s=10)
    await stores.runs.finish(claim, Ending(move=RunMove.COMPLETE), [], answer=None)
    clock.turn(4)
    told = await stores.threads.delete("thread-1", owner_id=ONE)
    assert sorted((event.run_id, event.seq, event.is_last) for event in told) == [
        ("run-2", 2, True),
        ("run-3", 2, True),
    ]
    assert all(msgspec.json.decode(event.data)["cancelled"] for event in told)
    assert {event.at for event in told} == {clock.now()}


async def test_of_many_who_delete_a_thread_one_does(stores, new_run):
    await accept(stores, new_run())
    tries = (stores.threads.delete("thread-1", owner_id=ONE) for _ in range(10))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, NotFound) for result in results) == 9


async def test_another_owners_equal_thread_outlives_a_deletion(stores, new_run):
    await accept(stores, new_run("1", owner=ONE), new_run("2", owner=OTHER))
    await stores.threads.delete("thread-1", owner_id=ONE)
    assert (await stores.threads.get("thread-1", owner_id=OTHER)).message_count == 1
    assert len(await stores.runs.events("run-2", owner_id=OTHER, after=0)) == 1


async def test_messages_handed_out_are_not_the_stores_own(stores, new_run):
    await accept(stores, new_run())
    first = await stores.threads.messages("thread-1", owner_id=ONE)
    await accept(stores, new_run("2"))
    assert len(first) == 1
    assert all(isinstance(message, Message) and message.role is MessageRole.USER for message in first)


async def test_a_thread_is_renamed_by_its_owner_alone(stores, new_run):
    await accept(stores, new_run("1"))
    made = await stores.threads.get("thread-1", owner_id=ONE)
    renamed = await stores.threads.rename("thread-1", owner_id=ONE, title="Kosten ☕")
    assert renamed == msgspec.structs.replace(made, title="Kosten ☕")
    assert await stores.threads.get("thread-1", owner_id=ONE) == renamed
    for thread_id, owner_id in (("thread-1", OTHER), ("thread-unknown", ONE)):
        with pytest.raises(NotFound):
            await stores.threads.rename(thread_id, owner_id=owner_id, title="mine")
