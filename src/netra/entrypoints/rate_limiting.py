"""Rate limits at the doors: what a request is counted under, and what the answer says of it."""

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
    """Return what a user's requests are counted under, on every transport."""
    return f"user:{user_id}"


def address_key(exchange: Exchange) -> str:
    """Return the key that unsigned requests are counted under: an IPv6 client by its /64."""
    return f"address:{network_of(exchange.client_address)}"


def account_key(email: str) -> str:
    """Return what attempts to sign in to one account are counted under, wherever they come from."""
    return f"account:{email}"


def tell(admission: Admission, exchange: Exchange) -> None:
    """Put the decision into the answer's headers; of two decisions the tighter one stands."""
    if admission.limit == 0:
        return
    told = dict(exchange.headers).get(_REMAINING)
    if told is not None:
        if int(told) < admission.remaining:
            return
        exchange.headers = [kept for kept in exchange.headers if not kept[0].startswith(_FAMILY)]
    stamps: tuple[Header, ...] = (
        (_LIMIT, b"%d" % admission.limit),
        (_REMAINING, b"%d" % admission.remaining),
        (_RESET, b"%d" % admission.reset_at_s),
    )
    exchange.headers.extend(stamps)


def must_be_allowed(admission: Admission) -> None:
    """Raise `RateLimited` when the limiter refused."""
    if not admission.allowed:
        message = f"More than {admission.limit} requests in 60 s; try again in {admission.retry_after_s} s."
        raise RateLimited(message, retry_after_s=admission.retry_after_s)
