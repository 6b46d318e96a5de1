"""Opens Redis together with the in-process fallbacks."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from netra.adapters.redis.feed import RedisRunBell, RedisRunFeed
from netra.adapters.redis.intake_meter import RedisIntakeMeter
from netra.adapters.redis.link import ANSWER_S, RedisLink
from netra.adapters.redis.listener import RedisListener
from netra.adapters.redis.probe import RedisProbe
from netra.adapters.redis.rate_limiter import RedisRateLimiter
from netra.adapters.redis.sessions import RedisSessionStore
from netra.adapters.redis.tickets import RedisTicketBook
from netra.ports.clock import Clock
from netra.ports.feed import RunBell, RunFeed
from netra.ports.incidents import Incidents
from netra.ports.intake_meter import IntakeMeter
from netra.ports.rate_limiter import RateLimiter
from netra.ports.sessions import SessionStore
from netra.ports.tokens import TicketBook

PREFIX = "netra"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """The ports that processes share through Redis."""

    sessions: SessionStore
    tickets: TicketBook
    limiter: RateLimiter
    intake_meter: IntakeMeter
    feed: RunFeed
    bell: RunBell


@asynccontextmanager
async def open_redis(
    url: str,
    local: Shared,
    *,
    clock: Clock,
    incidents: Incidents,
    prefix: str = PREFIX,
    limiter_clock: Clock | None = None,
    answer_s: float = ANSWER_S,
) -> AsyncGenerator[tuple[Shared, RedisProbe]]:
    """Open the connection to Redis, reachable or not, and close it on exit; `local` has the fallbacks.

    When Redis has not answered within `answer_s`, the circuit opens and each use falls back for a second.
    Raises `ValueError` when `url` is not a Redis address.
    """
    link = RedisLink(url, clock=clock, incidents=incidents, prefix=prefix, answer_s=answer_s)
    listener = RedisListener(link, clock=clock, incidents=incidents)
    process = secrets.token_hex(8)
    bell = RedisRunBell(local.bell, link=link, listener=listener, process=process)
    limiter = RedisRateLimiter(local.limiter, link=link, process=process, rehearsed=limiter_clock)
    feed = RedisRunFeed(local.feed, link=link, listener=listener, process=process)
    shared = Shared(
        sessions=RedisSessionStore(local.sessions, link=link, listener=listener, clock=clock),
        tickets=RedisTicketBook(local.tickets, link=link, clock=clock),
        limiter=limiter,
        intake_meter=RedisIntakeMeter(
            local.intake_meter, link=link, process=process, rehearsed=limiter_clock
        ),
        feed=feed,
        bell=bell,
    )
    listening = asyncio.create_task(listener.run())
    try:
        await listener.settle()
        yield shared, RedisProbe(link)
    finally:
        for sender in (limiter, feed, bell):
            await sender.close()
        listening.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await listening
            await listener.close()
        finally:
            await link.close()
