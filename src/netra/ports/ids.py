"""Fresh identifiers."""

from typing import Protocol


class IdSource(Protocol):
    """Makes identifiers nobody can guess."""

    def new(self, prefix: str) -> str:
        """Return `prefix-` and text of `[0-9a-z]` with at least 96 random bits.

        Identifiers made later sort later, to the millisecond. At most 64 characters in all.
        """
        ...
