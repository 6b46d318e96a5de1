"""Read GPU fleets: "4x H100", "our eight L40S", "at most 3 H100s"."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.agents.numbers.lexicon import CARDINALS, GROUPS
from netra.domain.agents.question.mentions import Mention
from netra.domain.agents.question.past_fleets import is_dismissed, is_gone, past_clause
from netra.domain.agents.question.phrases import has
from netra.domain.optimization.model import GpuFleet

_WORDS: Final = {
    **CARDINALS,
    **GROUPS,
    "single": 1.0,
    "pair of": 2.0,
    "couple of": 2.0,
    "half a dozen": 6.0,
    "dozen": 12.0,
    "sole": 1.0,
    "lone": 1.0,
    "lonely": 1.0,
}
_MACHINES: Final = re.compile(
    rf"(?<![\w.,$])(?P<count>[0-9]{{1,4}}|{'|'.join(CARDINALS)}) (?:nodes?|servers?|machines?|boxes"
    rf"|hosts?|racks|instances?)"
    r"(?: \w+)?,? (?:with|of|à|at|having|that have|containing|holding|each with|each having|x|×)(?: each)? $",
    re.IGNORECASE,
)  # "4 nodes with 8 H100"
_TAKEN: Final = re.compile(
    r"\b(?:rent\w*|leas(?:e|es|ing)|buy(?:ing)?|purchasing|order(?:ing)?|adding|add|getting|get|cloud|new"
    r"|on[- ]demand"
    r"|versus|vs|against|instead of)\b",
    re.IGNORECASE,
)
_COUNT_BEFORE: Final = re.compile(
    rf"(?<![\w.,$])(?P<count>[0-9]{{1,5}}|(?:a |one )?(?:{'|'.join(_WORDS)}))\s?(?:x|×|\*|units? of"
    rf"|cards? of|times)?[\s-]?(?:(?:gpus?|cards?|accelerators?)\s?(?:of (?:type|kind|the type)|type"
    rf"|[:,(-])?\s?(?:the )?)?(?:(?:of (?:our |the |those |these |my )?)?(?:(?!gpus?\b|and\b|or\b|with\b"
    rf"|to\b|for\b|on\b|x\b|than\b|as\b|faster\b|slower\b|cheaper\b|more\b|less\b|per\b|an?\b|in\b|is\b"
    rf"|are\b|at\b|by\b|vs\b|versus\b|over\b|from\b|like\b|times\b|month\b|ms\b|s\b|percent\b|users\b"
    rf"|calls\b|of\b|nodes?\b|servers?\b|one\b|two\b|three\b|four\b|five\b|six\b|eight\b|ten\b|sixteen\b)"
    rf"[a-z][a-z-]{{1,14}} ){{0,2}})?$",
    re.IGNORECASE,
)
_COUNT_AFTER: Final = re.compile(
    r"s?\s?(?:gpus?\s?|cards?\s?)?(?:[(]?(?:x|×|\*)\s?(?P<count>[0-9]{1,5})(?![\w.])[)]?"
    r"|\s?[(:,=–—-]\s?(?:(?:we|i|they) (?:have|own|got|need|want)|(?:there )?(?:is|are)|only|just|exactly"
    r"|at most|max(?:imum)?|up to"
    rf"|no more than|not more than|about|maybe|quantity|qty|count)?:?\s?(?P<after>[0-9]{{1,5}}|(?:a |one "
    rf")?(?:{'|'.join(_WORDS)}))"
    r"(?![\w.,]|\s?(?:%|percent|x\b|×|times|ms\b|s\b|sec|gb\b|usd|dollars|k\b|grand|million|thousand"
    r"|hundred|ttft|p[0-9]))"
    r"(?: of (?:them|those|these))?[)]?)",
    re.IGNORECASE,
)
_SHARE_OF: Final = re.compile(
    rf"\b(?P<part>half|[0-9]{{1,3}}|{'|'.join([*CARDINALS][1:])}) of (?:our |the |my |those |these )*$",
    re.IGNORECASE,
)
_OF_THEM: Final = re.compile(
    rf"[^.;!?\n]{{0,40}}\b(?P<count>[0-9]{{1,4}}|{'|'.join([*CARDINALS][1:])}) of (?:them|those|these)\b",
    re.IGNORECASE,
)
_OWNED: Final = re.compile(
    r"\b(?:own(?:s|ed)?|have|has|got|our|my|we've|bought|already|idle|rack|sitting|sits?|in[- ]house"
    r"|on[- ]prem\w*|basement|data ?cent(?:er|re)|at hand|available|spare|paid for|purchased|lying|run on"
    r"|running on|reserved|existing|colo|ours|belongs?|disposal|on[- ]site|on hand|in the (?:cluster|rack"
    r"|racks|fleet|server room|lab)|dispose of|possess(?:es)?)\b",
    re.IGNORECASE,
)
_NOT_OWNED: Final = re.compile(
    r"\b(?:at most|no more than|not more than|up to|max(?:imum)?|rent\w*|leas\w+|buy\w*|purchas(?:e|ing)"
    r"|would|could|if|limit\w*|cap\w*|afford|get|order\w*|need\w*|require\w*|fewer than|less than|within"
    r"|only (?:allow|use)|cloud|what about|compare|versus|vs)\b",
    re.IGNORECASE,
)
_STRONGLY_OWNED: Final = re.compile(
    r"\b(?:we|i|they)(?:'ve| have| already| also| currently)* (?:own|got|have|bought|purchased|pay for)"
    r"|\b(?:our|my)\b|\bidle\b|\balready (?:own|have|pay)|\bin (?:our|the|my) (?:rack|basement|data)"
    r"|\bon[- ]prem|\bavailable to us\b|\bat our disposal\b",
    re.IGNORECASE,
)
_BOUND: Final = re.compile(
    r"\b(?:at most|no more than|not more than|up to|max(?:imum)?|limit\w*|cap\w*|fewer than|less than"
    r"|not exceed\w*)\b",
    re.IGNORECASE,
)
_IF_OWNED: Final = re.compile(
    r"\b(?:if|suppose|assum\w+|imagine) (?:that )?(?:we|i) (?:bought|had|got|owned|purchased|ordered)\b",
    re.IGNORECASE,
)
_COMPARED: Final = re.compile(r"[<≤]=?\s*$")
_SERVES: Final = re.compile(
    r"\b(?:(?:we|i|they)(?: (?:now|currently|already|today))* (?:serve|run|host|deploy|operate)"
    r"|(?:runs|lives)|(?:is|are|we're|it's|currently|now|today|already) (?:(?:self-)?(?:served|hosted|running"
    r"|serving|hosting|deployed)))\b[^.;!?,\n]{0,60}\b(?:on|by|with|using) (?:(?:our|my|the|own|these|those"
    r"|a|rented|in-house|dedicated) )*$",
    re.IGNORECASE,
)
_SUPPOSED: Final = re.compile(
    r"\b(?:would|could|should|can|may|might|will|if|want|plan(?:ning)?|consider\w*|suppose|what about"
    r"|how about|instead)\b",
    re.IGNORECASE,
)
_TOPS: Final = re.compile(
    r"s?\W*(?:tops|max(?:imum)?|at (?:the )?(?:very )?most|or (?:fewer|less))\b", re.IGNORECASE
)
_OF_OURS: Final = re.compile(r"\bof (?:our|my)\s(?:[0-9]+\s)?$", re.IGNORECASE)
_NEAR: Final = 40  # characters before a fleet whose words decide on it before those of its sentence
_PRICED: Final = re.compile(
    r"s?:? (?:gpus? |cards? )?(?:(?:costs?|is|goes|rents?|at|for)\s)*(?:about |only |just )?[$€£][0-9]",
    re.IGNORECASE,
)  # "an H100 costs $2.49 an hour" says nothing of what we own
_GROUPS: Final = (8, 4, 2, 1)  # GPUs of a replica, the largest first
_SENTENCE_END: Final = re.compile(r"[.;!?](?=\s)|\n")


_VARIANT: Final = re.compile(
    r"(?:[ -][0-9]{2,3} ?g(?:i?b)?|[ -](?:sxm[0-9]?|pcie|nvl))+s?$|^nvidia ", re.IGNORECASE
)


class NamedFleets(msgspec.Struct, frozen=True, kw_only=True):
    """The fleets of a text and the spans of their counts and names."""

    fleets: tuple[GpuFleet, ...]
    spans: tuple[tuple[int, int], ...]
    facts: tuple[str, ...] = ()  # clauses on fleets of the past
    gpus: tuple[Mention, ...] = ()  # the mentions, without those taken back and those of the past


def fleets_in(text: str, gpus: Sequence[Mention]) -> NamedFleets:
    """Return the fleets that `text` names, in order."""
    fleets: list[GpuFleet] = []
    spans: list[tuple[int, int]] = []
    for at, gpu in enumerate(gpus):
        before = _COUNT_BEFORE.search(text[: gpu.start][-40:])
        after = _COUNT_AFTER.match(text, gpu.end)
        start, end, count = gpu.start, gpu.end, None
        if before is not None:
            start, count = (
                gpu.start - (len(text[: gpu.start][-40:]) - before.start()),
                _value(before["count"]),
            )
            share = _SHARE_OF.search(text[:start][-24:])
            if share is not None:
                start, count = start - len(share[0]), _part_of(share["part"], count)
            machines = _MACHINES.search(text[:start][-60:])
            if machines is not None:
                start, count = start - len(machines[0]), count * _value(machines["count"])
        elif len(gpus) == 1 and (them := _OF_THEM.search(text, gpu.end)) is not None:
            count, end = _value(them["count"]), them.end()
        elif after is not None:
            end, count = after.end(), _value(after["count"] or after["after"])
        since = gpus[at - 1].end if at else 0
        fleets.append(_fleet(text, gpu, start=start, count=count, since=since))
        spans.append((start, end))
    held = [at for at, (start, _) in enumerate(spans) if not is_dismissed(text, start)]
    gone = [at for at in held if is_gone(text, *spans[at])]
    kept = [at for at in held if at not in gone]
    return NamedFleets(
        fleets=_merged(text, [fleets[at] for at in kept], [spans[at] for at in kept]),
        spans=tuple(spans),
        gpus=tuple(gpus[at] for at in kept),
        facts=tuple(past_clause(text, *spans[at]) for at in gone),
    )


def _part_of(part: str, count: int) -> int:
    """Return how many GPUs "half of our 8" and "two of our 8" are."""
    word = part.lower()
    return count // 2 if word == "half" else _value(word)


def _is_owned(sentence: str) -> bool:
    if _IF_OWNED.search(sentence):
        return False
    if _STRONGLY_OWNED.search(sentence):
        return True
    return _OWNED.search(sentence) is not None and _NOT_OWNED.search(sentence) is None


def _merged(text: str, fleets: Sequence[GpuFleet], spans: Sequence[tuple[int, int]]) -> tuple[GpuFleet, ...]:
    """Return one fleet a name: the first with a count that no later one corrects, and that is not gone."""
    found: dict[str, tuple[GpuFleet, int]] = {}
    for fleet, (start, end) in zip(fleets, spans, strict=True):
        held, since = found.get(fleet.name, (None, 0))
        is_better = held is None or held.count is None or has("correction", text[since:start])
        if is_better and (held is None or fleet.count is not None):
            found[fleet.name] = (fleet, end)
    return tuple(fleet for fleet, _ in found.values())


def _fleet(text: str, gpu: Mention, *, start: int, count: int | None, since: int) -> GpuFleet:
    """Return the fleet of a mention; its count begins at `start`, and the fleet before it ends at `since`."""
    sentence, before = _sentence(text, gpu), text[:start]
    here = text[max(since, start - _NEAR) : start]
    is_priced = count is None and _PRICED.match(text, gpu.end) is not None
    is_owned = not is_priced and _is_owned(here if since and _TAKEN.search(here) else sentence)
    is_tops = _TOPS.match(text, gpu.end) is not None
    is_ours = _OF_OURS.search(text[max(0, gpu.start - 24) : gpu.start]) is not None
    named = None if is_ours else _BOUND.search(before[-24:]) or _COMPARED.search(before)
    is_bound = is_tops or named is not None or (not is_owned and _BOUND.search(sentence) is not None)
    is_serving = _is_serving(before)
    return GpuFleet(
        name=_name(gpu.name),
        count=count,
        is_owned=(is_owned or is_serving or is_ours) and not is_bound,
        is_bound=is_bound and count is not None,
        is_serving=is_serving and not is_bound,
    )


def _is_serving(before: str) -> bool:
    """Return whether the clause before a fleet states that it serves the calls now."""
    clause = re.split(r"[.;!?,\n]\s", before)[-1]
    return _SERVES.search(clause) is not None and _SUPPOSED.search(clause) is None


def serving_fields(fleets: Sequence[GpuFleet]) -> dict[str, str | int]:
    """Return the fields of `Goals` on the fleet that serves the log now; empty without one.

    Its replicas are taken as large as they go: 8 GPUs are one replica, 16 are two.

    >>> serving_fields([GpuFleet(name="H100", count=12, is_serving=True)])
    {'served_on': '4x H100', 'served_replicas': 3}
    """
    for fleet in fleets:
        if fleet.is_serving and fleet.count:
            size = next(size for size in _GROUPS if fleet.count % size == 0)
            return {"served_on": f"{size}x {fleet.name}", "served_replicas": fleet.count // size}
    return {}


def _name(name: str) -> str:
    """Return the name without its memory and form: "A100" of "A100 80GB SXMs"."""
    base = _VARIANT.sub("", name.strip())
    return base.removesuffix("s")


def _value(text: str) -> int:
    word = re.sub(r"^(?:a|one) (?=\w)", "", text.lower())
    return int(word) if word.isdecimal() else int(_WORDS.get(word, 1.0))


def _sentence(text: str, gpu: Mention) -> str:
    begin = max((match.end() for match in _SENTENCE_END.finditer(text, 0, gpu.start)), default=0)
    end = _SENTENCE_END.search(text, gpu.end)
    return text[begin : len(text) if end is None else end.start()]
