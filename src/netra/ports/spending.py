"""Spending on language models, counted over all processes and restarts."""

from collections.abc import Sequence
from datetime import datetime
from typing import NewType, Protocol

import msgspec

AccountId = NewType("AccountId", str)  # a run, or one user on one day


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens and US dollars; negative when a reservation is returned. An unknown cost counts as 0."""

    tokens: int = 0
    nano_usd: int = 0  # 1e-9 dollars

    def plus(self, other: "Amount") -> "Amount":
        """Return the sum."""
        return Amount(tokens=self.tokens + other.tokens, nano_usd=self.nano_usd + other.nano_usd)


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """Upper bounds on what may be booked on an account; 0 means no bound."""

    account: AccountId
    tokens: int = 0
    nano_usd: int = 0

    def has_room(self, booked: Amount) -> bool:
        """Return whether `booked` is within the limit."""
        return (not self.tokens or booked.tokens <= self.tokens) and (
            not self.nano_usd or booked.nano_usd <= self.nano_usd
        )


class SpendingBook(Protocol):
    """Accounts of spending; a reservation counts as spent until it is settled."""

    async def reserve(self, amount: Amount, *, limits: Sequence[Limit], at: datetime) -> AccountId | None:
        """Book `amount` on all accounts, or change no account and return the first one without room.

        Atomic: concurrent reservations of any number of processes never exceed the limits. Raises
        `Unavailable`.
        """
        ...

    async def settle(self, difference: Amount, *, accounts: Sequence[AccountId]) -> None:
        """Add `difference`, usually negative, to every account; unknown accounts are skipped.

        Raises `Unavailable`; then the reservation stays booked.
        """
        ...

    async def booked(self, account: AccountId) -> Amount:
        """Return the amount booked on `account`; zero for an unknown one."""
        ...
