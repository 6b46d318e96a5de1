"""Recognise the numbers of list items, which state nothing: 1., 2., 3. in sequence."""

import re
from collections.abc import Iterator
from typing import Final

_NUMBERED: Final = re.compile(r"(?m)^[ \t]*(?:#{1,4} |[-*] )?\*{0,2}(?P<n>[0-9]{1,2})[.)](?=\s)")


def due_after(text: str, *, due: int = 1) -> int:
    """Return the number of the next list item after `text`.

    >>> due_after("1. Cache.\\n2. Batch.")
    3
    """
    for _, number in numbered(text, due):
        due = number + 1
    return due


def numbered(text: str, due: int) -> Iterator[tuple[re.Match[str], int]]:
    """Yield the numbers of list items: 1., 2., 3. in sequence."""
    for match in _NUMBERED.finditer(text):
        number = int(match["n"])
        if number in (1, due):
            due = number + 1
            yield match, number
