"""Secrets from the operating system's random number generator."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from netra.settings import SECRET_BYTES_MIN, SettingsRefused

SECRET_BYTES: Final = 32
SIGNING_KEY_FILE: Final = "signing-key"


class RandomSecretSource:
    """`SecretSource` by the standard library."""

    def new(self) -> str:
        """Return 43 characters with 256 random bits."""
        return secrets.token_urlsafe(SECRET_BYTES)


def kept_secret(data: Path) -> str:
    """Return the signing key stored in the folder `data`; the first start creates it, for its owner only.

    Of several processes that start concurrently one creates the key, and all use it. Raises `SettingsRefused`
    for a key that is empty, too short or not text, and when it can be neither read nor written.
    """
    kept = data / SIGNING_KEY_FILE
    try:
        if not kept.exists():
            _make(kept)
        key = kept.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise _unusable(kept, f"{error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _unusable(kept, "it is damaged") from error
    if not key.isprintable():  # such as the zero bytes that a power failure may leave
        raise _unusable(kept, "it is damaged")
    if len(key) < SECRET_BYTES_MIN:
        raise _unusable(kept, f"it is damaged: {len(key)} of at least {SECRET_BYTES_MIN} characters")
    return key


def _make(kept: Path) -> None:
    """Write a temporary file, sync it and rename it, so that no reader finds a partial key."""
    draft = kept.with_name(f"{kept.name}-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            kept.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)


def _unusable(kept: Path, why: str) -> SettingsRefused:
    return SettingsRefused(
        f"The signing key {str(kept)!r} cannot be used: {why}. Restore the file, set NETRA_SECRET, or delete "
        "the file: then a new key is created, and all users must sign in again."
    )
