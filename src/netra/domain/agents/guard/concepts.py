"""Know the words of each measure, in the keys of a payload and in sentences.

A number of a measure stands only in a sentence that has a word of it; measures that exclude each other
(time to first token and the whole call, input and output, failed and repeated) are never mixed.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from netra.domain.agents.guard.concept_words import WORDS
from netra.domain.agents.guard.percentile_phrases import percentile_phrases

_KEYS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (r"^savings$|^saved_|_saved_", ("saving",)),
    (r"(?:^|_)(?:low|high)$", ("range",)),
    (r"^the plan$", ("planned",)),
    (r"ttft", ("ttft",)),
    (r"tpot", ("tpot",)),
    (r"latency_ms", ("latency",)),
    (r"(?:fail|wast|needless|unpaid|turned_away|avoidable)", ("fail",)),
    (r"(?:repeat|duplicat|dedup)", ("repeat",)),
    (r"(?:read_|write_|cached_input|cache_write|prefix_reuse|hit_share)", ("cache",)),
    (r"discount", ("batch",)),
    (r"truncated|max_output_tokens", ("truncate",)),
    (r"^traffic_growth|^growth$", ("growth",)),
    (r"utilisation", ("utilisation",)),
    (r"accept", ("accept",)),
    (r"break_even_(?!accept)|reserve_", ("break_even",)),
    (r"break_even_accept", ("threshold",)),
    (r"answers_to_judge", ("judge",)),
    (r"by_time_kept|^ttl_s|^kept_s|^keep_s", ("kept",)),
    (r"calls_over_limit", ("over_limit",)),
    (r"wait_s|patience", ("wait",)),
    (r"peak|busiest|_needed|per_minute|per_s$|to_mean|gap_cv", ("peak",)),
    (r"if_evaluations_pass", ("if_pass",)),
    (r"^planned_", ("planned",)),
    (r"gpu_hour|replica_hour", ("hourly",)),
    (r"^hosting_usd", ("hosting",)),
    (r"^calls_that_stay", ("stay",)),
    (r"output_tokens_p|_p50$|_p90$", ("spread",)),
    (r"^limit_|_limit_|^asked$", ("limit",)),
)  # fmt: skip
_BY_KEY: Final = tuple((re.compile(key), needs) for key, needs in _KEYS)
_PATTERNS: Final = {name: re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE) for name, words in WORDS.items()}
METRICS: Final = ("ttft", "tpot")
OUTCOMES: Final = ("fail", "repeat")
_PERCENTILE: Final = re.compile(
    r"\b(?:p(?P<p>50|90|95|99)|(?P<n>50|90|95|99)(?:th)? percentile|(?P<median>median|middle|typical(?:ly)?)"
    r"|(?P<mean>mean|average|on average)|(?P<max>maximum|longest|slowest))\b",
    re.IGNORECASE,
)
_OF: Final = re.compile(
    r"^\s*(?:%|percent|per cent)?\s*(?:\([^)]*\)\s*)?(?:more |less |fewer )?(?:of|in)\s+(?:(?:the|your"
    r"|our|its"
    r"|all|these|those|this"
    r"|total|monthly|whole|entire|current|present|plan|[\w-]+['’]s)\s+)*"
    r"(?P<what>input tokens?|prompt tokens?|output tokens?|tokens?|calls?|requests?|traffic|bill|costs?"
    r"|spend\w*|invoice|money"
    r"|answers?|responses?|what you (?:pay|spend)|what is (?:paid|spent)|dollars?|time|prompts?|list "
    r"price|price|savings?|gains?)\b",
    re.IGNORECASE,
)
_SAME: Final = {
    "request": "call", "traffic": "call", "gain": "saving",
    "bill": "money", "cost": "money", "spend": "money", "spending": "money",
    "invoice": "money", "what you pay": "money", "what you spend": "money", "what is paid": "money",
    "what is spent": "money", "dollar": "money",
    "response": "answer", "prompt token": "input token",
}  # fmt: skip
_POPULATIONS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), what)
    for pattern, what in (
        (r"share_of_list_price", "list price"),
        (r"of_bill|saved_share|^saving_share$|share_low|share_high", "money"),
        (r"token_share|read_share|write_share", "token"),
        (r"call_share|repeated_share|failed_share|good_share|^share$", "call"),
        (r"accept_rate|accept_share|truncated_share", "answer"),
        (r"utilisation", "time"),
    )
)


def needs_of(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the measures of a number in the payload, by the keys above it.

    >>> needs_of(("latency", "by_feature", "latency_ms_p50"))
    ('latency', 'spread')
    """
    found = [name for key in keys for pattern, needs in _BY_KEY if pattern.search(key) for name in needs]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4_096)
def concepts_in(text: str) -> frozenset[str]:
    """Return the measures that the words of a text name."""
    return frozenset(name for name, pattern in _PATTERNS.items() if pattern.search(text))


def says(text: str, concept: str) -> bool:
    """Return whether the text has a word of the measure."""
    return _PATTERNS[concept].search(text) is not None


@lru_cache(maxsize=4_096)
def percentiles_in(text: str) -> frozenset[str]:
    """Return the percentiles and means that a text names.

    >>> sorted(percentiles_in("the p99 against the median"))
    ['p50', 'p99']
    """
    found: set[str] = set()
    for match in _PERCENTILE.finditer(text):
        number = match["p"] or match["n"]
        found.add(f"p{number}" if number else "p50" if match["median"] else (match.lastgroup or ""))
    found.update(name for name, _, _ in percentile_phrases(text))
    return frozenset(found)


def percentile_of(key: str) -> str:
    """Return the percentile that a key ends with; empty for others."""
    match = re.search(r"_(p50|p90|p95|p99|mean|max)(?:_|$)", f"_{key}")
    return "" if match is None else match[1]


def population_after(text: str) -> str:
    """Return what a share is a share of, by the words after it.

    >>> population_after(" of your requests"), population_after(" of the bill"), population_after(" less")
    ('call', 'money', '')
    """
    match = _OF.match(text)
    if match is None:
        return ""
    what = match["what"].lower().removesuffix("s") if match["what"].lower() != "spends" else "spend"
    return _SAME.get(what, what)


def population_of(keys: Iterable[str]) -> str:
    """Return what a share in the payload is a share of; empty if its keys do not say."""
    for key in reversed(tuple(keys)):
        for pattern, what in _POPULATIONS:
            if pattern.search(key):
                return what
    return ""


_STOP_WORDS: Final = """
    the a an and or but that which who is are was were be with than at for in on per by from as of it
    they you we would could should can will has have had before after over under against when while if
    so then now more less not its their your our until each to this these those all any into out up down
    only also no there here first one two how what why do does did call calls token tokens request
    requests bill cost costs month monthly log plan saving savings save saves saved percent usd dollar
    dollars price prices share number cent cents ms sec second seconds minute minutes hour hours day
    days week year years gib gb about around roughly some most least very such
"""
_STOP: Final = frozenset(_STOP_WORDS.split())
_WORD: Final = re.compile(r"[a-z][a-z]+")


@lru_cache(maxsize=4_096)
def content_of(text: str) -> frozenset[str]:
    """Return the stems of the words that carry a sentence's meaning, and its less common measures."""
    words = {_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP}
    return frozenset(
        words | {f"*{name}" for name in ("repeat", "fail", "cache", "ttft", "tpot") if says(text, name)}
    )


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word
