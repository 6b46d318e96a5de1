"""Find the features, tools, templates and models that a question leaves out: "don't touch X"."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.agents.question.exclusion_words import (
    ADVERBS,
    CHANGED,
    EXCEPT,
    EXCLUDE,
    FILL,
    NEG,
    OFF,
    TOUCH,
    UNCHANGED,
)
from netra.domain.agents.question.mentions import Mention
from netra.domain.agents.question.not_exclusions import NOTHING_BUT, RHETORICAL, TAKEN_BACK

_WORDS: Final = (
    r"(?:\s+(?!(?:but|except|know|knows|understand|sure|clear|think(?! about| of)|mind|care|who|which"
    r"|what|why|how|if|whether|because"
    r"|since|while|only|until|unless)\b)[^\W\d][\w']*){0,5}?"
)  # between a negation and its verb
_BEFORE: Final = re.compile(
    r"(?:"
    rf"(?<!\w){NEG}\b{_WORDS}\s+{TOUCH}\w*\s+(?:(?!why\b|if\b|whether\b|how\b)[\w']+\s+){{0,3}}?"
    rf"|\b(?:{EXCLUDE}|{EXCEPT}|excluded:|exclusions?:?|off[- ]limits:?|untouched:?|frozen:?"
    r"|hands[- ]off(?: of| from)?"
    r"|(?:stay|keep|keeping|steer|steering|remain|stand|staying) (?:well |far |completely )?(?:away|clear"
    r"|off|out)(?: from| of)?|keep (?:your "
    r"|the )?(?:\w+ )?(?:fingers|hands|paws|mitts) (?:off|away|out)(?: from| of)?"
    r"|(?:leave|leaving|left|keep|keeping) (?:out|alone|be|as is|untouched)|(?:no|zero) (?:changes?"
    r"|modifications?|edits?|touching|tinkering|experiments?|experimenting|work|optimi[sz]ations?"
    r"|adjustments?|surprises|risks?)"
    r" (?:to|in|on|of|with|for|at)|nothing (?:on|in|for|to"
    r"|about|should change (?:on|in|for))"
    r"|(?:pretend|act as if|imagine)(?: that| there is no| there's no)?(?= \\ufffc+ (?:doesn|does not|do "
    r"not|don't|isn't|did))|exception:?|exceptions:?|don't count|do not count|not|never|without|no)\s+"
    r"|\b(?:all|everything|everywhere|anything|anywhere|anyone|every \w+|any \w+|all \w+|all (?:the |of "
    r"|our )*\w+|fair game"
    r"|the lot|whole log|everyone|each \w+|each|nobody|the rest)(?: else)?,? (?:but|except|bar|save|minus"
    r"|sans)\s+(?:for |not "
    r"|in )?"
    rf"):?\s*{FILL}$|\b(?:exclude|excluded|excluding|ignore|skip|except|omit|untouched|frozen|protected"
    rf"|keep|leave alone|leave out|hands off"
    rf"|off[- ]limits|exceptions?|exclusions?|out of (?:scope|bounds)|not in scope|untouchable|unchanged"
    rf"|no changes?|not|don't touch|do not touch)\s*[:=]\s*{FILL}$",
    re.IGNORECASE,
)
_UNWANTED: Final = re.compile(rf"(?<!\w){NEG}\b{_WORDS}\s+{FILL}$", re.IGNORECASE)
_KEEP_MODEL: Final = re.compile(
    rf"\b(?:leave|keep|stay (?:on|with)|stick (?:to|with))\s+(?:using\s+)?\ufffc+\s+(?:for|in|on)\s+{FILL}$",
    re.IGNORECASE,
)
_CHANGED: Final = re.compile(
    rf"\W*(?:to\s+)?(?:(?:ever|also|in any way|\w+ly)\s+)?(?:be\s+|get\s+|being\s+"
    rf"|been\s+)?(?:\w+ly\s+)?{CHANGED}",
    re.IGNORECASE,
)
_PRONOUN: Final = re.compile(
    r"\b(?:it|they|them|those|these|both|that (?:one|feature|tool|model|template)|this (?:one|feature"
    r"|tool|model|template)"
    r"|(?:all|either|neither) of (?:them|those|these)|that|this)(?=\b)",
    re.IGNORECASE,
)
_LEAVES_IT: Final = re.compile(
    r"\b(?:leave|leaving|skip|skipping|exclude|excluding|ignore|spare|omit|freeze|protect"
    r"|(?:don't|do not|never|mustn't|can't|cannot|shouldn't|won't|not to|nobody may|not)\s(?:\w+ "
    r"){0,2}?(?:touch|chang|alter"
    r"|mov|modify|mess with|tamper with|include|optimi[sz]e|consider|tweak|edit|adjust|fiddle with"
    r"|meddle with|count))\w*"
    r"(?:\s(?:with|on|in|to|at))?\s$|\b(?:hands off|stay away from|steer clear of|keep (?:away|clear|out"
    r"|off) (?:from|of)?)\s?$",
    re.IGNORECASE,
)
_KEEPS_IT: Final = re.compile(r"\b(?:keep|keeping|leave|leaving|let|letting|hold)\s$", re.IGNORECASE)
_OF_IT: Final = re.compile(r"(?:^|[\s,;:(–—-])(?:\w+ ){0,2}?$")
_ALL_ELSE_LEFT: Final = re.compile(
    r"\b(?:leave|keep)\s+(?:everything|all|the rest|the others|all others|anything)(?: else)?\b[^.;!?]{0,12}"
    r"\b(?:alone|as|unchanged|untouched|be|out)\b|\b(?:touch|change) nothing\b|\bnothing else\b",
    re.IGNORECASE,
)
_THEN_LEAVE: Final = re.compile(
    r"\s*(?:[?:,–—-]|→|->|=>|⇒|=)\s*(?:please |just |we )?(?:leave|skip|ignore|exclude|forget|spare|omit"
    r"|keep|don't touch"
    r"|do not touch|hands off|no changes?|not|stays?|nope|off[- ]limits|untouched|no touching"
    r"|out)(?:\s+(?:it|that|them|this|those|alone|out|as is|as it is|as they are|untouched|unchanged"
    r"|there|at all|please|these))*\s*(?:[.;!]|$|,)",
    re.IGNORECASE,
)
_LEAVE: Final = re.compile(
    rf"\b(?:leav(?:e|es|ing)|left|keep|keeps|keeping|let|letting|hold|holding|take|took|taken|taking|pull"
    rf"|pulled|remove|removed)\s+{FILL}$",
    re.IGNORECASE,
)
_LEFT: Final = re.compile(
    r"\W*(?:(?:feature|tool|template|function|model|calls|traffic|prompt|prompts|workload|requests)\s+)?"
    rf"{ADVERBS}(?:{UNCHANGED}|on (?:whatever|what|whichever \\w+) (?:it|they|we)|on (?:(?:its|their) "
    rf"(?:current |present |own |existing )?model|\ufffc+)|away(?: from)?\b|out\b|off\b|out of|be\b)",
    re.IGNORECASE,
)
_WORSE: Final = re.compile(
    r"\s*(?:calls |requests |answers )?(?:(?:any|even|much|a lot|a bit) )?(?:slower|dearer|pricier|worse"
    r"|cheaper|faster|bigger"
    r"|smaller|(?:more|less) \w+|cost more|suffer|wait|slow down)\b",
    re.IGNORECASE,
)  # "don't make X slower" forbids to slow X down, and leaves the rest free
_THEN_NOT: Final = re.compile(
    r"[^.;!?\ufffc]{0,60}\b(?:and|but|so|because of that|thus|therefore|hence)\s(?:it |they )?"
    r"(?:must|should|may|can|could|shall|will|ought)\s?(?:n't|not|never)\s(?:to\s)?(?:ever\s)?(?:be\s"
    r"|get\s)(?:\w+ly\s)?"
    rf"(?:{CHANGED}|edit|touch)"
    r"|[^.;!?\ufffc]{0,60}\bnothing (?:may |must |should |can |shall |will |is to )?(?:be )?(?:chang"
    r"|touch|alter|mov)\w*"
    r" (?:there|in it|about it|on it|in that one)\b"
    r"|\W{1,3}(?:please )?(?:pretend|act as if|imagine) (?:it|they|that one) (?:does not|doesn't|do not"
    r"|don't|did not|didn't) exist",
    re.IGNORECASE,
)
_BARE_LEAVE: Final = re.compile(r"\b(?:leave|leaving)\s+(?:the |our |my )?$", re.IGNORECASE)
_SO_IS: Final = re.compile(
    r"[^.;!?\n]{0,60}[\s.,;–—-](?P<same>(?:and |but )?(?:(?:so|neither|nor) (?:is|are|does|do"
    r"|should|must|may|can|will)"
    r"|(?:the )?same (?:goes|applies|holds|is true|counts) (?:for|to|with|of)|same (?:for|with|goes for)"
    r"|(?:likewise|ditto)(?: for)?|as (?:is|are)),? (?:the |our )?)",
    re.IGNORECASE,
)  # "X is off-limits, so is Y"
_END: Final = re.compile(r"\W*(?:$|please|thanks|and\b|but\b)", re.IGNORECASE)
_AFTER: Final = re.compile(
    r"\W*(?:(?:features?|tools?|templates?|functions?|models?|calls|traffic|prompts?|workloads?"
    r"|requests)\s+)?(?:"
    rf"{ADVERBS}(?:{OFF}|{UNCHANGED}|(?:has|have|is|are|needs?|must|should|ought|going)? ?(?:to "
    rf")?stay(?:s|ing)?"
    r"(?: for \ufffc+| in \ufffc+| on \ufffc+)?\s*(?:$|[,;:!–—-])"
    rf"|(?:please )?not (?:to )?(?:be |get )?(?:\w+ly )?{CHANGED}\w*"
    r"|left (?:alone|out|as|untouched|unchanged|be))"
    r"|(?:must|should|may|can|could|shall|will|is|are|has|have|need|needs|might|ought)\s?(?:n't|not"
    r"|never|in no way|by no means|under no circumstances?)\s(?:to\s)?(?:ever\s)?(?:be\s"
    r"|get\s)?(?:\w+ly\s)?(?:be\s)?"
    rf"(?:{CHANGED}|edit|allowed|up for|an option|negotiable|available|used|in scope|look|work|suffer"
    rf"|experiment|break)\w*"
    rf"|(?:cannot|can't)\s(?:be\s)?(?:\w+ly\s)?(?:{CHANGED}|used|go|experiment|break|look)\w*"
    r"|(?:needs?|requires?|wants?|gets?|sees?|tolerates?|allows?|accepts?|permits?)\s(?:no"
    r"|zero)\s(?:\w+\s)?(?:optimi|chang|work|improv"
    r"|tun|touch|attention|help|sav|modif|experiment|edit|tinker|alter|adjust)\w*"
    r"|(?:does|do|did)(?:n't| not)\s(?:need|require|want"
    r"|have|get)\s(?:to\s)?(?:be\s)?(?:any\s)?(?:\w+\s)?(?:optimi|chang|work|improv|tun|touch|attention|help"
    r"|includ|modif)\w*"
    r"|(?:is|are|'s|works?|runs?)\s(?:already\s|just\s|perfectly\s|all\s)?(?:fine|ok|okay|good|perfect"
    r"|great|happy"
    r"|optimal|optimi[sz]ed|well)\s(?:as (?:it|they|is)|as-is|the way|where)"
    r"|(?:must|should|has to|have to|needs? to|will|shall)\s(?:keep|stay (?:on|with|at)|remain (?:on|with"
    r"|at)|stick (?:to|with)|stay put on)\s(?:(?:its|their|the|that|this)\s(?:current |present |own "
    r"|same )?models?|\ufffc+)"
    r"|(?:must|should|may|can|could|shall)(?:n't|\s?not)\s*(?:$|[,.;!])"
    r"|(?:ausgenommen|hors de question|excepted|excluded|aside|not included|notwithstanding|out"
    r"|off)\b\s*(?:$|[,.;:!)])"
    r"|(?:ausgenommen|hors de question|excepted|excluded|aside|not included|notwithstanding)\b"
    r")",
    re.IGNORECASE,
)
_OF_A_LIMIT: Final = re.compile(
    r"\b(?:limits?|targets?|goals?|caps?|slos?|budgets?)\s(?:on|for|of)\s(?:the |our )?$", re.IGNORECASE
)  # "leave the limit on X as it is" leaves the limit
_BETWEEN: Final = re.compile(
    r"(?:\s|\ufffc|,|(?:and|or|nor)(?: also)? (?:on|in|to|of|with|for|from)\b|and|or|nor|&|/|\+|the|our"
    r"|as well as|und|et|y|also|feature|features|\"|'|`)*",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.;!?](?=\s|$)|\n|\s[–—-]\s|:\s")
_CLAUSE_END: Final = re.compile(r"[.;!?](?=\s|$)|\n|\s[–—-]\s")
_LOOK_BACK: Final = 110  # characters before a name that may hold the phrase that excludes it


class Exclusions(msgspec.Struct, frozen=True, kw_only=True):
    """The excluded names, and the spans of the phrases that exclude them."""

    names: tuple[Mention, ...]
    spans: tuple[tuple[int, int], ...]


def exclusions_in(text: str, mentions: Sequence[Mention]) -> Exclusions:
    """Return the mentions that the question excludes; `text` has names blanked out.

    >>> named = [Mention(name="chat", start=6, end=10)]
    >>> [mention.name for mention in exclusions_in("leave      alone, 20 % off", named).names]
    ['chat']
    """
    names: list[Mention] = []
    spans: list[tuple[int, int]] = []
    last = -1
    for group in _groups(text, mentions):
        begin, end = group[0].start, group[-1].end
        before = _tail(text[max(0, begin - _LOOK_BACK) : begin])
        after = _head(text[end : end + _LOOK_BACK])
        length, tail = _excluding(before, after)
        if not length and (
            _THEN_LEAVE.match(text, end)
            or _THEN_NOT.match(text, end)
            or _is_left_by_pronoun(text, end, mentions)
        ):
            length = 1
        if _ALL_ELSE_LEFT.search(after):
            length = 0
        so_is = None if last < 0 else _SO_IS.fullmatch(text, last, begin)
        length = length or (0 if so_is is None else len(so_is["same"]))
        last = end if length else -1
        if length:
            names += group
            spans.append((begin - _without_digits(text[max(0, begin - length) : begin]), end + tail))
    return Exclusions(names=tuple(names), spans=tuple(spans))


def _without_digits(before: str) -> int:
    """Return how many characters at the end of `before` hold no digit: a number is no part of it."""
    return len(re.split("[0-9]", before)[-1])


def _is_left_by_pronoun(text: str, end: int, mentions: Sequence[Mention]) -> bool:
    """Return whether a pronoun for the names before `end` is left out: "… so it's out of scope"."""
    stop = min((one.start for one in mentions if one.start >= end), default=len(text))
    rest = text[end : min(stop, end + _LOOK_BACK)]
    for match in _PRONOUN.finditer(rest):
        before, after = _tail(rest[: match.start()]), _head(rest[match.end() :])
        if _LEAVES_IT.search(before):
            return True
        if _KEEPS_IT.search(before):
            return _LEFT.match(after) is not None
        if _OF_IT.search(before) and _AFTER.match(after):
            return True
    return False


def _excluding(before: str, after: str) -> tuple[int, int]:
    """Return how many characters before and after the names belong to the exclusion; 0, 0 without one."""
    before = RHETORICAL.sub(lambda match: " " * len(match[0]), before)
    if NOTHING_BUT.search(before) or TAKEN_BACK.search(before):
        return 0, 0
    leave = _LEAVE.search(before)
    left, changed = _LEFT.match(after), _CHANGED.match(after)
    starts = (
        (_BEFORE.search(before), None),
        (_KEEP_MODEL.search(before), None),
        (leave if left else None, left),
        (_BARE_LEAVE.search(before) if _END.match(after) else None, None),
        (_UNWANTED.search(before) if changed else None, changed),
    )
    found, tail = next(((match, end) for match, end in starts if match is not None), (None, None))
    if found is not None and found.re is _BEFORE and _WORSE.match(after):
        return 0, 0
    if found is not None:
        return (1 if found.re is _KEEP_MODEL else max(1, len(before) - found.start())), _length(tail)
    predicate = _AFTER.match(after)
    is_of_limit = _OF_A_LIMIT.search(before) is not None
    return (1, _length(predicate)) if predicate and leave is None and not is_of_limit else (0, 0)


def _length(match: re.Match[str] | None) -> int:
    """Return the length of the predicate, without the sign that ends its clause."""
    return 0 if match is None else len(match[0].rstrip(" \t\n,;:!.()–—-"))


def _groups(text: str, mentions: Sequence[Mention]) -> list[list[Mention]]:
    """Return the mentions with those of one list together: "A, B and C"."""
    groups: list[list[Mention]] = []
    for mention in sorted(mentions, key=lambda one: one.start):
        if groups and _BETWEEN.fullmatch(text[groups[-1][-1].end : mention.start]):
            groups[-1].append(mention)
        else:
            groups.append([mention])
    return groups


def _tail(before: str) -> str:
    """Return the part of the text before a name that is in the same sentence."""
    ends = [match.end() for match in _SENTENCE_END.finditer(before)]
    cut = before[ends[-1] :] if ends else before
    return cut if not ends or cut.strip() else before


def _head(after: str) -> str:
    end = _CLAUSE_END.search(after)
    return after if end is None else after[: end.start()]
