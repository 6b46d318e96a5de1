"""The refresh token of a page, kept in a cookie that scripts cannot read."""

from typing import Final, Literal

from netra.domain.errors import Forbidden, Unauthorized
from netra.domain.users.model import SignInResult
from netra.entrypoints.asgi import Exchange
from netra.entrypoints.credentials import Headers, cookie, is_own_page
from netra.entrypoints.http.request import ApiRequest
from netra.entrypoints.services import Services

Keep = Literal["cookie"]

PLAIN_COOKIE: Final = "netra_refresh"
TLS_COOKIE: Final = "__Secure-netra_refresh"  # `__Host-` would require `Path=/`
_PATH: Final = "/api/auth"  # the only routes that read it


def keep_refresh_token(signed_in: SignInResult, exchange: Exchange, services: Services) -> None:
    """Set the cookie, unless the browser has the present token already."""
    if signed_in.is_rotated:
        _set(signed_in.refresh_token, exchange, services, lasts_s=signed_in.refresh_expires_in_s)


def forget_refresh_token(request: ApiRequest, services: Services) -> None:
    """Delete the cookie of a browser that signs out, if it has one."""
    if cookie(request.scope["headers"], _name(services)) is not None:
        _set("", request.exchange, services, lasts_s=0)


def kept_refresh_token(headers: Headers, services: Services) -> str:
    """Return the token in the cookie.

    Raises `Forbidden` unless a page of this service sent the request, `Unauthorized` without the cookie.
    """
    if not is_own_page(headers):
        raise Forbidden(
            "Only a page of this service may refresh with its cookie; send `refresh_token` instead."
        )
    token = cookie(headers, _name(services))
    if not token:
        raise Unauthorized("There is no refresh cookie; sign in again.")
    return token


def _name(services: Services) -> str:
    return TLS_COOKIE if services.settings().callback_url.startswith("https:") else PLAIN_COOKIE


def _set(value: str, exchange: Exchange, services: Services, *, lasts_s: int) -> None:
    name = _name(services)
    secure = "; Secure" if name == TLS_COOKIE else ""
    text = f"{name}={value}; Path={_PATH}; Max-Age={lasts_s}; HttpOnly; SameSite=Strict{secure}"
    exchange.headers.append((b"set-cookie", text.encode()))
