"""Find digits that are no amounts: dates, times of day, versions, ordinals, list items, idioms."""

import re
from collections.abc import Iterator
from typing import Final

_MONTH: Final = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    "|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août"
    "|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre"
    "|octubre|noviembre|diciembre"
)
DATE: Final = (
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:\s?Z|\s?utc|[+-][0-9]{2}:?[0-9]{2})?)?"
    r"|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}|(?:[0-2]?[0-9]|3[01])[/.-](?:[0-2]?[0-9]|3[01])[/.-](?:[0-9]{4}"
    r"|[0-9]{2})"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th|\.)?(?: of| de)? (?:{_MONTH})\b\.?(?:,? [0-9]{{4}})?"
    rf"|(?:{_MONTH})\.? [0-9]{{1,2}}(?:st|nd|rd|th)?(?![0-9.,]?[0-9]|\s?(?:%|ms\b))(?:,? [0-9]{{4}})?"
    rf"|(?:{_MONTH})(?: of)?,? (?:19|20)[0-9]{{2}}"
)
"""A calendar date as people write it."""
CLOCK: Final = (
    r"[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2})?(?:\s?[ap]\.?m\b\.?)?(?:\s?(?:utc|gmt|cet|z)\b)?"
    r"|[0-9]{1,2}\s?[ap]\.?m\b\.?"
)
"""A time of day."""
_NOT_NUMBERS: Final = re.compile(
    rf"(?<![\w.,/-])(?:{DATE}|{CLOCK}"
    r"|[0-9]{1,4}(?:\.[0-9]{1,4}){2,5}(?!,?[0-9])(?<!\.[0-9]{3})"  # a version: 1.2.3, 10.0.0.1
    r"|\+[0-9]{1,3}(?:[ /-]?\(?[0-9]{2,}\)?){2,5}"  # a telephone number
    r"|24\s?/\s?7"
    r"|[0-9]{1,3}(?:st|nd|rd|th)(?!\s?(?:percentile|pct|perc|%|quantile)|-percentile)\b"
    r"|(?<=\bin )(?:19|20)[0-9]{2}(?![\w.,%]|\s?(?:ms|calls|requests|tokens))"
    r"|(?:(?<=\bsince )|(?<=\buntil )|(?<=\btill )|(?<=\bduring )|(?<=\bbefore ))(?:19|20)[0-9]{2}(?![\w.,%])"
    r"|q[1-4](?:\s(?:19|20)[0-9]{2})?"
    r")(?![\w-])|#[0-9]{1,9}\b|(?m:^[ \t]*[0-9]{1,2}[.)](?=\s))"
    r"|(?<!\w)\([0-9]{1,2}\)(?=\s)|(?<=\s)[1-9]\)(?=\s)",
    re.IGNORECASE,
)


def not_number_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of `text` whose digits are no amounts.

    >>> [*not_number_spans("since 02/11/2026 at 12:00, v 1.2.3, 20 %")]
    [(6, 16), (20, 25), (29, 34)]
    """
    for match in _NOT_NUMBERS.finditer(text):
        yield match.span()
