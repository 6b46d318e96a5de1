"""Recognise a question in German, French, Spanish or Chinese, and give its common phrases in English.

Without a language model only numbers, names and these phrases are read; the rest is not understood.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from netra.domain.agents.numbers.digits import Convention
from netra.domain.agents.question.gloss_phrases import CHINESE, GERMAN
from netra.domain.agents.question.gloss_romance import FRENCH, SPANISH

_NAMES: Final = {"de": "German", "fr": "French", "es": "Spanish", "zh": "Chinese"}
_MARKS: Final[Mapping[str, str]] = {
    "de": r"und|der|die|das|wie|wir|ist|nicht|ohne|mit|für|kosten|günstiger|billiger|schneller|bitte|mach"
    r"|sollen?|können|dürfen|höchstens|maximal|im|monat|weniger|mehr|auf|um|bei|unter|ein|eine"
    r"|doppelt|senken|unsere?n?|verkehr|prozent|lass|welche|sich|lohnt|warum|bleib\w*|halbieren"
    r"|reduzier\w*|spar\w*|aufruf\w*|budget von|pro|zu|was|kann|muss|alles|außer|nur|wechseln"
    r"|keine?[nrms]?|es|sie|dass|wenn|dann|sonst|zahlen|rechnung|haben|hat|werden|wird"
    r"|noch|schon|bis|nach|vor|über|seit|gestern|heute|tabu|sein",
    "fr": r"le|la|les|des|et|pas|plus de|par|mois|moins|cher|pour|sans|avec|notre|nos|nous|est|une"
    r"|réduire|coûts?|coût|rapide|vite|combien|toucher|fois|du|au|aux|que|quel\w*|peut|budget de"
    r"|sous|réduis|baisse[rz]?|économiser|trafic|dépens\w+|ne|dans|faut|doit|sauf|tout|rien|à|s'il|vous"
    r"|tous|toutes|cette|ces|je|il|sont|être|avoir|votre|lente?|facture|avons|voulons",
    "es": r"el|la|los|las|es|de|por|debajo|menos|más|mes|sin|con|para|nuestros?|nuestras?|costes?|costos?"
    r"|barato|rápido|presupuesto|al|que|reducir|tocar|un|una|llamada|ahorrar|tráfico|gastar|cómo"
    r"|cuánto|qué|y|del|debe|puede|cada|salvo|todo|está|son|tenemos|queremos|merece|pena|función|factura"
    r"|nada|ahora|su|hay|ser|esto",
}
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_GLOSSES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    code: tuple(
        (pattern, english.strip())
        for pattern, _, english in (line.partition(" =>") for line in table.strip().splitlines())
    )
    for code, table in (("de", GERMAN), ("fr", FRENCH), ("es", SPANISH), ("zh", CHINESE))
}


class Glossed(msgspec.Struct, frozen=True, kw_only=True):
    """A question with the phrases that are known in English; `language` is empty for an English one."""

    text: str
    language: str = ""
    convention: Convention | None = None


def glossed(text: str) -> Glossed:
    """Return the question in English as far as its phrases are known.

    >>> glossed("Mach es 20 % günstiger").text, glossed("Mach es 20 % günstiger").language
    ('Mach es 20 % cheaper', 'German')
    """
    code = _language(text)
    if not code:
        return Glossed(text=text)
    for pattern, english in _GLOSSES[code]:
        is_spaced = code != "zh"
        words = rf"(?<![\w-])(?:{pattern})(?![\w-])" if is_spaced else pattern
        text = re.sub(words, english if is_spaced else f" {english} ", text, flags=re.IGNORECASE)
    is_read = code != "zh" and not _count(code, [word.lower() for word in _LETTERS.findall(text)])
    convention = None if code == "zh" else Convention.COMMA
    return Glossed(text=text, language="" if is_read else _NAMES[code], convention=convention)


def _language(text: str) -> str:
    """Return the code of the text's language; empty for English and for what is not recognised."""
    if _CHINESE.search(text):
        return "zh"
    words = [word.lower() for word in _LETTERS.findall(text)]
    counted = {code: _count(code, words) for code in _MARKS}
    best = max(counted, key=lambda code: counted[code])
    english = sum(word in _ENGLISH for word in words)
    least = 1 if not english and len(words) <= _SHORT else _LEAST
    return best if counted[best] > english and counted[best] >= least else ""


def _count(code: str, words: list[str]) -> int:
    pattern = re.compile(_MARKS[code])
    return sum(pattern.fullmatch(word) is not None for word in words)


_SHORT: Final = 4  # most words of a question that one word of a language makes one in it
_LEAST: Final = 2  # words of a language that make a question one in it
_ENGLISH: Final = frozenset(
    re.findall(
        r"[a-z']+",
        "the of and to a in is it that for on with as at this but not or be are we our us you your i my "
        "me by from how what which can could would should must need want make cut save reduce cheaper "
        "faster than more less no do does don't leave keep under below most per month everything except "
        "without was were has have had will if when why an all out up down so only",
    )
)
