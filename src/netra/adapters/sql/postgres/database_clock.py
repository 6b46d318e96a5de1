"""The database's wall clock, read along with transactions and carried on by this machine's steady one."""

import asyncio
import time
from datetime import datetime
from typing import Final

from netra.adapters.sql.instants import instant
from netra.domain.errors import Unavailable

READ_CLOCK: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
OLD_S: Final = 1.0


class DatabaseClock:
    """`Clock` of the database, so that processes on machines whose clocks differ agree on leases.

    It is behind the server's by at most the way of its answer: a lease never lasts longer for its
    owner than for the others, and none is reaped early by more than that way.
    """

    def __init__(self) -> None:
        self._instant_us: int | None = None
        self._set_at_s = 0.0

    @property
    def is_old(self) -> bool:
        """Whether it is time to ask the server again."""
        return time.monotonic() - self._set_at_s > OLD_S

    def set(self, instant_us: int) -> None:
        """Take over what the server just said, microseconds since 1970."""
        self._instant_us = instant_us
        self._set_at_s = time.monotonic()

    def now(self) -> datetime:
        """Return the current instant. Raises `Unavailable` when the server never said any."""
        if self._instant_us is None:
            raise Unavailable("The database has not told the time yet.")
        return instant(self._instant_us + int((time.monotonic() - self._set_at_s) * 1_000_000))

    def monotonic_s(self) -> float:
        """Return seconds on this machine's steady clock."""
        return time.monotonic()

    async def pause(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)
