"""Fresh secrets."""

from typing import Protocol


class SecretSource(Protocol):
    """Makes what must not be guessed: states, nonces, verifiers, codes, refresh tokens, keys."""

    def new(self) -> str:
        """Return 43 of the characters A-Z a-z 0-9 - and _ : 256 random bits."""
        ...
