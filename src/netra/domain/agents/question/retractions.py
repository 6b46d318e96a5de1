"""Decide whether a question takes a number back: “forget the 500 ms limit”, “not 20 %”."""

import re
from typing import Final

from netra.domain.agents.question.number_context import NumberContext

_NOT_BEFORE: Final = re.compile(
    r"(?:\b(?:not|no|nor)|n't)\s+(?:necessarily |by |to |a |an |the |about |just |another |any )*$",
    re.IGNORECASE,
)
_NEED_NOT: Final = re.compile(
    r"\b(?:(?:do|does|did|would|will)(?:n't| not)|needn't|need not|no need|no longer|not (?:need|want"
    r"|require|ask|after|interested)\w*"
    r"|nobody (?:needs|wants|asked)|never (?:wanted|asked))\b",
    re.IGNORECASE,
)
_BOUND: Final = re.compile(
    r"\b(?:than|exceed|over|above|beyond|past|longer|under|below|within|at most)\b", re.IGNORECASE
)
_DISMISS: Final = re.compile(
    r"\b(?:forget|scrap|ignore|cancel|disregard|never ?mind|discard|abandon|waive|strike|ditch|nix|skip)\b",
    re.IGNORECASE,
)
_DISMISSED: Final = re.compile(
    r"^\W*(?:(?:please|and|so|just|you (?:can|may)) )*(?:forget|scrap|ignore|cancel|disregard"
    r"|never ?mind|discard)"
    r"\b[^,;:]*$",
    re.IGNORECASE,
)
_LIFT: Final = re.compile(
    r"\b(?:drop|remove|lift|relax|delete|replace|retire|kill|lose)\s+(?:the |that |our |my |a )*$",
    re.IGNORECASE,
)
_LIFT_GOAL: Final = re.compile(
    r"\b(?:drop|remove|lift|relax|delete|retire|kill|no)\s+(?:the |that |our |my |a )*(?:\w+ )?(?:limit"
    r"|budget|target|goal|cap|requirement)s?\s(?:of |at )?(?:about )?$",
    re.IGNORECASE,
)
_A_GOAL: Final = re.compile(
    r"\W*(?:\w+[ -]){0,2}?(?:limit|target|budget|goal|requirement|cap|slo|ceiling|bound|one)\b", re.IGNORECASE
)
_INSTEAD: Final = re.compile(
    r"\b(?:instead of|rather than|as opposed to|in place of|anstatt)\s+(?:the |a |about |just |only )*$",
    re.IGNORECASE,
)
_SAID: Final = re.compile(
    r"\b(?:earlier|before|previously|originally|initially|at first|just now)\b.*\b(?:said|asked|wrote"
    r"|wanted|mentioned)\b"
    r"|\bi (?:had |have )?(?:said|wrote|asked for|mentioned)\b",
    re.IGNORECASE,
)
_OLD_GOAL: Final = re.compile(
    r"\b(?:limit|budget|target|goal|slo|cap|requirement)\s(?:was|used to be|had been)\b|\b(?:old|former"
    r"|previous|earlier) (?:\w+ )?(?:limit|budget|target|goal|slo|cap)\b",
    re.IGNORECASE,
)
_NOT_NEEDED: Final = re.compile(
    r"^[^,;.]{0,40}?(?:\b(?:not|no longer)|n't)\s(?:\w+ ){0,2}?(?:need|necessar|requir|important|must"
    r"|appl|want|ask|matter)\w*",
    re.IGNORECASE,
)
_ANY_MORE: Final = re.compile(r"\s*(?:any ?more|any longer)\b", re.IGNORECASE)
_THAN: Final = re.compile(r"\bthan (?:a |an |the )?$", re.IGNORECASE)
_RATHER: Final = re.compile(r"\b(?:rather|sooner|prefer)\b", re.IGNORECASE)


def is_retracted(context: NumberContext) -> bool:
    """Return whether the question takes the number back."""
    before, after = context.before, context.after
    if _INSTEAD.search(before) or _DISMISS.search(before) or _SAID.search(before) or _OLD_GOAL.search(before):
        return True
    if _THAN.search(before) and _RATHER.search(context.whole_sentence):
        return True
    if _LIFT_GOAL.search(before) or _NOT_BEFORE.search(before) or _NOT_NEEDED.match(after):
        return True
    if (_LIFT.search(before) and _A_GOAL.match(after)) or _is_dismissed_with(context):
        return True
    needless = _NEED_NOT.search(before)
    if needless is None:
        return False
    return _BOUND.search(before, needless.end()) is None or _ANY_MORE.match(after) is not None


def _is_dismissed_with(context: NumberContext) -> bool:
    """Return whether the number belongs to what is dismissed: "ignore the mail with the $3k budget"."""
    earlier = [one for one in context.sentence if one.start < context.clause.start]
    if not earlier or context.has_number(earlier[0]):
        return False
    is_joined = context.clause.start - earlier[0].start - len(earlier[0].text) == len("with")
    return is_joined and _DISMISSED.match(earlier[0].text) is not None
