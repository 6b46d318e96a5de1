"""Find the noun that a number counts where it does not follow the number: "300 calls, 5 failed"."""

import re
from typing import Final

from netra.domain.agents.guard.claim_context import stem

_OF_COUNTED: Final = re.compile(
    r"\bof (?:the |your |all |these |input |output )*(?P<noun>calls|requests|tokens|answers"
    r"|prompts),?\s*$",
    re.IGNORECASE,
)
_PART_OF: Final = re.compile(
    r"\s(?:out )?of\s(?:[\w.'’-]*\s+){0,4}?(?:[0-9][0-9,]*\s)?(?P<noun>calls|requests|tokens|answers"
    r"|prompts)\b",
    re.IGNORECASE,
)
_OF_THEM: Final = re.compile(
    r"\s(?:of (?:them|these|those|which)|[a-z]+ed|got|hit|were|succe\w+|failed|fail|were|was|are|is"
    r"|repeat\w*|ended|end|exceed\w*|can|could"
    r"|cannot|went|go|did|do|fit|br[eo]ak\w*|broke|miss\w*|st[ao]y\w*|take|took|came|come|belong\w*|ran"
    r"|run)\b",
    re.IGNORECASE,
)
_COUNTED_BEFORE: Final = re.compile(
    r"[0-9]\s(?:[\w-]+\s)?(?P<noun>calls|requests|answers|prompts)\b[^.;]*$", re.IGNORECASE
)
_IN_OR_OUT: Final = re.compile(r"\s(?:in|out)(?=[.,;:)]|\s(?:and|/)|\s*$)", re.IGNORECASE)
_TOKENS: Final = re.compile(r"\btokens?\b", re.IGNORECASE)
_CALLS: Final = re.compile(r"\b(?:calls?|requests?)\b", re.IGNORECASE)
_DOLLARS: Final = re.compile(r"\bdollars?\b", re.IGNORECASE)


def noun_around(before: str, after: str) -> str:
    """Return the stem of the noun that the words around a number give it; empty without a noun.

    >>> noun_around("of 300 calls, ", " failed"), noun_around("", " of chat's 300 calls")
    ('call', 'call')
    """
    if _IN_OR_OUT.match(after) and _TOKENS.search(before + after):
        return "token"
    found = _PART_OF.match(after)
    if found is None and _OF_THEM.match(after):
        found = _COUNTED_BEFORE.search(before)
    found = found or _OF_COUNTED.search(before)
    return "" if found is None else stem(found["noun"])


def nouns_of_ratio(text: str) -> tuple[str, ...]:
    """Return what a ratio in words is a ratio of: "one dollar in five"."""
    if _CALLS.search(text):
        return ("call",)
    return ("money",) if _DOLLARS.search(text) else ()
