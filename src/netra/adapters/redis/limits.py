"""Rate limits that all processes share: one script, one atomic step, the server's clock."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from netra.adapters.redis.link import Away, RedisLink
from netra.adapters.redis.outbox import Outbox
from netra.domain.quotas import Admission, LimitName
from netra.ports.clock import Clock
from netra.ports.limits import RateLimiter

WINDOW_US: Final = 60_000_000

WAITING_MAX: Final = 10_000  # admissions; beyond them this process decides alone

# A sorted set a key holds the instants that were admitted, in microseconds; a member is its instant
# and how many there were, so that no two are alike. An instant exactly 60 s old still counts. The key
# lives a second longer than its newest instant counts. The answer is one string, since the client
# spends more on each element of a list than on all the rest.
_ADMIT: Final = """
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
if now < 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local said = {}
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('(%.0f', now - window))
  local count = redis.call('ZCARD', key)
  local allowed = 0
  if count < tonumber(ARGV[i + 2]) then
    allowed = 1
    redis.call('ZADD', key, string.format('%.0f', now), string.format('%.0f:%d', now, count))
    redis.call('PEXPIRE', key, window / 1000 + 1000)
    count = count + 1
  end
  local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  local newest = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
  said[i] = string.format('%d %d %.0f %.0f %.0f', allowed, count, oldest, newest, now)
end
return table.concat(said, ' ')
"""
_NUMBERS: Final = 5  # of one admission in the answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One admission that is asked for, since when (the loop's clock), and where its answer goes."""

    key: str
    limit: int
    since_s: float
    said: asyncio.Future[Sequence[int] | None]


class RedisRateLimiter:
    """`RateLimiter` for many processes.

    Those who ask while an answer is under way ask together, in the next trip; each has its own step.
    `local` counts what this process admitted and decides while Redis is away. It also notices when
    Redis has forgotten: then its word, that its own window is full, stands. `clock` takes the place
    of the server's where a test rehearses a minute.
    """

    def __init__(self, local: RateLimiter, *, link: RedisLink, clock: Clock | None = None) -> None:
        self._local = local
        self._limits = local.published()
        self._link = link
        self._clock = clock
        self._admit = link.client.register_script(_ADMIT)
        self._outbox = Outbox(self._ask, items_max=WAITING_MAX)

    async def admit(self, name: LimitName, key: str) -> Admission:
        """Count one request of `key` under `name` and say whether it is admitted."""
        limit = self._limits[name.value]
        if limit == 0:
            return await self._local.admit(name, key)
        said = await self._said(name, key, limit=limit)
        if said is None:
            return await self._local.admit(name, key)
        shared = _admission(limit, said)
        if not shared.allowed:
            return shared
        own = await self._local.admit(name, key)
        has_forgotten = not own.allowed and shared.remaining > 0
        return own if has_forgotten else shared

    def published(self) -> dict[str, int]:
        """Return the live limits by name."""
        return dict(self._limits)

    async def close(self) -> None:
        """Wait until the last answer is in, or Redis is away."""
        await self._outbox.close()

    async def _said(self, name: LimitName, key: str, *, limit: int) -> Sequence[int] | None:
        """Return what Redis says, or None while it is away."""
        if self._link.is_away:
            return None
        # hashed: a key may be an e-mail address, and is as long as its sender likes
        hashed = self._link.key("limit", name.value, blake2b(key.encode(), digest_size=16).hexdigest())
        loop = asyncio.get_running_loop()
        said: asyncio.Future[Sequence[int] | None] = loop.create_future()
        question = Question(key=hashed, limit=limit, since_s=loop.time(), said=said)
        return await said if self._outbox.put(question) else None

    async def _ask(self, questions: list[Question]) -> None:
        keys = [question.key for question in questions]
        arguments = [self._now_us(), WINDOW_US, *(question.limit for question in questions)]
        numbers: list[int] = []
        try:
            answer = await self._link.ask(
                lambda: self._admit(keys=keys, args=arguments), since_s=questions[0].since_s
            )
            numbers = [int(number) for number in answer.split()]
        except Away:
            pass  # each decides in process
        finally:
            for number, question in enumerate(questions):
                if not question.said.done():  # else whoever asked has gone
                    own = numbers[number * _NUMBERS : (number + 1) * _NUMBERS]
                    question.said.set_result(own or None)

    def _now_us(self) -> int:
        return -1 if self._clock is None else round(self._clock.now().timestamp() * 1e6)


def _admission(limit: int, said: Sequence[int]) -> Admission:
    allowed, count, oldest_us, newest_us, now_us = said
    wait_us = oldest_us + WINDOW_US - now_us
    return Admission(
        allowed=bool(allowed),
        limit=limit,
        remaining=max(limit - count, 0),
        reset_at_s=math.ceil((newest_us + WINDOW_US) / 1e6),
        # an instant exactly 60 s old still counts: round up past it
        retry_after_s=0 if count < limit else wait_us // 1_000_000 + 1,
    )
