"""When a lease ends, and when it has ended, also on a clock that was set back."""

from datetime import datetime, timedelta
from typing import Final

LEASE_S_MAX: Final = 60.0  # the longest lease that a process may take, s
CLOCK_SKEW_S: Final = 5.0  # how far the clocks of two processes of one store may differ, s
# An end further ahead than this was set before the clock was set back.
HORIZON: Final = timedelta(seconds=LEASE_S_MAX + CLOCK_SKEW_S)


def lease_end(*, now: datetime, lease_s: float) -> datetime:
    """Return when a lease taken at `now` ends. Raises `ValueError` for one longer than `LEASE_S_MAX`."""
    if lease_s > LEASE_S_MAX:
        raise ValueError(f"A lease lasts at most {LEASE_S_MAX:g} s, not {lease_s:g} s.")
    return now + timedelta(seconds=lease_s)


def has_passed(until: datetime | None, *, now: datetime) -> bool:
    """Return whether a lease or a rest is over.

    One that ends beyond `HORIZON` is over too: no lease is that long, so the clock was set back after it
    was taken, and no process waits until the clock has caught up.
    """
    return until is None or not now < until <= now + HORIZON
