"""Recognise averages: dollars a call, tokens a call, dollars a million tokens."""

import re
from typing import Final

AVERAGES: Final = frozenset(
    {"call", "thousand calls", "million calls", "thousand tokens", "million tokens", "output token"}
)
"""What a number may be an average of, in the place of a period."""
_MANY: Final = {"m": "million", "t": "thousand", "1": "thousand", "k": "thousand"}
_PER_MANY: Final = re.compile(
    r"(?:\s[a-z-]+){0,2}?\s?(?:/\s?|(?:per|for (?:each|every)|a|an|each|every)\s)(?:one |1 )?"
    r"(?P<many>thousand|million|1,?000,000|1,?000|1k|1m|k|m)\s(?:input |output )?"
    r"(?P<what>calls?|requests?|tokens?)\b",
    re.IGNORECASE,
)
_PER_OUTPUT: Final = re.compile(
    r"(?:\s[a-z-]+){0,2}?\s(?:for (?:each|every)|per|to (?:each|every))\s(?:single )?output token\b",
    re.IGNORECASE,
)
_MANY_BEFORE: Final = re.compile(
    r"(?:\b(?:an?|one|every|each|per)\s|\b1\s|(?<![0-9,])(?=1,?000\b))(?P<many>thousand|million"
    r"|1,?000)\s(?:[\w.'’-]*\s+){0,3}?"
    r"(?P<what>calls?|tokens?)(?: \w+)? (?:costs?|comes? to|runs?)\b[^.;:0-9]*$",
    re.IGNORECASE,
)
_PER_OUTPUT_BEFORE: Final = re.compile(
    r"\b(?:for|per|to) (?:each|every|an?|one)? ?(?:single )?output token\b[^.;:0-9]{0,40}$", re.IGNORECASE
)
_CALL: Final = r"(?:call|request|answer|prompt|response|query)\b(?![ -](?:cach|template|hash)\w*)"
_PER_CALL_AFTER: Final = re.compile(
    rf"(?:\s[a-z-]+){{0,2}}?\s?(?:/\s?|\b(?:a|an|per|each|every|for (?:each|every))\s)(?:single )?{_CALL}",
    re.IGNORECASE,
)
_PER_CALL_BEFORE: Final = re.compile(
    rf"(?:\b(?:an?|each|every|one|per|single|average|typical|mean)\s(?:[\w.'’-]*\s){{0,2}}?{_CALL}"
    rf"|\s{{3,}}{_CALL})",
    re.IGNORECASE,
)
_AVERAGE: Final = re.compile(r"\b(?:on average|averag\w+)\b", re.IGNORECASE)
_AVERAGE_AFTER: Final = re.compile(r"(?:\s[a-z-]+){0,3}?\s(?:on average)\b", re.IGNORECASE)


def unit_of_average(before: str, after: str) -> str:
    """Return what an average is an average of: "call", "million tokens"; empty for other numbers.

    >>> unit_of_average("Each call costs ", ""), unit_of_average("", " per million tokens")
    ('call', 'million tokens')
    """
    match = _PER_MANY.match(after)
    if match is not None:
        many = match["many"].lower()
        size = _MANY.get(many[0], "million") if many[0] in _MANY else "thousand"
        return f"{size} {'tokens' if match['what'].lower().startswith('token') else 'calls'}"
    if _PER_OUTPUT.match(after):
        return "output token"
    if _PER_CALL_AFTER.match(after):
        return "call"
    many = _MANY_BEFORE.search(before)
    if many is not None:
        size = "million" if many["many"].lower()[0] == "m" else "thousand"
        return f"{size} {'tokens' if many['what'].lower().startswith('token') else 'calls'}"
    if _PER_OUTPUT_BEFORE.search(before):
        return "output token"
    near = re.split(r"[0-9]|[.;!?]\s", before)[-1]
    is_average = _PER_CALL_BEFORE.search(near) or _AVERAGE.search(near)
    return "call" if is_average or _AVERAGE_AFTER.match(after) else ""


_UNIT_BEFORE: Final = re.compile(r"(?:\bper|\bfor (?:each|every)|\beach|\bevery|/)\s?$", re.IGNORECASE)
_UNIT_ONE: Final = re.compile(
    rf"(?:one|1)\b(?: [\w.'’-]+){{0,1}}?\s{{1,40}}{_CALL}.{{0,40}}\b(?:costs?|takes?|reads?|writes?"
    rf"|averages?|needs?)\b",
    re.IGNORECASE,
)

_UNIT_MANY: Final = re.compile(
    r"(?:an? |one |1 )?(?:thousand|million|1,?000)\s(?:[\w.'’-]*\s+){0,3}?(?:calls|tokens)(?: \w+)? "
    r"(?:costs?|come to|runs?)\b",
    re.IGNORECASE,
)


def is_unit_of_average(text: str, *, before: str, after: str) -> bool:
    """Return whether a number is the unit of an average: 1,000 of "$5 per 1,000 calls", "one call costs"."""
    if re.search(r"thousand|million|,?000|^1[km]?\b", text, re.IGNORECASE) and _UNIT_BEFORE.search(before):
        return True
    return _UNIT_ONE.match(f"{text}{after}") is not None or _UNIT_MANY.match(f"{text}{after}") is not None
