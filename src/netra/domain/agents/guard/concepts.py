"""Know the words of each measure, in the keys of a payload and in sentences.

A number of a measure stands only in a sentence that has a word of it; measures that exclude each other
(time to first token and the whole call, input and output, failed and repeated) are never mixed.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from netra.domain.agents.guard.percentile_phrases import percentile_phrases

_TEXT: Final[Mapping[str, str]] = {
    "saving": r"sav\w+|can go|go(?:es)? away|disappear\w*|vanish\w*|cheaper|less|lower\w*|cut\w*|reduc\w+"
    r"|drops?|dropped|falls?|fell|down|off|gains?|gained|shav\w+|trim\w*|avoid\w*|differ\w*|change\w*"
    r"|decreas\w*"
    r"|need not|needn['’]t|(?:do|does) not (?:need|have) to|(?:has|have|needs?|had) to|too much|unnecessar\w*|over(?:spend|pay)\w*"
    r"|waiting|worth|impact|benefit\w*|recover\w*|knocks?|takes?|bring\w*|halv\w+|interval|fewer|smaller|gone",
    "loss": r"less|more|dearer|add\w*|cost\w*|loss|los(?:es?|ing|t)|extra|expensive|increas\w*|rais\w+"
    r"|penalty|surcharge"
    r"|higher|up|interval|change\w*|differ\w*|sav\w+|doubl\w+",
    "ttft": r"ttft|first[- ]tokens?|time[- ]to[- ]first",
    "tpot": r"tpot|per[- ](?:output[- ])?token|(?:each|every) (?:next |further |output )?token"
    r"|inter-?token|next token"
    r"|token (?:rate|time)",
    "latency": r"latenc\w+|slow\w*|fast\w*|tak(?:es?|ing)|within|answers? in|respon\w+|whole[- ]call"
    r"|end[- ]to[- ]end|tail\w*|p[0-9]{2}"
    r"|percentile|limit\w*|median|finish\w*|complet\w*|calls? (?:last|run)\w*|seconds?|wait\w*|runs?"
    r"|duration|slo|needs?|answers? after|typically|middle|call takes|longer",
    "fail": r"fail\w*|error\w*|wast\w*|refus\w*|unsuccess\w*|timeouts?|timed out|retr(?:y|ies)\w*"
    r"|turned away|not charged"
    r"|unpaid|reject\w*|not billed|uncharged|avoidable|for nothing",
    "repeat": r"repeat\w*|duplicat\w*|identical|same (?:prompt|question|call)\w*|word for word"
    r"|redundan\w*|dedup\w*"
    r"|already answered|verbatim",
    "cache": r"cach\w+|prefix\w*|reus\w+|hits?|reads?|writes?|kept|ttl|time to live|shared|token share"
    r"|repeated part",
    "batch": r"batch\w*|discount\w*|can wait|offline",
    "truncate": r"cut|truncat\w*|cap|caps|capped|capping|limit\w*|shorten\w*|long(?:er)?|length\w*|at most",
    "growth": r"grow\w*|growth|traffic|usage|load|more calls|more requests|volume|increase\w*",
    "utilisation": r"utili[sz]\w*|busy|idle|used|use|load\w*|occup\w*",
    "accept": r"accept\w*|cascade\w*|approv\w*|evaluat\w*|pass\w*|judg\w*|good enough|answers",
    "break_even": r"break[- ]?even\w*|breaks? even|pays?|pay off|times|threshold|accept\w*|need\w*|at "
    r"least|above|under"
    r"|more than|would (?:have to|need)",
    "judge": r"judg\w*|evaluat\w*|sampl\w*|scor\w*|review\w*|grad\w*|compar\w*|test\w*|label\w*"
    r"|blind\w*|answers",
    "limit": r"limit\w*|target\w*|ask\w*|want\w*|goal\w*|slo|budget\w*|need\w*|requir\w*|request(?:ed"
    r"|ing)|promise\w*|within"
    r"|allow\w*|cap|under|threshold\w*|bound\w*|objective\w*|wish\w*|max\w*",
    "over_limit": r"too slow|over|exceed\w*|break\w*|miss\w*|slower|above|violat\w*|beyond|late|breach\w*|out of"
    r"|past|longer",
    "wait": r"wait\w*|queu\w*|delay\w*|hold\w*|held|smooth\w*|shap\w*",
    "peak": r"peak\w*|bus(?:y|iest)\w*|burst\w*|max\w*|rate limit\w*|most|highest|limit\w*|ask\w*"
    r"|need\w*|at least|quota\w*"
    r"|per second|a second|a minute|per minute|spik\w*|average|mean",
    "if_pass": r"if|once|evaluat\w*|pass(?:es|ed|ing)?|provided|assuming|should|could|potential\w*|judg\w*",
    "planned": r"plan\w*|would|could|will|becom\w*|fall\w*|fell|drops?|dropped|down|after\w*|lower\w*"
    r"|reduc\w*|cut\w*|to|instead"
    r"|new|leav\w*|remain\w*|left|shrink\w*|then|from|can be|proposed|recommend\w*|optimi[sz]\w*",
    "hourly": r"gpu\w*|hour\w*|replica\w*|rent\w*|card\w*|accelerator\w*|h|hr",
    "hosting": r"self[- ]?host\w*|own|host\w*|gpu\w*|replica\w*|fleet|rent\w*|llama\w*|would cost|cost "
    r"more|dearer|serving|hardware",
    "retire": r"until|retire\w*|deprecat\w*|sunset\w*|end\w*|stop\w*|shut\w*|leav\w*|remov\w*"
    r"|withdraw\w*|gone|no longer|discontinu\w*",
    "input": r"input|prompts?|sent|in|incoming|context|reads?",
    "output": r"output|answers?|generat\w*|complet\w*|written|wrote|writes?|out|repl(?:y|ies)|produced?"
    r"|returned|response",
    "points": r"points?",
    "would": r"would|could|then|instead|will|only",
    "all_tokens": r"tokens?",
    "succeed": r"succe\w+|went through|go through|(?:ended |finished )?well|ok|worked|answered|without (?:an? )?(?:error|failure)s?"
    r"|(?:did|do|does) not fail|didn['’]t fail|never failed|not failed",
    "unrepeated": r"(?:not|n['’]t|never|no) (?:\w+ ){0,3}(?:repeat\w*|duplicat\w*|repetition\w*)|unique|distinct"
    r"|first[- ]time|unrepeated|new prompts?",
    "cannot_wait": r"(?:cannot|can ?not|can['’]t|must not|could not|may not|not) (?:\w+ )?(?:wait|be (?:batched|delayed))"
    r"|(?:stay|remain|kept?|left) (?:on|in|with) the standard|time-critical|interactive|urgent|need an answer",
    "can_wait": r"(?:can|could|may) (?:all |also |well |easily )?(?:wait|be (?:batched|delayed|sent))|not urgent|offline"
    r"|batch\w*|eligible",
    "misfit": r"(?:not|n['’]t) fit|(?:too (?:long|large|big))|(?:stay|remain)\w* (?:on|with|where)",
    "fit": r"fit\w*|suit\w*|suitable|could (?:go|move|run)|candidate\w*|eligible|mov\w+|take over",
    "within_limit": r"(?:within|under|below|inside|meet\w*|keep\w*|hold\w*|respect\w*|compl\w+ with)"
    r" (?:its |the |their |your |that |this )?(?:\w+ )?(?:limit|target|slo|objective|threshold|goal|budget)s?|in time|on time|not (?:over|above)|fast enough",
    "over_by": r"to (?:keep|meet|hold|stay|get|respect)\b|(?:faster|quicker|shorter|less)\b.{0,40}\b(?:to|it) (?:keep|meet|hold|stay|reach|get|respect)|(?:over|above|past|beyond|exceed\w*|miss\w*|break\w*|overshoot\w*|overrun\w*|too slow|slower than)"
    r"(?: (?:its|the|their|your|that|this))?(?: \w+)? (?:limit|target|slo|objective|threshold|goal|budget)s?|(?:limit|target|slo|objective|threshold|goal|budget)s? (?:is )?(?:exceeded|missed|overshot|broken) by"
    r"|over by|times (?:its|the) (?:limit|target|slo|objective|threshold|goal|budget)s?|(?:exceeds?|miss(?:es)?|over\w+) (?:it|this|that) by",
    "under_by": r"to spare|headroom|margin|room|(?:under|below|within|inside|short of)(?: (?:its|the|their|your|that|this))?(?: \w+)? (?:limit|target|slo|objective|threshold|goal|budget)s?"
    r"|to spare|headroom|margin|reserve|room",
    "tail_ratio": r"(?:its|the|their|that of the|own) (?:own )?(?:median|p50|typical|middle)",
    "remain": r"remain\w*|left|leav\w*|still|rest|of (?:today['’]s|the current|the present|what you pay)",
    "other": r"others?|rest|remain\w*|apart from|except\w*|besides|outside|without|everything else|all but"
    r"|exclud\w+|left|elsewhere|aside",
    "range": r"between|to|from|range\w*|interval|low\w*|high\w*|least|most|up|best|worst|upper|bottom"
    r"|top|either|or|and|may|might"
    r"|conservative\w*|optimistic\w*|pessimistic\w*|bound\w*|floor|ceiling|as much|as little",
    "spread": r"half|middle|median|p[0-9]{2}|percentile|mean|average|typical\w*|largest|longest|max\w*"
    r"|min\w*|tail"
    r"|most|usual\w*",
    "route": r"rout\w*|send\w*|sent|go|goes|stay\w*|mov\w*|serv\w*|plan\w*|handle\w*|switch\w*|shift\w*",
    "stay": r"stay\w*|remain\w*|keep\w*|left|not fit|rest|unchanged",
    "plan": r"plan\w*|after\w*|would|will|instead|then",
    "kept": r"cach\w+|kept|keep\w*|within|minutes?|seconds?|hours?|days?|ttl|time to live|5 min\w*",
    "price": r"price\w*|list\w*|cost\w*|charg\w*|rate\w*|token\w*",
}  # fmt: skip
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
_PATTERNS: Final = {name: re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE) for name, words in _TEXT.items()}
METRICS: Final = ("ttft", "tpot")
OUTCOMES: Final = ("fail", "repeat")
_PERCENTILE: Final = re.compile(
    r"\b(?:p(?P<p>50|90|95|99)|(?P<n>50|90|95|99)(?:th)? percentile|(?P<median>median|middle|typical(?:ly)?)"
    r"|(?P<mean>mean|average|on average)|(?P<max>maximum|longest|slowest))\b",
    re.IGNORECASE,
)
_OF: Final = re.compile(
    r"^\s*(?:%|percent|per cent)?\s*(?:\([^)]*\)\s*)?(?:more |less |fewer )?(?:of|in)\s+(?:(?:the|your|our|its"
    r"|all|these|those|this"
    r"|total|monthly|whole|entire|current|present|plan|[\w-]+['’]s)\s+)*"
    r"(?P<what>input tokens?|prompt tokens?|output tokens?|tokens?|calls?|requests?|traffic|bill|costs?"
    r"|spend\w*|invoice|money"
    r"|answers?|responses?|what you (?:pay|spend)|what is (?:paid|spent)|dollars?|time|prompts?|list price|price|savings?|gains?)\b",
    re.IGNORECASE,
)
_SAME: Final = {
    "request": "call", "traffic": "call", "gain": "saving", "bill": "money", "cost": "money", "spend": "money", "spending": "money",
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
