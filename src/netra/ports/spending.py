"""What is spent on a language model, counted over all processes and restarts."""

from collections.abc import Sequence
from datetime import datetime
from typing import NewType, Protocol

import msgspec

AccountId = NewType("AccountId", str)  # a run, or one user on one day


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens and dollars; negative where a reservation is given back. Dollars nobody knows are 0."""

    tokens: int = 0
    nano_usd: int = 0  # 1e-9 dollars

    def plus(self, other: "Amount") -> "Amount":
        """Return the sum."""
        return Amount(tokens=self.tokens + other.tokens, nano_usd=self.nano_usd + other.nano_usd)


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """The most that may be booked on an account; 0 sets no bound."""

    account: AccountId
    tokens: int = 0
    nano_usd: int = 0

    def has_room(self, booked: Amount) -> bool:
        """Return whether `booked` keeps to it."""
        return (not self.tokens or booked.tokens <= self.tokens) and (
            not self.nano_usd or booked.nano_usd <= self.nano_usd
        )


class SpendingBook(Protocol):
    """Accounts of what is spent; a reservation counts as spent until it is settled."""

    async def reserve(self, amount: Amount, *, limits: Sequence[Limit], at: datetime) -> AccountId | None:
        """Book `amount` on every account, or on none; return the first account without room, else None.

        One step: of any number that reserve at the same time, in whatever process, no more get through
        than the limits allow. Raises `Unavailable`.
        """
        ...

    async def settle(self, difference: Amount, *, accounts: Sequence[AccountId]) -> None:
        """Add `difference`, mostly negative, to every account; one that is unknown is left out.

        Raises `Unavailable`: then the reservation stays booked.
        """
        ...

    async def booked(self, account: AccountId) -> Amount:
        """Return what is booked on `account`, nothing for an unknown one."""
        ...
