"""Who may come in, how often, and with what kind of body: checked once the route is known.

The order is the contract's: sign-in, rate limit, what an API key may do, media type. It runs as
Litestar middleware because only there unknown routes and methods have been refused already.
"""

from typing import Any, Final

import msgspec

from netra.domain.audit.model import SecurityEventKind
from netra.domain.errors import Forbidden, TokenExpired, Unauthorized
from netra.domain.quotas import Admission, LimitName
from netra.domain.users.model import Principal
from netra.domain.users.model import Scope as KeyScope
from netra.entrypoints.asgi import App, Exchange, Header, Receive, Scope, Send, exchange_of
from netra.entrypoints.credentials import Headers, bearer_token, header, origin_of
from netra.entrypoints.errors import UnsupportedMediaType
from netra.entrypoints.http.methods import tell_methods
from netra.entrypoints.rate_limiting import address_key, must_be_allowed, tell, user_key
from netra.entrypoints.services import Switchboard

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"

_RULE: Final = "netra.rule"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a route asks of a request before its handler sees it."""

    limit: LimitName | None = LimitName.GENERAL  # None: not counted
    is_public: bool = False
    reads: tuple[str, ...] = ()  # media types; none when the route reads no body
    scope: KeyScope | None = KeyScope.READ  # what an API key must be good for; None: only a person may
    also: KeyScope | None = None  # a second scope that it must have


_USUAL: Final = Rule()


def admits(
    *,
    limit: LimitName | None = LimitName.GENERAL,
    public: bool = False,
    reads: tuple[str, ...] = (),
    scope: KeyScope | None = KeyScope.READ,
    also: KeyScope | None = None,
) -> dict[str, Any]:
    """Return the `opt` of a route that has other rules than: signed in, counted as general, only reads."""
    return {_RULE: Rule(limit=limit, is_public=public, reads=reads, scope=scope, also=also)}


def rule_of(opt: Any) -> Rule:
    """Return the rule of a route by its `opt`."""
    rule: Rule = opt.get(_RULE, _USUAL)
    return rule


class AdmissionMiddleware:
    """Lets a request through, or raises the refusal."""

    def __init__(self, app: App, *, switchboard: Switchboard) -> None:
        self._app = app
        self._switchboard = switchboard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request; OPTIONS asks for nothing that needs a check."""
        if scope["method"] == "OPTIONS":
            await tell_methods(scope, send)
            return
        await self._check(scope, rule_of(scope["route_handler"].opt))
        await self._app(scope, receive, send)

    async def _check(self, scope: Scope, rule: Rule) -> None:
        exchange = exchange_of(scope)
        try:
            key = await self._sign_in(scope, rule, exchange)
        except Unauthorized as error:
            await self._count(rule, address_key(exchange), exchange)
            await self._note_proof(error, scope)
            raise
        admission = await self._count(rule, key, exchange)
        if admission is not None:
            await self._note_limit(admission, rule, key, scope)
            must_be_allowed(admission)
        if not rule.is_public:
            await self._check_scope(scope, rule)
        if rule.reads:
            check_media_type(scope["headers"], rule.reads)

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
        """Note a proof that does not hold; to have none, or one that was good until now, is usual."""
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
        token = bearer_token(scope["headers"])
        principal = await self._switchboard.services.user_service().authenticate(token)
        scope["auth"] = principal
        return user_key(principal.user_id)

    async def _count(self, rule: Rule, key: str, exchange: Exchange) -> Admission | None:
        if rule.limit is None:
            return None
        admission = await self._switchboard.services.ports().limiter.admit(rule.limit, key)
        tell(admission, exchange)
        return admission


def check_scope(principal: Principal, needed: KeyScope | None) -> None:
    """Raise `Forbidden` when the principal is an API key that was not made for this."""
    if principal.key_id is None:
        return
    if needed is None:
        raise Forbidden("An API key may not do this; sign in as a person.")
    if needed not in principal.scopes:
        raise Forbidden(f"This API key has no scope {needed.value}.", scope=needed.value)


def check_media_type(headers: list[Header], accepted: tuple[str, ...]) -> None:
    """Raise unless the body, by what its headers say, is one this route reads.

    A body that does not say what it is passes for the first of them. Raises `UnsupportedMediaType`.
    """
    encoding = header(headers, b"content-encoding")
    if encoding is not None and encoding.strip().lower() != b"identity":
        raise UnsupportedMediaType("Send the body without a Content-Encoding.", accepted=list(accepted))
    kind = media_type(headers, usual=accepted[0])
    if kind not in accepted:
        wanted = " or ".join(accepted)
        raise UnsupportedMediaType(f"Send the body as {wanted}, not as {kind!r}.", accepted=list(accepted))


def media_type(headers: Headers, *, usual: str = JSON) -> str:
    """Return what the body is by its headers, in lower case and without parameters; `usual` when none says.

    >>> media_type([(b"content-type", b"Application/JSON; charset=utf-8")])
    'application/json'
    """
    sent = header(headers, b"content-type")
    return usual if sent is None else sent.decode("latin-1").partition(";")[0].strip().lower()
