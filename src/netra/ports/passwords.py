"""Password hashing."""

from typing import Protocol


class PasswordHasher(Protocol):
    """A slow, salted, memory-hard hash (argon2id), computed off the event loop in a bounded pool."""

    async def hash(self, password: str) -> str:
        """Return the hash, which includes its parameters and salt."""
        ...

    async def verify(self, password: str, *, against: str | None) -> bool:
        """Return whether `password` matches the hash `against`.

        With None it computes the same work against a dummy hash and returns False, so the response time does
        not reveal which accounts exist. Raises `Unavailable` when the pool's queue is full.
        """
        ...
