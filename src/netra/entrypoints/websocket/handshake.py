"""The origin and the proof in a handshake. The user service verifies the proof."""

from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qs

import msgspec

from netra.domain.errors import Forbidden, Unauthorized
from netra.entrypoints.asgi import Scope
from netra.entrypoints.credentials import bearer_token, header, is_own_page

FIELDS_MAX: Final = 16  # fields of a query; more than a legitimate client sends


class Token(msgspec.Struct, frozen=True):
    """A signed token."""

    text: str


class Ticket(msgspec.Struct, frozen=True):
    """A single-use ticket."""

    text: str


def proof_in(scope: Scope) -> Token | Ticket:
    """Return the token of the `Authorization` header, else of `?token=`, else the `?ticket=`.

    Raises `Unauthorized` without any of them.

    >>> proof_in({"headers": [], "query_string": b"ticket=abc"})
    Ticket(text='abc')
    """
    if header(scope["headers"], b"authorization") is not None:
        return Token(bearer_token(scope["headers"]))
    try:
        fields = parse_qs(scope["query_string"].decode(), max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise Unauthorized("The query cannot be read.") from error
    if "token" in fields:
        return Token(fields["token"][0])
    if "ticket" in fields:
        return Ticket(fields["ticket"][0])
    raise Unauthorized("Sign in and connect with ?token=, ?ticket= or an Authorization header.")


def check_origin(scope: Scope, *, allowed: Collection[str]) -> None:
    """Raise `Forbidden` when a browser connects from a page that is neither ours nor in `allowed`.

    A script cannot hide its page's origin, and programs other than browsers send no origin (RFC 6455, section
    10.2).
    """
    origin = header(scope["headers"], b"origin")
    if origin is None:
        return
    page = origin.decode("latin-1")
    if not is_own_page(scope["headers"]) and page not in allowed:
        raise Forbidden("Pages of this origin may not connect.", origin=page[:256])
