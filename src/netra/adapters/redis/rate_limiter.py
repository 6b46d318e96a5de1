"""Rate limits shared by all processes: one atomic script on a sorted set, by the server's clock."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from netra.adapters.redis.link import Away, RedisLink
from netra.adapters.resilience.coalescer import Coalescer
from netra.domain.errors import Unavailable
from netra.domain.quotas import Admission, LimitName
from netra.ports.clock import Clock
from netra.ports.rate_limiter import RateLimiter

WINDOW_US: Final = 60_000_000
BATCH_MAX: Final = 128  # requests of one script call; it blocks the server for some hundred microseconds

# A sorted set per key holds the admitted requests, scored by the microsecond of admission. An instant exactly
# 60 s old still counts. The set expires a second after its newest instant has left the window. Instants more
# than a window ahead date from before the server's clock was set back and are removed, so a caller waits for
# at most two windows. A request repeated after a lost answer counts once, by its name. The answer is one
# string, because the client's cost per list element is high.
_ADMIT: Final = """
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
if now < 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local answer = {}
for i, key in ipairs(KEYS) do
  local limit, name = tonumber(ARGV[i * 2 + 1]), ARGV[i * 2 + 2]
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('(%.0f', now - window))
  redis.call('ZREMRANGEBYSCORE', key, string.format('(%.0f', now + window), '+inf')
  local count = redis.call('ZCARD', key)
  local allowed = 0
  if count < limit then
    allowed = 1
    count = count + redis.call('ZADD', key, 'NX', string.format('%.0f', now), name)
    redis.call('PEXPIRE', key, window / 1000 + 1000)
  elseif redis.call('ZSCORE', key, name) then
    allowed = 1
  end
  local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  local newest = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
  answer[i] = string.format('%d %d %.0f %.0f %.0f', allowed, count, oldest, newest, now)
end
return table.concat(answer, ' ')
"""
_NUMBERS: Final = 5  # numbers per request in the answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request to admit: its key in Redis, a unique name, and the limit of its window."""

    key: str
    name: bytes
    limit: int


class RedisRateLimiter:
    """`RateLimiter` for many processes; concurrent requests share a round trip.

    `local` counts what this process admitted, and decides while Redis does not answer. Redis does not learn
    of admissions made in that time. `rehearsed` replaces the server's clock in tests.
    """

    def __init__(
        self, local: RateLimiter, *, link: RedisLink, process: str, rehearsed: Clock | None = None
    ) -> None:
        self._local = local
        self._limits = local.published()
        self._link = link
        self._rehearsed = rehearsed
        self._process = process.encode()
        self._numbers = itertools.count()
        self._script = link.script(_ADMIT)
        self._decisions = Coalescer(self._decide, batch_max=BATCH_MAX)

    async def admit(self, name: LimitName, key: str) -> Admission:
        """Count one request of `key` under `name` and return whether it is admitted."""
        limit = self._limits[name.value]
        if limit == 0 or self._link.is_away:
            return await self._local.admit(name, key)
        request = Request(
            # hashed: a key may be an e-mail address, and its length is chosen by the client
            key=self._link.key("limit", name.value, blake2b(key.encode(), digest_size=16).hexdigest()),
            name=b"%b:%d" % (self._process, next(self._numbers)),
            limit=limit,
        )
        try:
            shared = await self._decisions.ask(request)
        except (Away, Unavailable):
            return await self._local.admit(name, key)
        if shared.allowed:
            await self._local.admit(name, key)
        return shared

    def published(self) -> dict[str, int]:
        """Return the active limits by name."""
        return dict(self._limits)

    async def close(self) -> None:
        """Wait until all requests are decided."""
        await self._decisions.close()

    async def _decide(self, requests: Mapping[object, Request]) -> Mapping[object, Admission]:
        batch = dict(requests)
        keys = [request.key for request in batch.values()]
        bounds = [part for request in batch.values() for part in (request.limit, request.name)]
        arguments = [self._now_us(), WINDOW_US, *bounds]
        answer = await self._link.ask(lambda: self._script(keys=keys, args=arguments))
        numbers = [int(number) for number in answer.split()]
        return {
            asker: _admission(request.limit, numbers[number * _NUMBERS : (number + 1) * _NUMBERS])
            for number, (asker, request) in enumerate(batch.items())
        }

    def _now_us(self) -> int:
        return -1 if self._rehearsed is None else round(self._rehearsed.now().timestamp() * 1e6)


def _admission(limit: int, numbers: Sequence[int]) -> Admission:
    allowed, count, oldest_us, newest_us, now_us = numbers
    wait_us = oldest_us + WINDOW_US - now_us
    return Admission(
        allowed=bool(allowed),
        limit=limit,
        remaining=max(limit - count, 0),
        reset_at_s=math.ceil((newest_us + WINDOW_US) / 1e6),
        # an instant exactly 60 s old still counts: round up past it
        retry_after_s=0 if count < limit else wait_us // 1_000_000 + 1,
    )
