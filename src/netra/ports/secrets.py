"""Source of new secrets."""

from typing import Protocol


class SecretSource(Protocol):
    """Generates unguessable values: states, nonces, verifiers, codes, refresh tokens, keys."""

    def new(self) -> str:
        """Return 43 characters of A-Z a-z 0-9 - and _ with 256 random bits."""
        ...
