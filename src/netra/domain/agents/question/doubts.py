"""Ask back where a reading lacks evidence: implausible values, names under a negation, references."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from netra.domain.agents.question.exclusion_words import CHANGED
from netra.domain.agents.question.mentions import Mention
from netra.domain.agents.question.readings import StatedTarget, Unread
from netra.domain.agents.question.sighting import Sighting

_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "saving_share": (-5.0, 0.95),
    "speedup": (0.05, 20.0),
    "traffic_growth": (-0.95, 50.0),
    "budget_usd_per_month": (5.0, 1e8),
    "saving_usd_per_month": (0.5, 1e8),
    "ttft": (20.0, 120_000.0),
    "tpot": (0.5, 2_000.0),
    "latency": (80.0, 86_400_000.0),
}
"""Values that a goal can have; a value outside is more often a misreading than a goal."""
UNLIKELY: Final = "read as {}, which is unlikely; say what it refers to"
_FIELD_WORDS: Final = {
    "saving_share": "a share of the bill to save",
    "speedup": "a speed-up",
    "traffic_growth": "a growth of traffic",
    "budget_usd_per_month": "a budget",
    "saving_usd_per_month": "a saving",
    "ttft": "a limit on the time to first token",
    "tpot": "a limit on the time per output token",
    "latency": "a limit on the whole call",
}
EITHER: Final = "two goals of which only one is asked for; write which"
_EITHER: Final = re.compile(r"\beither\b[^.;!?]*\bor\b", re.IGNORECASE)
REFERENCE: Final = "unclear which number this repeats; write the number"
_REFERENCES: Final = re.compile(
    r"\b(?:the same (?:amount|sum|number|percentage|share|factor)|that (?:amount|sum|much)|as much again"
    r"|the same again|likewise|ditto"
    r"|vice versa|the other way (?:a?round)|half (?:of )?that|twice that|double that|by then|that money"
    r"|this (?:money|amount)|that saving|better than that)\b",
    re.IGNORECASE,
)
LEFT_OUT: Final = "unclear whether this is to be left unchanged; write “leave {} unchanged” or “optimise {}”"
_NEGATION: Final = re.compile(
    r"\b(?:not|never|nor|neither|nothing|nobody|none|cannot|without|except\w*|excluding|unless|forbid\w*"
    r"|forbidden|prohibit\w*|refus\w*"
    r"|kill|fire|sue|berth|dead|lose|legal|compliance|lawyers?|auditors?|certified|contractual\w*"
    r"|regulat\w*|trouble|hell|protect\w*|freeze|frozen|sacred|alone|untouched|unchanged|keep|leave"
    r"|stays?|remain\w*|veto\w*)\b|n't\b",
    re.IGNORECASE,
)
_STRICTLY_NOT: Final = re.compile(
    r"\b(?:not|never|no|without|refus\w*|veto\w*|forbid\w*|forbidden|prohibit\w*)\b|n't\b", re.IGNORECASE
)
_POSITIVE: Final = re.compile(
    r"\b(?:optimi[sz]\w*|improv\w*|speed\w*|accelerat\w*|cut\w*|reduc\w*|lower\w*|mak\w+|get\w*|bring\w*"
    r"|look\w*|focus\w*|check\w*|analy[sz]\w*"
    r"|review\w*|audit\w*|only|just|solely|batch\w*|cach\w*|rout\w*|mov\w+|switch\w*|migrat\w*|swap\w*"
    r"|replac\w*|us(?:e|es|ing)|sav\w*"
    r"|cost\w*|expens\w*|dear\w*|pric\w*|bill|spend\w*|slow\w*|fast\w*|quick\w*|snapp\w*|lag\w*|crawl\w*"
    r"|cheap\w*|complain\w*|sucks?|terribl\w*"
    r"|why|which|what|how|should|could|can|would|worth|tell|show|explain|restrict\w*|limit\w*|compare"
    r"|test|try|run\w*|serv\w*|host\w*|tun\w+"
    r"|shrink\w*|trim\w*|compress\w*|shorten\w*|too|need\w*|want\w*|must|has to|have to|latency|ttft|tpot"
    r"|calls?|traffic|tokens?|prompts?"
    r"|do|include|start|first|priorit\w*|concentrate|consider|handle|let)\b",
    re.IGNORECASE,
)
_CORRECTS: Final = re.compile(
    r"\W*(?:(?:i mean(?:t)?|no|sorry|make that|rather|or|wait|actually|correction|edit|it's|hm+)\b\W*)+",
    re.IGNORECASE,
)  # "optimise X – no, I mean Y"
_IN: Final = re.compile(r"\b(?:for|in|on)\s(?:the |our )?$", re.IGNORECASE)
_ELSEWHERE: Final = re.compile(
    r"\b(?:the rest|elsewhere|everywhere else|everything else|anything else|(?:all )?the others?|all "
    r"others?|the remaining|the remainder"
    r"|other (?:features|calls|tools|models)|otherwise)\b",
    re.IGNORECASE,
)
_KNOWING: Final = re.compile(
    r"\b(?:(?:don't|do not|doesn't|didn't|not|never) (?:\w+ )?(?:know|understand|see|sure|think|care|mind"
    r"|remember|get why|find out)"
    r"|(?:don't|do not|never|not) (?:leave out|exclude|forget|ignore|skip|omit)|why|worth|whether|only"
    r"|just|enough|which|how (?:much|many|often)|slower|worse|faster|cheaper|more expensive|quality"
    r"|possible)\b",
    re.IGNORECASE,
)
_IF_CHANGED: Final = re.compile(rf"\s*(?:is |was |were |got |gets |ever |has )?{CHANGED}\w*", re.IGNORECASE)
_IF: Final = re.compile(r"\b(?:if|when|once|should)\s(?:\w+ ){0,2}$", re.IGNORECASE)
COUNT: Final = "unclear how many GPUs; write “4x H100”"
_NEAR: Final = 30  # characters on each side of a GPU that are searched for its count
_COUNT_WORD: Final = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen|dozen|several|a few|some)\b(?! "
    r"(?:times|percent|seconds|weeks|days|months|years))",
    re.IGNORECASE,
)
OWNED: Final = "unclear whether these GPUs are yours; write “we own 4x H100” or “rent 4x H100”"
_FEW_WORDS: Final = 3
_SENTENCE_OF: Final = re.compile(r"[.;!?](?=\s|$)|\n")
_SUPPOSED: Final = re.compile(
    r"\b(?:would|could|should|can|may|might|will|if|at most|max\w*|up to|need\w*|want\w*|rent\w*|leas\w+"
    r"|buy\w*|enough|most|suffice|compare\w*|versus|vs"
    r"|or|what|which|how|is|do|does|on|use|using|try|host\w*|serve|serving|allow\w*|limit\w*|cap\w*|no "
    r"more|not more|fewer|less|within|get|plan\w*"
    r"|consider\w*|think\w*|instead|for|make|order\w*|tops|budget|suppose|imagine|replace\w*|add\w*|only"
    r"|run)\b",
    re.IGNORECASE,
)
METRIC: Final = "unclear which time this limits; write “TTFT below 500 ms” or “the whole call below 5 s”"
_TOKENS: Final = re.compile(
    r"\b(?:first (?:word|token|byte|character)|blank screen|ttft|tpot|per token|each token|between tokens)\b",
    re.IGNORECASE,
)
_CLAUSE: Final = re.compile(
    r"[.;!?,:](?=\s|$)(?! (?:which|who|that)\b)|\n|\s[–—-]\s|\b(?:and|but|so|while)\b", re.IGNORECASE
)


def doubts_of(seen: Sighting, fields: Mapping[str, Any]) -> list[Unread]:
    """Return what must be asked back although it was read."""
    targets = [one for one in seen.readings if isinstance(one, StatedTarget)]
    return [
        *_unlikely(targets),
        *_references(seen, targets),
        *_either(seen, targets),
        *(_left(part) for part in _maybe_left(seen, fields)),
        *_uncounted(seen),
        *_unowned(seen),
        *_unsaid_metrics(seen, targets),
    ]


def _unlikely(targets: Sequence[StatedTarget]) -> Iterator[Unread]:
    for one in targets:
        least, most = _RANGES.get(one.field, (float("-inf"), float("inf")))
        if not least <= one.value <= most:
            why = UNLIKELY.format(_FIELD_WORDS[one.field])
            yield Unread(text=one.text, why=why, start=one.start, is_grave=True)


def _references(seen: Sighting, targets: Sequence[StatedTarget]) -> Iterator[Unread]:
    """Yield the words that stand for a number, but for those that a target was read from."""
    read = [(one.start, one.end) for one in targets]
    for match in _REFERENCES.finditer(seen.text):
        if not any(start < match.end() and match.start() < end for start, end in read):
            yield Unread(text=match[0], why=REFERENCE, start=match.start(), is_grave=True)


def _either(seen: Sighting, targets: Sequence[StatedTarget]) -> Iterator[Unread]:
    """Yield the words that leave a choice between goals: "either 20 % cheaper or 2x faster"."""
    match = _EITHER.search(seen.text)
    if match is not None and len({(one.field, one.value) for one in targets}) > 1:
        yield Unread(text=match[0], why=EITHER, start=match.start(), is_grave=True)


def _left(part: Mention) -> Unread:
    return Unread(text=part.name, why=LEFT_OUT.format(part.name, part.name), start=part.start, is_grave=True)


def _maybe_left(seen: Sighting, fields: Mapping[str, Any]) -> Iterator[Mention]:
    """Yield the names that a negation may leave out, and that no number and no exclusion explains."""
    goals = {one.feature for one in (*fields["limits"], *fields["per_feature"])}
    for part in (*seen.parts, *seen.move.models):
        if part.name in goals or part.name in seen.tied:
            continue
        before, after = _around(seen.text, part)
        clause = f"{before} {after}"
        begin, end = part.start - len(before), part.end + len(after)
        has_goal = any(begin <= one.start < end for one in seen.readings if isinstance(one, StatedTarget))
        if has_goal or any(char.isdigit() for char in clause) or _KNOWING.search(clause):
            continue
        if not seen.excluded and _CORRECTS.fullmatch(clause):
            continue
        is_model = part not in seen.parts
        if is_model and not _STRICTLY_NOT.search(clause):
            continue
        is_of_model = bool(seen.move.models) and _IN.search(before) is not None
        is_wanted = (
            is_model
            or is_of_model
            or "?" in seen.text
            or _POSITIVE.search(clause) is not None
            or not clause.strip()
        )
        if not is_wanted:
            yield part
            continue
        is_conditional = _IF.search(before) is not None and _IF_CHANGED.match(after) is not None
        is_of_others = _ELSEWHERE.search(clause) is not None  # "halve X and leave the others alone"
        is_apart = _ELSEWHERE.search(seen.text) is not None and not is_of_others
        is_negated = _NEGATION.search(clause) is not None and not is_of_others
        if is_conditional or is_negated or (is_apart and not fields["per_feature"]):
            yield part


def _uncounted(seen: Sighting) -> Iterator[Unread]:
    """Yield the GPUs without a count whose clause holds a number that nothing else explains."""
    for gpu, fleet in zip(seen.gpus, seen.fleets, strict=False):
        match = _COUNT_WORD.search(seen.text, max(0, gpu.start - _NEAR), gpu.end + _NEAR)
        if fleet.count is None and match is not None:
            yield Unread(text=f"{match[0]} {gpu.name}", why=COUNT, start=gpu.start, is_grave=True)


def _unowned(seen: Sighting) -> Iterator[Unread]:
    """Yield the counted GPUs of which no word says whether the asker has them or would get them."""
    for gpu, fleet in zip(seen.gpus, seen.fleets, strict=False):
        if fleet.count is None or fleet.is_owned or fleet.is_bound or fleet.is_serving:
            continue
        sentence = (
            _SENTENCE_OF.split(seen.text[: gpu.start])[-1] + _SENTENCE_OF.split(seen.text[gpu.end :])[0]
        )
        is_clear = len(sentence.split()) <= _FEW_WORDS or "?" in seen.text or _SUPPOSED.search(sentence)
        if not is_clear:
            yield Unread(text=f"{fleet.count}x {fleet.name}", why=OWNED, start=gpu.start, is_grave=True)


def _unsaid_metrics(seen: Sighting, targets: Sequence[StatedTarget]) -> Iterator[Unread]:
    """Yield the limits whose metric no word names, in a text that names the times of tokens."""
    named = {one.field for one in targets}
    for one in targets:
        is_other = _TOKENS.search(seen.text) is not None and not named.intersection(("ttft", "tpot"))
        if one.is_default and is_other:
            yield Unread(text=one.text, why=METRIC, start=one.start, is_grave=True)


def _around(text: str, part: Mention) -> tuple[str, str]:
    """Return the text of the name's clause before and after it."""
    begin = max((match.end() for match in _CLAUSE.finditer(text, 0, part.start)), default=0)
    end = _CLAUSE.search(text, part.end)
    return text[begin : part.start], text[part.end : len(text) if end is None else end.start()]
