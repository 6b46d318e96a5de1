"""Who uses Netra, how they sign in, and what a request proves about them."""

import enum
from datetime import datetime
from typing import Final

import msgspec

from netra.domain.ids import KeyId, SessionId, UserId


class Role(enum.StrEnum):
    """What a user may do beyond their own things."""

    MEMBER = "member"
    ADMIN = "admin"


class KeyScope(enum.StrEnum):
    """What a proof allows; a sign-in allows all of it, an API key what it was made for."""

    READ = "read"
    EXECUTE = "execute"
    INGEST = "ingest"
    ADMIN = "admin"


EVERY_SCOPE: Final = frozenset(KeyScope)


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person; `password_hash` is None for one who signs in elsewhere."""

    id: UserId
    email: str  # lower case, see `rules.normal_email`
    name: str
    created_at: datetime
    updated_at: datetime
    password_hash: str | None = None
    picture: str | None = None
    role: Role = Role.MEMBER
    disabled_at: datetime | None = None
    is_email_verified: bool = False  # an operator, or whoever signs them in, vouches for the address


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A person as an identity provider numbers them; an e-mail address is never an identity."""

    issuer: str
    subject: str


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """A person a store has not numbered yet."""

    email: str
    name: str
    password_hash: str | None
    role: Role
    created_at: datetime
    is_email_verified: bool = False
    picture: str | None = None
    identity: Identity | None = None


class UserSession(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in: its row is the truth about whether its tokens still count."""

    id: SessionId
    user_id: UserId
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    renewed_at: datetime | None = None
    address: str = ""  # where from, as the edge knows it
    agent: str = ""  # with what, as the client says


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a refresh token: `session` lives on with the new one, or the old one was used twice."""

    session: UserSession | None = None
    reused: UserSession | None = None  # the session that this ended


class TokenKind(enum.StrEnum):
    """What a token is for; one kind never passes for another."""

    ACCESS = "access"


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a signed token says."""

    user_id: UserId
    session_id: SessionId
    kind: TokenKind
    issued_at: datetime
    expires_at: datetime


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking, proven for this request, and until when the proof holds."""

    user_id: UserId
    session_id: SessionId  # of an API key: the key's own id
    expires_at: datetime
    scopes: frozenset[KeyScope] = EVERY_SCOPE
    key_id: KeyId | None = None  # None for a person who signed in

    @property
    def may_read(self) -> bool:
        """Whether answers may show stored data, such as the result of a run."""
        return KeyScope.READ in self.scopes


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Sign in with a password."""

    email: str
    password: str


class SignInResult(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that worked."""

    access_token: str
    expires_in_s: int
    refresh_token: str
    refresh_expires_in_s: int
    user: User


class AddUser(msgspec.Struct, frozen=True, kw_only=True):
    """Make an account; without a password its owner signs in elsewhere."""

    email: str
    name: str
    password: str | None = None
    role: Role = Role.MEMBER
    is_email_verified: bool = False


class ProvenIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What an identity provider proved about a person."""

    identity: Identity
    email: str | None = None
    is_email_verified: bool = False
    name: str | None = None
    picture: str | None = None


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A program's proof; the key itself is shown once and only its digest is kept."""

    id: KeyId
    owner_id: UserId
    name: str
    scopes: frozenset[KeyScope]
    hint: str  # its last characters, to tell one from another
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
