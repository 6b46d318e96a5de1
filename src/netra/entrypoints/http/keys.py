"""Routes for API keys: create, list and revoke. They do not accept API keys."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ASGIApp

from netra.domain.ids import KeyId
from netra.domain.users.keys import LIFETIME_DAYS_DEFAULT, LIFETIME_DAYS_MAX
from netra.domain.users.model import ApiKey, KeyScope
from netra.domain.users.rules import NAME_MAX
from netra.entrypoints.errors import Envelope
from netra.entrypoints.http.accounts import Confirmation
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.listing import Pagination, instant, instant_or_none, whole_list
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.start_run import NAME

_PERSON: Final = admits(scope=None)
_MAKE: Final = admits(reads=(JSON,), scope=None) | noted(answers={409: Envelope}, key=True)

# Documentation only: `users.keys` validates, with its own messages.
_NAME: Final = msgspec.Meta(extra_json_schema={"pattern": NAME, "minLength": 1, "maxLength": NAME_MAX})
_SCOPES: Final = msgspec.Meta(max_length=len(KeyScope), extra_json_schema={"minItems": 1})
_DAYS: Final = msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": LIFETIME_DAYS_MAX})


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The purpose, scopes and lifetime of a key."""

    name: Annotated[str, _NAME]
    scopes: Annotated[list[KeyScope], _SCOPES]
    expires_in_days: Annotated[int, _DAYS] = LIFETIME_DAYS_DEFAULT


class KeyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A key in the list; `hint` has its last characters."""

    id: str
    name: str
    scopes: Sequence[KeyScope]
    hint: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class KeyList(msgspec.Struct, frozen=True, kw_only=True):
    """The user's keys that are not revoked, newest first."""

    data: Sequence[KeyLine]
    total: int
    pagination: Pagination


class MadeKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new key; `secret` is shown only once."""

    key: KeyLine
    secret: str


class KeysRevoked(msgspec.Struct, frozen=True, kw_only=True):
    """The number of keys that were revoked."""

    message: str
    revoked: int


@get("/", opt=_PERSON, summary="List API keys, newest first")
async def list_keys(request: ApiRequest, services: InjectedServices) -> KeyList:
    """Return the signed-in user's keys, without their secrets."""
    keys = await services.api_key_service().all_of(await services.user_service().get(request.owner_id))
    return KeyList(data=[_line(key) for key in keys], total=len(keys), pagination=whole_list(keys))


@post("/", status_code=200, opt=_MAKE, summary="Create an API key")
async def make_key(data: JSONBody[NewKey], request: ApiRequest, services: InjectedServices) -> MadeKey:
    """Create a key, to be sent as `Authorization: Bearer nk_…`. Only this response contains its secret.

    The same request with the same `Idempotency-Key` gets it again for ten minutes, and then a 409.
    """
    owner = await services.user_service().get(request.owner_id)
    key, secret = await services.api_key_service().issue(
        owner,
        name=data.name,
        scopes=data.scopes,
        lifetime_days=data.expires_in_days,
        origin=request.origin,
        made_as=request.exchange.name,
    )
    return MadeKey(key=_line(key), secret=secret)


@delete("/{key_id:str}", status_code=200, opt=_PERSON, summary="Revoke an API key")
async def revoke_key(key_id: FromPath[str], request: ApiRequest, services: InjectedServices) -> Confirmation:
    """Revoke a key immediately; sockets opened with it are closed."""
    owner = await services.user_service().get(request.owner_id)
    await services.api_key_service().revoke(KeyId(key_id), owner=owner, origin=request.origin)
    return Confirmation(message="Key revoked")


@delete("/", status_code=200, opt=_PERSON, summary="Revoke every API key")
async def revoke_keys(request: ApiRequest, services: InjectedServices) -> KeysRevoked:
    """Revoke every key of the signed-in user immediately; sockets opened with them are closed."""
    owner = await services.user_service().get(request.owner_id)
    revoked = await services.api_key_service().revoke_all(owner, origin=request.origin)
    return KeysRevoked(message=f"API keys revoked: {revoked}", revoked=revoked)


def keys_router(*, repeated: Callable[[ASGIApp], ASGIApp]) -> Router:
    """Return the routes; `repeated` is the middleware that handles a repeated idempotency key again."""
    making = Router("/", route_handlers=[make_key], middleware=[repeated])
    return Router("/api/keys", route_handlers=[list_keys, making, revoke_key, revoke_keys], tags=["API keys"])


def _line(key: ApiKey) -> KeyLine:
    return KeyLine(
        id=key.id,
        name=key.name,
        scopes=sorted(key.scopes),
        hint=key.hint,
        created_at=instant(key.created_at),
        expires_at=instant(key.expires_at),
        last_used_at=instant_or_none(key.last_used_at),
    )
