"""Stores users in a dictionary."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from netra.domain.errors import Conflict, NotFound
from netra.domain.ids import UserId
from netra.domain.users.model import Identity, NewUser, User


class MemoryUserStore:
    """`UserStore` for tests and embedded programs."""

    def __init__(self) -> None:
        self._users: dict[UserId, User] = {}
        self._by_email: dict[str, UserId] = {}
        self._by_identity: dict[Identity, UserId] = {}

    async def add(self, new: NewUser) -> User:
        """Store and number a user."""
        if new.email in self._by_email:
            raise Conflict("A user with this e-mail address already exists.")
        if new.identity in self._by_identity:
            raise Conflict("This identity is already linked to a user.")
        user = User(
            id=UserId(len(self._users) + 1),
            email=new.email,
            name=new.name,
            password_hash=new.password_hash,
            role=new.role,
            created_at=new.created_at,
            updated_at=new.created_at,
            picture=new.picture,
            is_email_verified=new.is_email_verified,
        )
        self._users[user.id] = user
        self._by_email[user.email] = user.id
        if new.identity is not None:
            self._by_identity[new.identity] = user.id
        return user

    async def find(self, user_id: UserId) -> User | None:
        """Return the user, or None."""
        return self._users.get(user_id)

    async def find_by_email(self, email: str) -> User | None:
        """Return the user with exactly this e-mail, or None."""
        user_id = self._by_email.get(email)
        return None if user_id is None else self._users[user_id]

    async def find_by_identity(self, identity: Identity) -> User | None:
        """Return the user this identity is linked to, or None."""
        user_id = self._by_identity.get(identity)
        return None if user_id is None else self._users[user_id]

    async def link(self, user_id: UserId, identity: Identity, *, picture: str | None, at: datetime) -> User:
        """Link the identity to the user and fill in a missing picture."""
        user = self._get(user_id)
        if identity in self._by_identity:
            raise Conflict("This identity is already linked to a user.")
        self._by_identity[identity] = user_id
        linked = msgspec.structs.replace(user, picture=user.picture or picture, updated_at=at)
        self._users[user_id] = linked
        return linked

    async def set_password(self, user_id: UserId, password_hash: str, *, at: datetime) -> None:
        """Replace the password hash."""
        user = self._get(user_id)
        self._users[user_id] = msgspec.structs.replace(user, password_hash=password_hash, updated_at=at)

    async def disable(self, user_id: UserId, *, at: datetime) -> None:
        """Set `disabled_at` unless already set."""
        user = self._get(user_id)
        if user.disabled_at is None:
            self._users[user_id] = msgspec.structs.replace(user, disabled_at=at)

    async def everyone(self) -> Sequence[User]:
        """Return all users by id."""
        return tuple(self._users.values())

    def _get(self, user_id: UserId) -> User:
        user = self._users.get(user_id)
        if user is None:
            raise NotFound("user", user_id)
        return user
