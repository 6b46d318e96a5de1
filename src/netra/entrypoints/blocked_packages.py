"""Packages that a process of ours leaves alone, wherever they happen to be installed.

dependency-injector imports every web framework that it finds, to inject into its handlers. Netra's
container injects into none, and where FastAPI is installed that import is a quarter of the start.
uvicorn imports watchfiles for reloading, and Litestar every schema library; here they only cost memory. Only
the command line may do this: in another program's process those packages are that program's.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType
from typing import Final, cast

FRAMEWORKS: Final = ("fastapi", "fast_depends", "starlette", "werkzeug", "watchfiles")
SCHEMA_LIBRARIES: Final = ("pydantic", "attrs", "yaml")  # Litestar imports them; its routes here use msgspec


@contextmanager
def unseen(*names: str) -> Generator[None]:
    """Let imports of these packages fail as if they were not there; what is loaded already stays."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden, _ABSENT))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


_ABSENT: Final = cast("ModuleType", None)  # what the import system takes for "not there"
