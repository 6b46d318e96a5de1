"""Stores users in a table."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update

from netra.adapters.sql.identity.identity_schema import identities
from netra.adapters.sql.instants import instant, instant_or_none, micros
from netra.adapters.sql.schema import users
from netra.adapters.sql.transactions import Database, Query, Row, Script, ask, inserting, param
from netra.domain.errors import Conflict, NotFound
from netra.domain.ids import UserId
from netra.domain.users.model import Identity, NewUser, Role, User

_ALL = Query(select(*users.c).order_by(users.c.id))
_BY_ID = Query(select(*users.c).where(users.c.id == param("user_id")))
_BY_EMAIL = Query(select(*users.c).where(users.c.email == param("email")))
_INSERT = Query(
    insert(users).returning(users.c.id),
    sets=[
        "email",
        "name",
        "password_hash",
        "picture",
        "role",
        "created_at",
        "updated_at",
        "is_email_verified",
    ],
)
_SET_PASSWORD = Query(
    update(users).where(users.c.id == param("user_id")).returning(users.c.id),
    sets=["password_hash", "updated_at"],
)
_DISABLE = Query(
    update(users).where(users.c.id == param("user_id"), users.c.disabled_at.is_(None)),
    sets=["disabled_at"],
)
_IDENTITY = (identities.c.issuer == param("issuer"), identities.c.subject == param("subject"))
_BY_IDENTITY = Query(
    select(*users.c).join_from(users, identities, users.c.id == identities.c.user_id).where(*_IDENTITY)
)
_LINK = inserting(identities)
_SHOW = Query(
    update(users)
    .where(users.c.id == param("user_id"))
    .values(picture=func.coalesce(users.c.picture, param("given")), updated_at=param("now"))
    .returning(*users.c)
)


class SqlUserStore:
    """`UserStore` over a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: NewUser) -> User:
        """Store and number a user."""
        return await self._database.write(lambda: _adding(new))

    async def find(self, user_id: UserId) -> User | None:
        """Return the user, or None."""
        return await self._database.read(lambda: _finding(_BY_ID, user_id=user_id))

    async def find_by_email(self, email: str) -> User | None:
        """Return the user with exactly this e-mail, or None."""
        return await self._database.read(lambda: _finding(_BY_EMAIL, email=email))

    async def find_by_identity(self, identity: Identity) -> User | None:
        """Return the user this identity is linked to, or None."""
        issuer, subject = identity.issuer, identity.subject
        return await self._database.read(lambda: _finding(_BY_IDENTITY, issuer=issuer, subject=subject))

    async def link(self, user_id: UserId, identity: Identity, *, picture: str | None, at: datetime) -> User:
        """Link the identity to the user and fill in a missing picture."""
        return await self._database.write(
            lambda: _linking(user_id, identity, picture=picture, at_us=micros(at))
        )

    async def set_password(self, user_id: UserId, password_hash: str, *, at: datetime) -> None:
        """Replace the password hash."""
        await self._database.write(lambda: _setting_password(user_id, password_hash, at_us=micros(at)))

    async def disable(self, user_id: UserId, *, at: datetime) -> None:
        """Set `disabled_at` unless already set."""
        await self._database.write(lambda: _disabling(user_id, at_us=micros(at)))

    async def everyone(self) -> Sequence[User]:
        """Return all users by id."""
        return await self._database.scan(_listing)


def _adding(new: NewUser) -> Script[User]:
    if (yield ask(_BY_EMAIL, email=new.email)):
        raise Conflict("A user with this e-mail address already exists.")
    at_us = micros(new.created_at)
    ((user_id,),) = yield ask(
        _INSERT,
        email=new.email,
        name=new.name,
        password_hash=new.password_hash,
        picture=new.picture,
        role=new.role.value,
        created_at=at_us,
        updated_at=at_us,
        is_email_verified=int(new.is_email_verified),
    )
    if new.identity is not None:
        yield from _identifying(user_id, new.identity, at_us=at_us)
    (row,) = yield ask(_BY_ID, user_id=user_id)
    return _user(row)


def _identifying(user_id: UserId, identity: Identity, *, at_us: int) -> Script[None]:
    key = {"issuer": identity.issuer, "subject": identity.subject}
    if (yield ask(_BY_IDENTITY, **key)):
        raise Conflict("This identity is already linked to a user.")
    yield ask(_LINK, user_id=user_id, linked_at=at_us, **key)


def _linking(user_id: UserId, identity: Identity, *, picture: str | None, at_us: int) -> Script[User]:
    rows = yield ask(_SHOW, user_id=user_id, given=picture, now=at_us)
    if not rows:
        raise NotFound("user", user_id)
    yield from _identifying(user_id, identity, at_us=at_us)
    return _user(rows[0])


def _finding(query: Query, **key: object) -> Script[User | None]:
    rows = yield ask(query, **key)
    return _user(rows[0]) if rows else None


def _setting_password(user_id: UserId, password_hash: str, *, at_us: int) -> Script[None]:
    if not (yield ask(_SET_PASSWORD, user_id=user_id, password_hash=password_hash, updated_at=at_us)):
        raise NotFound("user", user_id)


def _disabling(user_id: UserId, *, at_us: int) -> Script[None]:
    if not (yield ask(_BY_ID, user_id=user_id)):
        raise NotFound("user", user_id)
    yield ask(_DISABLE, user_id=user_id, disabled_at=at_us)


def _listing() -> Script[Sequence[User]]:
    rows = yield ask(_ALL)
    return tuple(_user(row) for row in rows)


def _user(row: Row) -> User:
    user_id, email, name, password_hash, picture, role, created_at, updated_at, disabled_at, verified = row
    return User(
        id=user_id,
        email=email,
        name=name,
        password_hash=password_hash,
        picture=picture,
        role=Role(role),
        created_at=instant(created_at),
        updated_at=instant(updated_at),
        disabled_at=instant_or_none(disabled_at),
        is_email_verified=bool(verified),
    )
