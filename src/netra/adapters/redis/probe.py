"""Health of Redis: it answers."""

from netra.adapters.redis.link import Away, RedisLink
from netra.domain.errors import Unavailable


class RedisProbe:
    """`Probe` of Redis."""

    name = "redis"

    def __init__(self, link: RedisLink) -> None:
        self._link = link

    async def check(self) -> None:
        """Return when Redis answers."""
        try:
            await self._link.ping()
        except Away as away:
            raise Unavailable(
                "Redis does not answer; rate limits and wake-ups work per process only."
            ) from away
