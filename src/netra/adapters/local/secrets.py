"""Secrets from the operating system's random numbers."""

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

SECRET_BYTES: Final = 32
SIGNING_KEY_FILE: Final = "signing-key"


class RandomSecretSource:
    """`SecretSource` by the standard library."""

    def new(self) -> str:
        """Return 43 characters that hold 256 random bits."""
        return secrets.token_urlsafe(SECRET_BYTES)


def kept_secret(data: Path) -> str:
    """Return the data folder's own signing secret, made on the first start, readable by its owner only.

    Of several processes that start at once one wins, and all use its secret.
    """
    data.mkdir(parents=True, exist_ok=True)
    kept = data / SIGNING_KEY_FILE
    if not kept.exists():
        draft = data / f"{SIGNING_KEY_FILE}-{secrets.token_hex(8)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            kept.hardlink_to(draft)
        draft.unlink()
    return kept.read_text()
