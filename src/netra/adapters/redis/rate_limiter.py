"""Rate limits that all processes share: one script, one atomic step, the server's clock."""

import asyncio
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from netra.adapters.redis.admitted import Admitted, Ledger
from netra.adapters.redis.batching import Outbox
from netra.adapters.redis.link import RETRY_S, Away, RedisLink
from netra.adapters.redis.listener import RedisListener
from netra.adapters.redis.vendor import Script
from netra.domain.quotas import Admission, LimitName
from netra.ports.clock import Clock
from netra.ports.rate_limiter import RateLimiter

WINDOW_US: Final = 60_000_000

WAITING_MAX: Final = 10_000  # admissions; beyond them this process decides alone
# A Redis that has forgotten decides nothing for so long, and all processes tell it what they admitted. The
# slowest one is trying in vain to connect when it comes back, for `ANSWER_S`, and then waits for `AGAIN_S`.
SETTLED_S: Final = 0.8

# A sorted set a key holds the admissions, by name, at their instants in microseconds. An instant exactly
# 60 s old still counts. The key lives a second longer than its newest instant counts. A Redis that has
# forgotten everything has no epoch: whoever finds that begins one and tells all processes. Before it has
# settled nothing is admitted to anybody, and nothing to those that know another one: they first tell what is
# theirs. A server's clock that was put back does not make them wait for it. Whoever is asked twice, since an
# answer was lost, counts once. The answer is one string, since the client spends more on each element of a
# list than on all the rest.
_ADMIT: Final = """
local time = redis.call('TIME')
local server_now = time[1] * 1000000 + time[2]
local epoch = redis.call('GET', KEYS[1])
if not epoch then
  epoch = string.format('%.0f', server_now)
  redis.call('SET', KEYS[1], epoch)
  redis.call('PUBLISH', KEYS[1], epoch)
end
local age = server_now - epoch
if age >= 0 and age < tonumber(ARGV[4]) or ARGV[3] ~= '' and ARGV[3] ~= epoch then
  return string.format('%s %.0f', epoch, age)
end
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
if now < 0 then
  now = server_now
end
local said = {epoch}
for i = 2, #KEYS do
  local key = KEYS[i]
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('(%.0f', now - window))
  local count = redis.call('ZCARD', key)
  local allowed = 0
  if count < tonumber(ARGV[i * 2 + 1]) then
    allowed = 1
    count = count + redis.call('ZADD', key, 'NX', string.format('%.0f', now), ARGV[i * 2 + 2])
    redis.call('PEXPIRE', key, window / 1000 + 1000)
  elseif redis.call('ZSCORE', key, ARGV[i * 2 + 2]) then
    allowed = 1
  end
  local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  local newest = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
  said[i] = string.format('%d %d %.0f %.0f %.0f', allowed, count, oldest, newest, now)
end
return table.concat(said, ' ')
"""
_NUMBERS: Final = 5  # of one admission in the answer

# Names that are known keep their instants.
_TELL: Final = """
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
if now < 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, 'NX', string.format('%.0f', now - ARGV[i * 2 + 1]), ARGV[i * 2 + 2])
  redis.call('PEXPIRE', key, window / 1000 + 1000)
end
return ''
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One admission that is asked for, since when (the loop's clock), and where its answer goes."""

    key: str
    name: bytes
    limit: int
    since_s: float
    said: asyncio.Future[Sequence[int] | None]


class RedisRateLimiter:
    """`RateLimiter` for many processes.

    Those who ask while an answer is under way ask together, in the next trip; each has its own step.
    `local` counts what this process admitted and decides while Redis is away. What Redis has forgotten
    or has never known it is told before it decides again, whether anybody asks or not. `rehearsed` takes
    the place of the server's clock where a test rehearses a minute.
    """

    def __init__(
        self,
        local: RateLimiter,
        *,
        link: RedisLink,
        listener: RedisListener,
        clock: Clock,
        process: str,
        rehearsed: Clock | None = None,
        settled_s: float = SETTLED_S,
    ) -> None:
        self._local = local
        self._limits = local.published()
        self._link = link
        self._clock = clock
        self._rehearsed = rehearsed
        self._settle_us = round(settled_s * 1e6)
        self._process = process.encode()
        self._numbers = itertools.count()
        self._ledger = Ledger()
        self._epoch: bytes = b""  # of the Redis that knows the ledger; none is known yet
        self._epoch_key = link.key("limit", "epoch")  # and the channel that tells of a new one
        self._later: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._settled_s = 0.0  # of the loop's clock: whoever has waited until then has not waited for Redis
        self._admit = link.script(_ADMIT)
        self._tell = link.script(_TELL)
        self._outbox: Outbox[Question | None] = Outbox(self._ask, items_max=WAITING_MAX)  # None: only tell
        listener.expect(self._epoch_key, self._hear)
        listener.on_loss(self._ledger.doubt)
        listener.on_return(self._doubt)

    async def admit(self, name: LimitName, key: str) -> Admission:
        """Count one request of `key` under `name` and say whether it is admitted."""
        limit = self._limits[name.value]
        if limit == 0:
            return await self._local.admit(name, key)
        # hashed: a key may be an e-mail address, and is as long as its sender likes
        hashed = self._link.key("limit", name.value, blake2b(key.encode(), digest_size=16).hexdigest())
        one = b"%b:%d" % (self._process, next(self._numbers))
        said = await self._said(hashed, one, limit=limit)
        if said is not None:
            shared = _admission(limit, said)
            if shared.allowed:
                await self._local.admit(name, key)
            return shared
        own = await self._local.admit(name, key)
        if own.allowed:
            self._keep(hashed, one, is_told=False)
        return own

    def published(self) -> dict[str, int]:
        """Return the live limits by name."""
        return dict(self._limits)

    async def close(self) -> None:
        """Wait until the last answer is in, or Redis is away."""
        self._is_closed = True
        if self._later is not None:
            self._later.cancel()
        await self._outbox.close()

    async def _said(self, key: str, name: bytes, *, limit: int) -> Sequence[int] | None:
        """Return what Redis says, or None while it is away."""
        if self._link.is_away:
            return None
        loop = asyncio.get_running_loop()
        said: asyncio.Future[Sequence[int] | None] = loop.create_future()
        question = Question(key=key, name=name, limit=limit, since_s=loop.time(), said=said)
        return await said if self._outbox.put(question) else None

    async def _ask(self, waiting: list[Question | None]) -> None:
        questions = [question for question in waiting if question is not None]
        numbers: list[int] = []
        try:
            numbers = await self._decided(questions)
        except Away:
            self._tell_later()  # each decides in process
        finally:
            for number, question in enumerate(questions):
                own = numbers[number * _NUMBERS : (number + 1) * _NUMBERS]
                if own and own[0]:
                    self._keep(question.key, question.name, is_told=True)
                if not question.said.done():  # else whoever asked has gone
                    question.said.set_result(own or None)

    async def _decided(self, questions: Sequence[Question]) -> list[int]:
        """Return what Redis says once it knows all that this process admitted. Raises `Away`."""
        since_s = max(questions[0].since_s, self._settled_s) if questions else None
        keys = [self._epoch_key, *(question.key for question in questions)]
        bounds = [part for question in questions for part in (question.limit, question.name)]
        while True:
            await self._tell_untold(since_s)
            arguments = [self._now_us(), WINDOW_US, self._epoch, self._settle_us, *bounds]
            answer = await self._run(self._admit, keys, arguments, since_s=since_s)
            epoch, *numbers = answer.split()
            if epoch != self._epoch:
                self._ledger.doubt()
            self._epoch = epoch
            if len(numbers) != 1:
                return [int(number) for number in numbers]
            since_s = None  # what is waited for now is not Redis
            await self._tell_untold(since_s)
            if not questions:
                return []
            await asyncio.sleep(min(max(self._settle_us - int(numbers[0]), 0), self._settle_us) / 1e6)
            self._settled_s = asyncio.get_running_loop().time()

    async def _tell_untold(self, since_s: float | None) -> None:
        while untold := self._ledger.take_untold(self._clock.monotonic_s()):
            now_s = self._clock.monotonic_s()
            keys = [one.key for one in untold]
            ages = [part for one in untold for part in (round((now_s - one.at_s) * 1e6), one.name)]
            arguments = [self._now_us(), WINDOW_US, *ages]
            try:
                await self._run(self._tell, keys, arguments, since_s=since_s)
            except Away:
                self._ledger.put_back(untold)
                raise

    async def _run(
        self, script: Script, keys: Sequence[str], arguments: Sequence[bytes | int], *, since_s: float | None
    ) -> bytes:
        return await self._link.ask(lambda: script(keys=keys, args=arguments), since_s=since_s)

    async def _hear(self, epoch: bytes) -> None:
        if self._epoch not in {b"", epoch}:
            self._outbox.put(None)

    def _doubt(self) -> None:
        """Tell everything again, at once: behind a new connection may be another Redis, or an older state."""
        self._ledger.doubt()
        if not self._is_closed:
            self._outbox.put(None)

    def _tell_later(self) -> None:
        if self._later is None and not self._is_closed:
            self._later = asyncio.get_running_loop().call_later(RETRY_S, self._tell_now)

    def _tell_now(self) -> None:
        self._later = None
        self._outbox.put(None)

    def _keep(self, key: str, name: bytes, *, is_told: bool) -> None:
        self._ledger.keep(Admitted(key=key, at_s=self._clock.monotonic_s(), name=name), is_told=is_told)

    def _now_us(self) -> int:
        return -1 if self._rehearsed is None else round(self._rehearsed.now().timestamp() * 1e6)


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
