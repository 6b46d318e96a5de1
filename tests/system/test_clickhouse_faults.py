"""ClickHouse killed and brought back under a process, and the same events from two at once."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.servers.process import HOST
from tests.servers.proxy import proxied

from netra.adapters.clickhouse.connection import open_clickhouse
from netra.adapters.local.clock import SystemClock
from netra.domain.errors import Unavailable
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event

pytestmark = pytest.mark.system

AT = datetime(2024, 3, 1, tzinfo=UTC)
RECOVERY_S = 1.1  # the circuit's second, and room


def batch(count, *, first=0):
    return columns_of(
        [
            Event(
                timestamp=AT + timedelta(seconds=n), model="m", input_tokens=1, output_tokens=1, id=f"id-{n}"
            )
            for n in range(first, first + count)
        ]
    )


async def test_what_was_accepted_outlives_a_kill_and_nothing_needs_a_restart(own_clickhouse):
    async with open_clickhouse(own_clickhouse.url, clock=SystemClock()) as opened:
        await opened.event_log.append("wl", batch(1_000), owner_id=1)
        own_clickhouse.kill()
        for ask in (opened.event_log.read("wl", owner_id=1), opened.probe.check()):
            with pytest.raises(Unavailable):
                await ask
        own_clickhouse.start()
        await asyncio.sleep(RECOVERY_S)
        assert not (await opened.event_log.append("wl", batch(1_000), owner_id=1)).is_new.any()
        assert len(await opened.event_log.read("wl", owner_id=1)) == 1_000


async def test_it_starts_while_clickhouse_is_away_and_finds_it_later(own_clickhouse):
    own_clickhouse.kill()
    async with open_clickhouse(own_clickhouse.url, clock=SystemClock()) as opened:
        with pytest.raises(Unavailable):
            await opened.probe.check()
        own_clickhouse.start()
        await asyncio.sleep(RECOVERY_S)
        assert (await opened.event_log.append("wl", batch(3), owner_id=1)).is_new.all()


async def test_a_batch_whose_answer_was_lost_adds_nothing_when_it_comes_again(own_clickhouse):
    async with proxied(own_clickhouse.port) as proxy:
        url = own_clickhouse.url.replace(f"{HOST}:{own_clickhouse.port}", f"{HOST}:{proxy.port}")
        async with open_clickhouse(url, clock=SystemClock()) as opened:
            await opened.event_log.append("wl", batch(1), owner_id=1)
            proxy.cut_after = 5
            with suppress(Unavailable):  # or the driver asks again by itself
                await opened.event_log.append("wl", batch(500), owner_id=1)
            await asyncio.sleep(RECOVERY_S)
            await opened.event_log.append("wl", batch(500), owner_id=1)
            found = await opened.event_log.read("wl", owner_id=1)
            assert sorted(found.id.tolist()) == sorted(f"id-{n}" for n in range(500))


async def test_two_processes_that_send_the_same_events_store_each_once(clickhouse_url):
    async with (
        open_clickhouse(clickhouse_url, clock=SystemClock()) as one,
        open_clickhouse(clickhouse_url, clock=SystemClock()) as other,
    ):
        for first in range(0, 1_000, 50):
            events = batch(100, first=first)
            said = await asyncio.gather(
                *(stores.event_log.append("wl", events, owner_id=1) for stores in (one, other))
            )
            assert not np.logical_and(said[0].is_new, said[1].is_new).any()
        found = await one.event_log.read("wl", owner_id=1)
        assert sorted(found.id.tolist()) == sorted(f"id-{n}" for n in range(1_050))


async def test_a_batch_of_ten_thousand_long_ids_is_stored_once(clickhouse_url):
    events = batch(10_000)
    events.id[:] = [f"{n:05}-{'ü' * 60}" for n in range(10_000)]
    async with open_clickhouse(clickhouse_url, clock=SystemClock()) as opened:
        assert (await opened.event_log.append("wl", events, owner_id=1)).is_new.all()
        assert not (await opened.event_log.append("wl", events, owner_id=1)).is_new.any()
        assert len(await opened.event_log.read("wl", owner_id=1)) == 10_000
