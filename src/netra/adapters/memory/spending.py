"""Stores spending on language models, in a dictionary."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from netra.ports.spending import AccountId, Amount, Limit

ACCOUNTS_MAX: Final = 100_000  # accounts, about 20 MB; beyond it the least recently used are evicted


class MemorySpendingBook:
    """`SpendingBook` for tests and embedded programs; it never awaits, so each method is atomic."""

    def __init__(self, *, accounts_max: int = ACCOUNTS_MAX) -> None:
        self._accounts_max = accounts_max
        self._booked: OrderedDict[AccountId, Amount] = OrderedDict()

    async def reserve(self, amount: Amount, *, limits: Sequence[Limit], at: datetime) -> AccountId | None:  # noqa: ARG002 (evicts by number, not by age)
        """Book the amount on all accounts, or change no account."""
        for limit in limits:
            if not limit.has_room(self._of(limit.account).plus(amount)):
                return limit.account
        for limit in limits:
            self._book(limit.account, amount)
        while len(self._booked) > self._accounts_max:
            self._booked.popitem(last=False)
        return None

    async def settle(self, difference: Amount, *, accounts: Sequence[AccountId]) -> None:
        """Add the difference to every known account."""
        for account in accounts:
            if account in self._booked:
                self._book(account, difference)

    async def booked(self, account: AccountId) -> Amount:
        """Return the amount booked on the account."""
        return self._of(account)

    def _of(self, account: AccountId) -> Amount:
        return self._booked.get(account, Amount())

    def _book(self, account: AccountId, amount: Amount) -> None:
        self._booked[account] = self._of(account).plus(amount)
        self._booked.move_to_end(account)
