"""Read the direction of a change of models: "moving from A to B", "replace A by B", "B instead of A"."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.agents.question.mentions import Mention

_FROM_BEFORE: Final = re.compile(
    r"\b(?:from|replac(?:e[sd]?|ing)|swap(?:s|ped|ping)?(?: out)?|instead of|rather than|in place of|off"
    r"|leav(?:e|ing)|left|ditch(?:ed|ing)?|drop(?:ped|ping)?|retir(?:ed?|ing)|away from|out of"
    r"|get rid of|abandon(?:ed|ing)?|quit|substitut(?:e|es|ing)|exchang(?:e|ing)|trad(?:e|ing)|migrat(?:e"
    r"|ing) (?:our |the )?|von|de|depuis|desde)\s+(?:our |the |all |everything on |calls (?:to|from) )*$",
    re.IGNORECASE,
)
_QUIT: Final = re.compile(
    r"\b(?:(?:get|move|migrate|switch|come|break|go) (?:us |me |everything |it all )?(?:off|away from"
    r"|out of)|get rid of|ditch|abandon"
    r"|phase out|sunset|retire|quit|leave|drop|dump)\s(?:our |the )?$",
    re.IGNORECASE,
)
_MUST_GO: Final = re.compile(
    r"\s(?:has to|must|needs to|should|will) (?:go|leave|be (?:retired|replaced|phased out))\b(?! to| from)",
    re.IGNORECASE,
)
_QUESTIONED: Final = re.compile(r"\b(?:not|never|don't|won't|can't|cannot)\b", re.IGNORECASE)
_TO_BETWEEN: Final = re.compile(
    r"\W*(?:calls |traffic |over |completely |entirely |everywhere )*(?:(?:to|with|by|for|->|→|=>|⇒|into"
    r"|onto|nach|vers|a|against)|-+>)\s*(?:the |our |a )*",
    re.IGNORECASE,
)
_ARROW: Final = re.compile(r"\s*(?:→|->|-->|=>|⇒|to|zu|nach|auf|vers|hacia)\s*", re.IGNORECASE)
_GOES_TO: Final = re.compile(
    r"\s*(?:calls |traffic )?(?:should|must|has to|have to|needs to|could|can|will|would|may|ought to) "
    r"(?:all )?"
    r"(?:go|move|switch|migrate|be (?:moved|switched|migrated|routed)) (?:over )?(?:to|onto)\s(?:the )?",
    re.IGNORECASE,
)  # "what runs on A should go to B"
_FROM_IT: Final = re.compile(
    r"\bfrom (?:it|that|this|there|them)(?: one| model)? (?:over )?to (?:the )?$", re.IGNORECASE
)
_SUBJECT_AFTER: Final = re.compile(
    r"\s*(?:is|are|was|seems|feels|gets|'s|costs|became)\s+(?:\w+\s+){0,2}?(?:slow|expensive|pric[ei]y"
    r"|costly|dear|bad|poor|overkill|heavy|deprecated|retiring|too|retired|unreliable|disappointing)\b",
    re.IGNORECASE,
)
_REPLACES_AFTER: Final = re.compile(
    r"\s*(?:\w+\s+){0,2}?(?:replac\w+|instead of|in place of|rather than|supersed\w+|take over from"
    r"|takes over from)",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.;!?](?=\s)|\n")
_FOR_BETWEEN: Final = re.compile(r"\s*(?:for|by|with)\s+(?:the |our )?", re.IGNORECASE)


class ModelMove(msgspec.Struct, frozen=True, kw_only=True):
    """The models to leave and the models asked about."""

    from_models: tuple[Mention, ...]
    models: tuple[Mention, ...]


def model_move(text: str, mentions: Sequence[Mention]) -> ModelMove:
    """Return the models by the direction of the change; without a direction all are asked about."""
    ordered = sorted(mentions, key=lambda mention: mention.start)
    left: list[Mention] = []
    for at, mention in enumerate(ordered):
        others = [other for other in ordered if other.name != mention.name]
        if others and _is_left(text, mention, ordered[at + 1] if at + 1 < len(ordered) else None):
            left.append(mention)
    stay = tuple(mention for mention in ordered if mention not in left)
    if not stay:
        return ModelMove(from_models=(), models=tuple(ordered))
    if not left and len(stay) == 1 and _is_quit(text, stay[0]):
        return ModelMove(from_models=stay, models=())
    return ModelMove(from_models=tuple(left), models=stay)


def _is_quit(text: str, mention: Mention) -> bool:
    """Return whether a model is to be left for whatever comes: "let me get off X"."""
    before = text[max(0, mention.start - 48) : mention.start]
    if _MUST_GO.match(text, mention.end):
        return True
    return _QUIT.search(before) is not None and _QUESTIONED.search(before) is None


def _is_left(text: str, mention: Mention, follows: Mention | None) -> bool:
    before = text[max(0, mention.start - 48) : mention.start]
    ends = [match.end() for match in _SENTENCE_END.finditer(before)]
    before = before[ends[-1] :] if ends else before
    if _FROM_BEFORE.search(before):
        return True
    if follows is not None and _FROM_IT.search(text[mention.end : follows.start]):
        return True
    between = "" if follows is None else text[mention.end : follows.start]
    if _ARROW.fullmatch(between) or _GOES_TO.fullmatch(between):
        return True
    return _SUBJECT_AFTER.match(text, mention.end) is not None and follows is not None
