"""Single-use tickets that any process may redeem."""

import secrets
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

import msgspec

from netra.adapters.redis.link import Away, RedisLink
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Principal
from netra.ports.clock import Clock
from netra.ports.tokens import TicketBook

LIFETIME: Final = timedelta(seconds=30)
PER_SESSION_MAX: Final = 20  # tickets; a browser opens a few sockets, further tickets replace the oldest

_ISSUE: Final = """
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
redis.call('RPUSH', KEYS[1], KEYS[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
while redis.call('LLEN', KEYS[1]) > tonumber(ARGV[3]) do
  redis.call('DEL', redis.call('LPOP', KEYS[1]))
end
"""
_VOID: Final = """
for _, ticket in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  redis.call('DEL', ticket)
end
redis.call('DEL', KEYS[1])
"""


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """The principal of a ticket, and when it expires."""

    principal: Principal
    until: datetime


_DECODER: Final = msgspec.msgpack.Decoder(Ticket)


class RedisTicketBook:
    """`TicketBook` for many processes; without Redis a ticket is valid only in the process that issued it.

    Redis holds only digests, so reading it reveals no ticket.
    """

    def __init__(self, local: TicketBook, *, link: RedisLink, clock: Clock) -> None:
        self._local = local
        self._link = link
        self._clock = clock
        self._issue = link.script(_ISSUE)
        self._void = link.script(_VOID)

    async def issue(self, principal: Principal) -> str:
        """Return a ticket that is valid once, for 30 seconds."""
        ticket = secrets.token_urlsafe(24)
        kept = msgspec.msgpack.encode(Ticket(principal=principal, until=self._clock.now() + LIFETIME))
        keys = [self._of_session(principal.user_id, principal.session_id), self._of_ticket(ticket)]
        arguments: list[bytes | int] = [kept, round(LIFETIME.total_seconds() * 1_000), PER_SESSION_MAX]
        try:
            await self._link.ask(lambda: self._issue(keys=keys, args=arguments))
        except Away:
            return await self._local.issue(principal)
        return ticket

    async def redeem(self, ticket: str) -> Principal | None:
        """Use up the ticket and return its principal."""
        key = self._of_ticket(ticket)
        try:
            kept = await self._link.ask(lambda: self._link.client.getdel(key))
        except Away:
            kept = None
        if kept is None:
            return await self._local.redeem(ticket)
        found = _DECODER.decode(kept)
        return found.principal if found.until > self._clock.now() else None

    async def void(self, user_id: UserId, *, session_id: SessionId) -> None:
        """Invalidate the session's tickets; while Redis is unreachable they expire by themselves."""
        await self._local.void(user_id, session_id=session_id)
        keys = [self._of_session(user_id, session_id)]
        try:
            await self._link.ask(lambda: self._void(keys=keys))
        except Away:
            return

    def _of_session(self, user_id: UserId, session_id: SessionId) -> str:
        return self._link.key("tickets", str(user_id), session_id)

    def _of_ticket(self, ticket: str) -> str:
        return self._link.key("ticket", blake2b(ticket.encode(), digest_size=16).hexdigest())
