"""How passwords become hashes."""

from typing import Protocol


class PasswordHasher(Protocol):
    """A slow, salted, memory-hard hash (argon2id), run off the event loop in a bounded pool."""

    async def hash(self, password: str) -> str:
        """Return the hash with its parameters and salt in it."""
        ...

    async def verify(self, password: str, *, against: str | None) -> bool:
        """Return whether `password` made `against`.

        With None it does the same work against a hash of nobody's and returns False, so the time
        tells nothing about which accounts exist. Raises `Unavailable` when too many wait already.
        """
        ...
