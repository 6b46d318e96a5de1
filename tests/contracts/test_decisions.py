"""The contract of `DecisionStore`."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from netra.domain.decisions.model import (
    DecidedOn,
    DecidedSavings,
    Decision,
    DecisionKey,
    DecisionState,
    DismissalReason,
)
from netra.domain.decisions.rules import SOME_VERSION
from netra.domain.errors import NotFound, PreconditionFailed, ValidationFailed
from netra.domain.ids import RunId, UserId, WorkloadId
from netra.domain.workloads.model import Workload

AT = datetime(2026, 11, 2, 9, 30, 0, 123456, tzinfo=UTC)
WL, ADA, BOB = WorkloadId("wl-1"), UserId(1), UserId(2)
SHOWN = DecidedOn(
    run_id=RunId("run-1"),
    kind="batch",
    action="Nächtlich bündeln 💡",
    savings=DecidedSavings(usd_in_window=1.25, usd_per_month=37.5),
)


def decision(name: str = "a", **changes: Any) -> Decision:
    made = Decision(
        workload_id=WL,
        owner_id=ADA,
        key=DecisionKey(f"rk-{name}"),
        state=DecisionState.PLANNED,
        on=SHOWN,
        at=AT,
    )
    return msgspec.structs.replace(made, **changes)


async def put(stores: Any, made: Decision, *, replaces: int | None = None, most: int = 10) -> Decision:
    stored: Decision = await stores.decisions.put(made, replaces=replaces, max_per_workload=most)
    return stored


@pytest.fixture(autouse=True)
async def two_workloads(stores: Any) -> None:
    for owner in (ADA, BOB):
        workload = Workload(id=WL, owner_id=owner, name="chat", created_at=AT, updated_at=AT)
        await stores.workloads.add(workload, max_per_user=5)


async def test_a_decision_is_read_as_it_was_stored(stores):
    full = decision(
        state=DecisionState.DISMISSED,
        reason=DismissalReason.QUALITY_RISK,
        note="später, naïve 💡",
        until=AT + timedelta(days=30),
        effective_at=AT - timedelta(days=1),
    )
    assert await put(stores, full) == full
    assert await stores.decisions.find(WL, full.key, owner_id=ADA) == full
    assert list(await stores.decisions.all_of(WL, owner_id=ADA)) == [full]


async def test_what_was_never_decided_is_absent(stores):
    assert await stores.decisions.find(WL, DecisionKey("rk-a"), owner_id=ADA) is None
    assert list(await stores.decisions.all_of(WL, owner_id=ADA)) == []
    assert list(await stores.decisions.all_of(WorkloadId("wl-none"), owner_id=ADA)) == []


async def test_a_stranger_sees_none_of_them(stores):
    await put(stores, decision())
    assert await stores.decisions.find(WL, DecisionKey("rk-a"), owner_id=BOB) is None
    assert list(await stores.decisions.all_of(WL, owner_id=BOB)) == []


async def test_the_latest_decision_of_a_key_replaces_the_earlier_one(stores):
    await put(stores, decision(note="first"))
    later = await put(stores, decision(state=DecisionState.ADOPTED, effective_at=AT))
    assert (later.version, later.state, later.note) == (2, DecisionState.ADOPTED, None)
    assert list(await stores.decisions.all_of(WL, owner_id=ADA)) == [later]


async def test_they_are_listed_latest_first_and_then_by_key(stores):
    for name, minutes in (("b", 0), ("d", 1), ("a", 0), ("c", -1)):
        await put(stores, decision(name, at=AT + timedelta(minutes=minutes)))
    listed = await stores.decisions.all_of(WL, owner_id=ADA)
    assert [one.key for one in listed] == ["rk-d", "rk-a", "rk-b", "rk-c"]


async def test_only_the_version_that_was_seen_is_replaced(stores):
    await put(stores, decision(), replaces=None)
    for replaces in (0, 2):
        with pytest.raises(PreconditionFailed):
            await put(stores, decision(note="lost"), replaces=replaces)
    assert (await put(stores, decision(), replaces=1)).version == 2
    assert (await put(stores, decision(), replaces=SOME_VERSION)).version == 3


async def test_a_decision_that_is_not_there_has_no_version(stores):
    for replaces in (0, 1, SOME_VERSION):
        with pytest.raises(PreconditionFailed):
            await put(stores, decision(), replaces=replaces)
    assert list(await stores.decisions.all_of(WL, owner_id=ADA)) == []


async def test_of_many_that_replace_one_version_one_succeeds(stores):
    await put(stores, decision())
    tries = [put(stores, decision(note=f"{number}"), replaces=1) for number in range(8)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    won = [one for one in outcomes if isinstance(one, Decision)]
    lost = [one for one in outcomes if isinstance(one, PreconditionFailed)]
    assert (len(won), len(lost)) == (1, 7)
    assert await stores.decisions.find(WL, DecisionKey("rk-a"), owner_id=ADA) == won[0]


async def test_a_workload_takes_no_more_keys_than_the_bound(stores):
    await put(stores, decision("a"), most=2)
    await put(stores, decision("b"), most=2)
    with pytest.raises(ValidationFailed, match="the limit is 2"):
        await put(stores, decision("c"), most=2)
    assert (await put(stores, decision("b"), most=2)).version == 2


async def test_a_missing_workload_takes_no_decision(stores):
    with pytest.raises(NotFound):
        await put(stores, decision(workload_id=WorkloadId("wl-none")))


async def test_deleting_the_workload_deletes_its_decisions_and_no_others(stores):
    mine = await put(stores, decision())
    theirs = await put(stores, decision(owner_id=BOB))
    await stores.workloads.delete(WL, owner_id=ADA)
    assert list(await stores.decisions.all_of(WL, owner_id=ADA)) == []
    assert await stores.decisions.find(WL, mine.key, owner_id=ADA) is None
    assert list(await stores.decisions.all_of(WL, owner_id=BOB)) == [theirs]
    with pytest.raises(NotFound):
        await put(stores, decision())
