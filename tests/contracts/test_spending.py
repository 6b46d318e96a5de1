"""The contract of `SpendingBook`."""

import asyncio
from datetime import UTC, datetime

from netra.ports.spending import Amount, Limit

AT = datetime(2024, 3, 1, tzinfo=UTC)
TEN = Amount(tokens=10, nano_usd=1_000)


def limits(*accounts: str, tokens: int = 0, nano_usd: int = 0) -> list[Limit]:
    return [Limit(account=account, tokens=tokens, nano_usd=nano_usd) for account in accounts]


async def test_what_is_reserved_is_booked_on_every_account(stores):
    assert await stores.spending.reserve(TEN, limits=limits("user Zoë", "run b"), at=AT) is None
    assert await stores.spending.reserve(TEN, limits=limits("run b"), at=AT) is None
    assert await stores.spending.booked("user Zoë") == TEN
    assert await stores.spending.booked("run b") == TEN.plus(TEN)
    assert await stores.spending.booked("run c") == Amount()


async def test_an_account_without_room_is_named_and_nothing_is_booked_on_any(stores):
    await stores.spending.reserve(TEN, limits=limits("b"), at=AT)
    both = [*limits("a"), *limits("b", tokens=19)]
    for order in (both, both[::-1]):
        assert await stores.spending.reserve(TEN, limits=order, at=AT) == "b"
    assert await stores.spending.booked("a") == Amount()
    assert await stores.spending.booked("b") == TEN


async def test_tokens_and_dollars_are_bounded_each_up_to_and_with_the_limit(stores):
    assert await stores.spending.reserve(TEN, limits=limits("a", tokens=9), at=AT) == "a"
    assert await stores.spending.reserve(TEN, limits=limits("a", nano_usd=999), at=AT) == "a"
    assert await stores.spending.reserve(TEN, limits=limits("a", tokens=10, nano_usd=1_000), at=AT) is None
    assert await stores.spending.reserve(TEN, limits=limits("a", tokens=10**12), at=AT) is None


async def test_what_was_not_used_goes_back(stores):
    await stores.spending.reserve(TEN, limits=limits("a", "b"), at=AT)
    await stores.spending.settle(Amount(tokens=-7, nano_usd=-900), accounts=["a", "b", "unknown"])
    assert await stores.spending.booked("a") == Amount(tokens=3, nano_usd=100)
    assert await stores.spending.booked("b") == Amount(tokens=3, nano_usd=100)
    assert await stores.spending.booked("unknown") == Amount()
    assert await stores.spending.reserve(TEN, limits=limits("a", tokens=13), at=AT) is None


async def test_more_than_was_reserved_counts_too(stores):
    large = Amount(tokens=2**40, nano_usd=2**50)
    await stores.spending.reserve(TEN, limits=limits("a"), at=AT)
    await stores.spending.settle(large, accounts=["a"])
    assert await stores.spending.booked("a") == TEN.plus(large)


async def test_of_many_who_reserve_the_last_of_a_budget_one_gets_it(stores):
    tries = (
        stores.spending.reserve(TEN, limits=limits("user", f"run {n}", tokens=10)[:2], at=AT)
        for n in range(20)
    )
    refused = await asyncio.gather(*tries)
    assert refused.count(None) == 1
    assert refused.count("user") == 19
    assert await stores.spending.booked("user") == TEN


async def test_many_with_accounts_in_any_order_keep_to_the_budget_and_none_waits_for_ever(stores):
    async def reserve(n: int) -> None:
        two = limits("a", "b", tokens=50)
        if await stores.spending.reserve(TEN, limits=two if n % 2 else two[::-1], at=AT) is None:
            await stores.spending.settle(Amount(tokens=-5), accounts=["b", "a"] if n % 2 else ["a", "b"])

    await asyncio.gather(*(reserve(n) for n in range(20)))
    assert (await stores.spending.booked("a")).tokens <= 50
    assert await stores.spending.booked("a") == await stores.spending.booked("b")
