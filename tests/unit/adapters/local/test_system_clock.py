"""The machine's clocks."""

from datetime import UTC, datetime, timedelta

from netra.adapters.local.clock import SystemClock


async def test_the_clock_tells_the_time_in_utc_and_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    before = clock.monotonic_s()
    await clock.pause(0)
    assert clock.monotonic_s() >= before
