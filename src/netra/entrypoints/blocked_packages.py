"""Packages that Netra's own processes do not import, even if installed.

dependency-injector imports every web framework that it finds, to support injection into its handlers. Netra
does not use that, and where FastAPI is installed the import takes a quarter of the start. Only the command
line may block packages: an embedding program's process may need them.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType
from typing import Final, cast

FRAMEWORKS: Final = ("fastapi", "fast_depends", "starlette", "werkzeug")


@contextmanager
def unseen(*names: str) -> Generator[None]:
    """Make imports of these packages fail as if they were not installed; loaded ones stay."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden, _ABSENT))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


_ABSENT: Final = cast("ModuleType", None)  # the import system's marker for a missing module
