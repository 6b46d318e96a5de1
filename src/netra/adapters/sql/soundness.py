"""Detects a damaged SQLite file before it is used."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

from netra.domain.errors import Unavailable

CHECK_S: Final = 2.0  # seconds for the check at start; it reads about 700 MB/s from the page cache
LOOK_EVERY: Final = 1_000  # SQLite virtual machine steps between two checks of the deadline


def check_soundness(
    connection: sqlite3.Connection,
    path: Path,
    *,
    check_s: float = CHECK_S,
    clock_s: Callable[[], float] = monotonic,
) -> bool:
    """Return whether the whole file was checked; False when `check_s` did not suffice.

    Raises `Unavailable` when a page is damaged. The content of indexes is not compared with their tables.
    """
    ends_s = clock_s() + check_s
    connection.set_progress_handler(lambda: clock_s() >= ends_s, LOOK_EVERY)
    try:
        ((finding,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.OperationalError as error:
        if str(error) != "interrupted":
            raise
        return False
    finally:
        connection.set_progress_handler(None, 0)
    if finding != "ok":
        raise damaged(path, finding)
    return True


def damaged(path: Path, finding: str) -> Unavailable:
    """Return the error for a damaged file, with instructions."""
    words = " ".join(finding.split())  # the engine's message has several lines
    return Unavailable(
        f"The database file {path} is damaged ({words}). Stop every Netra process, move it away with its "
        "-wal and -shm files, and restore a backup; without one, "
        f"'sqlite3 {path} .recover | sqlite3 recovered.sqlite3' saves the readable part."
    )
