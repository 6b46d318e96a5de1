"""How a sign-in is carried by the client."""

from typing import Protocol

from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Claims, Principal


class TokenCodec(Protocol):
    """Signs and reads tokens; one algorithm, chosen here and never by the token."""

    def issue(self, claims: Claims) -> str:
        """Return the signed token."""
        ...

    def read(self, token: str) -> Claims:
        """Return what the token says once its signature, issuer, audience and times hold.

        Raises `TokenExpired` when only its time is over, `Unauthorized` for everything else.
        """
        ...


class TicketBook(Protocol):
    """Single-use tickets that let a browser open a socket without a token in its address."""

    async def issue(self, principal: Principal) -> str:
        """Return a ticket for `principal` that is good once, for 30 seconds."""
        ...

    async def redeem(self, ticket: str) -> Principal | None:
        """Return whose ticket it is and use it up; None when unknown, used or late. A race has one winner."""
        ...

    async def void(self, user_id: UserId, *, session_id: SessionId) -> None:
        """Make the session's tickets worthless."""
        ...
