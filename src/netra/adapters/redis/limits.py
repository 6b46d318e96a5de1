"""Rate limits that all processes share: one script, one atomic step, the server's clock."""

import math
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from netra.adapters.redis.link import Away, RedisLink
from netra.domain.quotas import Admission, LimitName
from netra.ports.clock import Clock
from netra.ports.limits import RateLimiter

WINDOW_US: Final = 60_000_000

# A sorted set a key holds the instants that were admitted, in microseconds; a member is its instant
# and how many there were, so that no two are alike. An instant exactly 60 s old still counts. The key
# lives a second longer than its newest instant counts.
_ADMIT: Final = """
local limit, now, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if now < 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now - window))
local count = redis.call('ZCARD', KEYS[1])
local allowed = 0
if count < limit then
  allowed = 1
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), string.format('%.0f:%d', now, count))
  redis.call('PEXPIRE', KEYS[1], window / 1000 + 1000)
  count = count + 1
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
local newest = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
return {allowed, count, tonumber(oldest), tonumber(newest), now}
"""


class RedisRateLimiter:
    """`RateLimiter` for many processes.

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

    async def admit(self, name: LimitName, key: str) -> Admission:
        """Count one request of `key` under `name` and say whether it is admitted."""
        limit = self._limits[name.value]
        if limit == 0:
            return await self._local.admit(name, key)
        # hashed: a key may be an e-mail address, and is as long as its sender likes
        keys = [self._link.key("limit", name.value, blake2b(key.encode(), digest_size=16).hexdigest())]
        arguments = [limit, self._now_us(), WINDOW_US]
        try:
            said = await self._link.ask(lambda: self._admit(keys=keys, args=arguments))
        except Away:
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
