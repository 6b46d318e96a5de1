"""Text that is secret: passwords in addresses, keys, and what signs tokens."""


class Secret(str):
    """Text that does not print itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"

    def __format__(self, spec: str) -> str:
        return "…"

    def reveal(self) -> str:
        """Return the text itself."""
        return str.__str__(self)
