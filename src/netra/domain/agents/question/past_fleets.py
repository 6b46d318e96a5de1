"""Recognise GPUs that a question takes back, or that the asker no longer has."""

import re
from typing import Final

_SENTENCE_END: Final = re.compile(r"[.;!?](?=\s|$)|\n")
_CLAUSE_END: Final = re.compile(r"[.,;!?](?=\s|$)|\n")
_DISMISSED: Final = re.compile(
    r"\b(?:scratch|forget|ignore|strike|cancel|disregard|never ?mind|scrap)\b[^.;,\n]{0,40}$"
    r"|\b(?:earlier|before|originally|first) (?:i|we) (?:said|asked|wrote|mentioned)\b[^.;,\n]{0,24}$"
    r"|\bi (?:said|asked for|wrote|mentioned)\b[^.;,\n]{0,24}$",
    re.IGNORECASE,
)
_NONE: Final = re.compile(r"\b(?:not|not a|not one|not any|without(?: any)?|zero|no)\s$", re.IGNORECASE)
_GONE_BEFORE: Final = re.compile(
    r"\b(?:used to|no longer|formerly|previously|once) (?:\w+ ){0,2}?$"
    r"|\b(?:(?:hand|send|giv|turn|gave|sent|handed|turned|given)\w* back|returned|sold|cancell?ed"
    r"|terminated|decommissioned"
    r"|got rid of|retired|lost|gave up|let go of|(?<!if )(?:we|i|they) had)\s(?:\w+ ){0,2}?$",
    re.IGNORECASE,
)
_GONE_AFTER: Final = re.compile(
    r"s?\s(?:gpus? |cards? )?(?:(?:were|was|have been|has been|are|got) (?:sold|returned|handed back"
    r"|cancell?ed|terminated"
    r"|decommissioned|retired|given back|sent back|gone)|until|till|we (?:used to|once) (?:have|own|run))\b",
    re.IGNORECASE,
)


def is_dismissed(text: str, start: int) -> bool:
    """Return whether the GPUs at `start` are taken back: "scratch what I wrote about H100s"."""
    if _NONE.search(text[max(0, start - 16) : start]):
        return True
    return _DISMISSED.search(text[max(0, start - 80) : start]) is not None


def is_gone(text: str, start: int, end: int) -> bool:
    """Return whether the GPUs between `start` and `end` belong to the past: "we sold our 16 A100"."""
    before = text[max(0, start - 60) : start]
    return _GONE_BEFORE.search(before) is not None or _GONE_AFTER.match(text, end) is not None


def past_clause(text: str, start: int, end: int) -> str:
    """Return the clause of the GPUs.

    >>> past_clause("we sold our 16 A100, why?", 12, 19)
    'we sold our 16 A100'
    """
    begin = max((match.end() for match in _SENTENCE_END.finditer(text, 0, start)), default=0)
    stop = _CLAUSE_END.search(text, end)
    return " ".join(text[begin : len(text) if stop is None else stop.start()].split())
