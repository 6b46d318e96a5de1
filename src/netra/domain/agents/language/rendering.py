"""Render a value of the data in a language: money, shares, times, counts, and verdicts in words."""

import re
from collections.abc import Mapping
from typing import Final

from netra.domain.agents.guard.figures import NumberKind
from netra.domain.agents.guard.key_units import key_of, period_of, unit_of
from netra.domain.agents.language.masks import Json
from netra.domain.agents.language.tongues import Tongue
from netra.domain.optimization.wording import money, percent

_PERIODS: Final[Mapping[Tongue, Mapping[str, str]]] = {
    Tongue.ENGLISH: {
        "month": "a month",
        "hour": "an hour",
        "minute": "a minute",
        "second": "a second",
        "day": "a day",
    },
    Tongue.GERMAN: {
        "month": "pro Monat",
        "hour": "pro Stunde",
        "minute": "pro Minute",
        "second": "pro Sekunde",
        "day": "pro Tag",
    },
    Tongue.FRENCH: {
        "month": "par mois",
        "hour": "par heure",
        "minute": "par minute",
        "second": "par seconde",
        "day": "par jour",
    },
    Tongue.SPANISH: {
        "month": "al mes",
        "hour": "por hora",
        "minute": "por minuto",
        "second": "por segundo",
        "day": "al día",
    },
}
_UNITS: Final[Mapping[Tongue, Mapping[NumberKind, tuple[str, str]]]] = {
    Tongue.ENGLISH: {
        NumberKind.CALLS: ("call", "calls"),
        NumberKind.TOKENS: ("token", "tokens"),
        NumberKind.GPUS: ("GPU", "GPUs"),
        NumberKind.REPLICAS: ("replica", "replicas"),
    },
    Tongue.GERMAN: {
        NumberKind.CALLS: ("Aufruf", "Aufrufe"),
        NumberKind.TOKENS: ("Token", "Tokens"),
        NumberKind.GPUS: ("GPU", "GPUs"),
        NumberKind.REPLICAS: ("Replik", "Repliken"),
    },
    Tongue.FRENCH: {
        NumberKind.CALLS: ("appel", "appels"),
        NumberKind.TOKENS: ("jeton", "jetons"),
        NumberKind.GPUS: ("GPU", "GPU"),
        NumberKind.REPLICAS: ("réplique", "répliques"),
    },
    Tongue.SPANISH: {
        NumberKind.CALLS: ("llamada", "llamadas"),
        NumberKind.TOKENS: ("token", "tokens"),
        NumberKind.GPUS: ("GPU", "GPU"),
        NumberKind.REPLICAS: ("réplica", "réplicas"),
    },
}
_MET: Final[Mapping[Tongue, tuple[str, str, str]]] = {
    Tongue.ENGLISH: ("met", "not met", "cannot be judged from this log"),
    Tongue.GERMAN: ("erreicht", "nicht erreicht", "aus diesem Log nicht zu beurteilen"),
    Tongue.FRENCH: ("atteint", "non atteint", "impossible à juger d'après ce journal"),
    Tongue.SPANISH: ("cumplido", "no cumplido", "imposible de juzgar con este registro"),
}
_STANCES: Final[Mapping[Tongue, Mapping[str, str]]] = {
    Tongue.ENGLISH: {
        "do": "do it",
        "evaluate": "evaluate it first",
        "avoid": "leave it",
        "inform": "worth knowing",
    },
    Tongue.GERMAN: {
        "do": "umsetzen",
        "evaluate": "erst evaluieren",
        "avoid": "lassen",
        "inform": "zur Kenntnis",
    },
    Tongue.FRENCH: {
        "do": "à faire",
        "evaluate": "à évaluer d'abord",
        "avoid": "à éviter",
        "inform": "pour information",
    },
    Tongue.SPANISH: {
        "do": "hacerlo",
        "evaluate": "evaluarlo antes",
        "avoid": "evitarlo",
        "inform": "para información",
    },
}
_CHANGES: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "prompt_caching": (
        "prompt caching",
        "Prompt-Caching",
        "la mise en cache des prompts",
        "la caché de prompts",
    ),
    "exact_duplicates": (
        "a response cache",
        "ein Antwort-Cache",
        "un cache de réponses",
        "una caché de respuestas",
    ),
    "batch": ("the batch interface", "die Batch-Schnittstelle", "l'interface batch", "la interfaz batch"),
    "self_hosting": ("self-hosting", "Selbst-Hosting", "l'auto-hébergement", "el alojamiento propio"),
    "right_sizing": ("another model", "ein anderes Modell", "un autre modèle", "otro modelo"),
    "output_length": ("an output cap", "eine Ausgabegrenze", "une limite de sortie", "un límite de salida"),
    "waste": (
        "stopping wasted calls",
        "das Abstellen vergeblicher Aufrufe",
        "la fin des appels inutiles",
        "el fin de las llamadas inútiles",
    ),
    "rate_limits": ("rate limits", "Ratenlimits", "les limites de débit", "los límites de tasa"),
    "burst_shaping": (
        "queueing of bursts",
        "das Glätten von Lastspitzen",
        "le lissage des pics",
        "el suavizado de picos",
    ),
}
_ORDER: Final = (Tongue.ENGLISH, Tongue.GERMAN, Tongue.FRENCH, Tongue.SPANISH)
_SEPARATORS: Final[Mapping[Tongue, tuple[str, str]]] = {
    Tongue.ENGLISH: (",", "."),
    Tongue.GERMAN: (".", ","),
    Tongue.FRENCH: ("\N{NO-BREAK SPACE}", ","),
    Tongue.SPANISH: (".", ","),
}
_NAME: Final = re.compile(r"[\w./:-]{1,64}")
_NAME_KEYS: Final = frozenset({"name", "feature", "id", "model", "gpu", "provider", "tool", "template"})


def rendered(value: Json, *, keys: tuple[str, ...], tongue: Tongue) -> str | None:
    """Return a value as the engine writes it; None for what has no rendering.

    >>> rendered(1225.79, keys=("plan", "now_usd_per_month"), tongue=Tongue.GERMAN)
    '1.226 $ pro Monat'
    """
    key = keys[-1] if keys else ""
    if key == "met":
        return _MET[tongue][0 if value is True else 1 if value is False else 2]
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return _word(value, key, tongue)
    return _number(float(value), keys, tongue) if isinstance(value, int | float) else None


def _word(value: str, key: str, tongue: Tongue) -> str | None:
    if key == "stance":
        return _STANCES[tongue].get(value)
    if key == "kind":
        named = _CHANGES.get(value)
        return None if named is None else named[_ORDER.index(tongue)]
    if key in _NAME_KEYS and _NAME.fullmatch(value):
        return value
    return value if tongue is Tongue.ENGLISH and key in ("verdict", "action", "impact", "why") else None


def _number(value: float, keys: tuple[str, ...], tongue: Tongue) -> str:
    key = key_of(keys)
    kind, scale = unit_of(key)
    value = abs(value) * scale
    period = period_of(key) or ("month" if kind is NumberKind.USD and keys[-1] in ("low", "high") else "")
    text = _figure(value, kind, tongue)
    unit = _UNITS[tongue].get(kind)
    if unit is not None:
        text = f"{text} {unit[0] if value == 1 else unit[1]}"
    return f"{text} {_PERIODS[tongue][period]}" if period and kind is not NumberKind.TIME else text


def _figure(value: float, kind: NumberKind, tongue: Tongue) -> str:
    if kind is NumberKind.USD:
        amount = _local(money(value).removeprefix("$"), tongue)
        return f"${amount}" if tongue is Tongue.ENGLISH else f"{amount} $"
    if kind is NumberKind.SHARE:
        return _local(percent(value), tongue)
    if kind is NumberKind.TIME:
        if value >= 3_600:
            return _local(f"{value / 3_600:,.1f} h", tongue)
        return _local(f"{1_000 * value:,.0f} ms" if value < 60 else f"{value:,.0f} s", tongue)
    if kind is NumberKind.GIB:
        return _local(f"{value:,.1f} GiB", tongue)
    return _local(f"{value:,.0f}" if value == round(value) else f"{value:,.2f}", tongue)


def _local(text: str, tongue: Tongue) -> str:
    """Return an English figure with the language's separators."""
    thousands, decimal = _SEPARATORS[tongue]
    return "".join({",": thousands, ".": decimal}.get(character, character) for character in text)
