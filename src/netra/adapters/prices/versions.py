"""The version that a model's id names."""

import re
from typing import Final

_VERSION: Final = re.compile(r"(?<![0-9a-z.])(\d{1,2})(?:[.-](\d{1,2})(?!\d))?(?![0-9])")


def version_of(model: str) -> tuple[int, int]:
    """Return the version in a model's id; (0, 0) if it has no version.

    >>> version_of("gpt-6.1-sol"), version_of("claude-haiku-4-5-20251001"), version_of("claude-opus-5")
    ((6, 1), (4, 5), (5, 0))
    >>> version_of("gpt-4o"), version_of("o3"), version_of("chatgpt-image-latest")
    ((4, 0), (0, 0), (0, 0))
    """
    found = _VERSION.search(model)
    return (0, 0) if found is None else (int(found[1]), int(found[2] or 0))
