"""Reading who asks and from where out of request headers; proving it is the user service's work."""

from collections.abc import Collection, Iterable

from netra.domain.audit.model import Origin
from netra.domain.errors import Unauthorized
from netra.entrypoints.asgi import Exchange

Headers = Iterable[tuple[bytes, bytes]]

SIGN_IN = "Sign in and send the token as `Authorization: Bearer <token>`."


def header(headers: Headers, name: bytes) -> bytes | None:
    """Return the first value under the lower-case `name`, or None."""
    for key, value in headers:
        if key == name:
            return value
    return None


def bearer_token(headers: Headers) -> str:
    """Return the token of the `Authorization` header. Raises `Unauthorized` when there is none.

    >>> bearer_token([(b"authorization", b"Bearer abc")])
    'abc'
    """
    value = header(headers, b"authorization")
    if value is None:
        raise Unauthorized(SIGN_IN)
    scheme, _, token = value.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized(SIGN_IN)
    return token.strip()


def client_address(peer: str, headers: Headers, *, trusted: Collection[str]) -> str:
    """Return the address to count by: the peer's, or what trusted proxies say of the one behind them.

    `X-Forwarded-For` is read from the right, and only as far as the speakers are trusted, so that a
    client cannot invent addresses.

    >>> client_address("10.0.0.1", [(b"x-forwarded-for", b"6.6.6.6, 7.7.7.7")], trusted={"10.0.0.1"})
    '7.7.7.7'
    >>> client_address("9.9.9.9", [(b"x-forwarded-for", b"6.6.6.6")], trusted={"10.0.0.1"})
    '9.9.9.9'
    """
    if peer not in trusted:
        return peer
    said = [value for key, value in headers if key == b"x-forwarded-for"]
    hops = [hop.strip() for hop in b",".join(said).decode("latin-1").split(",") if hop.strip()]
    address = peer
    for hop in reversed(hops):
        address = hop
        if hop not in trusted:
            break
    return address[:64]


def origin_of(exchange: Exchange, headers: Headers) -> Origin:
    """Return where a request comes from, as the security log tells it."""
    agent = (header(headers, b"user-agent") or b"").decode("latin-1")
    return Origin(request_id=exchange.request_id, address=exchange.client_address, agent=agent)


def cookie(headers: Headers, name: str) -> str | None:
    """Return the value of the cookie, or None.

    >>> cookie([(b"cookie", b"a=1; b=2")], "b")
    '2'
    """
    for key, value in headers:
        if key != b"cookie":
            continue
        for pair in value.decode("latin-1").split(";"):
            found, _, text = pair.strip().partition("=")
            if found == name:
                return text
    return None
