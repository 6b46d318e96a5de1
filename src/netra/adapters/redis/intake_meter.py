"""Counts telemetry of each user for all processes: one atomic script on a hash, by the server's clock."""

import itertools
from contextlib import suppress
from hashlib import blake2b
from typing import Final

from netra.adapters.redis.link import Away, RedisLink
from netra.domain.errors import RateLimited
from netra.domain.ids import UserId
from netra.domain.telemetry.intake_limits import SLOT_S, WINDOW_S, IntakeLimits
from netra.ports.clock import Clock
from netra.ports.intake_meter import IntakeMeter

ANSWERED_S: Final = 5  # seconds that a request's name is kept; a repeat comes within the link's deadline

# A hash per user holds the records and the bytes of each second, under `r` or `b` and the second. A second
# leaves once all of it is older than the window. Seconds more than a window ahead date from before the
# server's clock was set back: they are removed. A request repeated after a lost answer counts once.
_ADMIT: Final = """
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
if now < 0 then
  now = tonumber(redis.call('TIME')[1])
end
local limits = {r = tonumber(ARGV[3]), b = tonumber(ARGV[4])}
local more = {r = tonumber(ARGV[5]), b = tonumber(ARGV[6])}
if redis.call('EXISTS', KEYS[2]) == 1 then
  return 'ok'
end
local used = {r = 0, b = 0}
local counts = redis.call('HGETALL', KEYS[1])
for i = 1, #counts, 2 do
  local second = tonumber(string.sub(counts[i], 2))
  if second <= now - window or second > now + window then
    redis.call('HDEL', KEYS[1], counts[i])
  else
    local kind = string.sub(counts[i], 1, 1)
    used[kind] = used[kind] + tonumber(counts[i + 1])
  end
end
for _, kind in ipairs({'r', 'b'}) do
  if limits[kind] > 0 and used[kind] > 0 and used[kind] + more[kind] > limits[kind] then
    return string.format('%.0f %.0f', used.r, used.b)
  end
end
for _, kind in ipairs({'r', 'b'}) do
  redis.call('HINCRBY', KEYS[1], kind .. string.format('%.0f', now), string.format('%.0f', more[kind]))
end
redis.call('EXPIRE', KEYS[1], window + 1)
redis.call('SET', KEYS[2], '1', 'EX', ARGV[7])
return 'ok'
"""
_ADMITTED: Final = b"ok"


class RedisIntakeMeter:
    """`IntakeMeter` for many processes.

    `local` counts what this process admitted, and decides while Redis does not answer. Redis does not learn
    of admissions made in that time. `rehearsed` replaces the server's clock in tests.
    """

    def __init__(
        self, local: IntakeMeter, *, link: RedisLink, process: str, rehearsed: Clock | None = None
    ) -> None:
        self._local = local
        self._link = link
        self._process = process
        self._rehearsed = rehearsed
        self._numbers = itertools.count()
        self._script = link.script(_ADMIT)

    @property
    def limits(self) -> IntakeLimits:
        """The limits that it keeps."""
        return self._local.limits

    async def admit(self, owner_id: UserId, *, records: int, size: int) -> None:
        """Count a request."""
        if self.limits.is_unlimited:
            return
        try:
            answer = await self._asked(owner_id, records=records, size=size)
        except Away:
            await self._local.admit(owner_id, records=records, size=size)
            return
        if answer != _ADMITTED:
            records_used, bytes_used = map(int, answer.split())
            self.limits.check(records_used=records_used, bytes_used=bytes_used, records=records, size=size)
        with suppress(RateLimited):  # after an outage it may know of more than Redis, which decides
            await self._local.admit(owner_id, records=records, size=size)

    async def _asked(self, owner_id: UserId, *, records: int, size: int) -> bytes:
        owner = blake2b(str(owner_id).encode(), digest_size=16).hexdigest()
        name = f"{self._process}:{next(self._numbers)}"
        keys = [self._link.key("intake", owner), self._link.key("intake-request", name)]
        arguments = [
            self._now_s(),
            WINDOW_S + SLOT_S,
            self.limits.records,
            self.limits.bytes,
            records,
            size,
            ANSWERED_S,
        ]
        return await self._link.ask(lambda: self._script(keys=keys, args=arguments))

    def _now_s(self) -> int:
        return -1 if self._rehearsed is None else int(self._rehearsed.now().timestamp())
