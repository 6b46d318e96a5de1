"""Secrets from the operating system's random numbers."""

import secrets
from typing import Final

SECRET_BYTES: Final = 32


class RandomSecretSource:
    """`SecretSource` by the standard library."""

    def new(self) -> str:
        """Return 43 characters that hold 256 random bits."""
        return secrets.token_urlsafe(SECRET_BYTES)
