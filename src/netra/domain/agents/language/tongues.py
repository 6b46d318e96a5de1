"""Recognise the language of a text among those an answer can be written in.

A text is of the language with the most of its function words; English where none leads.
"""

import enum
import re
from collections.abc import Mapping
from typing import Final


class Tongue(enum.StrEnum):
    """A language in which answers are written, by its ISO 639-1 code."""

    ENGLISH = "en"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"


NAMES: Final[Mapping[Tongue, str]] = {
    Tongue.ENGLISH: "English",
    Tongue.GERMAN: "German",
    Tongue.FRENCH: "French",
    Tongue.SPANISH: "Spanish",
}
_FUNCTION_WORDS: Final[Mapping[Tongue, str]] = {
    Tongue.ENGLISH: """
        the of to and in is are was for it on that with this by from at be as or not what how which we our
        you your can would if do does my me make it's there these than would will
    """,
    Tongue.GERMAN: """
        der die das und ist sind ein eine einen einem einer nicht mit von für auf wie wir unsere unser sie
        ihre
        im zu zum zur kann können soll sollen was welche wenn bei den dem des auch es ich nur pro durch wird
        werden bitte über aus um am
    """,
    Tongue.FRENCH: """
        le la les des du de un une et est sont nous notre nos vous votre vos pour par avec sur que qui quoi
        dans pas ne ce cette ces au aux il elle comment combien peut pouvons quel quelle si mon ma mes en se
        son sa plus
    """,
    Tongue.SPANISH: """
        el los las de del un una y es son nosotros nuestro nuestra su sus para por con que qué como cómo
        en
        no se lo al cuánto cuánta podemos puede si mi mis más este esta estos cuál sin muy hay
    """,
}
_WORDS: Final = {tongue: frozenset(words.split()) for tongue, words in _FUNCTION_WORDS.items()}
_WORDS_MIN: Final = 2  # words from which on a text in English has a function word
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_MARKS: Final = (("ß", Tongue.GERMAN), ("¿", Tongue.SPANISH), ("ñ", Tongue.SPANISH), ("œ", Tongue.FRENCH))


def is_english(text: str) -> bool:
    """Return whether a text reads as English: its function words lead, or it has hardly a word.

    >>> is_english("The plan holds."), is_english("Selbst-Hosting halbiert Kosten.")
    (True, False)
    """
    words = [word.lower() for word in _WORD.findall(text)]
    has_one = any(word in _WORDS[Tongue.ENGLISH] for word in words)
    return tongue_of(text) is Tongue.ENGLISH and (has_one or len(words) < _WORDS_MIN)


def tongue_of(text: str) -> Tongue:
    """Return the language of a text.

    >>> tongue_of("Wie können wir die Kosten um 20 % senken?").value, tongue_of("20 % cheaper").value
    ('de', 'en')
    """
    words = [word.lower() for word in _WORD.findall(text)]
    score = {tongue: sum(word in known for word in words) for tongue, known in _WORDS.items()}
    for mark, tongue in _MARKS:
        score[tongue] += mark in text
    best = max(score, key=lambda tongue: (score[tongue], tongue is Tongue.ENGLISH))
    return best if score[best] > score[Tongue.ENGLISH] else Tongue.ENGLISH
