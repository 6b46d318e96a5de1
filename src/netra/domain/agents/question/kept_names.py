"""Find the names that a question mentions but sets no goal for, as what may not get slower."""

import re
from collections.abc import Sequence
from typing import Final

from netra.domain.agents.question.mentions import FILLER, Mention

_NOT_SLOWER_AFTER: Final = re.compile(
    rf"(?:{FILLER}|\s|,|and\b|or\b|calls\b|answers\b)*(?:(?:must|may|should|can|could|shall|will|is|are)"
    r"(?:n't|not| not| never)|cannot|never) (?:to |allowed to )*(?:get|be|become|run|grow|turn|feel)"
    r" (?:any |even |much )?(?:slower|worse)\b(?! than (?!now\b|today\b|it\b|they\b|before\b))",
    re.IGNORECASE,
)
_NOT_MADE: Final = re.compile(
    r"(?:\b(?:not|never|without)|n't) (?:mak(?:e|ing)|let(?:ting)?)\s(?:the |our )?$", re.IGNORECASE
)
_SLOWER: Final = re.compile(
    rf"(?:{FILLER}|\s|calls\b|get\b|any\b)*slower\b(?! than (?!now\b|today\b|it\b|they\b|before\b))",
    re.IGNORECASE,
)
_SHARE_IS: Final = re.compile(
    r"[0-9]\s?(?:%|percent) of (?:the |our |all |my )?\w+ (?:is|are|goes (?:to|into)|comes? from)\s$",
    re.IGNORECASE,
)  # "38 % of the spend is X"
_POINTS_BACK: Final = re.compile(r"\b(?:it|its|that|there|this|them)\b", re.IGNORECASE)
_DIGIT: Final = re.compile("[0-9]")
_CLAUSE_END: Final = re.compile(r"[.,;:!?](?=\s|$)|\n|\b(?:and|but|while)\b")


def without_bystanders(mentions: Sequence[Mention], text: str) -> tuple[Mention, ...]:
    """Return the names without those that the goals are not about; `text` has names blanked out.

    >>> named = [Mention(name="chat", start=18, end=22)]
    >>> without_bystanders(named, "20 % cheaper, and ￼￼￼￼ must not get slower")
    ()
    """
    return tuple(one for one in mentions if not (_may_not_slow(one, text) or _is_described(one, text)))


def _may_not_slow(one: Mention, text: str) -> bool:
    """Return whether the name may not get slower, in a question with a number in another clause."""
    made = _NOT_MADE.search(text[: one.start]) if _SLOWER.match(text, one.end) else None
    if made is None and not _NOT_SLOWER_AFTER.match(text, one.end):
        return False
    begin = max((match.end() for match in _CLAUSE_END.finditer(text, 0, one.start)), default=0)
    stop = _CLAUSE_END.search(text, one.end)
    before = text[: begin if made is None else made.start()]
    return bool(_DIGIT.search(before) or (stop and _DIGIT.search(text, stop.end())))


def _is_described(one: Mention, text: str) -> bool:
    """Return whether the name only has a share now, and a later goal does not point back to it."""
    rest = text[one.end :]
    return (
        _SHARE_IS.search(text[: one.start]) is not None
        and _DIGIT.search(rest) is not None
        and _POINTS_BACK.search(rest) is None
    )
