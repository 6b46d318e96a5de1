"""Where the unexpected is told, so that an outermost frame can go on without hiding it."""

from typing import Protocol


class Incidents(Protocol):
    """The operator's ear."""

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        """Record the error with its trace and the names of what it struck; never raises."""
        ...
