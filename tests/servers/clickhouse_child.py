"""Runs ClickHouse's HTTP server out of the in-process engine until it is killed.

`_chdb` is a private name, pinned by the version of `chdb-core` in the test group; when it goes, the
import fails here and says so. The working folder holds the configuration.
"""

from pathlib import Path

from chdb import _chdb

YEAR_S = 31_536_000

_chdb.query(  # type: ignore[attr-defined]  # the private name that the test group pins
    f"SYSTEM START LISTEN HTTP; SELECT sleep({YEAR_S})"
    " SETTINGS function_sleep_max_microseconds_per_block = 0",
    "TabSeparated",
    path=str(Path("store").absolute()),
)
