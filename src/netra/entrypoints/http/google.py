"""Routes for signing in with an identity provider: authorize, callback, and the code exchange."""

import re
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import JSONBody, QueryParameter

from netra.domain.errors import InvalidRequest
from netra.domain.quotas import LimitName
from netra.domain.users.federated import ProviderCallback
from netra.domain.users.rules import PENDING_LIFETIME
from netra.entrypoints.asgi import Exchange
from netra.entrypoints.credentials import cookie
from netra.entrypoints.errors import Envelope
from netra.entrypoints.http.accounts import SECRET, LoginResponse, login_response
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.idempotency import REPLAYED, key_of
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.refresh_cookie import Keep
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.schemas import NO_NUL
from netra.entrypoints.services import Services

PLAIN_COOKIE: Final = "netra-sign-in"
TLS_COOKIE: Final = "__Host-netra-sign-in"  # RFC 6265bis: a subdomain cannot set a cookie with this prefix

_BROWSER: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_AUTHORIZE: Final = admits(public=True) | noted(answers={502: Envelope})
_CALLBACK: Final = admits(limit=LimitName.AUTHENTICATION, public=True) | noted(
    answers={303: None, 502: Envelope}
)
_EXCHANGE: Final = admits(limit=LimitName.AUTHENTICATION, public=True, reads=(JSON,)) | noted(
    answers={401: Envelope}, key=True
)

# Documentation only: other values are no provider's answer, and are rejected as such.
_PROVIDER_TEXT: Final = {"maxLength": 2_048, "pattern": NO_NUL}

Code = Annotated[
    str | None, QueryParameter(description="The provider's authorization code.", schema_extra=_PROVIDER_TEXT)
]
State = Annotated[
    str | None,
    QueryParameter(
        name="state", description="The state that authorize returned.", schema_extra=_PROVIDER_TEXT
    ),
]
Error = Annotated[
    str | None, QueryParameter(description="The provider's error code.", schema_extra=_PROVIDER_TEXT)
]
Issuer = Annotated[
    str | None,
    QueryParameter(name="iss", description="The provider's issuer (RFC 9207).", schema_extra=_PROVIDER_TEXT),
]


class AuthorizationUrl(msgspec.Struct, frozen=True, kw_only=True):
    """The address of the sign-in page; `state` is returned with the answer."""

    authorization_url: str
    state: str


class ExchangeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code from the URL's fragment."""

    code: Annotated[str, SECRET]
    keep: Keep | None = None  # "cookie": the refresh token goes into a cookie, not into the answer


@get("/google/authorize", opt=_AUTHORIZE, summary="Begin a sign-in with Google")
async def authorize(
    request: ApiRequest,
    services: InjectedServices,
    redirect_uri: Annotated[
        str | None,
        QueryParameter(description="Where to redirect after the sign-in.", schema_extra=_PROVIDER_TEXT),
    ] = None,
) -> AuthorizationUrl:
    """Return the address of the sign-in page, and set a cookie that the callback requires."""
    name = _cookie_name(services)
    had = cookie(request.scope["headers"], name) or ""
    browser = had if _BROWSER.fullmatch(had) else None  # two tabs may sign in concurrently
    begun = await services.federated_sign_in().begin(
        redirect_uri=redirect_uri, browser=browser, origin=request.origin
    )
    _keep_cookie(request.exchange, name=name, value=begun.browser)
    return AuthorizationUrl(authorization_url=begun.authorization_url, state=begun.state)


@get("/google/callback", opt=_CALLBACK, summary="Finish a sign-in with Google")
async def callback(
    request: ApiRequest,
    services: InjectedServices,
    *,
    code: Code = None,
    oauth_state: State = None,
    error: Error = None,
    issuer: Issuer = None,
) -> Response[LoginResponse]:
    """Exchange the provider's answer for tokens, or redirect. Every error of the client is a 400."""
    if not oauth_state or not (code or error):
        raise InvalidRequest("The callback requires code and state.")
    browser = cookie(request.scope["headers"], _cookie_name(services))
    returned = ProviderCallback(state=oauth_state, browser=browser, code=code, error=error, issuer=issuer)
    recognized = await services.sign_in_desk().recognize(returned, request.exchange, origin=request.origin)
    federated = services.federated_sign_in()
    if recognized.redirect_uri is not None:
        there = await federated.hand_over(recognized, state=oauth_state, origin=request.origin)
        return _redirect(there)
    signed_in = await federated.open(recognized, origin=request.origin)
    return Response(login_response(signed_in, request, services))


@post("/exchange", status_code=200, opt=_EXCHANGE, summary="Exchange the code of a redirect for tokens")
async def exchange(
    data: JSONBody[ExchangeRequest], request: ApiRequest, services: InjectedServices
) -> LoginResponse:
    """Return the tokens for the code, which is valid once, for a minute.

    The same code with the same `Idempotency-Key` gets the same refresh token again for a minute.
    """
    signed_in = await services.sign_in_desk().exchange(
        data.code, request.exchange, origin=request.origin, key=key_of(request.scope["headers"])
    )
    if signed_in.is_replay:
        request.exchange.headers.append(REPLAYED)
    return login_response(signed_in, request, services, keep=data.keep)


def google_router() -> Router:
    """Return the routes."""
    return Router("/api/auth", route_handlers=[authorize, callback, exchange], tags=["Authentication"])


def _cookie_name(services: Services) -> str:
    return TLS_COOKIE if services.settings().callback_url.startswith("https:") else PLAIN_COOKIE


def _keep_cookie(exchange: Exchange, *, name: str, value: str) -> None:
    secure = "; Secure" if name == TLS_COOKIE else ""
    lasts_s = int(PENDING_LIFETIME.total_seconds())
    text = f"{name}={value}; Path=/; Max-Age={lasts_s}; HttpOnly; SameSite=Lax{secure}"
    exchange.headers.append((b"set-cookie", text.encode()))


def _redirect(address: str) -> Response[Any]:
    return Response(None, status_code=303, headers={"Location": address})
