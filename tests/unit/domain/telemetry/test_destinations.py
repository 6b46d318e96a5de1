"""Which workload telemetry goes to, and how much of it is taken."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.conftest import SteppedClock

from netra.adapters.local.ids import RandomIdSource
from netra.adapters.local.prompt_keys import SecretPromptKeys
from netra.adapters.memory.workloads import MemoryWorkloadStore
from netra.domain.ids import UserId, WorkloadId
from netra.domain.quotas import Quotas
from netra.domain.telemetry.destinations import KNOWN_S, NEW_PER_HOUR, Destinations, Unplaced, name_of
from netra.domain.workloads.model import Workload

ONE, OTHER = UserId(1), UserId(2)
AT = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ({"service.name": "bot"}, "bot"),
        ({"service.name": "bot", "deployment.environment.name": "Production"}, "bot"),
        ({"service.name": "bot", "deployment.environment": "staging"}, "bot / staging"),
        ({"service.name": "bot", "netra.workload": "mine"}, "mine"),
    ],
)
def test_a_resource_names_its_workload(resource: dict[str, Any], name: str) -> None:
    assert name_of(resource) == name


@pytest.mark.parametrize("resource", [{}, {"service.name": "unknown_service:python"}])
def test_a_resource_without_a_name_says_what_to_set(resource: dict[str, Any]) -> None:
    found = name_of(resource)
    assert isinstance(found, Unplaced)
    assert "set OTEL_SERVICE_NAME" in found.message


def places(store: MemoryWorkloadStore, clock: SteppedClock, **quotas: int) -> Destinations:
    return Destinations(
        workloads=store, clock=clock, ids=RandomIdSource(clock=clock), quotas=Quotas(**quotas)
    )


async def test_a_workload_is_found_by_id_or_name_or_made() -> None:
    clock = SteppedClock()
    store = MemoryWorkloadStore(clock=clock)
    for number in range(150):
        made = Workload(
            id=WorkloadId(f"wl-{number}"), owner_id=ONE, name=f"n{number}", created_at=AT, updated_at=AT
        )
        await store.add(made, max_per_user=1_000)
    found = places(store, clock)
    assert await found.find("n3", owner_id=ONE) == "wl-3"
    assert await found.find("wl-149", owner_id=ONE) == "wl-149"
    new = await found.find("new", owner_id=ONE)
    assert isinstance(new, str)
    assert await found.find("new", owner_id=ONE) == new
    assert await found.find("n3", owner_id=OTHER) != "wl-3"


async def test_a_name_is_looked_up_again_after_a_minute() -> None:
    clock = SteppedClock()
    store = MemoryWorkloadStore(clock=clock)
    found = places(store, clock)
    first = await found.find("bot", owner_id=ONE)
    assert isinstance(first, str)
    await store.delete(WorkloadId(first), owner_id=ONE)
    assert await found.find("bot", owner_id=ONE) == first
    clock.turn(KNOWN_S)
    assert await found.find("bot", owner_id=ONE) != first


async def test_new_workloads_are_bounded_an_hour() -> None:
    clock = SteppedClock()
    found = places(MemoryWorkloadStore(clock=clock), clock)
    for number in range(NEW_PER_HOUR):
        assert isinstance(await found.find(f"n{number}", owner_id=ONE), str)
    refused = await found.find("more", owner_id=ONE)
    assert isinstance(refused, Unplaced)
    assert "50 were made in the last hour" in refused.message
    assert isinstance(await found.find("more", owner_id=OTHER), str)
    clock.turn(3_600)
    assert isinstance(await found.find("more", owner_id=ONE), str)


async def test_a_name_that_cannot_be_or_one_too_many_is_said() -> None:
    clock = SteppedClock()
    found = places(MemoryWorkloadStore(clock=clock), clock, max_workloads_per_user=1)
    assert isinstance(await found.find("\ud800", owner_id=ONE), Unplaced)
    await found.find("one", owner_id=ONE)
    refused = await found.find("two", owner_id=ONE)
    assert isinstance(refused, Unplaced)
    assert "the limit is 1" in refused.message


async def test_what_is_remembered_is_bounded() -> None:
    clock = SteppedClock()
    store = MemoryWorkloadStore(clock=clock)
    found = Destinations(
        workloads=store, clock=clock, ids=RandomIdSource(clock=clock), quotas=Quotas(), known_max=2
    )
    first = await found.find("a", owner_id=ONE)
    for name in ("b", "c"):
        await found.find(name, owner_id=ONE)
    assert await found.find("a", owner_id=ONE) == first


def test_each_workload_has_a_key_of_its_own_under_one_secret() -> None:
    keys = SecretPromptKeys("secret")
    assert keys.key_of(WorkloadId("a")) == SecretPromptKeys("secret").key_of(WorkloadId("a"))
    assert keys.key_of(WorkloadId("a")) != keys.key_of(WorkloadId("b"))
    assert SecretPromptKeys(None).key_of(WorkloadId("a")) is None
