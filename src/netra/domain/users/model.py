"""Who uses Netra, how they sign in, and what a request proves about them."""

import enum
from datetime import datetime

import msgspec

from netra.domain.ids import SessionId, UserId


class Role(enum.StrEnum):
    """What a user may do beyond their own things."""

    MEMBER = "member"
    ADMIN = "admin"


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


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """A person a store has not numbered yet."""

    email: str
    name: str
    password_hash: str | None
    role: Role
    created_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in: its row is the truth about whether its tokens still count."""

    id: SessionId
    user_id: UserId
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


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
    session_id: SessionId
    expires_at: datetime


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Sign in with a password."""

    email: str
    password: str


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that worked."""

    access_token: str
    expires_in_s: int
    user: User


class AddUser(msgspec.Struct, frozen=True, kw_only=True):
    """Make an account; without a password its owner signs in elsewhere."""

    email: str
    name: str
    password: str | None = None
    role: Role = Role.MEMBER
