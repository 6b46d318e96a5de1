"""Restricts the folder of an embedded store and its files to their owner."""

import os
import stat
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from netra.settings import SettingsRefused

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
OTHERS: Final = 0o077  # permission bits of the group and of other users


def private_folder(folder: Path, *, holds: Collection[str], user_id: int | None = None) -> None:
    """Create `folder` if missing, and restrict it and the store's files in it to their owner.

    `holds` are the prefixes of the store's file names. The owner must be `user_id`, by default the user of
    this process. A folder or file that an older version left open to others is restricted. Raises
    `SettingsRefused` for a folder that is not writable, that another user owns, or that is open to others and
    holds files of other programs.
    """
    owner = os.geteuid() if user_id is None else user_id
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        own = [entry for entry in folder.iterdir() if entry.name.startswith(tuple(holds))]
        _check_owner(folder, folder, owner=owner)
        _restrict(folder, is_store=bool(own) or not any(folder.iterdir()))
        for entry in own:
            with suppress(FileNotFoundError):  # another process has closed the store
                _check_owner(entry, folder, owner=owner)
                if entry.is_file() and entry.stat().st_mode & OTHERS:
                    entry.chmod(FILE_MODE)
    except OSError as error:
        raise _unusable(folder, f"{error.strerror or error}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unusable(folder, "this user may not write to it")


def _check_owner(path: Path, folder: Path, *, owner: int) -> None:
    found = path.stat().st_uid
    if found != owner:
        what = "it" if path == folder else f"its file {path.name!r}"
        raise _unusable(folder, f"{what} belongs to the user with id {found}, and this is user {owner}")


def _restrict(folder: Path, *, is_store: bool) -> None:
    mode = folder.stat().st_mode
    if not mode & OTHERS:
        return
    # such as /tmp or a home directory: restricting it would harm others
    if mode & stat.S_ISVTX or not is_store:
        raise _unusable(
            folder,
            f"other users have access to it (mode {stat.S_IMODE(mode):04o}), and it holds other files",
        )
    folder.chmod(FOLDER_MODE)


def _unusable(folder: Path, why: str) -> SettingsRefused:
    return SettingsRefused(
        f"The data folder {str(folder)!r} cannot be used: {why}. Choose another one with --data or "
        "NETRA_DATA."
    )
