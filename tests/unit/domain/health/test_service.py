"""Health tells the truth, within its deadline, without asking too often."""

import asyncio
from typing import Any

from netra.domain.errors import Unavailable
from netra.domain.health.service import KEPT_S, HealthService


class Told:
    """A dependency that answers as told, and counts how often it was asked."""

    def __init__(self, name: str, *, fault: str | None = None, hangs: bool = False) -> None:
        self.name = name
        self.fault = fault
        self.hangs = hangs
        self.asked = 0

    async def check(self) -> None:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.fault is not None:
            raise Unavailable(self.fault)


async def test_all_well_is_ready_and_healthy(clock: Any) -> None:
    health = HealthService(probes=[Told("sqlite")], clock=clock)
    readiness = await health.readiness()
    assert (readiness.ready, readiness.database) == (True, "connected")
    assert (readiness.redis, readiness.clickhouse) == ("not_configured", "not_configured")
    report = await health.report()
    assert report.overall_status == "healthy"
    assert {d.name: d.status.value for d in report.dependencies} == {
        "sqlite": "healthy",
        "postgresql": "not_configured",
        "clickhouse": "not_configured",
        "redis": "not_configured",
        "openai_api": "not_configured",
    }


async def test_without_its_database_nothing_is_ready(clock: Any) -> None:
    health = HealthService(probes=[Told("postgresql", fault="refused")], clock=clock)
    assert not (await health.readiness()).ready
    report = await health.report()
    assert (report.overall_status, report.dependencies[0].reason) == ("unhealthy", "refused")


async def test_without_a_helper_it_is_degraded_and_still_ready(clock: Any) -> None:
    health = HealthService(probes=[Told("sqlite"), Told("redis", fault="down")], clock=clock)
    readiness = await health.readiness()
    assert (readiness.ready, readiness.redis) == (True, "disconnected")
    assert (await health.report()).overall_status == "degraded"


async def test_a_dependency_that_hangs_is_unhealthy_after_the_deadline(clock: Any) -> None:
    health = HealthService(probes=[Told("sqlite", hangs=True)], clock=clock, deadline_s=0.01)
    report = await health.report()
    assert report.dependencies[0].reason == "no answer within 0.01 s"


async def test_answers_are_kept_for_a_few_seconds(clock: Any) -> None:
    probe = Told("sqlite")
    health = HealthService(probes=[probe], clock=clock)
    await asyncio.gather(*(health.readiness() for _ in range(10)))
    assert probe.asked == 1
    clock.turn(KEPT_S + 0.1)
    await health.report()
    assert probe.asked == 2


async def test_a_draining_process_is_not_ready(clock: Any) -> None:
    health = HealthService(probes=[Told("sqlite")], clock=clock)
    health.drain()
    assert not (await health.readiness()).ready
