"""Recognise the rest: "apart from chat, the features cost $5", "the other features make 300 calls"."""

import re
from typing import Final

from netra.domain.agents.guard.facts import Fact
from netra.domain.agents.guard.naming import Mention, NameKind
from netra.domain.agents.guard.placement import Spot

_HARD: Final = frozenset({NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL})
_WITHOUT: Final = re.compile(
    r"\b(?:apart from|except(?:ing)?(?: for)?|other than|besides|excluding|outside(?: of)?|all but"
    r"|leaving (?:aside|out)|leave (?:aside|out)|aside from|without|not counting|not (?:from|by|in)|beyond)"
    r"\s+(?:the )?(?:(?:feature|model|tool|template) )?[\"'`“]?$",
    re.IGNORECASE,
)
_OTHERS: Final = re.compile(
    r"\b(?:the |all |your |every )*(?:others?|rest|remain\w*|everything else|everyone else|elsewhere)\b",
    re.IGNORECASE,
)


def is_excluded(mention: Mention, spot: Spot) -> bool:
    """Return whether the sentence leaves the row out: "apart from chat"."""
    is_row = any(name.kind in _HARD for name in mention.names)
    return is_row and _WITHOUT.search(spot.sentence[: mention.start]) is not None


def is_owned(spot: Spot) -> bool:
    """Return whether a row stands before the number in its part of the sentence: "chat uses 2 models"."""
    return any(
        mention.end <= len(spot.before)
        for mention in spot.rows
        if any(name.kind in _HARD for name in mention.names)
    )


def is_rest_of(fact: Fact, spot: Spot) -> bool:
    """Return whether the number is stated of all rows but the fact's."""
    named = [one for one in spot.rows if any(name.kind in _HARD for name in one.names)]
    says_others = _OTHERS.search(spot.segment) is not None
    if not named:
        names = {name for name in spot.earlier_names if name.kind in _HARD}
        return says_others and (not names or not names.isdisjoint(fact.rows[-1]))
    return all(not one.names.isdisjoint(fact.rows[-1]) for one in named) and (
        says_others or all(is_excluded(one, spot) for one in named)
    )
