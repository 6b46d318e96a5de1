"""Find numbers in disguise: letters in place of digits ("$l8O"), and Roman numerals before a unit."""

import re
from collections.abc import Iterator
from typing import Final

_UNIT: Final = (
    r"(?=\s?(?:%|percent\b|per cent\b|ms\b|s\b|calls?\b|requests?\b|tokens?\b|usd\b"
    r"|dollars?\b|[Gg][Pp][Uu]s?\b|times\b|x\b))"
)
_DISGUISED: Final = re.compile(
    r"[$€£]\s?(?=[0-9.,]*[lIOoSB])[0-9lIOoSB](?:[0-9lIOoSB.,]*[0-9lIOoSB])?(?!\w)"
    rf"|(?<![\w-])(?=[lIOoSB.,]*[0-9])(?=[0-9.,]*[lIOoSB])[0-9lIOoSB][0-9lIOoSB.,]*{_UNIT}"
    rf"|(?<![\w-])(?=[IVXLCDM]{{2}})M{{0,4}}(?:CM|CD|D?C{{0,3}})(?:XC|XL|L?X{{0,3}})(?:IX|IV"
    rf"|V?I{{0,3}})(?!\w){_UNIT}"
)


def disguised_numbers(text: str) -> Iterator[str]:
    """Yield the disguised numbers of a text.

    >>> list(disguised_numbers("saves LXXX % or $l8O at 4k tokens"))
    ['LXXX', '$l8O']
    """
    for match in _DISGUISED.finditer(text):
        yield match[0]
