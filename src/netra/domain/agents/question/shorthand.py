"""Write out what people abbreviate or paste: settings such as `ttft_ms_p95: 550`, JSON, “4 support_chat”."""

import re
from typing import Final

_SETTING_WORDS: Final = frozenset(
    [
        "ttft",
        "tpot",
        "itl",
        "tbt",
        "e2e",
        "latency",
        "ms",
        "s",
        "sec",
        "seconds",
        "max",
        "min",
        "maximum",
        "limit",
        "target",
        "slo",
        "sla",
        "budget",
        "usd",
        "per",
        "month",
        "monthly",
        "cost",
        "costs",
        "percent",
        "pct",
        "saving",
        "savings",
        "reduction",
        "speedup",
        "p",
        "p50",
        "p75",
        "p90",
        "p95",
        "p98",
        "p99",
        "p999",
        "metric",
        "percentile",
        "time",
        "to",
        "first",
        "token",
        "total",
        "end",
        "response",
        "growth",
        "traffic",
        "value",
        "unit",
        "threshold",
        "goal",
        "whole",
        "call",
    ]
)
_KEY: Final = re.compile(
    r"(?<![\w-])[\"'`]?(?P<key>[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)[\"'`]?(?=\s*[:=<≤]\s*[\"'`]?[-+<>=≤$]*\s?\.?[0-9])"
)
_JSON_KEY: Final = re.compile(r"[\"'](?P<key>[A-Za-z][A-Za-z0-9_]*)[\"']\s*:")
_JSON_TEXT: Final = re.compile(r":\s*[\"'](?P<value>[A-Za-z0-9_ -]{1,40})[\"'](?=\s*[,}\]])")
_QUOTED: Final = re.compile(
    r"[`\"“](?P<inside>[^`\"“”\n]{1,80})[`\"”]|(?<!\w)'(?P<single>[^'\n]{1,80})'(?!\w)"
)
_EMOJI: Final = re.compile(r"(?<=\s):[a-z][a-z_+-]{1,24}:(?=\s|$|[.,!?])")
_STATES: Final = re.compile(
    r"[0-9%$€£]|\b(?:half|twice|double|triple|third|quarter|cheaper|faster|slower|percent|ttft|tpot"
    r"|latency)\b",
    re.IGNORECASE,
)
_CHAT: Final = (
    (re.compile(r"(?<= )4 (?=[A-Za-z]+_[a-z]|the |our |my |all )"), "for "),
    (re.compile(r"\b(?:u|ya)\b(?= (?:can|may|could|make|get|guys|please|should))", re.IGNORECASE), "you"),
    (re.compile(r"\bexcl\.?(?=\s)", re.IGNORECASE), "excluding"),
    (re.compile(r"\bincl\.?(?=\s)", re.IGNORECASE), "including"),
    (re.compile(r"\b(?:approx|ca)\.(?=\s?[0-9$])", re.IGNORECASE), "about"),
    (re.compile(r"\bresp\.(?=\s|$)", re.IGNORECASE), "respectively"),
    (re.compile(r"(?<= )2 (?=(?:start|do|get|make|save|be|go|use|cut|have|keep|see|know)\b)"), "to "),
    (re.compile(r"(?<!a )(?<!one )(?<!three )\bquarter of a (?=second)", re.IGNORECASE), "a quarter of a "),
    (
        re.compile(
            r"(?:(?<=[0-9]s)|(?<= s)|(?<=ms)|(?<=sec)|(?<=seconds))[;|]\s*(?:feature|tool)\s*[:=]\s*",
            re.IGNORECASE,
        ),
        " for ",
    ),  # "TTFT 500 ms; feature: search"
    (re.compile(r"\b(?:thru)\b", re.IGNORECASE), "through"),
    (re.compile(r"\bb4\b", re.IGNORECASE), "before"),
    (re.compile(r"\b(?:undr|udner|uner)\b", re.IGNORECASE), "under"),
    (re.compile(r"\b(?:belo|bellow)\b", re.IGNORECASE), "below"),
    (re.compile(r"\b(?:wont)\b", re.IGNORECASE), "won't"),
    (re.compile(r"\b(?:pls|plz|plss)\b", re.IGNORECASE), "please"),
    (re.compile(r"\b(?:gonna)\b", re.IGNORECASE), "going to"),
    (re.compile(r"\b(?:wanna)\b", re.IGNORECASE), "want to"),
    (re.compile(r"\b(?:gotta)\b", re.IGNORECASE), "have to"),
    (re.compile(r"(?<=[0-9])\s?(?:perc|prc|pc|prcnt|prct|prcent)\b", re.IGNORECASE), " percent"),
)


def written_out(text: str) -> str:
    """Return the text with its shorthand written out.

    >>> written_out("`ttft_ms_p95: 550`"), written_out('{"metric": "latency", "p": 90}')
    ('ttft ms p95: 550', '{metric: latency, p: 90}')
    """
    plain = _QUOTED.sub(_without_quotes, _EMOJI.sub("–", text))
    plain = _JSON_TEXT.sub(lambda match: f": {_spaced(match['value'])}", plain)
    plain = _JSON_KEY.sub(lambda match: f"{_spaced(match['key'])}:", plain)
    plain = _KEY.sub(lambda match: _spaced(match["key"], quoted=match[0]), plain)
    for pattern, words in _CHAT:
        plain = pattern.sub(words, plain)
    return plain


def _without_quotes(match: re.Match[str]) -> str:
    """Return quoted words that state something without their quotes; a quoted name keeps them."""
    inside = match["inside"] or match["single"]
    return inside if _STATES.search(inside) and " " in inside.strip() else match[0]


def _spaced(key: str, *, quoted: str = "") -> str:
    """Return a key of settings as words; another name as it stands."""
    words = key.lower().split("_")
    return " ".join(words) if _SETTING_WORDS.issuperset(words) else quoted or key
