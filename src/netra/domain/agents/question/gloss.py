"""Recognise a question in German, French, Spanish or Chinese, and give its common phrases in English.

Without a language model only numbers, names and these phrases are read; the rest is said not understood.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from netra.domain.agents.numbers.digits import Convention

_NAMES: Final = {"de": "German", "fr": "French", "es": "Spanish", "zh": "Chinese"}
_MARKS: Final[Mapping[str, str]] = {
    "de": r"und|der|die|das|wie|wir|ist|nicht|ohne|mit|für|kosten|günstiger|billiger|schneller|bitte|mach|sollen?|können|dürfen|höchstens|maximal|im|monat|weniger|mehr|auf|um|bei|unter|ein|eine|doppelt|senken|unsere?n?|verkehr|prozent|lass|welche|sich|lohnt|warum|bleib\w*|halbieren|reduzier\w*|spar\w*|aufruf\w*|budget von|pro|zu|was|kann|muss|alles|außer|nur|wechseln",
    "fr": r"le|la|les|des|et|pas|plus de|par|mois|moins|cher|pour|sans|avec|notre|nos|nous|est|une|réduire|coûts?|coût|rapide|vite|combien|toucher|fois|du|au|aux|que|quel\w*|peut|budget de|sous|réduis|baisse[rz]?|économiser|trafic|dépens\w+|ne|dans|faut|doit|sauf|tout",
    "es": r"el|la|los|las|es|de|por|debajo|menos|más|mes|sin|con|para|nuestros?|nuestras?|costes?|costos?|barato|rápido|presupuesto|al|que|reducir|tocar|un|una|llamada|ahorrar|tráfico|gastar|cómo|cuánto|qué|y|del|debe|puede|cada|salvo|todo",
}
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_GLOSSES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "de": (
        (r"doppelt so schnell", "twice as fast"), (r"(?:drei|3)[- ]?mal so schnell", "3 times as fast"), (r"doppelt so viel (?:verkehr|traffic|last)", "twice the traffic"),
        (r"günstiger|billiger|preiswerter", "cheaper"), (r"schneller", "faster"), (r"langsamer", "slower"), (r"teurer", "dearer"),
        (r"mehr (?:verkehr|traffic|last|anfragen|aufrufe|nutzer|nutzung)", "more traffic"), (r"weniger (?:verkehr|traffic|last|anfragen|aufrufe|nutzer)", "less traffic"),
        (r"(?:verkehr|traffic|last|nutzung|anfragen) (?:wächst|steigt|nimmt)(?: um)?", "traffic grows by"), (r"verkehr|nutzung|anfragen|aufrufe", "traffic"),
        (r"weniger (?:kosten|ausgeben|zahlen|bezahlen)", "less cost"), (r"kosten|rechnung|ausgaben", "cost"), (r"latenz|antwortzeit(?:en)?|wartezeit", "latency"),
        (r"halbier\w*", "halve"), (r"verdoppel\w*", "double"), (r"verdreifach\w*", "triple"), (r"(?:um )?die hälfte", "half"), (r"ein drittel", "a third"), (r"ein viertel", "a quarter"),
        (r"senken|reduzier\w*|senke|verringer\w*", "reduce"), (r"(?:ein)?spar(?:en|e|t)?|einsparung(?:en)?", "save"), (r"höchstens|maximal|nicht mehr als", "at most"), (r"unterhalb(?: von)?|unter|weniger als", "below"),
        (r"innerhalb(?: von)?", "within"), (r"pro monat|im monat|monatlich|je monat|/monat", "a month"), (r"pro tag|am tag|täglich", "a day"), (r"pro jahr|im jahr|jährlich", "a year"), (r"budget", "budget"),
        (r"außer|ausser|bis auf|ausgenommen", "except"), (r"ohne", "without"), (r"(?:lass(?:t|en)?) (?:sie )?", "leave "), (r"in ruhe|unverändert|unangetastet|wie (?:es|sie) ist|so wie (?:es|sie) ist", "alone"), (r"nicht (?:anfassen|ändern|verändern|anrühren|antasten)", "must not be changed"), (r"an(?:zu)?fassen|an(?:zu)?rühren|(?:zu )?ändern|(?:zu )?verändern", "touching"), (r"darf nicht geändert werden", "must not be changed"), (r"finger weg von|nicht an", "hands off"), (r"bleib(?:t|en)", "stays"),
        (r"ersten? token|erste[ns]? wort", "first token"), (r"zeit bis zum", "time to"), (r"pro token", "per token"), (r"pro (?:aufruf|anfrage)", "per whole call"), (r"gesamte[rn]? (?:aufruf|anfrage|antwort)", "whole call"), (r"für", "for"), (r"und", "and"), (r"oder", "or"), (r"aber", "but"), (r"auf", "to"), (r"um", "by"), (r"von", "of"), (r"wechseln|umsteigen|wechsel", "switch"), (r"seit", "since"), (r"gestern", "yesterday"), (r"letzten monat", "last month"), (r"letztes jahr", "last year"), (r"wir (?:haben|besitzen)", "we own"), (r"zwischenspeicher\w*", "caching"), (r"alles", "everything"), (r"nicht", "not"), (r"muss|müssen|soll(?:en)?|dürfen|darf", "must"), (r"optimier\w*", "optimise"), (r"wächst", "grows"), (r"ausgeben", "spend"), (r"brauchen|benötigen", "need"), (r"sparsamer", "cheaper"), (r"drei(?= )", "three"), (r"zwanzig", "twenty"), (r"zehn", "ten"), (r"dreißig", "thirty"), (r"fünfzig", "fifty"), (r"im schnitt", "on average"), (r"selbst hosten|eigene[nr]? gpus?", "self-host"),
    ),
    "fr": (
        (r"moins chère?s?", "cheaper"), (r"(?:deux|2) fois plus (?:vite|rapides?)", "twice as fast"), (r"(?:trois|3) fois plus (?:vite|rapides?)", "3 times as fast"), (r"plus (?:vite|rapides?)", "faster"), (r"plus lente?s?", "slower"),
        (r"(?:de )?trafic (?:en plus|supplémentaire)|plus de (?:trafic|requêtes|utilisateurs|charge)", "more traffic"), (r"trafic|requêtes", "traffic"), (r"augment\w+ de", "grows by"), (r"coûts?|facture|dépenses?", "cost"), (r"latence|temps de réponse", "latency"),
        (r"réduire|réduis(?:ez|ons)?|baisser|baisse[rz]?|diminuer|diminuez|abaisser", "reduce"), (r"économiser|économies?|épargner", "save"), (r"pas plus de|au maximum|au plus|maximum|ne (?:pas )?dépasse[rz]?(?: pas)?", "at most"), (r"moins de|sous|inférieure? à|en dessous de", "below"), (r"par mois|mensuel(?:le)?s?|/mois", "a month"), (r"par jour", "a day"), (r"par an", "a year"),
        (r"sauf|excepté|hormis|à l'exception d[eu]", "except"), (r"sans", "without"), (r"toucher(?: à)?|modifier|changer", "touching"), (r"ne (?:pas )?touche[rz]? (?:pas )?(?:à)?|ne touchez pas à|ne pas toucher à|ne changez pas|ne pas changer", "don't touch"), (r"laisse[rz]?", "leave"), (r"tranquille|telle? quelle?|inchangée?", "alone"),
        (r"premier jeton|premier token|premier mot", "first token"), (r"par (?:jeton|token)", "per token"), (r"par appel", "per whole call"), (r"appel complet", "whole call"), (r"pour", "for"), (r"et", "and"), (r"mais", "but"), (r"ou", "or"), (r"hier", "yesterday"), (r"depuis", "since"), (r"de moitié", "by half"), (r"la moitié", "half"), (r"un tiers", "a third"), (r"doubler|double", "double"), (r"passer de", "move from"), (r"à", "to"), (r"par", "by"), (r"tout", "everything"), (r"il faut|doit|doivent", "must"), (r"nous avons|nous possédons", "we own"), (r"optimise[rz]?", "optimise"), (r"l'année dernière|l'an dernier", "last year"), (r"le mois dernier", "last month"), (r"de(?= \d)", "by"), (r"vingt", "twenty"), (r"trente", "thirty"), (r"dix", "ten"), (r"cinquante", "fifty"),
    ),
    "es": (
        (r"más barat[oa]s?", "cheaper"), (r"(?:el )?doble de rápid[oa]s?|dos veces más rápid[oa]s?", "twice as fast"), (r"(?:tres|3) veces más rápid[oa]s?", "3 times as fast"), (r"más rápid[oa]s?", "faster"), (r"más lent[oa]s?", "slower"), (r"más (?:de )?(?:tráfico|solicitudes|usuarios|uso|carga)", "more traffic"), (r"tráfico|solicitudes|peticiones", "traffic"), (r"(?:crecerá|crece|aumentará|aumenta|sube|subirá)(?: (?:un|en un))?", "grows by"),
        (r"costes?|costos?|factura|gastos?", "cost"), (r"latencia|tiempo de respuesta", "latency"), (r"reducir|reduce|reduzca|bajar|baja|disminuir|recortar|recorta", "reduce"), (r"ahorrar|ahorro|ahorra", "save"), (r"como máximo|máximo|no más de|a lo sumo|sin pasar de|sin superar", "at most"), (r"por debajo de|menos de|inferior a|debajo de", "below"), (r"al mes|por mes|mensual(?:es)?|/mes", "a month"), (r"al día|por día", "a day"), (r"al año|por año", "a year"), (r"presupuesto", "budget"),
        (r"excepto|salvo|menos(?= \ufffc)", "except"), (r"sin", "without"), (r"tocar|cambiar|modificar", "touching"), (r"no (?:toques|toquen|tocar|cambies|cambiar|modifiques)", "don't touch"), (r"deja|dejar|dejen", "leave"), (r"en paz|tal (?:y )?como está|como está|intact[oa]", "alone"), (r"primer token|primera palabra", "first token"), (r"por token", "per token"), (r"por llamada", "per whole call"), (r"llamada completa", "whole call"), (r"para", "for"), (r"y", "and"), (r"pero", "but"), (r"o", "or"), (r"ayer", "yesterday"), (r"desde", "since"), (r"a la mitad", "by half"), (r"la mitad", "half"), (r"un tercio", "a third"), (r"duplicar", "double"), (r"pasar de|cambiar de", "move from"), (r"a", "to"), (r"todo", "everything"), (r"debe|deben|hay que|tiene que", "must"), (r"tenemos|poseemos", "we own"), (r"optimiza\w*", "optimise"), (r"el año pasado", "last year"), (r"el mes pasado", "last month"), (r"un(?= \d)", "by"), (r"en(?= \d)", "by"), (r"gastar", "spend"), (r"veinte", "twenty"), (r"treinta", "thirty"), (r"diez", "ten"), (r"cincuenta", "fifty"),
    ),
    "zh": (
        (r"每个?月", " a month "), (r"每天", " a day "), (r"每年", " a year "), (r"下个?月", " next month "), (r"上个?月", " last month "), (r"去年", " last year "), (r"昨天", " yesterday "), (r"费用|成本|开支|账单|花费|支出", " cost "), (r"预算", " budget "), (r"节省|省下|省", " save "), (r"降低|减少|降|削减|缩减", " reduce "), (r"便宜", " cheaper "), (r"流量|请求量|请求|用量|访问量", " traffic "), (r"会?增加|增长|上升|提高", " grows by "), (r"翻倍|翻一番", " doubles "), (r"减半", " halve "), (r"一半", " half "), (r"首个?\s?(?:token|词元|令牌|字)(?:\s?延迟)?|第一个\s?(?:token|词元|字)", " first token "), (r"每个?\s?(?:token|词元)", " per token "), (r"整个(?:调用|请求)|端到端", " whole call "), (r"延迟|响应时间", " latency "), (r"快一倍", " twice as fast "), (r"速度", " speed "), (r"快", " faster "), (r"慢", " slower "), (r"(?:要|必须|应)?(?:低于|小于|少于|不到|以内|之内|以下)", " below "), (r"不超过|最多|不能超过|至多|上限", " at most "), (r"不要(?:动|碰|改|改动|修改|更改)|别动|别碰|不动|不改", " don't touch "), (r"除了|除", " except "), (r"保持", " keep "), (r"不变", " unchanged "), (r"的", " "), (r"和|与|以及", " and "), (r"，|、", ", "), (r"。", ". "), (r"？", "? "), (r"把|将", " "), (r"从", " from "), (r"换(?:成|到)|切换到|迁移到|改用|换", " to "), (r"缓存", " caching "), (r"倍", "x "), (r"为|对|给", " for "), (r"我们有|我们拥有", " we own "), (r"必须|要", " must "),
    ),
}  # fmt: skip


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
        words = pattern if code == "zh" else rf"(?<![\w-])(?:{pattern})(?![\w-])"
        text = re.sub(words, english, text, flags=re.IGNORECASE)
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
    return best if counted[best] > english and counted[best] >= _LEAST else ""


def _count(code: str, words: list[str]) -> int:
    pattern = re.compile(_MARKS[code])
    return sum(pattern.fullmatch(word) is not None for word in words)


_LEAST: Final = 2  # words of a language that make a question one in it
_ENGLISH: Final = frozenset(
    """the of and to a in is it that for on with as at this but not or be are we our us you your i my me by from
    how what which can could would should must need want make cut save reduce cheaper faster than more less no
    do does don't leave keep under below most per month everything except without was were has have had will if
    when why an all out up down so only""".split()
)
