"""Checks a request once its route is known: sign-in, rate limit, API key scope and media type.

The order of checks is part of the API contract. It runs as Litestar middleware because only there unknown
routes and methods have been rejected already.
"""

from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec

from netra.domain.audit.model import SecurityEventKind
from netra.domain.errors import Forbidden, TokenExpired, Unauthorized
from netra.domain.quotas import Admission, LimitName
from netra.domain.users.model import KeyScope, Principal
from netra.entrypoints.asgi import App, Exchange, Header, Receive, Scope, Send, exchange_of
from netra.entrypoints.credentials import Headers, bearer_token, exported_token, header, origin_of
from netra.entrypoints.errors import RouteNotFound, UnsupportedMediaType
from netra.entrypoints.http.methods import answer_options
from netra.entrypoints.rate_limiting import add_headers, address_key, must_be_allowed, user_key
from netra.entrypoints.services import Switchboard

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"

_RULE: Final = "netra.rule"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a route requires of a request before its handler runs."""

    limit: LimitName | None = LimitName.GENERAL  # None: not rate limited
    is_public: bool = False
    reads: tuple[str, ...] = ()  # accepted media types; empty when the route reads no body
    scope: KeyScope | None = KeyScope.READ  # the scope that an API key needs; None: API keys are not accepted
    also: KeyScope | None = None  # a second scope that it needs
    encodings: tuple[bytes, ...] = ()  # accepted compressions of the body
    takes_key_header: bool = False  # whether an API key may come as `x-api-key`
    is_compressed: bool = False  # whether answers are compressed that are not to a signed-in GET


_USUAL: Final = Rule()


def admits(
    *,
    limit: LimitName | None = LimitName.GENERAL,
    public: bool = False,
    reads: tuple[str, ...] = (),
    scope: KeyScope | None = KeyScope.READ,
    also: KeyScope | None = None,
    encodings: tuple[bytes, ...] = (),
    takes_key_header: bool = False,
    compressed: bool = False,
) -> dict[str, Any]:
    """Return the `opt` of a route whose rule differs from: signed in, general rate limit, read scope."""
    rule = Rule(
        limit=limit,
        is_public=public,
        reads=reads,
        scope=scope,
        also=also,
        encodings=encodings,
        takes_key_header=takes_key_header,
        is_compressed=compressed,
    )
    return {_RULE: rule}


def rule_of(opt: Any) -> Rule:
    """Return the rule in a route's `opt`."""
    rule: Rule = opt.get(_RULE, _USUAL)
    return rule


class AdmissionMiddleware:
    """Admits a request, or raises the error."""

    def __init__(self, app: App, *, switchboard: Switchboard) -> None:
        self._app = app
        self._switchboard = switchboard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request; OPTIONS needs no check."""
        if scope["method"] == "OPTIONS":
            await answer_options(scope, send)
            return
        await self._check(scope, rule_of(scope["route_handler"].opt))
        check_id(scope)
        await self._app(scope, receive, send)

    async def _check(self, scope: Scope, rule: Rule) -> None:
        exchange = exchange_of(scope)
        try:
            key = await self._sign_in(scope, rule, exchange)
        except Unauthorized as error:
            await self._count(rule.limit or LimitName.GENERAL, address_key(exchange), exchange)
            await self._note_proof(error, scope)
            raise
        admission = await self._count(rule.limit, key, exchange)
        if admission is not None:
            await self._note_limit(admission, rule, key, scope)
            must_be_allowed(admission)
        if not rule.is_public:
            await self._check_scope(scope, rule)
        if rule.reads:
            check_media_type(scope["headers"], rule.reads, encodings=rule.encodings)

    async def _check_scope(self, scope: Scope, rule: Rule) -> None:
        principal: Principal = scope["auth"]
        try:
            check_scope(principal, rule.scope)
            if rule.also is not None:
                check_scope(principal, rule.also)
        except Forbidden:
            await self._switchboard.services.security_journal().note_once(
                SecurityEventKind.ACCESS_REFUSED,
                origin=origin_of(exchange_of(scope), scope["headers"]),
                key=principal.session_id,
                user_id=principal.user_id,
                path=scope["path"],
            )
            raise

    async def _note_proof(self, error: Unauthorized, scope: Scope) -> None:
        """Log an invalid proof; a missing one, or one that has expired or ended, is normal."""
        if isinstance(error, TokenExpired) or header(scope["headers"], b"authorization") is None:
            return
        exchange = exchange_of(scope)
        await self._switchboard.services.security_journal().note_once(
            SecurityEventKind.ACCESS_REFUSED,
            origin=origin_of(exchange, scope["headers"]),
            key=address_key(exchange),
            path=scope["path"],
        )

    async def _note_limit(self, admission: Admission, rule: Rule, key: str, scope: Scope) -> None:
        if admission.allowed or rule.limit is None:
            return
        await self._switchboard.services.security_journal().note_once(
            SecurityEventKind.LIMIT_REACHED,
            origin=origin_of(exchange_of(scope), scope["headers"]),
            key=f"{rule.limit.value} {key}",
        )

    async def _sign_in(self, scope: Scope, rule: Rule, exchange: Exchange) -> str:
        if rule.is_public:
            return address_key(exchange)
        token = (exported_token if rule.takes_key_header else bearer_token)(scope["headers"])
        principal = await self._switchboard.services.user_service().authenticate(token)
        scope["auth"] = principal
        return user_key(principal.user_id)

    async def _count(self, limit: LimitName | None, key: str, exchange: Exchange) -> Admission | None:
        if limit is None:
            return None
        admission = await self._switchboard.services.ports().limiter.admit(limit, key)
        add_headers(admission, exchange)
        return admission


def check_id(scope: Scope) -> None:
    """Raise `RouteNotFound` for a DELETE with an empty id.

    Litestar drops slashes at the end of `path`, so `DELETE /api/keys/` finds the route that deletes all keys.
    """
    is_of_all = "{" not in scope["path_template"]
    if scope["method"] == "DELETE" and is_of_all and unquote_to_bytes(scope["raw_path"]).endswith(b"/"):
        raise RouteNotFound("DELETE needs an id after the last slash, or no slash at the end of its path.")


def check_scope(principal: Principal, needed: KeyScope | None) -> None:
    """Raise `Forbidden` when the principal is an API key without the scope."""
    if principal.key_id is None:
        return
    if needed is None:
        raise Forbidden("An API key may not do this; sign in as a user.")
    if needed not in principal.scopes:
        raise Forbidden(f"This API key lacks the scope {needed.value}.", scope=needed.value)


def check_media_type(
    headers: list[Header], accepted: tuple[str, ...], *, encodings: tuple[bytes, ...] = ()
) -> None:
    """Raise unless the headers declare a media type that this route reads.

    A body without a Content-Type counts as the first accepted type. Raises `UnsupportedMediaType`.
    """
    encoding = header(headers, b"content-encoding")
    if encoding is not None and encoding.strip().lower() not in (b"identity", *encodings):
        ways = " or ".join(name.decode() for name in encodings)
        known = f"as {ways}, or without a Content-Encoding" if ways else "without a Content-Encoding"
        raise UnsupportedMediaType(f"Send the body {known}.", accepted=list(accepted))
    kind = media_type(headers, usual=accepted[0])
    if kind not in accepted:
        wanted = " or ".join(accepted)
        raise UnsupportedMediaType(f"Send the body as {wanted}, not as {kind!r}.", accepted=list(accepted))


def media_type(headers: Headers, *, usual: str = JSON) -> str:
    """Return the body's media type, in lower case and without parameters; `usual` without a header.

    >>> media_type([(b"content-type", b"Application/JSON; charset=utf-8")])
    'application/json'
    """
    sent = header(headers, b"content-type")
    return usual if sent is None else sent.decode("latin-1").partition(";")[0].strip().lower()
