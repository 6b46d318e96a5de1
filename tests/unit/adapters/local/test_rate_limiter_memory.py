"""What the rate limiter keeps: only what still counts, and no more than it may."""

from typing import Any

from netra.adapters.local.rate_limiter import LocalRateLimiter, Window
from netra.domain.quotas import LimitName, RequestRateLimits

GENERAL = LimitName.GENERAL


async def test_what_was_quiet_for_a_minute_is_forgotten(clock: Any) -> None:
    limiter = LocalRateLimiter(RequestRateLimits(general=2), clock=clock)
    for n in range(100):
        await limiter.admit(GENERAL, str(n))
    clock.turn(30)
    await limiter.admit(GENERAL, "50")
    clock.turn(31)
    await limiter.admit(GENERAL, "new")
    assert limiter.held() == 2


async def test_there_are_never_more_keys_than_may_be(clock: Any) -> None:
    limiter = LocalRateLimiter(RequestRateLimits(general=2), clock=clock, keys_max=10)
    for n in range(100):
        await limiter.admit(GENERAL, str(n))
        assert limiter.held() <= 10


def test_a_window_forgets_instants_without_keeping_their_room() -> None:
    window = Window()
    for n in range(1_000):
        window.add(float(n))
        window.leave(before_s=n - 10.0)
    assert (len(window), window.oldest_s, window.newest_s) == (11, 989.0, 999.0)
    assert window.room() < 50
