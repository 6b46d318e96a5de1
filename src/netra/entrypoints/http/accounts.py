"""Routes for signing in and out by password, and for the account itself."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.types import ASGIApp
from msgspec import UNSET, UnsetType

from netra.domain.idempotency import is_repeated, key_reused
from netra.domain.optimization.wording import count
from netra.domain.quotas import LimitName
from netra.domain.texts import UNSAFE_SET
from netra.domain.users.model import AddUser, Role, SignIn, SignInResult, User
from netra.domain.users.rules import EMAIL_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN
from netra.domain.users.service import UserService
from netra.entrypoints.asgi import Attempt
from netra.entrypoints.errors import Envelope
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.listing import instant
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.refresh_cookie import Keep, forget_refresh_token, keep_refresh_token
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.schemas import one_of
from netra.entrypoints.services import Services
from netra.entrypoints.sign_in import SignInDesk
from netra.entrypoints.start_run import NAME

_READS: Final = admits(limit=LimitName.AUTHENTICATION, public=True, reads=(JSON,))
_PERSON: Final = admits(scope=None)
_PASSWORDS: Final = admits(limit=LimitName.AUTHENTICATION, reads=(JSON,), scope=None) | noted(key=True)
_LOGIN: Final = _READS | noted(answers={401: Envelope})
_REGISTER: Final = _READS | noted(answers={409: Envelope}, key=True, codes=("CONFLICT",))

# Documentation only: `users.rules` validates, with its own messages.
_ADDRESS: Final = rf"^[^@\s{UNSAFE_SET}]+@[^@\s{UNSAFE_SET}]+$"
_EMAIL: Final = msgspec.Meta(extra_json_schema={"pattern": _ADDRESS, "maxLength": EMAIL_MAX})
_NAME: Final = msgspec.Meta(extra_json_schema={"pattern": NAME, "minLength": 1, "maxLength": NAME_MAX})
_PASSWORD: Final = msgspec.Meta(
    extra_json_schema={"minLength": PASSWORD_MIN, "maxLength": PASSWORD_MAX, "format": "password"}
)
_TRIED: Final = msgspec.Meta(extra_json_schema={"maxLength": PASSWORD_MAX, "format": "password"})
SECRET: Final = msgspec.Meta(extra_json_schema={"maxLength": 256, "format": "password"})


class LoginRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An e-mail address and a password."""

    email: Annotated[str, _EMAIL]
    password: Annotated[str, _TRIED]
    keep: Keep | None = None  # "cookie": the refresh token goes into a cookie, not into the answer


class RegisterRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new account."""

    email: Annotated[str, _EMAIL]
    name: Annotated[str, _NAME]
    password: Annotated[str, _PASSWORD]


class UserCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The user who signed in."""

    id: int
    email: str
    name: str
    picture: str | None = None


class LoginResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens and their user; `expires_in` is in seconds. A refresh token is valid once.

    `refresh_token` is absent where it is kept in a cookie.
    """

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    refresh_token: str | UnsetType = UNSET
    refresh_expires_in: int
    user: UserCard


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The current password, as proof, and the new one."""

    current_password: Annotated[str, _TRIED]
    new_password: Annotated[str, _PASSWORD]


class UserProfile(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in user."""

    id: int
    email: str
    name: str
    picture: str | None
    role: Annotated[str, one_of(Role)]
    created_at: datetime
    updated_at: datetime


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmation."""

    message: str


class PasswordChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Every session has ended; `api_keys` is the number of the account's API keys that are still valid."""

    message: str
    api_keys: int


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Opens one socket, once; `expires_in` is in seconds."""

    ticket: str
    expires_in: int


@post("/login", status_code=200, opt=_LOGIN, summary="Sign in with e-mail and password")
async def login(
    data: JSONBody[LoginRequest], request: ApiRequest, services: InjectedServices
) -> LoginResponse:
    """Return tokens; every wrong pair gets the same answer in the same time."""
    command = SignIn(email=data.email, password=data.password)
    signed_in = await services.sign_in_desk().sign_in(command, request.exchange, origin=request.origin)
    return login_response(signed_in, request, services, keep=data.keep)


@post("/register", status_code=200, opt=_REGISTER, summary="Create an account")
async def register(
    data: JSONBody[RegisterRequest], request: ApiRequest, sign_in_desk: NamedDependency[SignInDesk]
) -> UserCard:
    """Create an account; only if the deployment allows self-registration."""
    command = AddUser(email=data.email, name=data.name, password=data.password)
    return _card(await sign_in_desk.register(command, request.exchange, origin=request.origin))


@post("/logout", status_code=200, opt=_PERSON, summary="Sign out")
async def logout(request: ApiRequest, services: InjectedServices) -> Confirmation:
    """End the session: its token is no longer accepted by any process."""
    await services.user_service().sign_out(request.principal, origin=request.origin)
    forget_refresh_token(request, services)
    return Confirmation(message="Successfully logged out")


@get("/me", summary="Get the signed-in user")
async def me(request: ApiRequest, users: NamedDependency[UserService]) -> UserProfile:
    """Return the account of the token."""
    return _profile(await users.get(request.owner_id))


@post("/ws-ticket", status_code=200, summary="Get a ticket for one socket")
async def ws_ticket(request: ApiRequest, users: NamedDependency[UserService]) -> Ticket:
    """Return a ticket that opens `/ws?ticket=…` once, within 30 seconds."""
    return Ticket(ticket=await users.issue_ticket(request.principal), expires_in=30)


@post("/password", status_code=200, opt=_PASSWORDS, summary="Change the password")
async def change_password(
    data: JSONBody[PasswordChange], request: ApiRequest, users: NamedDependency[UserService]
) -> PasswordChanged:
    """Change the password and end every session of the account, including this one. API keys stay valid.

    After a lost answer, sign in with the new password and repeat the request with the same `Idempotency-Key`.
    """
    attempt = request.exchange.attempt
    if attempt is not None and attempt.entry.answer is not None:
        left = await _keys_after_change(attempt, request, users, wanted=data.new_password)
    else:
        left = await users.change_password(
            request.principal,
            present=data.current_password,
            wanted=data.new_password,
            origin=request.origin,
            may_be_done=attempt is not None and is_repeated(attempt.entry),
        )
    message = "Password changed; every session has ended"
    if left:
        message += f"; {count(left, 'API key')} still valid: DELETE /api/keys revokes all"
    return PasswordChanged(message=message, api_keys=left)


async def _keys_after_change(
    attempt: Attempt, request: ApiRequest, users: UserService, *, wanted: str
) -> int:
    """Return the number of valid API keys after the change that an earlier request has made.

    Raises `IdempotencyKeyReused` when it set another password.
    """
    user = await users.get(request.owner_id)
    if not await users.has_password(user, wanted):
        raise key_reused(attempt.key)
    return await users.count_keys(user)


def authentication_router(*, registration: bool, repeated: Callable[[ASGIApp], ASGIApp]) -> Router:
    """Return the routes; `register` is included if the deployment allows self-registration.

    `repeated` is the middleware that handles a repeated idempotency key again.
    """
    handlers: list[HTTPRouteHandler] = [login, logout, me, ws_ticket]
    keyed: list[HTTPRouteHandler] = [change_password, register] if registration else [change_password]
    once = Router("/", route_handlers=keyed, middleware=[repeated])
    return Router("/api/auth", route_handlers=[*handlers, once], tags=["Authentication"])


def login_response(
    signed_in: SignInResult, request: ApiRequest, services: Services, *, keep: Keep | None = None
) -> LoginResponse:
    """Return the response to a sign-in; with `keep`, its refresh token goes into a cookie."""
    if keep == "cookie":
        keep_refresh_token(signed_in, request.exchange, services)
    return LoginResponse(
        access_token=signed_in.access_token,
        token_type="bearer",  # noqa: S106 (a documented value, no secret)
        expires_in=signed_in.expires_in_s,
        refresh_token=UNSET if keep == "cookie" else signed_in.refresh_token,
        refresh_expires_in=signed_in.refresh_expires_in_s,
        user=_card(signed_in.user),
    )


def _card(user: User) -> UserCard:
    return UserCard(id=user.id, email=user.email, name=user.name, picture=user.picture)


def _profile(user: User) -> UserProfile:
    return UserProfile(
        id=user.id,
        email=user.email,
        name=user.name,
        picture=user.picture,
        role=user.role.value,
        created_at=instant(user.created_at),
        updated_at=instant(user.updated_at),
    )
