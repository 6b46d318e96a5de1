"""Any order of requests and pauses: every limiter answers as a list of instants does.

Over Redis two processes ask in turn; what they say of one key must be what one of them alone would say.
"""

import asyncio
from collections import defaultdict
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from tests.contracts.shared import over_redis

from netra.adapters.local.rate_limiter import WINDOW_S, LocalRateLimiter
from netra.domain.quotas import LimitName, RequestRateLimits

RATES = RequestRateLimits(agent=3, general=2)
NAMES = (LimitName.AGENT, LimitName.GENERAL)


class Limiter(RuleBasedStateMachine):
    """Asks one limiter, or several that count together, and a model of few words."""

    redis_url: str | None = None
    clock_type: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.exits = AsyncExitStack()
        self.clock = self.clock_type()
        self.doors = self.runner.run(self.opened())
        self.admitted: dict[Any, list[float]] = defaultdict(list)

    async def opened(self) -> list[Any]:
        if self.redis_url is None:
            return [LocalRateLimiter(RATES, clock=self.clock)]
        prefix = f"test-{uuid4().hex}"
        return [
            (
                await self.exits.enter_async_context(
                    over_redis(self.redis_url, clock=self.clock, rates=RATES, prefix=prefix)
                )
            )[0].limiter
            for _ in range(2)
        ]

    @rule(name=st.sampled_from(NAMES), key=st.sampled_from("ab"), door=st.integers(0, 1))
    def ask(self, name: LimitName, key: str, door: int) -> None:
        now_s = self.clock.monotonic_s()
        limit = RATES.of(name)
        recent = [at_s for at_s in self.admitted[name, key] if now_s - at_s <= WINDOW_S]
        said = self.runner.run(self.doors[door % len(self.doors)].admit(name, key))
        assert said.allowed is (len(recent) < limit)
        if said.allowed:
            recent.append(now_s)
        assert said.remaining == limit - len(recent)
        # an instant that is exactly a window old still counts, so room is there a moment after it
        wait_s = 0 if len(recent) < limit else int(recent[0] + WINDOW_S - now_s) + 1
        assert said.retry_after_s == wait_s
        self.admitted[name, key] = recent

    @rule(seconds=st.sampled_from([0.25, 1.0, 19.5, 30.0, 59.75, 60.0, 60.25]))
    def wait(self, seconds: float) -> None:
        self.clock.turn(seconds)

    def teardown(self) -> None:
        self.runner.run(self.exits.aclose())
        self.runner.close()


@pytest.mark.parametrize(
    ("engine", "examples"),
    [("local", 30), pytest.param("redis", 8, marks=pytest.mark.system)],
)
def test_whoever_is_asked_the_window_is_one(request, clock_type, engine, examples):
    machine = type("Machine", (Limiter,), {"clock_type": clock_type})
    machine.redis_url = request.getfixturevalue("redis_url") if engine == "redis" else None
    chosen = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)
