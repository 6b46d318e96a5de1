"""Single-use tickets in this process's memory."""

import secrets
from collections import OrderedDict
from typing import Final

import msgspec

from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Principal
from netra.ports.clock import Clock

LIFETIME_S: Final = 30.0
PER_SESSION_MAX: Final = 20  # tickets; a browser opens a few sockets, further tickets replace the oldest


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """The principal of a ticket, and when it expires on the monotonic clock."""

    principal: Principal
    until_s: float


class LocalTicketBook:
    """`TicketBook` for one process."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._tickets: OrderedDict[str, Ticket] = OrderedDict()  # oldest first
        self._by_session: dict[tuple[UserId, SessionId], list[str]] = {}

    async def issue(self, principal: Principal) -> str:
        """Return a ticket that is valid once, for 30 seconds."""
        self._forget_late()
        ticket = secrets.token_urlsafe(24)
        held = self._by_session.setdefault((principal.user_id, principal.session_id), [])
        if len(held) >= PER_SESSION_MAX:
            self._tickets.pop(held.pop(0))
        held.append(ticket)
        self._tickets[ticket] = Ticket(principal=principal, until_s=self._clock.monotonic_s() + LIFETIME_S)
        return ticket

    async def redeem(self, ticket: str) -> Principal | None:
        """Use up the ticket and return its principal."""
        self._forget_late()
        found = self._tickets.get(ticket)
        if found is None:
            return None
        self._remove(ticket)
        return found.principal

    async def void(self, user_id: UserId, *, session_id: SessionId) -> None:
        """Invalidate the session's tickets."""
        for ticket in self._by_session.pop((user_id, session_id), []):
            del self._tickets[ticket]

    def _forget_late(self) -> None:
        now_s = self._clock.monotonic_s()
        while self._tickets:
            oldest = next(iter(self._tickets))
            if self._tickets[oldest].until_s > now_s:
                return
            self._remove(oldest)

    def _remove(self, ticket: str) -> None:
        principal = self._tickets.pop(ticket).principal
        key = principal.user_id, principal.session_id
        self._by_session[key].remove(ticket)
        if not self._by_session[key]:
            del self._by_session[key]
