"""Session tokens and socket tickets."""

from typing import Protocol

from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Claims, Principal


class TokenCodec(Protocol):
    """Signs and reads tokens; the algorithm is fixed here, never taken from the token."""

    def issue(self, claims: Claims) -> str:
        """Return the signed token."""
        ...

    def read(self, token: str) -> Claims:
        """Return the token's claims after verifying its signature, issuer, audience and times.

        Raises `TokenExpired` when only its time is over, `Unauthorized` for every other failure.
        """
        ...

    def derive(self, text: str) -> str:
        """Return 43 characters of A-Z a-z 0-9 - and _ that only the signing key derives from `text`.

        The same text gives the same characters until the signing key changes.
        """
        ...


class TicketBook(Protocol):
    """Single-use tickets that let a browser open a socket without a token in the URL."""

    async def issue(self, principal: Principal) -> str:
        """Return a ticket for `principal` that is valid once, for 30 seconds."""
        ...

    async def redeem(self, ticket: str) -> Principal | None:
        """Use up the ticket and return its principal; None when unknown, used or expired.

        A race has one winner.
        """
        ...

    async def void(self, user_id: UserId, *, session_id: SessionId) -> None:
        """Invalidate the session's tickets."""
        ...
