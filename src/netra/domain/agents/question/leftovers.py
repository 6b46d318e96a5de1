"""List what no reading consumed: percentiles without a limit, and exclusions without a name."""

import re
from collections.abc import Sequence
from typing import Final

from netra.domain.agents.question.limits import NEGATED
from netra.domain.agents.question.mentions import FILLER
from netra.domain.agents.question.number_context import Numbers
from netra.domain.agents.question.readings import StatedTarget, Unread

NO_LIMIT: Final = "a percentile without a limit"
NO_NAME: Final = "unclear what is to be left out; name a feature, tool, template or model of the log"
_LIMITS: Final = ("ttft", "tpot", "latency")
_LEFT_OUT: Final = re.compile(
    r"\b(?:do not|don't|dont|never|must not|mustn't|may not|can't|cannot|shouldn't|should not|without)\s"
    r"(?:touch|alter|modify|tamper with|mess with|meddle with|tinker with)(?:ing)?\b[^.;!?,]{0,40}"
    r"|\b(?:hands off|keep (?:your |the )?(?:hands|fingers) off|stay away from|steer clear "
    r"of)\b[^.;!?,]{0,40}"
    r"|\b(?:leave|keep)\s(?!it\b|them\b|that\b|everything\b)(?:(?:the|our"
    r"|my)\s)?(?:[\w-]+\s){1,4}(?:alone|untouched|unchanged"
    r"|as (?:it|they) (?:is|are)|as is|out of (?:it|this|scope))\b"
    r"|\b(?:exclud(?:e|es|ing)|exempt|omit|ring-?fence|leave out|leaving out|carve out)\s(?!it\b"
    r"|them\b)[^.;!?,]{2,40}"
    r"|\b(?:except|except for|apart from|aside from|other than|with the exception of)\s(?!that\b|when\b"
    r"|if\b|this\b)[^.;!?,]{2,40}"
    r"|[^.;!?,]{2,40}\s(?:is|are|stays?|remains?)\s(?:strictly |completely |totally )?(?:off[- ]limits"
    r"|untouchable|out of (?:scope|bounds)"
    r"|sacrosanct|ring-?fenced|frozen)\b",
    re.IGNORECASE,
)
_DROPPED: Final = re.compile(
    r"\b(?:drop|remove|forget|scrap|strike|ignore|skip|instead of|rather than|not|lift|cancel)\s(?:the "
    r"|our |that |any )?$",
    re.IGNORECASE,
)
_WRONG: Final = re.compile(r"[^.;,]{0,30}\b(?:wrong|was|were|is not|isn't|no longer)\b", re.IGNORECASE)
_PRONOUN: Final = re.compile(
    r"\b(?:it|they|this|these|those|both)\s(?:is|are|stays?|remains?)\b", re.IGNORECASE
)
_DIGIT: Final = re.compile("[0-9]")
_OTHER_THINGS: Final = re.compile(
    r"\b(?:models?|quality|accuracy|answers?|latency|speed|budget|limits?|contract|sla|slo|users?"
    r"|customers?|money|costs?|price"
    r"|nothing|anything|system|code|rest|everything|others?|all|price list|that|prompts?|ttft|tpot"
    r"|percentile|goal|target)\b",
    re.IGNORECASE,
)


def unused_percentiles(numbers: Numbers, targets: Sequence[StatedTarget], text: str) -> list[Unread]:
    """Return the percentiles that no limit has, in a question that has a limit."""
    limits = [target for target in targets if target.field in _LIMITS]
    used = {target.percentile for target in limits}
    return [
        Unread(text=text[one.start : one.end].strip(), why=NO_LIMIT, start=one.start)
        for one in numbers.percentiles
        if limits
        and one.value not in used
        and not _is_denied(text[max(0, one.start - 24) : one.start])
        and not _WRONG.match(text, one.end)
    ]


def _is_denied(before: str) -> bool:
    return NEGATED.search(before) is not None or _DROPPED.search(before) is not None


def nameless_exclusions(text: str) -> list[Unread]:
    """Return the phrases that leave out something without a name that was found; excluded names are blank.

    >>> [one.text for one in nameless_exclusions("10 % cheaper, but don't touch billing")]
    ["don't touch billing"]
    """
    return [
        Unread(text=match[0].strip(), why=NO_NAME, start=match.start(), is_grave=True)
        for match in _LEFT_OUT.finditer(text)
        if FILLER not in match[0]
        and not _PRONOUN.search(match[0])
        and not _OTHER_THINGS.search(match[0])
        and not _DIGIT.search(match[0])
    ]
