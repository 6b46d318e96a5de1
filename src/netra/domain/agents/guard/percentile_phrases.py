"""Recognise percentiles in words: "half of its calls finish within 2 s" states a median."""

import re
from collections.abc import Iterator
from typing import Final

_CALLS: Final = (
    r"(?:(?:of|the|its|all)\s(?:[\w.'’-]+\s){0,4}?(?:calls?|requests?|answers?|responses?|prompts?)"
    r"|of\s[\w.-]+(?=\s(?:take|finish|answer|respond|need)))"
)
_PHRASES: Final = (
    (
        "p50",
        re.compile(rf"\b(?P<n>half|50\s?%|one in two)(?=\s(?:{_CALLS}|call))", re.IGNORECASE),
    ),
    (
        "p90",
        re.compile(
            rf"(?<![\w.])(?P<n>90\s?%|nine (?:calls )?(?:in|out of) ten|(?:one|1) (?:\w+ "
            rf")?in (?:ten|10))(?=\s{_CALLS}|\b)",
            re.IGNORECASE,
        ),
    ),
    (
        "p95",
        re.compile(
            rf"(?<![\w.])(?P<n>95\s?%|(?:one|1) (?:\w+ )?in (?:twenty|20))(?=\s{_CALLS}|\b)", re.IGNORECASE
        ),
    ),
    (
        "p99",
        re.compile(
            rf"(?<![\w.])(?P<n>99\s?%|ninety-nine percent|(?:one|1)\s?(?:%|percent)|(?:one|1) (?:\w+ )?in "
            rf"(?:a hundred|one hundred|100)"
            rf"|99 (?:calls )?(?:in|out of) (?:a hundred|100))(?=\s{_CALLS}|(?!\w))",
            re.IGNORECASE,
        ),
    ),
)
_TIME: Final = re.compile(
    r"[0-9]\s?(?:(?:input |output )?tokens|ms|s|secs?|seconds?|milliseconds?|min"
    r"|minutes?)\b",
    re.IGNORECASE,
)
_BOUND: Final = re.compile(
    r"\b(?:within|under|below|in|inside|less|fewer|more|longer|slower|slowest|faster|quicker|over|above"
    r"|beyond|exceed\w*|take|takes|need|needs)\b",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"[^.;\n]*(?:\.[0-9][^.;\n]*)*")


def percentile_phrases(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the percentiles in words, each with the place of its number.

    >>> list(percentile_phrases("half of chat's calls finish within 2 s"))
    [('p50', 0, 4)]
    """
    for sentence in _SENTENCE.finditer(text):
        if _TIME.search(sentence[0]) is None or _BOUND.search(sentence[0]) is None:
            continue
        for name, phrase in _PHRASES:
            for match in phrase.finditer(sentence[0]):
                yield name, sentence.start() + match.start("n"), sentence.start() + match.end("n")
