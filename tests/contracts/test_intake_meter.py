"""The contract of `IntakeMeter`."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from tests.conftest import SteppedClock
from tests.contracts.shared import INTAKE, REDIS, over_redis

from netra.adapters.local.intake_meter import LocalIntakeMeter
from netra.domain.errors import RateLimited
from netra.domain.ids import UserId
from netra.domain.telemetry.intake_limits import SLOT_S, WINDOW_S, IntakeLimits
from netra.ports.intake_meter import IntakeMeter

ONE, OTHER = UserId(1), UserId(2)


@pytest.fixture(params=["local", REDIS])
async def meter(request: pytest.FixtureRequest, clock: SteppedClock) -> AsyncGenerator[IntakeMeter]:
    if request.param == "local":
        yield LocalIntakeMeter(INTAKE, clock=clock)
        return
    async with over_redis(request.getfixturevalue("redis_url"), clock=clock) as (shared, _):
        yield shared.intake_meter


async def test_records_and_bytes_are_counted_apart_for_each_user(meter: IntakeMeter) -> None:
    assert meter.limits == INTAKE
    await meter.admit(ONE, records=6, size=1)
    with pytest.raises(RateLimited, match="NETRA_LIMIT_INGEST_EVENTS"):
        await meter.admit(ONE, records=5, size=1)
    with pytest.raises(RateLimited, match="NETRA_LIMIT_INGEST_BYTES"):
        await meter.admit(ONE, records=1, size=1_000)
    await meter.admit(OTHER, records=10, size=1_000)
    await meter.admit(ONE, records=4, size=999)


async def test_the_window_slides(meter: IntakeMeter, clock: SteppedClock) -> None:
    await meter.admit(ONE, records=6, size=1)
    clock.turn(30)
    await meter.admit(ONE, records=4, size=1)
    clock.turn(30)
    with pytest.raises(RateLimited):
        await meter.admit(ONE, records=1, size=1)
    clock.turn(WINDOW_S + SLOT_S - 60)
    await meter.admit(ONE, records=6, size=1)
    with pytest.raises(RateLimited):
        await meter.admit(ONE, records=1, size=1)


async def test_what_is_refused_is_not_counted(meter: IntakeMeter, clock: SteppedClock) -> None:
    await meter.admit(ONE, records=10, size=1)
    for _ in range(5):
        clock.turn(10)
        with pytest.raises(RateLimited):
            await meter.admit(ONE, records=1, size=1)
    clock.turn(WINDOW_S + SLOT_S - 50)
    await meter.admit(ONE, records=10, size=1)


async def test_one_request_above_a_limit_is_admitted_when_nothing_else_is_in_the_window(
    meter: IntakeMeter,
) -> None:
    await meter.admit(ONE, records=10**9, size=10**12)
    with pytest.raises(RateLimited):
        await meter.admit(ONE, records=1, size=1)


async def test_many_at_once_are_not_more(meter: IntakeMeter) -> None:
    outcomes = await asyncio.gather(
        *(meter.admit(ONE, records=1, size=1) for _ in range(50)), return_exceptions=True
    )
    assert outcomes.count(None) == 10


async def test_no_limit_counts_nothing(clock: SteppedClock) -> None:
    unlimited = LocalIntakeMeter(IntakeLimits(), clock=clock)
    for _ in range(3):
        await unlimited.admit(ONE, records=10**9, size=10**12)
    assert unlimited.held() == 0


async def test_users_in_memory_are_bounded_and_quiet_ones_forgotten(clock: SteppedClock) -> None:
    meter = LocalIntakeMeter(INTAKE, clock=clock, owners_max=2)
    for owner in (1, 2, 3):
        await meter.admit(UserId(owner), records=10, size=1)
    assert meter.held() == 2
    await meter.admit(ONE, records=1, size=1)  # forgotten, so it begins anew
    clock.turn(WINDOW_S + SLOT_S)
    await meter.admit(OTHER, records=1, size=1)
    assert meter.held() == 1


@pytest.mark.system
async def test_processes_share_what_they_admit(redis_url: str, clock: SteppedClock) -> None:
    async with (
        over_redis(redis_url, clock=clock, prefix="shared-intake") as (one, _),
        over_redis(redis_url, clock=clock, prefix="shared-intake") as (other, _),
    ):
        await one.intake_meter.admit(ONE, records=6, size=1)
        await other.intake_meter.admit(ONE, records=4, size=1)
        for each in (one, other):
            with pytest.raises(RateLimited, match="More than 10 records"):
                await each.intake_meter.admit(ONE, records=1, size=1)


@pytest.mark.system
async def test_each_process_counts_alone_while_redis_is_away(clock: SteppedClock) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    async with over_redis(nowhere, clock=clock, answer_s=0.5) as (shared, _):
        await shared.intake_meter.admit(ONE, records=10, size=1)
        with pytest.raises(RateLimited):
            await shared.intake_meter.admit(ONE, records=1, size=1)
