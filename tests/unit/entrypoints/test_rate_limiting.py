"""What the headers say of a rate limiter's decisions."""

import pytest

from netra.domain.errors import RateLimited
from netra.domain.quotas import Admission
from netra.entrypoints.asgi import Exchange
from netra.entrypoints.rate_limiting import add_headers, address_key, must_be_allowed


def admission(*, limit: int = 5, remaining: int = 3, allowed: bool = True) -> Admission:
    """Return a decision."""
    return Admission(allowed=allowed, limit=limit, remaining=remaining, reset_at_s=100, retry_after_s=9)


def told(*admissions: Admission) -> list[tuple[bytes, bytes]]:
    """Return the headers after these decisions."""
    exchange = Exchange(request_id="req-1", client_address="a", headers=[(b"x-other", b"1")])
    for one in admissions:
        add_headers(one, exchange)
    assert exchange.headers[0] == (b"x-other", b"1")
    return exchange.headers[1:]


def test_a_decision_is_told_in_three_headers() -> None:
    assert told(admission()) == [
        (b"x-ratelimit-limit", b"5"),
        (b"x-ratelimit-remaining", b"3"),
        (b"x-ratelimit-reset", b"100"),
    ]


@pytest.mark.parametrize("order", [(1, 4), (4, 1)])
def test_of_two_decisions_the_tighter_one_is_told(order: tuple[int, int]) -> None:
    headers = told(*(admission(remaining=remaining) for remaining in order))
    assert headers.count((b"x-ratelimit-remaining", b"1")) == 1
    assert len(headers) == 3


def test_a_limit_that_is_off_says_nothing() -> None:
    assert told(admission(limit=0, remaining=0)) == []


def test_a_refusal_says_when_to_come_back() -> None:
    must_be_allowed(admission())
    with pytest.raises(RateLimited) as caught:
        must_be_allowed(admission(allowed=False, remaining=0))
    assert caught.value.retry_after_s == 9


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
    ],
)
def test_an_ipv6_client_is_counted_by_its_64(one: str, other: str, is_same: bool) -> None:
    """One subscriber has a whole /64: counted by address, they would have 2**64 limits."""
    keys = {
        address_key(Exchange(request_id="req-1", client_address=address, headers=[]))
        for address in (one, other)
    }
    assert (len(keys) == 1) is is_same
