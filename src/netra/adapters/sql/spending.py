"""Stores spending on language models, in a table."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update

from netra.adapters.sql.instants import micros
from netra.adapters.sql.locks import locking
from netra.adapters.sql.operations_schema import spending
from netra.adapters.sql.transactions import Database, Query, Script, ask, inserting, param
from netra.ports.spending import AccountId, Amount, Limit

KEPT: Final = timedelta(days=7)  # an account is used for a day, or for the lifetime of its run

_BOOKED = Query(select(spending.c.tokens, spending.c.nano_usd).where(spending.c.account == param("wanted")))
_OPEN = inserting(spending)
_ADD = Query(
    update(spending)
    .where(spending.c.account == param("wanted"))
    .values(
        tokens=spending.c.tokens + param("more_tokens"),
        nano_usd=spending.c.nano_usd + param("more_nano_usd"),
    )
)
_FORGET = Query(delete(spending).where(spending.c.began_at < param("before")))


class SqlSpendingBook:
    """`SpendingBook` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, amount: Amount, *, limits: Sequence[Limit], at: datetime) -> AccountId | None:
        """Book the amount on all accounts, or change no account."""
        ordered = sorted(limits, key=lambda limit: limit.account)  # a fixed lock order prevents deadlocks
        return await self._database.write(lambda: _reserving(amount, ordered, at=at))

    async def settle(self, difference: Amount, *, accounts: Sequence[AccountId]) -> None:
        """Add the difference to every known account."""
        await self._database.write(lambda: _adding(difference, sorted(accounts)))

    async def booked(self, account: AccountId) -> Amount:
        """Return the amount booked on the account."""
        return await self._database.read(lambda: _reading(account))


def _reserving(amount: Amount, limits: Sequence[Limit], *, at: datetime) -> Script[AccountId | None]:
    for limit in limits:
        yield locking(f"spending of {limit.account}")
    known: list[AccountId] = []
    for limit in limits:
        rows = yield ask(_BOOKED, wanted=limit.account)
        before = Amount(tokens=rows[0][0], nano_usd=rows[0][1]) if rows else Amount()
        if not limit.has_room(before.plus(amount)):
            return limit.account
        if rows:
            known.append(limit.account)
    yield from _adding(amount, known)
    new = [limit.account for limit in limits if limit.account not in known]
    for account in new:
        yield ask(_OPEN, account=account, tokens=amount.tokens, nano_usd=amount.nano_usd, began_at=micros(at))
    if new:
        yield ask(_FORGET, before=micros(at - KEPT))
    return None


def _adding(amount: Amount, accounts: Sequence[AccountId]) -> Script[None]:
    for account in accounts:
        yield ask(_ADD, wanted=account, more_tokens=amount.tokens, more_nano_usd=amount.nano_usd)


def _reading(account: AccountId) -> Script[Amount]:
    rows = yield ask(_BOOKED, wanted=account)
    return Amount(tokens=rows[0][0], nano_usd=rows[0][1]) if rows else Amount()
