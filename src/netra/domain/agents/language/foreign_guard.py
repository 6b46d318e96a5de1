"""Check a sentence in German, French or Spanish, in which the guard of English words cannot place a number.

Such a sentence must carry a slot; its other words may hold no number, no verdict, no negation and no cause.
Each slot must stand with a word of its measure and with the name of its row, so that a true number is stated
of what it measures.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from netra.domain.agents.guard.naming import NameIndex, NameKind
from netra.domain.agents.guard.placement import SentencePlan
from netra.domain.agents.language.slots import Filled, FilledText
from netra.domain.agents.language.tongues import Tongue
from netra.domain.agents.question.mentions import blanked

_WORDS_MAX: Final = 40  # longest sentence in words, without its slots
_ROWS: Final = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)
_DIGIT: Final = re.compile(r"\d")
_CLAIMS: Final[Mapping[Tongue, str]] = {
    Tongue.GERMAN: r"null|eins?|zwei\w*|drei\w*|vier\w*|fünf\w*|sechs\w*|sieben\w*|acht\w*|neun\w*"
    r"|zehn\w*|elf|zwölf|hundert\w*|tausend\w*"
    r"|million\w*|dutzend\w*|hälfte|halb\w*|drittel\w*|viertel\w*|doppelt\w*|verdoppel\w*"
    r"|verdreifach\w*|\w*fach\w*|meiste\w*|mehrheit|mehrzahl"
    r"|alle[nrms]?|jede[rsnm]?|niemand|nichts?|nie|kein\w*|ohne|weder|kaum|erreicht|verfehlt|erfüllt"
    r"|eingehalten|überschritten|verletzt"
    r"|lohn\w*|billiger|günstiger|teurer|besser\w*|schlechter\w*|schneller\w*|langsamer\w*|höchste\w*"
    r"|größte\w*|teuerste\w*|billigste\w*|beste\w*"
    r"|weil|da|wegen|denn|aufgrund|dank|garantier\w*|sicher\w*|immer|qualität\w*|gleich\w*|steig\w*"
    r"|stieg\w*|sank\w*|wuchs\w*|gestiegen|gesunken"
    r"|pro|jährlich|täglich|wöchentlich|stündlich|jahr\w*|tag\w*|woche\w*|empfehl\w*|sollte\w*|müss\w*"
    r"|vermeid\w*|mehr|weniger|über|unter",
    Tongue.FRENCH: r"zéro|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|vingt|trente"
    r"|quarante|cinquante|soixante|cent|cents|mille|millions?"
    r"|douzaines?|moitié|demi\w*|tiers|quart|double\w*|triple\w*|plupart|majorité|tou(?:t|te|s|tes)"
    r"|chaque|aucun\w*|rien|jamais|personne|pas|sans|ni"
    r"|atteint\w*|manqu\w*|respect\w*|dépass\w*|rentable|moins|plus|meilleur\w*|mieux|pire\w*|rapide\w*"
    r"|lent\w*|cher|chère|parce|car|grâce|cause"
    r"|puisque|garanti\w*|certain\w*|sûr\w*|toujours|qualité|même|augment\w*|baiss\w*|an|ans|année\w*"
    r"|jours?|semaines?|heures?|recommand\w*|devez"
    r"|devriez|faut|évit\w*",
    Tongue.SPANISH: r"cero|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|veinte|treinta"
    r"|cuarenta|cincuenta|cien|ciento\w*|mil|millón|millones"
    r"|docena\w*|mitad|medi[oa]|tercio\w*|cuarto\w*|doble|duplic\w*|triplic\w*|mayoría|mayor\w*"
    r"|menor\w*|tod[oa]s?|cada|ningun\w*|nada|nunca|nadie|no|sin|ni"
    r"|cumpl\w*|alcanz\w*|super\w*|incumpl\w*|rentable|menos|más|mejor\w*|peor\w*|rápid\w*|lent\w*"
    r"|barat\w*|car[oa]s?|porque|debido|gracias|causa|pues"
    r"|garant\w*|segur\w*|siempre|calidad|mism[oa]|igual\w*|aument\w*|sub\w*|baj\w*|año\w*|días?"
    r"|semana\w*|horas?|recomend\w*|deb\w*|hay que|evit\w*",
}
_MEASURES: Final[tuple[tuple[str, str, str, str], ...]] = (
    (r"saved|savings|marginal|cumulative", r"spar|erspar|einspar", r"économi", r"ahorr"),
    (r"planned|if_evaluations", r"plan", r"plan", r"plan"),
    (r"ttft", r"erste[nsrm]? token|ttft", r"premier jeton|premier token|ttft", r"primer token|ttft"),
    (r"tpot", r"tpot|je token", r"tpot|par jeton", r"tpot|por token"),
    (r"latency", r"latenz|antwortzeit", r"latence", r"latencia"),
    (r"input_tokens", r"eingabe|input", r"entrée", r"entrada"),
    (r"output_tokens", r"ausgabe|output", r"sortie", r"salida"),
    (r"duplicates|repeated", r"wiederhol|doppel|duplikat", r"répét|doublon", r"repet|duplicad"),
    (r"failures|failed|unpaid", r"fehl", r"échec|échou|erreur", r"fall|error"),
    (r"targets|asked|limit", r"ziel|limit|grenze", r"objectif|limite", r"objetivo|límite"),
    (r"growth", r"wachs|verkehr|traffic", r"trafic|croissance", r"tráfico|crecimiento"),
    (r"usd", r"kost|rechnung|zahl|ausgaben", r"coût|factur|pay", r"cost|cuesta|factur|pag"),
    (r"requests|calls", r"aufruf|anfrage", r"appel|requête", r"llamada|petici|solicitud"),
)
"""The keys of each measure, and its words in German, French and Spanish."""
_PLAN: Final = 1  # the measure whose word may stand by any other: "the plan saves ..."
_COLUMN: Final[Mapping[Tongue, int]] = {Tongue.GERMAN: 1, Tongue.FRENCH: 2, Tongue.SPANISH: 3}
_SILENT_KEYS: Final = "met stance kind name feature id model gpu provider tool template"
_SILENT: Final = frozenset(_SILENT_KEYS.split())  # keys whose slots are words


def foreign_faults(filled: FilledText, *, tongue: Tongue, names: NameIndex) -> Iterator[str]:
    """Yield what a filled sentence says beyond its slots."""
    if not filled.slots:
        yield "a sentence without a slot"
        return
    spans = [(slot.start, slot.end) for slot in filled.slots]
    figures = [(slot.start, slot.end) for slot in filled.slots if slot.text not in slot.rows]
    plan = SentencePlan(filled.text, figures, names=names)  # a slot that is a name says whose figure it is
    rest = blanked(filled.text, [*spans, *((one.start, one.end) for one in plan.mentions)])
    if _DIGIT.search(rest):
        yield "a number that is not a slot"
    claim = _PATTERNS[tongue].search(rest)
    if claim is not None:
        yield claim[0]
    if len(rest.split()) > _WORDS_MAX:
        yield "a sentence that is too long"
    for slot in filled.slots:
        is_silent = slot.key in _SILENT
        if not (is_silent or _is_measured(slot, filled, rest, tongue)) or not _is_of_row(slot, plan, names):
            yield f"[[{slot.path}]]"


def _is_measured(slot: Filled, filled: FilledText, rest: str, tongue: Tongue) -> bool:
    """Return whether the sentence has a word of the slot's measure, and of no measure that no slot has."""
    wanted = _measure(slot)
    held = {_measure(one) for one in filled.slots}
    column = _COLUMN[tongue]
    named = {place for place, row in enumerate(_MEASURES) if re.search(row[column], rest, re.IGNORECASE)}
    if wanted is None or not named <= held | {_PLAN}:
        return False
    return wanted in named or re.search(_MEASURES[wanted][column], slot.text, re.IGNORECASE) is not None


def _measure(slot: Filled) -> int | None:
    return next((place for place, row in enumerate(_MEASURES) if re.search(row[0], slot.path)), None)


def _is_of_row(slot: Filled, plan: SentencePlan, names: NameIndex) -> bool:
    """Return whether the slot stands by the name of its row, and by no other of that class."""
    own = {name for name in names.names if name.text in slot.rows and name.kind in _ROWS}
    if slot.text in slot.rows:
        return True  # the slot is the name
    near = {
        name
        for mention in plan.spot(slot.start, slot.end).rows
        for name in mention.names
        if name.kind in _ROWS
    }
    return near <= own and (not own or not near.isdisjoint(own))


_PATTERNS: Final = {
    tongue: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) for tongue, words in _CLAIMS.items()
}
