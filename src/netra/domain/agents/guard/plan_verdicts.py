"""Check statements on the plan's content, on places in a ranking, and on all failed or repeated calls."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from netra.domain.agents.guard.judged import FalseVerdict, Judged
from netra.domain.agents.guard.known_verdicts import Measure
from netra.domain.agents.guard.naming import Mention, NameKind

_IN_PLAN: Final = re.compile(
    r"\b(?:(?:is|are|belongs?) (?:a |already )?(?:part of|in|included in|to) (?:the|this|our) plan"
    r"|the plan (?:\w+ )?(?:moves?|includes?|contains?|switch\w*|sends?|replaces?|caps?|counts on|relies "
    r"on|uses?|rents?))\b",
    re.IGNORECASE,
)
_NEEDS_EVALUATION: Final = re.compile(
    r"\b(?:all|every\w*|each|everything)\b.{0,30}\b(?:plan|list)\b.{0,20}\b(?:needs?|requires?) (?:an "
    r")?evaluat"
    r"|\b(?:the|this|our) plan (?:first )?(?:needs?|requires?) (?:an )?evaluat",
    re.IGNORECASE,
)
_ALL_OUTCOMES: Final = re.compile(
    r"\b(?:all|every|each)\b(?: of)?(?: the| these| those)? (?:[0-9][0-9,]* )?(?:failed|failing|wasted"
    r"|repeated|duplicate) "
    r"(?:calls?|requests?|prompts?)\b(?! (?:together|combined|cost|that|which|and))"
    r"|\b(?:failed|failing|wasted|repeated|duplicate) (?:calls|requests|prompts) (?:were|are|was) all\b"
    r"|\b(?:all|every one) (?:of )?(?:the |these |those )?(?:failures|errors|repeats|duplicates)\b",
    re.IGNORECASE,
)
_SECOND: Final = re.compile(
    r"\b(?P<place>second|third|fourth|fifth)(?:(?:[- ](?:most |least )?(?P<what>expensive|costly|largest"
    r"|biggest|highest|busiest|dearest"
    r"|slowest|worst))| (?:place|on the list|in line|by cost)| (?=with|at)|(?= (?:is|comes) ))|\brunner-?up\b"
    r"|\bnext (?:largest|biggest|most expensive|dearest|highest|costliest)\b|\bcomes? (?P<ranked>second"
    r"|third|fourth|fifth)\b",
    re.IGNORECASE,
)
_PLACES: Final = {"second": 2, "third": 3, "fourth": 4, "fifth": 5}
_AFTER: Final = re.compile(r"\b(?:after|behind|next to|besides|following) (?:the )?[\"'`]?$", re.IGNORECASE)
_ONLY_MORE: Final = re.compile(
    r"\bonly (?P<kind>feature|model|tool|template) (?:that|which|to) (?:cost\w*|is) (?P<way>more|less"
    r"|dearer|cheaper|more expensive)\b",
    re.IGNORECASE,
)
_CHANGES_ANSWERS: Final = re.compile(
    r"\b(?:chang\w*|alter\w*|affect\w*|worsen\w*|degrad\w*) (?:the |your |any )?(?:answers|responses"
    r"|outputs?|quality)\b",
    re.IGNORECASE,
)
_OF_FAILED: Final = re.compile(
    r"(?P<part>[0-9][0-9,]*) of (?:the |these |those )?(?:[0-9][0-9,]* )?(?:failed calls|failures)\b",
    re.IGNORECASE,
)
_ALL_OTHERS: Final = re.compile(
    r"\b(?P<way>more|less) than all (?:of )?(?:the )?(?:others?|rest)(?: \w+)? (?:put together|together"
    r"|combined)\b",
    re.IGNORECASE,
)
_HALF: Final = 0.5
_SAME_ANSWERS: Final = frozenset({"prompt_caching", "batch", "waste"})
_ROWS: Final = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)


def false_membership(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield changes stated as part of the plan that are not, and a plan stated to need an evaluation."""
    match = _IN_PLAN.search(judged.sentence)
    changes = [one for one in judged.changes() if one.stance != "do" or one.kind != "right_sizing"]
    is_outside = bool(changes) and all(one.savings.applied_as is None for one in changes)
    if match is not None and is_outside and not judged.is_negated(match.start(), match.end()):
        yield FalseVerdict(text=match[0], truth=f"The plan does not hold {changes[0].id}.")
    match = _NEEDS_EVALUATION.search(judged.sentence)
    if match is not None and not judged.is_negated(match.start(), match.end()):
        planned = [one for one in judged.known.recommendations if one.savings.applied_as is not None]
        if planned and all(one.stance == "do" for one in planned):
            yield FalseVerdict(text=match[0], truth="The plan needs no evaluation.")


def false_outcomes(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield statements of all failed or repeated calls: the result counts them and says nothing of each."""
    match = _ALL_OUTCOMES.search(judged.sentence)
    if match is not None and not judged.is_hedged and not judged.is_negated(match.start(), match.end()):
        yield FalseVerdict(text=match[0], truth="The result does not say so of all of them.")


def false_parts(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "80 of the failed calls were timeouts" where 80 is all of them, which have several causes."""
    match = _OF_FAILED.search(judged.sentence)
    failed = judged.known.failures.requests
    if match is not None and failed and float(match["part"].replace(",", "")) == failed:
        yield FalseVerdict(text=match[0], truth=f"{failed:,.0f} is the number of all failed calls.")


def false_majorities(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "more than all the others together" of a row or a change with less than half."""
    match = _ALL_OTHERS.search(judged.sentence)
    rows = [one for one in judged.mentions if match is not None and one.end <= match.start()]
    if match is None or not rows:
        return
    is_more = match["way"].lower() == "more"
    for share in _shares_of(judged, rows[-1]):
        if (share > _HALF) is not is_more:
            yield FalseVerdict(text=match[0], truth=f"The share is {share:.1%}.")


def _shares_of(judged: Judged, mention: Mention) -> Iterator[float]:
    names = {name.text for name in mention.names}
    if mention.of_kind(NameKind.CHANGE):
        saving = [one for one in judged.known.recommendations if one.savings.applied_as is not None]
        total = sum(one.usd for one in saving)
        if total > 0:
            yield sum(one.usd for one in saving if one.kind in names) / total
        return
    for table in judged.known.ranked(_measure(judged, "")):
        total = sum(table.values())
        if total > 0 and not names.isdisjoint(table):
            yield max(table[name] for name in names if name in table) / total


def false_answers(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "changes the answers" of a change that leaves them as they are."""
    match = _CHANGES_ANSWERS.search(judged.sentence)
    kinds = {name.text for name in judged.names(NameKind.CHANGE)}
    if match is None or not kinds & _SAME_ANSWERS or judged.is_hedged:
        return
    if not judged.is_negated(match.start(), match.end()):
        yield FalseVerdict(text=match[0], truth="This change leaves the answers as they are.")


def false_places(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "second", "runner-up" and "the only one that costs more" of a row in another place."""
    match = _SECOND.search(judged.sentence)
    if match is not None:
        place = _PLACES[(match["place"] or match["ranked"] or "second").lower()]
        what = (match["what"] or "").lower()
        subject = _subject(judged, match)
        if subject is not None:
            for table in judged.known.ranked(_measure(judged, what)):
                yield from _in_place(table, subject, place, match[0])
    only = _ONLY_MORE.search(judged.sentence)
    if only is not None:
        yield from _only_more(judged, only)


def _measure(judged: Judged, what: str) -> Measure:
    lower = judged.sentence.lower()
    if what in ("slowest", "worst") or "latency" in lower or "p99" in lower:
        return "latency"
    if what == "busiest" or re.search(r"\b(?:most|number of|by) (?:calls|requests)\b|\bbus", lower):
        return "calls"
    return "input_tokens" if "input tokens" in lower else "usd"


def _subject(judged: Judged, match: re.Match[str]) -> Mention | None:
    """Return the row that is given the place; not the one after which it comes."""
    rows = [
        one
        for one in judged.mentions
        if any(name.kind in _ROWS for name in one.names)
        and _AFTER.search(judged.sentence[: one.start]) is None
    ]
    is_led = re.match(r"\W*(?:\w+ ){0,3}?(?:is|are|comes?|goes to|was|by)\b", judged.sentence[match.end() :])
    after = [one for one in rows if one.start >= match.end()]
    before = [one for one in rows if one.end <= match.start()]
    if after and (is_led or not before):
        return after[0]
    return before[-1] if before else None


def _in_place(table: Mapping[str, float], subject: Mention, place: int, text: str) -> Iterator[FalseVerdict]:
    names = {name.text for name in subject.names} & set(table)
    ordered = sorted(table, key=lambda name: -table[name])
    if names and place <= len(ordered) and ordered[place - 1] not in names:
        yield FalseVerdict(text=text, truth=f"That is {ordered[place - 1]}.")


def _only_more(judged: Judged, match: re.Match[str]) -> Iterator[FalseVerdict]:
    """Yield "the only feature that costs more than A is B" where that is false."""
    rows = [one for one in judged.mentions if one.start >= match.end()]
    is_more = match["way"].lower().startswith(("more", "dearer"))
    for table in judged.known.ranked("usd"):
        named = [name.text for one in rows[:2] for name in one.names if name.text in table]
        if len(named) == 2:
            reference = table[named[0]]
            others = {
                name for name, value in table.items() if (value > reference) is is_more and value != reference
            }
            if others != {named[1]}:
                yield FalseVerdict(text=match[0], truth=f"Those are {', '.join(sorted(others)) or 'none'}.")
