"""The contract of `TelemetryStaging`."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.leases import LEASE_S_MAX
from netra.ports.telemetry import Claim, StagedArrival

AT = datetime(2024, 3, 1, tzinfo=UTC)
ONE, OTHER = 1, 2
QUIET_S, LEASE_S = 15.0, 30.0
ROOM = 1_000_000


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


async def add(stores, *payloads: bytes, workload="wl-1", owner=ONE, at_s=0.0, max_bytes=ROOM) -> None:
    arrivals = [
        StagedArrival(workload_id=workload, owner_id=owner, payload=payload, records=1)
        for payload in payloads
    ]
    await stores.telemetry_staging.add(arrivals, at=later(at_s), max_bytes=max_bytes)


async def claim(stores, *, at_s: float = QUIET_S) -> Claim | None:
    return await stores.telemetry_staging.claim(now=later(at_s), quiet_s=QUIET_S, lease_s=LEASE_S)


async def finish(stores, claimed, *, at_s=QUIET_S, carried=b"c", has_waiting=False, **fields) -> None:
    given = {"done": b"", "hour": 10, "forget_before": 5, "report": b"r"} | fields
    await stores.telemetry_staging.finish(
        claimed, now=later(at_s), carried=carried, has_waiting=has_waiting, **given
    )


def payloads(claimed) -> list[bytes]:
    return [payload for _, payload in claimed.arrivals]


async def test_what_is_added_is_claimed_once_it_was_quiet_in_order_of_arrival(stores):
    await add(stores, b"a", b"b")
    await add(stores, b"c\x00\xff", at_s=1)
    assert await claim(stores, at_s=QUIET_S - 1) is None
    claimed = await claim(stores)
    assert (claimed.workload_id, claimed.owner_id, payloads(claimed)) == (
        "wl-1",
        ONE,
        [b"a", b"b", b"c\x00\xff"],
    )
    assert (claimed.report, list(claimed.seen)) == (b"", [])


async def test_a_claimed_workload_is_not_claimed_again_until_its_lease_has_passed(stores):
    await add(stores, b"a")
    first = await claim(stores)
    assert await claim(stores, at_s=QUIET_S + LEASE_S - 1) is None
    second = await claim(stores, at_s=QUIET_S + LEASE_S)
    assert (second.fence > first.fence, payloads(second)) == (True, [b"a"])


async def test_the_holder_of_an_earlier_claim_changes_nothing(stores):
    await add(stores, b"a")
    first = await claim(stores)
    second = await claim(stores, at_s=QUIET_S + LEASE_S)
    with pytest.raises(LeaseLost):
        await finish(stores, first)
    with pytest.raises(LeaseLost):
        await stores.telemetry_staging.drop(first)
    await finish(stores, second)
    with pytest.raises(LeaseLost):
        await finish(stores, first)


async def test_a_lease_taken_before_the_clock_was_set_back_has_passed(stores):
    await add(stores, b"a", at_s=-1_000)
    await claim(stores, at_s=1_000)
    assert await claim(stores, at_s=1_000 - 10 * LEASE_S_MAX) is not None


async def test_what_was_claimed_is_replaced_by_what_is_carried(stores):
    await add(stores, b"a", b"b")
    await finish(stores, await claim(stores), carried=b"rest")
    assert await claim(stores, at_s=1_000) is None
    await add(stores, b"new", at_s=1_000)
    again = await claim(stores, at_s=1_000 + QUIET_S)
    assert (payloads(again), again.report) == ([b"rest", b"new"], b"r")


async def test_with_something_waiting_the_workload_is_due_again(stores):
    await add(stores, b"a")
    await finish(stores, await claim(stores), has_waiting=True)
    assert await claim(stores, at_s=2 * QUIET_S - 1) is None
    assert payloads(await claim(stores, at_s=2 * QUIET_S)) == [b"c"]


async def test_what_comes_during_a_claim_is_kept_and_makes_it_due_again(stores):
    await add(stores, b"a")
    claimed = await claim(stores)
    await add(stores, b"late", at_s=QUIET_S)
    await finish(stores, claimed)
    assert sorted(payloads(await claim(stores, at_s=2 * QUIET_S))) == [b"c", b"late"]


async def test_digests_are_kept_by_hour_and_forgotten(stores):
    for round_, (hour, done) in enumerate(
        [(10, b"aaaaaaaa"), (10, b"bbbbbbbb"), (11, b"cccccccc"), (12, b"")]
    ):
        await add(stores, b"x", at_s=100 * round_)
        await finish(stores, await claim(stores, at_s=100 * round_ + 50), done=done, hour=hour)
    await add(stores, b"x", at_s=900)
    claimed = await claim(stores, at_s=950)
    kept = [(hour, digests) for hour, digests in claimed.seen if digests]
    assert kept == [(10, b"aaaaaaaabbbbbbbb"), (11, b"cccccccc")]
    await finish(stores, claimed, at_s=950, forget_before=11, hour=12)
    await add(stores, b"x", at_s=1_900)
    assert [hour for hour, digests in (await claim(stores, at_s=2_000)).seen if digests] == [11]


async def test_the_workload_that_waits_longest_is_claimed_first(stores):
    await add(stores, b"a", workload="wl-1", at_s=5)
    await add(stores, b"b", workload="wl-2", at_s=0)
    assert [(await claim(stores, at_s=100)).workload_id for _ in range(2)] == ["wl-2", "wl-1"]


async def test_workloads_belong_to_their_owners(stores):
    await add(stores, b"a", owner=ONE)
    await add(stores, b"b", owner=OTHER, at_s=1)
    for owner, payload in ((ONE, b"a"), (OTHER, b"b")):
        claimed = await claim(stores, at_s=100)
        assert (claimed.owner_id, payloads(claimed)) == (owner, [payload])
        await finish(stores, claimed, at_s=100, report=payload)
    assert await stores.telemetry_staging.report("wl-1", owner_id=ONE) == b"a"
    assert await stores.telemetry_staging.report("wl-1", owner_id=OTHER) == b"b"
    assert await stores.telemetry_staging.report("wl-2", owner_id=ONE) == b""


async def test_several_arrivals_are_kept_or_none(stores):
    await add(stores, b"a" * 60)
    arrivals = [
        StagedArrival(workload_id=name, owner_id=ONE, payload=b"b" * 30, records=1)
        for name in ("wl-2", "wl-3")
    ]
    with pytest.raises(Unavailable) as refused:
        await stores.telemetry_staging.add(arrivals, at=AT, max_bytes=100)
    assert refused.value.retry_after_s == 1
    assert (await claim(stores)).workload_id == "wl-1"
    assert await claim(stores) is None


async def test_a_dropped_workload_is_forgotten(stores):
    await add(stores, b"a")
    await finish(stores, await claim(stores), report=b"kept", has_waiting=True)
    await stores.telemetry_staging.drop(await claim(stores, at_s=100))
    assert await stores.telemetry_staging.report("wl-1", owner_id=ONE) == b""
    assert await claim(stores, at_s=1_000) is None
    await add(stores, b"again", at_s=1_000)
    assert payloads(await claim(stores, at_s=2_000)) == [b"again"]


async def test_concurrent_claims_get_different_workloads(stores):
    for number in range(4):
        await add(stores, b"a", workload=f"wl-{number}")
    found = await asyncio.gather(*(claim(stores) for _ in range(6)))
    names = [claimed.workload_id for claimed in found if claimed is not None]
    assert sorted(names) == [f"wl-{number}" for number in range(4)]


async def test_concurrent_additions_are_all_kept(stores):
    await asyncio.gather(*(add(stores, b"%d" % number) for number in range(20)))
    assert len(payloads(await claim(stores))) == 20
