"""Probe all dependencies concurrently with a deadline, and cache the results for a few seconds."""

import asyncio
from collections.abc import Sequence
from typing import Final

from netra.domain.errors import NetraError
from netra.domain.health.model import Dependency, DependencyReport, DependencyStatus, Readiness
from netra.ports.clock import Clock
from netra.ports.probes import Probe

DEADLINE_S: Final = 2.0
KEPT_S: Final = 3.0
DOCUMENTED: Final = ("postgresql", "clickhouse", "redis", "openai_api")
DATABASES: Final = frozenset({"postgresql", "sqlite", "memory"})
ESSENTIAL: Final = DATABASES  # unhealthy without them; degraded without others


class HealthService:
    """Reports the health of this process and its dependencies."""

    def __init__(self, *, probes: Sequence[Probe], clock: Clock, deadline_s: float = DEADLINE_S) -> None:
        self._probes = probes
        self._clock = clock
        self._deadline_s = deadline_s
        self._kept: tuple[float, tuple[Dependency, ...]] | None = None
        self._asking = asyncio.Lock()
        self._is_draining = False

    def drain(self) -> None:
        """Report "not ready" from now on, because the process is shutting down."""
        self._is_draining = True

    async def readiness(self) -> Readiness:
        """Return whether this process should receive traffic: its database answers and it is not draining."""
        found = {dependency.name: dependency for dependency in await self._ask()}
        database = next((found[name] for name in found if name in DATABASES), None)
        return Readiness(
            ready=not self._is_draining and _is_healthy(database),
            database=_word(database),
            redis=_word(found.get("redis")),
            clickhouse=_word(found.get("clickhouse")),
        )

    async def report(self) -> DependencyReport:
        """Return the health of every documented dependency and of others in use."""
        found = {dependency.name: dependency for dependency in await self._ask()}
        unused = [
            Dependency(name=name, status=DependencyStatus.NOT_CONFIGURED)
            for name in DOCUMENTED
            if name not in found
        ]
        return DependencyReport(
            dependencies=[*found.values(), *unused], overall_status=_overall(tuple(found.values()))
        )

    async def _ask(self) -> tuple[Dependency, ...]:
        async with self._asking:
            now_s = self._clock.monotonic_s()
            if self._kept is None or now_s - self._kept[0] > KEPT_S:
                answers = await asyncio.gather(*(self._probe(probe) for probe in self._probes))
                self._kept = (now_s, tuple(answers))
            return self._kept[1]

    async def _probe(self, probe: Probe) -> Dependency:
        began_s = self._clock.monotonic_s()
        try:
            async with asyncio.timeout(self._deadline_s):
                await probe.check()
        except TimeoutError:
            reason = f"no answer within {self._deadline_s:g} s"
            return Dependency(name=probe.name, status=DependencyStatus.UNHEALTHY, reason=reason)
        except NetraError as error:
            return Dependency(name=probe.name, status=DependencyStatus.UNHEALTHY, reason=error.message)
        latency_ms = round((self._clock.monotonic_s() - began_s) * 1_000, 3)
        return Dependency(name=probe.name, status=DependencyStatus.HEALTHY, latency_ms=latency_ms)


def _is_healthy(dependency: Dependency | None) -> bool:
    return dependency is not None and dependency.status is DependencyStatus.HEALTHY


def _word(dependency: Dependency | None) -> str:
    if dependency is None:
        return "not_configured"
    return "connected" if _is_healthy(dependency) else "disconnected"


def _overall(found: Sequence[Dependency]) -> str:
    sick = {dependency.name for dependency in found if not _is_healthy(dependency)}
    if sick & ESSENTIAL:
        return "unhealthy"
    return "degraded" if sick else "healthy"
