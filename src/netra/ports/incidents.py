"""Reports of unexpected errors, so that an outermost frame can continue without hiding them."""

from typing import Protocol


class Incidents(Protocol):
    """Receives unexpected errors for the operator."""

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        """Record the error with its traceback and the names of the affected objects; never raises."""
        ...
