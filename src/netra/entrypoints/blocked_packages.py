"""Packages that Netra's own processes do not import, even if installed.

dependency-injector imports every web framework that it finds, to support injection into its handlers. Netra
does not use that, and where FastAPI is installed the import takes a quarter of the start. uvicorn imports
watchfiles for reloading, alembic's templates import pygments for colours, the container and Litestar import
pydantic, and PyJWT imports cryptography, a tenth of a server's memory; Netra does not use them. Only the
command line may block packages: an embedding program's process may need them.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from typing import Final

FRAMEWORKS: Final = ("fastapi", "fast_depends", "starlette", "werkzeug", "watchfiles", "pygments")
SCHEMA_LIBRARIES: Final = ("pydantic", "attrs")  # imported by the container and Litestar if installed
SIGNATURES: Final = ("cryptography",)  # imported by PyJWT if installed; access tokens are signed by HS256


@contextmanager
def unseen(*names: str) -> Generator[None]:
    """Make imports of these packages fail as if they were not installed; loaded ones stay."""
    finder = _Absent(frozenset(name for name in names if name not in sys.modules))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Absent(MetaPathFinder):
    """Refuses to find some packages. Compiled modules accept this, and not None in `sys.modules`."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:  # noqa: ARG002
        """Raise `ModuleNotFoundError` for these packages; leave others to the next finder."""
        if fullname.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
