"""Recognise numbers and names that plainly set no goal: identifiers, years, headcounts, counted things.

A stray number is named as left out, and the question is answered; a bare number that could be a goal is asked
back.
"""

import re
from typing import Final

from netra.domain.agents.question.number_context import NumberContext
from netra.domain.agents.question.phrases import has

STRAY: Final = "a number that sets no goal"
UNKNOWN: Final = "no model, feature, function or tool of this name is known"
_TAGGED: Final = re.compile(
    r"\b(?:tickets?|runs?|issues?|jira|prio|priority|sections?|chapters?|pages?|items?|versions?|builds?"
    r"|releases?"
    r"|prs?|mrs?|pull requests?|ids?|orders?|rooms?|floors?|lines?|steps?|phases?|sprints?|slides?"
    r"|figures?|tables?"
    r"|appendix|annex|cases?|bugs?|tasks?|story|stories|epics?|clauses?|paragraphs?|articles?|§|grades?"
    r"|levels?"
    r"|tiers?|quarters?|weeks?|days?|kw|fy|options?|variants?|plans?|attempts?|experiments?|iterations?"
    r"|rounds?"
    r"|invoices?|contracts?|po|ref|reference|incidents?|change|thread|message|mail|call|conference|building"
    r"|ext(?:ension)?\.?|phone|tel|fax|zip|postcode|desk|seat|suite|apartment|gate|platform|line item"
    r"|cost cent(?:er|re)|account|project"
    r"|milestone|kr|rule|standard|rfc|attachment|footnote|row|column|cell|slot|batch|cohort|wave"
    r"|number|numbers?|no\.|nr\.?|nos?)\s?(?:number|no\.?|nr\.?|id|code)?\s?[:#.=/-]?\s?$",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(
    r"\b(?:pages?|slides?|steps?|parts?|items?|sections?|chapters?|tickets?|figures?|tables?|lines?|rows?"
    r"|rooms?|versions?|phases?|sprints?)"
    r"\s?#?[0-9.]+\s?(?:of|/|-|–|to|and|,)\s?$",
    re.IGNORECASE,
)  # the second number of "page 3 of 7"
_HEADCOUNT: Final = re.compile(
    r"\b(?:team|staff|crew|company|group|squad|department|board|class|startup|party) of (?:about |around "
    r"|roughly |some )?$",
    re.IGNORECASE,
)
_ACRONYM: Final = re.compile(r"(?<![\w.-])(?P<word>[A-Z]{2,6})[\s#:-]{0,2}$")
_MEASURES: Final = ("ttft", "tpot", "latency", "at_most", "at_least", "ask")
_YEAR: Final = re.compile(r"(?:19[89]|20[0-9])[0-9]")
_GOVERNED: Final = re.compile(
    r"(?:\b(?:by|to|under|below|within|most|least|max(?:imum)?|min(?:imum)?|than|exceed|about|around|is"
    r"|are|be|at"
    r"|of|for|want|need|save|cut|limit|budget|cap|target|goal|p?[0-9]{2}|only|just)"
    r"|[<>=≤≥:~])\s*(?:the |a )?$",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(r"\s(?P<noun>[a-z]{3,})\b", re.IGNORECASE)
_NO_NOUNS: Final = """
    less cheaper faster more slower dearer lower higher off and but for with was does has this thus plus
    always please percents across unless down fewer shorter longer instead until when while maximum minimum
    max min tops top from per each the our not now then too
"""
_NO_NOUN: Final = frozenset(_NO_NOUNS.split())
_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
_NAME: Final = re.compile(r"(?<![\w./-])[a-z]{4,24}-[0-9][\w.]{0,12}(?<!\.)(?![\w/-])", re.IGNORECASE)


def is_stray(context: NumberContext) -> bool:
    """Return whether a number without a unit plainly sets no goal."""
    before, after = context.before, context.after
    if (
        _TAGGED.search(before)
        or _NUMBERED.search(context.lead)
        or _HEADCOUNT.search(before)
        or _is_labelled(before)
    ):
        return True
    if _GOVERNED.search(before):
        return False
    if _YEAR.fullmatch(context.quantity.text.strip()):
        return True
    counted = _COUNTED.match(after)
    if counted is not None and counted["noun"].lower() not in _NO_NOUN:
        return True
    return not _may_be_a_goal(context)


def _is_labelled(before: str) -> bool:
    """Return whether an acronym that is no measure stands before the number: "OKR 2.3", "ISO 27001"."""
    match = _ACRONYM.search(before)
    return match is not None and not any(has(name, match["word"]) for name in _MEASURES)


def _may_be_a_goal(context: NumberContext) -> bool:
    """Return whether the number's clause names a subject, a bound or a wish, or is the number alone."""
    words = context.clause.text
    is_alone = _LETTERS.search(f"{context.before} {context.after}") is None
    is_bound = has("at_most", words) or has("at_least", words)
    return is_alone or is_bound or bool(context.clause.marks) or has("ask", words)


def unknown_names(text: str) -> tuple[str, ...]:
    """Return the words with a number that name nothing known, as "zephyrus-9"; `text` has names blanked.

    >>> unknown_names("would zephyrus-9 help with p99 under-500ms?")
    ('zephyrus-9',)
    """
    return tuple(match[0] for match in _NAME.finditer(text) if not has("at_most", match[0].split("-")[0]))
