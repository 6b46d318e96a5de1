"""Find the features, tools, templates and models that a question leaves out: "don't touch X"."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.agents.question.mentions import Mention

_TOUCH: Final = (
    r"(?:touch|chang|alter|modif|mov|mess|adjust|optimi[sz]|includ|consider|analy[sz]|switch|migrat"
    r"|suggest|recommend|propos|tweak|edit"
    r"|look|work|us|tun|interfer|tamper|rout|downgrad|upgrad|re-?writ|cut|cache|batch|break|degrad|tinker"
    r"|meddl|fiddl|disturb|affect|go near|get near"
    r"|bother|play|swap|replac|count|put|shift|offer|rely|try|mention|anfass|recommending|advis|apply|do"
    r"|make)"
)
_NEG: Final = (
    r"(?:(?:do|does|did|must|should|ca|could|wo|would|may|shall|is|are|need)(?:n't|nt)|not|never|nobody"
    r"|no one|no-one|no team|none|cannot|without|forbidden"
    r"|prohibited|unable|under no circumstances|on no account|in no case|by no means|no need|no reason"
    r"|needn't|refuse\w*|avoid|stop|against(?= (?:\w+ )?\w+ing\b)|nothing|no changes?|nor|ban|barred"
    r"|leave off"
    r"|refrain\w*(?: from)?|banned|off[- ]limits)"
)
_FILL: Final = (
    r"(?:(?:the|our|my|any|all|anything|in|on|to|for|from|of|with|at|about|into|a|calls"
    r"|traffic|requests|prompts?|templates?|features?|tools?|models?|functions?|either|both"
    r"|called|named|it|there)\s+|[\"'`“‘])*"
)
_BEFORE: Final = re.compile(
    r"(?:"
    rf"(?<!\w){_NEG}\b(?:\s+(?!but\b|except\b)[\w']+){{0,5}}?\s+{_TOUCH}\w*\s+(?:[\w']+\s+){{0,3}}?"
    r"|\b(?:except(?:ing|ed)?(?: for| in| on)?|exclud(?:e|es|ing)|excluded:|exclusions?:?|besides"
    r"|apart from|aside from|other than|outside(?: of)?|save for|barring|bar|minus|omit(?:ting)?|spare"
    r"|sparing|protect(?:ing)?|freez(?:e|ing)|frozen:?|ignor(?:e|ing)|skip(?:ping)?(?: over)?|exempt(?:ing)?"
    r"|(?:out of|not in|outside(?: of)?) (?:the )?scope:?|off[- ]limits:?|untouched:?"
    r"|hands[- ]off(?: of| from)?"
    r"|(?:stay|keep|steer|remain|stand) (?:well )?(?:away|clear|off|out)(?: from| of)?|keep (?:your "
    r"|the )?(?:\w+ )?(?:fingers|hands|paws|mitts) (?:off|away|out)(?: from| of)?|ring[- ]?fenc(?:e|ing)"
    r"|(?:leave|leaving|left|keep|keeping) (?:out|alone|be|as is|untouched)|(?:no|zero) (?:changes?"
    r"|modifications?|edits?|touching|tinkering|experiments?) (?:to|in|on|of|with)|nothing (?:on|in|for|to"
    r"|about|should change (?:on|in|for))"
    r"|with the exception of|exception:?|exceptions:?|don't count|do not count|disregard(?:ing)?"
    r"|set aside|setting aside|park|avoid(?:ing)?|ban|rule out|ruling out|but not|and not|just not"
    r"|only not|not for|not in|not on|not|never|blacklist|without|no)\s+"
    r"|\b(?:all|everything|everywhere|anything|every \w+|any \w+|all \w+|all (?:the |of |our )*\w+"
    r"|the lot|whole log|everyone|each \w+|each)(?: else)?,? (?:but|except|bar|save|minus)\s+(?:for |not "
    r"|in )?"
    rf"):?\s*{_FILL}$|\b(?:exclude|excluded|excluding|ignore|skip|except|omit|untouched|frozen"
    rf"|off[- ]limits|exceptions?|exclusions?)\s*:\s*{_FILL}$",
    re.IGNORECASE,
)
_UNWANTED: Final = re.compile(
    rf"(?:n't|\bnot|\bnever|\bno one|\bnobody)\s+(?:\w+\s+)?(?:want|like|wish|let|allow|have|see|permit"
    rf"|get)s?\s+{_FILL}$",
    re.IGNORECASE,
)
_KEEP_MODEL: Final = re.compile(
    rf"\b(?:leave|keep|stay (?:on|with)|stick (?:to|with))\s+(?:using\s+)?\ufffc+\s+(?:for|in|on)\s+{_FILL}$",
    re.IGNORECASE,
)
_CHANGED: Final = re.compile(
    r"\W*(?:to\s+)?(?:be\s+|get\s+|being\s+)?(?:touch|chang|alter|modif|mov|migrat|optimi[sz]|switch"
    r"|includ|part of|affected|involved|messed|in (?:it|the (?:study|analysis|scope)))",
    re.IGNORECASE,
)
_IT_LEFT: Final = re.compile(
    r"[^.;!?\ufffc]{0,60}\b(?:(?:leave|skip|exclude|ignore|spare)\s+(?:it|them|that one|this one|these"
    r"|those)\b"
    r"|(?:don't|do not|never|please don't)\s+(?:touch|change|alter|move|modify)\s+(?:it|them|that|this"
    r"|these|those)\b"
    r"|keep\s+(?:it|them|that|this)\s+(?:as|out|unchanged|untouched|the same|the way))",
    re.IGNORECASE,
)
_ALL_ELSE_LEFT: Final = re.compile(
    r"\b(?:leave|keep)\s+(?:everything|all|the rest|the others|all others|anything)(?: else)?\b[^.;!?]{0,12}"
    r"\b(?:alone|as|unchanged|untouched|be|out)\b|\b(?:touch|change) nothing\b|\bnothing else\b",
    re.IGNORECASE,
)
_THEN_LEAVE: Final = re.compile(
    r"\s*[?:,–—-]\s*(?:please |just |we )?(?:leave|skip|ignore|exclude|forget|spare|omit|keep|don't touch"
    r"|do not touch|hands off|no changes?|not|stays?|nope|off[- ]limits|untouched|no touching"
    r"|out)(?:\s+(?:it|that|them|this|those|alone|out|as is|there|at all|please|these))*\s*(?:[.;!]|$|,)",
    re.IGNORECASE,
)
_LEAVE: Final = re.compile(
    rf"\b(?:leav(?:e|es|ing)|left|keep|keeps|keeping|let|letting|hold|holding)\s+{_FILL}$", re.IGNORECASE
)
_LEFT: Final = re.compile(
    r"\W*(?:(?:feature|tool|template|function|model|calls|traffic|prompt|prompts|workload|requests"
    r"|exactly|just|completely|entirely|totally|fully|strictly|well|all)\s+)*"
    r"(?:alone|out\b|as (?:it|they|is|are|before|now)|as-is|untouched|unchanged|unaltered|unmodified|be\b"
    r"|in peace|intact|where (?:it|they)|the way (?:it|they)|out of|aside|off|exactly as|like (?:it|they)"
    r"|the same|constant|on (?:(?:its|their) (?:current |present |own )?model|\ufffc+)|frozen|for (?:now"
    r"|later)|stable|put)",
    re.IGNORECASE,
)
_BARE_LEAVE: Final = re.compile(r"\b(?:leave|leaving)\s+(?:the |our |my )?$", re.IGNORECASE)
_END: Final = re.compile(r"\W*(?:$|please|thanks|and\b|but\b)", re.IGNORECASE)
_AFTER: Final = re.compile(
    r"\W*(?:(?:features?|tools?|templates?|functions?|models?|calls|traffic|prompts?|workloads?"
    r"|requests)\s+)?(?:"
    r"(?:(?:is|are|'s|stays?|remains?|must|should|has to|have to|needs to|need to|will|shall|ought to|can"
    r"|to|gets?|be|being|stay|remain|keep|keeps|itself|both|all|also|currently|strictly|completely|totally"
    r"|please|a|an|for now)\s+)*"
    r"(?:off[- ]limits|out of (?:scope|bounds|it|this|the (?:picture|question|study|analysis))"
    r"|out of bounds|untouchable|frozen|taboo|sacred|sacrosanct|excluded|exempt(?:ed)?|protected|locked"
    r"|no[- ]go|not (?:to be|in scope|part|up for|included|allowed|negotiable|available|an option"
    r"|on the table|ours)"
    r"|as (?:it|they|is)(?: is| are)?\b|unchanged|untouched|alone\b|the same\b|as-is|put\b|fixed\b"
    r"|not (?:touch|chang|alter|modif|mov|migrat)\w*|left (?:alone|out|as|untouched|unchanged|be)"
    r"|kept (?:as|out|unchanged|untouched)|exactly as|intact|aside\b|ring[- ]?fenced|ignored|skipped"
    r"|spared|the exception|the way (?:it|they)|where (?:it|they) (?:is|are)|forbidden|prohibited|banned)"
    r"|(?:must|should|may|can|could|shall|will|is|are|has|have|need|needs)\s?(?:n't|not"
    r"|never)\s(?:to\s)?(?:be\s)?(?:\w+ly\s)?(?:be\s)?(?:touch|chang|alter|modif|mov|migrat|adjust"
    r"|optimi[sz]|includ|part|considered|analy[sz]ed|switch|affected|in scope|allowed|up for|an option"
    r"|negotiable|available|edited|involved|tampered|disturbed|used|replaced)\w*"
    r"|cannot\s(?:be\s)?(?:touch|chang|alter|modif|mov|migrat|adjust|optimi[sz]|switch|affected|used"
    r"|replaced|go)\w*"
    r"|(?:needs?|requires?|wants?)\s(?:no|zero)\s(?:\w+\s)?(?:optimi|chang|work|improv|tun|touch"
    r"|attention|help|sav)\w*"
    r"|(?:does|do|did)(?:n't| not)\s(?:need|require|want"
    r"|have)\s(?:to\s)?(?:be\s)?(?:any\s)?(?:\w+\s)?(?:optimi|chang|work|improv|tun|touch|attention|help"
    r"|includ)\w*"
    r"|(?:is|are|'s|works?)\s(?:already\s|just\s|perfectly\s|all\s)?(?:fine|ok|okay|good|perfect|great"
    r"|optimal|optimi[sz]ed)\s(?:as (?:it|they|is)|as-is|the way)"
    r"|(?:must|should|has to|have to|needs? to|will|shall)\s(?:keep|stay (?:on|with|at)|remain (?:on|with"
    r"|at)|stick (?:to|with)|stay put on)\s(?:(?:its|their|the|that|this)\s(?:current |present |own "
    r"|same )?models?|\ufffc+)"
    r"|(?:must|should|may|can|could|shall)(?:n't|\s?not)\s*(?:$|[,.;!])"
    r"|(?:ausgenommen|hors de question|excepted|excluded|aside|not included|notwithstanding)\b"
    r")",
    re.IGNORECASE,
)
_NOTHING_BUT: Final = re.compile(
    r"\b(?:nothing|no one|nobody|none|not (?:touch|change|look at) anything|don't (?:touch|change|look at"
    r"|optimi[sz]e) anything|no (?:other )?\w+)(?: \w+){0,3}? (?:but|except|other than|apart from|besides"
    r"|outside(?: of)?)\s*"
    rf"{_FILL}$"
    r"|\bnot (?:only|just)\s+(?:\w+\s+){0,2}$|(?:don't|do not|never|not) (?:exclude|ignore|skip|leave out"
    r"|omit|forget|spare)\s+" + rf"{_FILL}$"
    r"|\b(?:only|just|solely|exclusively)\s+(?:touch|change|look at|optimi[sz]e|consider|include|for)\s+"
    + rf"{_FILL}$",
    re.IGNORECASE,
)
_OF_A_LIMIT: Final = re.compile(
    r"\b(?:limits?|targets?|goals?|caps?|slos?|budgets?)\s(?:on|for|of)\s(?:the |our )?$", re.IGNORECASE
)  # "leave the limit on X as it is" leaves the limit
_BETWEEN: Final = re.compile(
    r"(?:\s|\ufffc|,|and|or|nor|&|/|\+|the|our|as well as|und|et|y|also|feature|features|\"|'|`)*",
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
    for group in _groups(text, mentions):
        begin, end = group[0].start, group[-1].end
        before = _tail(text[max(0, begin - _LOOK_BACK) : begin])
        after = _head(text[end : end + _LOOK_BACK])
        length = _excluding(before, after)
        if not length and (_THEN_LEAVE.match(text, end) or _IT_LEFT.match(text, end)):
            length = 1
        if _ALL_ELSE_LEFT.search(after):
            length = 0
        if length:
            names += group
            spans.append((max(0, begin - length), end))
    return Exclusions(names=tuple(names), spans=tuple(spans))


def _excluding(before: str, after: str) -> int:
    """Return how many characters before the names belong to the exclusion, at least 1; 0 without one."""
    if _NOTHING_BUT.search(before):
        return 0
    leave = _LEAVE.search(before)
    starts = (
        _BEFORE.search(before),
        _KEEP_MODEL.search(before),
        leave if _LEFT.match(after) else None,
        _BARE_LEAVE.search(before) if _END.match(after) else None,
        _UNWANTED.search(before) if _CHANGED.match(after) else None,
    )
    found = next((match for match in starts if match is not None), None)
    if found is not None:
        return 1 if found.re is _KEEP_MODEL else max(1, len(before) - found.start())
    is_of_limit = _OF_A_LIMIT.search(before) is not None
    return 1 if _AFTER.match(after) and leave is None and not is_of_limit else 0


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
