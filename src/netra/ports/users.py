"""Store of users."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from netra.domain.ids import UserId
from netra.domain.users.model import Identity, NewUser, User


class UserStore(Protocol):
    """Stores all users; e-mail addresses are unique and compared exactly (callers pass lower case)."""

    async def add(self, new: NewUser) -> User:
        """Store and number a user, and link `new.identity` to the user if there is one."""
        ...

    async def find(self, user_id: UserId) -> User | None:
        """Return the user, or None."""
        ...

    async def find_by_email(self, email: str) -> User | None:
        """Return the user with exactly this e-mail, or None."""
        ...

    async def find_by_identity(self, identity: Identity) -> User | None:
        """Return the user linked to this identity, or None."""
        ...

    async def link(self, user_id: UserId, identity: Identity, *, picture: str | None, at: datetime) -> User:
        """Link the identity to the user, fill in a missing picture, and return the updated user.

        A user may have several identities. Raises `NotFound`, or `Conflict` when the identity is already
        linked to any user.
        """
        ...

    async def set_password(self, user_id: UserId, password_hash: str, *, at: datetime) -> None:
        """Replace the password hash and set `updated_at`. Raises `NotFound`."""
        ...

    async def disable(self, user_id: UserId, *, at: datetime) -> None:
        """Set `disabled_at` unless already set. Raises `NotFound`."""
        ...

    async def everyone(self) -> Sequence[User]:
        """Return all users by id; for operators, never for a request."""
        ...
