"""The database's wall clock, read with transactions and extrapolated by this machine's monotonic clock."""

import asyncio
import time
from datetime import datetime
from typing import Final

from netra.adapters.sql.instants import instant
from netra.domain.errors import Unavailable

READ_CLOCK: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
OLD_S: Final = 1.0


class DatabaseClock:
    """`Clock` of the database: processes on machines with different clocks agree on leases.

    It lags the server's clock by at most the latency of the answer. A lease never lasts longer for its holder
    than for others, and no lease is reaped early by more than that latency.
    """

    def __init__(self) -> None:
        self._instant_us: int | None = None
        self._set_at_s = 0.0

    @property
    def is_old(self) -> bool:
        """Whether the clock should be read from the server again."""
        return time.monotonic() - self._set_at_s > OLD_S

    def set(self, instant_us: int) -> None:
        """Set the clock to the server's answer, in microseconds since 1970, UTC."""
        self._instant_us = instant_us
        self._set_at_s = time.monotonic()

    def now(self) -> datetime:
        """Return the current instant. Raises `Unavailable` before the server's clock was ever read."""
        if self._instant_us is None:
            raise Unavailable("The database's clock has not been read yet.")
        return instant(self._instant_us + int((time.monotonic() - self._set_at_s) * 1_000_000))

    def monotonic_s(self) -> float:
        """Return seconds on this machine's monotonic clock."""
        return time.monotonic()

    async def pause(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)
