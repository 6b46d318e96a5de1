"""Find typing slips in a question: words that are close to a name of the log."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from netra.domain.agents.question.mentions import PLAIN_WORDS, Mention

_SLIP: Final = re.compile(r"(?<![\w-])[A-Za-z][\w]*(?:-[\w]+)*(?![\w-])")
_SLIP_LETTERS: Final = 6  # fewest letters of a word compared with the log's names
_SLIP_CUTOFF: Final = 0.8  # similarity of a word with an underscore to a name, from 0 to 1
_WORD_CUTOFF: Final = 0.85  # the same for a plain word
_INFLECTION: Final = 3  # letters by which a word may differ at its end and be a form of the name


def slips_in(text: str, *, known: Sequence[str]) -> tuple[tuple[Mention, str], ...]:
    """Return words that are close to a name of the log, each with that name: "supprt_chat".

    Words of six letters or more are compared, or those with an underscore; names must be blanked out before.
    """
    found: list[tuple[Mention, str]] = []
    by_lower = {name.lower(): name for name in known if len(name) >= _SLIP_LETTERS}
    for match in _SLIP.finditer(text):
        word = match[0].lower().replace("-", "_")
        if "_" not in word and (len(word) < _SLIP_LETTERS or word in PLAIN_WORDS):
            continue
        near = get_close_matches(word, by_lower, n=1, cutoff=_SLIP_CUTOFF if "_" in word else _WORD_CUTOFF)
        if near and not _is_inflected(word, near[0]):
            found.append((Mention(name=match[0], start=match.start(), end=match.end()), by_lower[near[0]]))
    return tuple(found)


def _is_inflected(word: str, name: str) -> bool:
    """Return whether the word is another form of the name's own word: "tagged" for "tagging"."""
    return "_" not in name and word.startswith(name[:-_INFLECTION])
