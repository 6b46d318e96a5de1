"""Where users are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from netra.domain.ids import UserId
from netra.domain.users.model import Identity, NewUser, User


class UserStore(Protocol):
    """All users; an e-mail address belongs to at most one, compared exactly (it comes in lower case)."""

    async def add(self, new: NewUser) -> User:
        """Store and number a user, and link `new.identity` to them where there is one.

        Raises `Conflict` when the e-mail or the identity is taken; a race has one winner.
        """
        ...

    async def find(self, user_id: UserId) -> User | None:
        """Return the user, or None."""
        ...

    async def find_by_email(self, email: str) -> User | None:
        """Return the user with exactly this e-mail, or None."""
        ...

    async def find_by_identity(self, identity: Identity) -> User | None:
        """Return the user this identity is linked to, or None."""
        ...

    async def link(self, user_id: UserId, identity: Identity, *, picture: str | None, at: datetime) -> User:
        """Link the identity to the user, fill in a missing picture, and return them as they are then.

        A user may have several identities. Raises `NotFound`, or `Conflict` when the identity is
        linked already, to whomever.
        """
        ...

    async def set_password(self, user_id: UserId, password_hash: str, *, at: datetime) -> None:
        """Replace the password hash and set `updated_at`. Raises `NotFound`."""
        ...

    async def disable(self, user_id: UserId, *, at: datetime) -> None:
        """Set `disabled_at` unless it is set already. Raises `NotFound`."""
        ...

    async def everyone(self) -> Sequence[User]:
        """Return all users by id; for operators, never for a request."""
        ...
