"""Recognise questions on a change that was made: its date, its effect, and why the bill moved."""

import re
from typing import Final

_CHANGE_MADE: Final = re.compile(
    r"\b(?:upgraded|switched|migrated|changed|swapped|replaced|deployed|released|introduced|moved|updated"
    r"|enabled|disabled|activated|turned (?:on|off)|switched (?:on|off)|raised|lowered|launched"
    r"|merged|shipped|landed|pushed|bumped|tweaked|refactored|installed|flipped|went over|started using"
    r"|began using|adopted"
    r"|converted|ported|reverted|rewrote|rewritten|shortened|patched|hotfixed|configured|adjusted"
    r"|trimmed the|cut the|brought in"
    r"|rolled out|went (?:out|in|over)|came out|regressed|added"
    r"|rolled (?:it |this |that )?out|went live|cut over)\b",
)
_CHANGE: Final = re.compile(
    r"\b(?:upgrade|upgrading|switching|migrating|moving|changing|switch(?:over)?|migration|change"
    r"|roll-?out|release|deployment|deploy|swap|move|cutover|hot-?fix|fix|patch|merge|refactor(?:ing)?"
    r"|launch|rewrite|tweak|bump|go-live"
    r"|update|(?:vs\.?|versus|compared (?:to|with)|against) (?:the (?:week|month|time|days?) )?before"
    r"|what (?:has )?(?:happened|changed)|before (?:and|vs\.?|versus) after|before/after"
    r"|before\b[^.?!]{0,30}\bafter)\b"
    r"|\bsince\b|\bever since\b",
)
_SPOKEN: Final = re.compile(
    r"\b(?:discussed|agreed|talked|spoke|met|meeting|mentioned|wrote|said|mail)\b[^.;!?\n]{0,16}$"
    r"|\b(?:due|deadline|until|till|by) (?:the )?$"
)  # "as discussed on the 23rd" dates no change
_WISHED: Final = re.compile(r"\b(?:must|should|will|shall|need|needs|have to|has to|want|budget)\b")
_VERDICT: Final = re.compile(
    r"\b(?:worth|pa(?:y|ying|id) (?:off|for)|roll(?:ed)?[ -]?back|rollback|revert\w*|undo|back out"
    r"|before and after"
    r"|before (?:vs|versus)|justif\w+|regret\w*|(?:make|made) (?:it|things|us) (?:better|worse)|a mistake)\b",
)
_WHY: Final = re.compile(
    r"\bwhy\b|\bwhat (?:made|drove|caused)\b|\bexplain\b|\bwhere does\b[^.?!\n]*\bcome from\b"
)
_SUM: Final = r"(?:costs?|bills?|invoices?|spend(?:ing)?|expenses?)"
_MOVE: Final = (
    r"(?:go(?:ne|es)?|went|going|gone) (?:up|down)|r(?:ise|ises|ose|isen|ising)|increas\w*"
    r"|grow(?:n|s|ing)?|grew|jump\w*|explod\w*|doubl\w*|tripl\w*|spik\w*|climb\w*|soar\w*|f(?:all|alls"
    r"|ell|allen|alling)"
    r"|drop\w*|decreas\w*|chang(?:e|ed|es)|higher|lower|more expensive|up|down"
)
_MOVED: Final = re.compile(
    rf"\b{_SUM}\b[^.?!\n]{{0,40}}\b(?:{_MOVE})\b|\b(?:{_MOVE})\b[^.?!\n]{{0,25}}\b{_SUM}\b"
)
_IN_THE_PAST: Final = re.compile(r"\b(?:was|were|did|has|have|had)\b")
_NOT_YET: Final = re.compile(
    r"\b(?:would|should|could|will|shall|can|planning|considering"
    r"|worth (?:moving|switching|migrating|upgrading|changing))\b",
)


def names_a_change(text: str) -> bool:
    """Return whether the text speaks of a change that was made, such as an upgrade."""
    lower = text.lower()
    return _CHANGE_MADE.search(lower) is not None or _CHANGE.search(lower.replace("since", "")) is not None


def dates_a_change(text: str, start: int, end: int) -> bool:
    """Return whether the date at `start` can be that of a change: “today's deploy”, not “today”."""
    if text[start:end].lower() == "today" and text[end : end + 2] not in ("'s", "’s"):
        return _CHANGE_MADE.search(text.lower()) is not None
    return _SPOKEN.search(text[:start].lower()) is None


def asks_before_after(text: str, *, is_dated: bool) -> bool:
    """Return whether the question asks for the effect of a past change; `is_dated` if it names a past day.

    >>> asks_before_after("Was the upgrade worth it?", is_dated=False)
    True
    >>> asks_before_after("Would an upgrade be worth it?", is_dated=False)
    False
    """
    lower = text.lower()
    is_made = _CHANGE_MADE.search(lower) is not None or (
        " as of " in f" {lower}" and not _WISHED.search(lower)
    )
    if not is_made and _CHANGE.search(lower) is None:
        return False
    if is_dated:
        return True
    if _NOT_YET.search(lower) and not _IN_THE_PAST.search(lower):
        return False
    return _VERDICT.search(lower) is not None


def asks_why(text: str) -> bool:
    """Return whether the question asks why the bill rose or fell.

    >>> asks_why("Why did costs go up last week?"), asks_why("Why is this model so expensive?")
    (True, False)
    """
    lower = text.lower()
    return _WHY.search(lower) is not None and _MOVED.search(lower) is not None
