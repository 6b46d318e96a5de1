"""Define accounts, sessions, API keys, and the identity proven by a request."""

import enum
from datetime import datetime
from typing import Final

import msgspec

from netra.domain.ids import KeyId, SessionId, UserId


class Role(enum.StrEnum):
    """The role of a user; an administrator may also manage the deployment."""

    MEMBER = "member"
    ADMIN = "admin"


class KeyScope(enum.StrEnum):
    """A permission; a sign-in has all of them, an API key those it was issued with."""

    READ = "read"
    EXECUTE = "execute"
    INGEST = "ingest"
    ADMIN = "admin"


EVERY_SCOPE: Final = frozenset(KeyScope)


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account; `password_hash` is None if its owner signs in through an identity provider."""

    id: UserId
    email: str  # lower case, see `rules.normal_email`
    name: str
    created_at: datetime
    updated_at: datetime
    password_hash: str | None = None
    picture: str | None = None
    role: Role = Role.MEMBER
    disabled_at: datetime | None = None
    is_email_verified: bool = False  # verified by an operator or by the identity provider


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """The stable id of a person at an identity provider; an e-mail address is not an identity."""

    issuer: str
    subject: str


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """An account before the store assigns its id."""

    email: str
    name: str
    password_hash: str | None
    role: Role
    created_at: datetime
    is_email_verified: bool = False
    picture: str | None = None
    identity: Identity | None = None


class UserSession(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in; the stored row decides whether its tokens are valid."""

    id: SessionId
    user_id: UserId
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    renewed_at: datetime | None = None
    address: str = ""  # client address as seen by the server
    agent: str = ""  # the client's User-Agent


class Grace(msgspec.Struct, frozen=True, kw_only=True):
    """How long after its replacement a refresh token may be brought once more, in seconds."""

    replay_s: float = 0  # by a repeated request, which gets the same successor
    race_s: float = 0  # by another page of the same browser, which gets no successor


NO_GRACE: Final = Grace()


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of using a refresh token: exactly one of these, or no outcome for an unknown token."""

    session: UserSession | None = None  # renewed
    replayed: UserSession | None = None  # renewed before, by the same request
    raced: UserSession | None = None  # renewed by another page moments ago; not renewed again
    reused: UserSession | None = None  # ended because of the reuse


class TokenKind(enum.StrEnum):
    """The purpose of a token; a token of one kind is never accepted as another."""

    ACCESS = "access"


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a signed token."""

    user_id: UserId
    session_id: SessionId
    kind: TokenKind
    issued_at: datetime
    expires_at: datetime


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """The authenticated caller of a request, and the expiry of the proof."""

    user_id: UserId
    session_id: SessionId  # for an API key, the key's id
    expires_at: datetime
    scopes: frozenset[KeyScope] = EVERY_SCOPE
    key_id: KeyId | None = None  # None for a signed-in user

    @property
    def may_read(self) -> bool:
        """Return whether responses may show stored data, such as the result of a run."""
        return KeyScope.READ in self.scopes


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Sign in with a password."""

    email: str
    password: str


class SignInResult(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens and the account of a successful sign-in."""

    access_token: str
    expires_in_s: int
    refresh_token: str
    refresh_expires_in_s: int
    user: User
    is_rotated: bool = True  # False: `refresh_token` is the one that was brought, and must not be sent
    is_replay: bool = False


class AddUser(msgspec.Struct, frozen=True, kw_only=True):
    """Create an account; without a password its owner signs in through an identity provider."""

    email: str
    name: str
    password: str | None = None
    role: Role = Role.MEMBER
    is_email_verified: bool = False


class ProvenIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """The facts an identity provider proved about a person."""

    identity: Identity
    email: str | None = None
    is_email_verified: bool = False
    name: str | None = None
    picture: str | None = None


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A program's credential; the secret is shown once, only its digest is stored."""

    id: KeyId
    owner_id: UserId
    name: str
    scopes: frozenset[KeyScope]
    hint: str  # last characters of the secret, to distinguish keys
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
