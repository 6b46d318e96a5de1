"""Reads proofs, cookies and origins from request headers; the user service verifies the proofs."""

from collections.abc import Iterable

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
    """Return the token of the `Authorization` header. Raises `Unauthorized` without one.

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


def exported_token(headers: Headers) -> str:
    """Return the token of an exporter: `x-api-key`, or the `Authorization` header where there is one.

    OpenTelemetry's variables hold headers percent-encoded. Claude Code (seen: 2.1.332) sends them as they
    stand, so `Bearer%20` is read as what it stands for. Raises `Unauthorized` without either header.

    >>> exported_token([(b"x-api-key", b"abc")]), exported_token([(b"authorization", b"Bearer%20abc")])
    ('abc', 'abc')
    """
    value = header(headers, b"authorization")
    if value is None and (key := header(headers, b"x-api-key")) is not None:
        return key.decode("latin-1").strip()
    if value is not None and value[:9].lower() == b"bearer%20":
        return value[9:].decode("latin-1").strip()
    return bearer_token(headers)


def origin_of(exchange: Exchange, headers: Headers) -> Origin:
    """Return a request's origin for the security log."""
    agent = (header(headers, b"user-agent") or b"").decode("latin-1")
    return Origin(request_id=exchange.request_id, address=exchange.client_address, agent=agent)


def is_own_page(headers: Headers) -> bool:
    """Return whether a browser sent the request from a page of this service; a script cannot forge this.

    >>> is_own_page([(b"origin", b"http://a:1"), (b"host", b"a:1")]), is_own_page([(b"host", b"a:1")])
    (True, False)
    """
    origin, host = header(headers, b"origin"), header(headers, b"host")
    return origin is not None and host is not None and origin.partition(b"://")[2] == host


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
