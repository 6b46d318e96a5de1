"""Rate limits of requests: the key that a request counts under, and the response's headers."""

from typing import Final

from netra.domain.errors import RateLimited
from netra.domain.networks import network_of
from netra.domain.quotas import Admission
from netra.entrypoints.asgi import Exchange, Header

_FAMILY: Final = b"x-ratelimit-"
_LIMIT: Final = b"x-ratelimit-limit"
_REMAINING: Final = b"x-ratelimit-remaining"
_RESET: Final = b"x-ratelimit-reset"


def user_key(user_id: int) -> str:
    """Return the key for a user's requests, on every transport."""
    return f"user:{user_id}"


def address_key(exchange: Exchange) -> str:
    """Return the key for requests without sign-in: the address, or the /64 network of an IPv6 client."""
    return f"address:{network_of(exchange.client_address)}"


def account_key(email: str) -> str:
    """Return the key for attempts to sign in to one account, from any address."""
    return f"account:{email}"


def add_headers(admission: Admission, exchange: Exchange) -> None:
    """Add the decision to the response's headers; of two decisions the stricter one is kept."""
    if admission.limit == 0:
        return
    earlier = dict(exchange.headers).get(_REMAINING)
    if earlier is not None:
        if int(earlier) < admission.remaining:
            return
        exchange.headers = [kept for kept in exchange.headers if not kept[0].startswith(_FAMILY)]
    stamps: tuple[Header, ...] = (
        (_LIMIT, b"%d" % admission.limit),
        (_REMAINING, b"%d" % admission.remaining),
        (_RESET, b"%d" % admission.reset_at_s),
    )
    exchange.headers.extend(stamps)


def must_be_allowed(admission: Admission) -> None:
    """Raise `RateLimited` when the request was not admitted."""
    if not admission.allowed:
        message = f"More than {admission.limit} requests in 60 s; try again in {admission.retry_after_s} s."
        raise RateLimited(message, retry_after_s=admission.retry_after_s)
