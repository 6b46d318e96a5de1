"""Source of new identifiers."""

from typing import Protocol


class IdSource(Protocol):
    """Generates unguessable identifiers."""

    def new(self, prefix: str) -> str:
        """Return `prefix-` followed by characters of `[0-9a-z]` with at least 96 random bits.

        Later identifiers sort after earlier ones, to the millisecond. The total length is at most 64
        characters.
        """
        ...
