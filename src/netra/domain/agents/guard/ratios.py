"""Read ratios in words: "one call in fifty" is a share of 0.02."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from netra.domain.agents.numbers.lexicon import CARDINALS, GROUPS, PARTS


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """A share written as a ratio."""

    text: str
    value: float
    start: int
    end: int


_RATIO: Final = re.compile(
    r"(?<![\w.,])(?P<part>[0-9]{1,2}|one|two|three|four|five|six|seven|eight|nine)"
    r"(?: (?:input |output )?[a-z]+)? (?:(?:in|out of)(?: (?:every|each|an?|one))?|of (?:every|each)) "
    r"(?P<whole>[1-9][0-9]{0,2}"
    r"|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|forty|fifty"
    r"|hundred|thousand|dozen)(?![\w.,]*[0-9])(?![-\w])"
    r"(?! (?:ms|s|seconds?|minutes?|hours?|days?|weeks?|months?)\b)",
    re.IGNORECASE,
)
_EVERY: Final = re.compile(
    r"\bevery (?P<nth>third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|twentieth|hundredth) (?:\w+ )?"
    r"(?:calls?|requests?|answers?|prompts?|dollars?)\b",
    re.IGNORECASE,
)
RATIO_SLACK: Final = 0.075  # share by which "one in seven" may be off


def ratios_in(text: str) -> Iterator[Ratio]:
    """Yield the ratios of a text.

    >>> [(ratio.text, ratio.value) for ratio in ratios_in("one call in fifty, 2 out of 10")]
    [('one call in fifty', 0.02), ('2 out of 10', 0.2)]
    >>> [(ratio.text, ratio.value) for ratio in ratios_in("every fourth call")]
    [('every fourth', 0.25)]
    """
    for match in _RATIO.finditer(text):
        value = _small(match["part"]) / _small(match["whole"])
        yield Ratio(text=match[0], value=value, start=match.start(), end=match.end())
    for match in _EVERY.finditer(text):
        start, end = match.start(), match.end("nth")
        yield Ratio(text=text[start:end], value=1 / PARTS[match["nth"].lower()], start=start, end=end)


def _small(word: str) -> float:
    lower = word.lower()
    return float(lower) if lower.isdecimal() else CARDINALS.get(lower) or GROUPS[lower]
