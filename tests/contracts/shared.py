"""Opens the adapters that processes share, each over stand-ins of its own."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from netra.adapters.local.bell import LocalRunBell
from netra.adapters.local.clock import SystemClock
from netra.adapters.local.feed import LocalRunFeed
from netra.adapters.local.intake_meter import LocalIntakeMeter
from netra.adapters.local.rate_limiter import LocalRateLimiter
from netra.adapters.local.tickets import LocalTicketBook
from netra.adapters.memory.sessions import MemorySessionStore
from netra.adapters.memory.users import MemoryUserStore
from netra.adapters.redis.connection import Shared, open_redis
from netra.adapters.redis.probe import RedisProbe
from netra.domain.quotas import RequestRateLimits
from netra.domain.telemetry.intake_limits import IntakeLimits
from netra.ports.clock import Clock

RATES = RequestRateLimits()
INTAKE = IntakeLimits(records=10, bytes=1_000)
PATIENCE_S = 30.0
REDIS = pytest.param("redis", marks=pytest.mark.system)
CLICKHOUSE = pytest.param("clickhouse", marks=pytest.mark.system)
CHDB = pytest.param("chdb", marks=pytest.mark.system)  # in process: half a gigabyte, so not in the fast set


class Reported:
    """`Incidents` that are kept."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        self.errors.append(error)


def local(clock: Clock, *, rates: RequestRateLimits = RATES, intake: IntakeLimits = INTAKE) -> Shared:
    """Return the stand-ins of one process."""
    return Shared(
        sessions=MemorySessionStore(MemoryUserStore()),
        tickets=LocalTicketBook(clock=clock),
        limiter=LocalRateLimiter(rates, clock=clock),
        intake_meter=LocalIntakeMeter(intake, clock=clock),
        feed=LocalRunFeed(),
        bell=LocalRunBell(),
    )


@asynccontextmanager
async def over_redis(
    url: str,
    *,
    clock: Clock | None = None,
    stand_ins: Shared | None = None,
    prefix: str | None = None,
    rates: RequestRateLimits = RATES,
    intake: IntakeLimits = INTAKE,
    answer_s: float = PATIENCE_S,
) -> AsyncGenerator[tuple[Shared, RedisProbe]]:
    """Open one process's way to Redis, under a prefix of its own unless it is to share one.

    A stepped `clock` is the limiter's too; without one it is the server's. Contracts are not about a slow
    answer, so they wait for it on the busiest machine; tests of faults give the time that the product gives.
    """
    async with open_redis(
        url,
        stand_ins or local(clock or SystemClock(), rates=rates, intake=intake),
        clock=clock or SystemClock(),
        incidents=Reported(),
        prefix=prefix or f"test-{uuid4().hex}",
        limiter_clock=clock,
        answer_s=answer_s,
    ) as opened:
        yield opened
