"""What PostgreSQL cannot hold, no store has: asked for by such a text, each says that there is nothing."""

from datetime import UTC, datetime

import pytest

from netra.domain.errors import NotFound
from netra.domain.paging import PageRequest, Position
from netra.domain.quotas import Quotas
from netra.domain.runs.listing import RunFilter
from netra.domain.users.model import Identity, NewUser, Role
from netra.domain.workloads.model import Workload

AT = datetime(2024, 1, 1, tzinfo=UTC)
NUL = "\x00"
ONE = 1


@pytest.mark.parametrize("name", [NUL, "thread-1" + NUL, "a\x00b"])
async def test_no_thread_has_such_an_id(stores, new_run, name):
    await stores.runs.accept(new_run(), quotas=Quotas())
    for ask in (stores.threads.get, stores.threads.delete):
        with pytest.raises(NotFound):
            await ask(name, owner_id=ONE)
    assert list(await stores.threads.messages(name, owner_id=ONE)) == []
    assert await stores.threads.get("thread-1", owner_id=ONE)


async def test_no_run_has_such_an_id_and_no_thread_of_that_name_has_runs(stores, new_run):
    await stores.runs.accept(new_run(), quotas=Quotas())
    name = "run-1" + NUL
    for ask in (stores.runs.get, stores.runs.stop):
        with pytest.raises(NotFound):
            await ask(name, owner_id=ONE)
    with pytest.raises(NotFound):
        await stores.runs.events(name, owner_id=ONE, after=0)
    assert await stores.runs.live(owner_id=ONE, thread_id=name) == ()
    page = await stores.runs.page(owner_id=ONE, request=PageRequest(), chosen=RunFilter(thread_id=name))
    assert (page.items, page.total) == ((), 0)


async def test_no_workload_has_such_an_id_and_no_events(stores):
    stored = Workload(id="wl-1", owner_id=ONE, name="w", created_at=AT, updated_at=AT)
    await stores.workloads.add(stored, max_per_user=9)
    name = "wl-1" + NUL
    for ask in (stores.workloads.get, stores.workloads.delete):
        with pytest.raises(NotFound):
            await ask(name, owner_id=ONE)
    with pytest.raises(NotFound):
        await stores.event_outbox.delivery(name, owner_id=ONE, most=1)
    assert len(await stores.event_log.read(name, owner_id=ONE)) == 0
    await stores.event_log.delete(name, owner_id=ONE)
    assert await stores.workloads.get("wl-1", owner_id=ONE) == stored


async def test_no_list_goes_on_behind_such_an_id(stores):
    stored = Workload(id="wl-1", owner_id=ONE, name="w", created_at=AT, updated_at=AT)
    await stores.workloads.add(stored, max_per_user=9)
    behind = PageRequest(after=Position(at=AT, id=NUL))
    assert (await stores.workloads.page(owner_id=ONE, request=behind)).items == ()


async def test_no_user_has_such_an_address_or_identity(stores):
    await stores.users.add(
        NewUser(email="a@b", name="A", password_hash=None, role=Role.MEMBER, created_at=AT)
    )
    assert await stores.users.find_by_email("a@b\x00") is None
    assert await stores.users.find_by_identity(Identity(issuer=NUL, subject=NUL)) is None


async def test_no_session_has_such_an_id(stores):
    with pytest.raises(NotFound):
        await stores.sessions.end_own(NUL, user_id=ONE, at=AT)
    await stores.sessions.end(NUL, at=AT)
    assert not await stores.sessions.is_live(NUL, user_id=1, at=AT)
    assert await stores.sessions.holder_of(NUL, at=AT) is None


async def test_no_key_has_such_an_id_or_digest(stores):
    with pytest.raises(NotFound):
        await stores.api_keys.revoke(NUL, owner_id=ONE, at=AT)
    await stores.api_keys.used(NUL, at=AT)
    assert not await stores.api_keys.is_live(NUL, at=AT)
    assert await stores.api_keys.find(NUL, at=AT) is None


async def test_nothing_is_kept_once_under_such_a_key(stores):
    assert await stores.one_time.take(NUL, at=AT) is None
