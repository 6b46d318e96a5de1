"""Check that a text is plain prose: no markup, no address, no secret, no copy of the instructions.

The guard checks its numbers.
"""

import re
import unicodedata
from collections.abc import Collection
from typing import Final

TEXT_MAX: Final = 6_000  # longest answer in characters: about two screens
_WORD_MAX: Final = 48  # longest word in characters; a longer one is a code
_ECHO: Final = 7  # consecutive words that count as a copy of the instructions
_MARKUP: Final = re.compile(
    r"<\s*[/!?a-z]|&(?:#[0-9]+|#x[0-9a-f]+|[a-z]{2,8});|\]\s*\(|!\[|\[[^\]]*\]\s*[:\[]", re.IGNORECASE
)
_ADDRESS: Final = re.compile(
    r"[a-z][a-z0-9+.-]{1,20}:/|(?:mailto|javascript|data|tel|file)\s*:\S|\bwww\.|\S@\w|\\\\\w"
    r"|\b[\w-]+\.(?:com|net|org|io|ai|app|dev|co|xyz|info|me|ru|cn|eu|de|uk|us|tv|cc|ly|site|online|top"
    r"|link|zip)\b"
    r"|\b[\w-]+(?:\.[\w-]+)+/\S|\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b",
    re.IGNORECASE,
)
_SECRET: Final = re.compile(
    r"\bsk-\w|\bbearer\s+\S|\beyj[\w-]{10}|-----begin|\bapi[ _-]?key\s*[:=]", re.IGNORECASE
)
_WORDS: Final = re.compile(r"[a-z']+")
_ENGLISH: Final = frozenset(
    (
        "the",
        "of",
        "to",
        "a",
        "an",
        "is",
        "and",
        "in",
        "your",
        "you",
        "that",
        "for",
        "it",
        "on",
        "would",
        "with",
        "by",
        "this",
    )
)
_LONG: Final = 9  # words from which on an English text must contain a word of `_ENGLISH`
_LETTERS: Final = ("LATIN", "MICRO", "GREEK SMALL LETTER MU")


def faults_in(text: str, *, instructions: Collection[str], payload: str = "") -> tuple[str, ...]:
    """Return the faults of `text` as metric labels; addresses in `payload` are allowed.

    >>> faults_in("See [this](https://evil.example/?q=1)", instructions=())
    ('markup', 'address')
    """
    checks = (
        ("markup", _MARKUP.search(text) is not None),
        ("address", _has_address(text, payload)),
        ("secret", _SECRET.search(text) is not None),
        (
            "characters",
            any(_is_odd(character) for character in text if not character.isascii() or character < " "),
        ),
        ("code", any(len(word) > _WORD_MAX for word in text.split())),
        ("echo", bool(_runs(text).intersection(instructions))),
        ("language", _is_foreign(text)),
    )
    return tuple(name for name, is_so in checks if is_so)


def instructions_of(*texts: str) -> frozenset[str]:
    """Return the word sequences by which a copy of `texts` is recognised."""
    return frozenset(run for text in texts for run in _runs(text))


def _runs(text: str) -> frozenset[str]:
    words = _WORDS.findall(text.lower())
    return frozenset(" ".join(words[at : at + _ECHO]) for at in range(len(words) - _ECHO + 1))


def _has_address(text: str, payload: str) -> bool:
    """Return whether the text contains an address that is not in the payload."""
    return any(match[0] not in payload for match in _ADDRESS.finditer(text))


def _is_odd(character: str) -> bool:
    """Return whether a character is a control character or of a script whose numbers are not checked."""
    category = unicodedata.category(character)
    if category[0] == "C":
        return character not in "\n\t"
    return category[0] == "L" and not unicodedata.name(character, "").startswith(_LETTERS)


def _is_foreign(text: str) -> bool:
    """Return whether a long text has no common English word, so that its numbers cannot be checked."""
    words = _WORDS.findall(text.lower())
    return len(words) >= _LONG and _ENGLISH.isdisjoint(words)
