"""Split streamed text at the ends of sentences and lines, so that each can be checked before it is shown."""

import re
from typing import Final

_END: Final = re.compile(
    r"(?<![\s.][A-Za-z])(?<!\bvs)(?<!e\.g)(?<!i\.e)(?<!approx)[.!?][\"'”’)\]*_]*(?=\s)|(?<=\S)[^\S\n]*\n"
)
_NUMBER_OF_A_LIST: Final = re.compile(r"\s*[*#-]*\s*[0-9]{1,2}\.")
SENTENCE_MAX: Final = 1_200  # longest sentence in characters; longer text is cut here


class Sentences:
    """Joins streamed pieces into whole sentences without changing the text.

    >>> cut = Sentences()
    >>> cut.take("It costs $0."), cut.take("21. That"), cut.rest()
    ([], ['It costs $0.21.'], ' That')
    """

    def __init__(self, *, longest: int = SENTENCE_MAX) -> None:
        self._held = ""
        self._longest = longest  # characters

    def take(self, piece: str) -> list[str]:
        """Add a piece; return the sentences it completes."""
        self._held += piece
        whole: list[str] = []
        while (end := self._end()) is not None:
            whole.append(self._held[:end])
            self._held = self._held[end:]
        return whole

    def rest(self) -> str:
        """Return the remaining text after the last piece."""
        left, self._held = self._held, ""
        return left

    def _end(self) -> int | None:
        for match in _END.finditer(self._held):
            is_number = _NUMBER_OF_A_LIST.fullmatch(self._held, 0, match.end()) is not None
            if match.end() <= self._longest and not is_number:
                return match.end()
        return self._longest if len(self._held) > self._longest else None
