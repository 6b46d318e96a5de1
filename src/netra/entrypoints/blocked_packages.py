"""Packages that Netra's processes do not import, even where they are installed.

dependency-injector imports every web framework that it finds, to inject into its handlers. Netra's
container injects into none, and where FastAPI is installed that import is a quarter of the start.
uvicorn imports watchfiles for reloading, alembic's templates import pygments for colours, and the container
and Litestar import pydantic: Netra uses none of it. Only the command line may block packages: in another
program's process they are that program's.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from typing import Final

FRAMEWORKS: Final = ("fastapi", "fast_depends", "starlette", "werkzeug", "watchfiles", "pygments")
SCHEMA_LIBRARIES: Final = ("pydantic", "attrs")  # for the container and Litestar, which import them


@contextmanager
def unseen(*names: str) -> Generator[None]:
    """Let imports of these packages fail as if they were not there; what is loaded already stays."""
    finder = _Absent(frozenset(name for name in names if name not in sys.modules))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Absent(MetaPathFinder):
    """Refuses to find some packages. Unlike None in `sys.modules`, compiled modules understand it."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:  # noqa: ARG002
        """Raise `ModuleNotFoundError` for these packages; leave others to the next finder."""
        if fullname.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
