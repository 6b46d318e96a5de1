"""Find the topics of a message: the analyses it asks for, and its interest in cost, speed and quality.

Numbers and names are read elsewhere. Patterns match lower-case text, since matching without regard
to case takes three times as long.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

from netra.domain.optimization.model import Priority

_TOPICS: Final[Mapping[str, str]] = {
    "waste": r"wast(?:e|es|ed|ing|eful)|retr(?:y|ies|ied)|fail(?:ed|ures?|ing)|timeouts?|timed out",
    "exact_duplicates": r"duplicat\w*|(?:same|identical|repeated) (?:prompt|question|request|call"
    r"|quer)\w*|dedup\w*",
    "prompt_caching": r"(?:prompt|prefix|context|kv|k/v|key[- ]value)?[- ]?cach(?:e|es|ed|ing|e?able)",
    "output_length": r"verbos\w*|output[- ](?:length|tokens?)|shorter (?:answers?|outputs?|repl\w+)"
    r"|max[_ ]tokens"
    r"|(?:long|lengthy|wordy|concise|brief) (?:answers?|outputs?|repl\w+)|reasoning effort",
    "right_sizing": r"right[- ]?siz\w*|(?:smaller|cheaper|bigger|newer|other|different|which|better"
    r"|weaker|stronger|new)"
    r" (?:[a-z-]+ )?models?|rout(?:e|es|ed|ing)|cascad\w*|downgrad\w*|(?:switch|switching|move|moving"
    r"|migrate|migrating) (?:to|over)"
    r"|model (?:choice|selection|switch|mix)|alternatives? (?:to|for)",
    "batch": r"batch(?:es|ed|ing)?|offline|overnight|asynchronous",
    "service_tier": r"service tiers?|flex(?: tier| processing)?|priority (?:tier|processing|calls?|prices?)",
    "self_hosting": r"self[- ]?host\w*|(?:our|my) own (?:gpus?|hardware|servers?)|on[- ]prem\w*|in[- ]house"
    r"|vllm|tensorrt|sglang|host (?:it|them|a model|an open|our)\w*|open[- ](?:weights?|source|models?)",
    "gpu_choice": r"gpu(?:s)? (?:choice|type|model|selection|count)|(?:which|what|how many|fewer|cheaper"
    r"|better) gpus?"
    r"|tensor parallel\w*|quanti[sz]\w*|fp8|int8|int4|gpu memory|gpu workload",
    "autoscaling": r"auto[- ]?scal\w*|scale (?:to zero|down|in|out)|idle gpus?|replicas?|scaling polic\w*",
    "kv_cache": r"(?:kv|k/v|key[- ]value)[- ]?cach\w*|concurren(?:cy|t)|gpu memory",
    "prefill_split": r"prefill|disaggregat\w*",
    "reserved_capacity": r"provisioned throughput|ptus?|reserv(?:ed?|ing|ations?) (?:capacity|throughput)"
    r"|committed (?:capacity|throughput|use|spend)|commitments?",
    "rate_limits": r"rate[- ]?limit\w*|tpm|rpm|throttl\w*|quotas?|429s?|headroom|(?:our|the|these|my) limits",
    "context_growth": r"context|compact\w*|long prompts?|conversation length",
    "cache_doctor": r"cache miss\w*|cache hit rate|why .{0,40}cache\w*",
    "burst_shaping": r"bursts?|bursty|spik(?:e|es|y)|peaks?|smooth\w*|queu(?:e|es|ing)",
}
_TOPIC: Final = {kind: re.compile(rf"\b(?:{words})\b") for kind, words in _TOPICS.items()}
# skips the slower patterns for most texts
_ANY_TOPIC: Final = re.compile(rf"\b(?:{'|'.join(_TOPICS.values())})\b")
_NOT_THE_SUBJECT: Final = re.compile(
    r"semantic cach\w*|smooth(?:ly)?\b (?:run|work)|(?:usage|traffic|demand|load) (?:peaks?|spikes?)",
)

_UNWANTED: Final = re.compile(
    r"(?:(?:^|[,.;:!?]\s*|\b(?:but|and|please)\s+)(?:no|without|don't|do not|never|avoid|exclude|rule out)"
    r"|\b(?:want|need|allow)s?\s+no)(?:\s+(?:any|to|use|do|more))*\s*$"
)

_SAME_MODEL: Final = re.compile(
    r"\b(?:stick(?:ing)?|stay(?:ing)?) (?:with|to|on) (?:our|the|this|\ufffc)"
    r"|\bkeep(?:ing)? (?:using )?(?:our|the|the same|this) models?\b"
    r"|\b(?:without|no) (?:a )?(?:switch(?:ing)?|chang(?:e|ing)) (?:of )?(?:the |our )?models?\b"
    r"|\bsame models?\b"
)
Split = Literal["tool", "feature", "template"]
_SPLIT: Final = re.compile(
    r"\b(?:which|what|each|every|(?:split|broken down|grouped|itemi[sz]ed) by)\s+(?:(?:one|ones|of|our|my|the"
    r"|these|those|agent|prompt)\s+){0,3}(?P<part>tools?|features?|functions?|templates?|prompts?)\b",
)

_MONEY: Final = re.compile(
    r"\b(?:cheap\w*|cost(?:s|ly|ing)?|bills?|billing|invoices?|spend(?:ing)?|sav(?:e|es|ing|ings)"
    r"|expens\w*|budgets?"
    r"|econom\w*|afford\w*|money|dollars?|less to pay|pric(?:e|es|ey|ing)|overpay\w*)\b",
)
_SPEED: Final = re.compile(
    r"\b(?:fast(?:er|est)?|quick(?:er|est|ly)?|slow(?:er|est|ly|ness)?|speed(?:s|up|ing)?|performance"
    r"|throughput"
    r"|snapp\w*|lag(?:gy|s|ging)?|low latency"
    r"|(?:reduc|lower|cut|improv|halv|better|less|minimi|shrink|drop|bring|decreas|slash|shorten|shorter"
    r"|too)\w*"
    r"[^.;!?\n]{0,25}\b(?:latenc(?:y|ies)|response times?|ttft|tpot|waits?))\b",
)
_TIME: Final = re.compile(r"\b(?:latenc(?:y|ies)|ttft|tpot|response times?|p99|p95)\b")
_SUBJECT: Final = re.compile(
    r"\b(?:optimi[sz]\w*|improv\w*|advi[sc]e\w*|recommend\w*|analy[sz]\w*|audit\w*|review\w*|workloads?"
    r"|models?|gpus?"
    r"|tokens?|prompts?|traffic|usage|quality|upgrad\w*|roll(?:ed)? ?back|llms?|inference|efficien\w*"
    r"|report|check"
    r"|better|tune|tuning|suggest\w*|help)\b",
)
_MONEY_MAY_NOT_RISE: Final = re.compile(
    r"\b(?:no|without|zero|not|n't|any|never|can't|cannot|won't)\b[^.;!?\n]{0,30}?\b(?:more|extra"
    r"|additional|rais\w+|"
    r"increas\w+|higher|exceed\w*|ris\w+)\b[^.;!?\n]{0,25}?\b(?:money|cost(?:s|ing)?|spend(?:ing)?|bill"
    r"|budget|expense|"
    r"dollars?|price|pay)\b"
    r"|\b(?:can't|cannot|won't|without|not|never)\b[^.;!?\n]{0,20}?\b(?:spend|spending|pay|paying|cost"
    r"|costing)\b"
    r"[^.;!?\n]{0,15}?\b(?:more|extra|any)\b"
    r"|\b(?:same|equal|unchanged|flat|current|constant|today's|existing)\b[^.;!?\n]{0,12}?"
    r"\b(?:money|costs?|spend(?:ing)?|bill|budget|price)\b"
    r"|\b(?:costs?|spend(?:ing)?|bill|budget|price)(?:\s+(?:must|should|has|have|needs?|to|can|may|is|are"
    r"|be|stays?"
    r"|staying|remains?|kept|being)){0,4}[\s-]+(?:neutral|flat|unchanged|the same|constant|where it is|fixed"
    r"|as (?:it|they) (?:is|are)|not (?:to )?(?:rise|increase|go up|grow|change))\b",
)
_SPEED_MAY_NOT_FALL: Final = re.compile(
    r"\b(?:at least|just|equally) as (?:fast|quick|responsive|snappy)\b|\b(?:no|without|not|never|n't"
    r"|nothing)\b[^.;!?\n]{0,25}?\b(?:slower|slow(?:ing)? down|more latency"
    r"|latency penalty|"
    r"(?:hurt|harm|los|wors|rais|increas|sacrific|degrad)\w* (?:our |the |any )?(?:latency|speed"
    r"|performance))\b"
    r"|\b(?:same|equal|current|unchanged|today's|existing|maintain|keep"
    r"|hold)\b[^.;!?\n]{0,20}?\b(?:latenc(?:y|ies)|speed"
    r"|response times?)\b"
    r"|\b(?:latency|speed|response times?)\b[^.;!?\n]{0,20}?\b(?:unchanged|the same|where it is|as it is"
    r"|not (?:rise|"
    r"increase|get worse|suffer|degrade))\b",
)
_QUALITY_MAY_NOT_FALL: Final = re.compile(
    r"\b(?:same|equal|equally|current|unchanged|maintain\w*|keep\w*|hold\w*|preserv\w*|without|no|not"
    r"|never|n't|comparable)\b"
    r"[^.;!?\n]{0,40}?\b(?:quality|accurac(?:y|ies)|answers? (?:as good|worse))\b"
    r"|\bquality\b[^.;!?\n]{0,30}?\b(?:same|unchanged|equal|drop|suffer|fall|slip|worse|constant|is|as it"
    r"|intact|stay\w*"
    r"|degrad\w*)\b|\b(?:as good as|just as good|no worse)\b",
)


def analyses_in(text: str) -> tuple[str, ...]:
    """Return the kinds of analysis that the words ask for.

    >>> analyses_in("Audit the KV caching, then the rate limits")
    ('prompt_caching', 'kv_cache', 'rate_limits')
    """
    lower = text.lower()
    if _ANY_TOPIC.search(lower) is None:
        return ()
    plain = _NOT_THE_SUBJECT.sub(" ", lower)
    return tuple(kind for kind, pattern in _TOPIC.items() if _is_asked_for(pattern, plain))


def unwanted_in(text: str) -> tuple[str, ...]:
    """Return the kinds of analysis that the words rule out.

    >>> unwanted_in("20 % cheaper, but no self-hosting")
    ('self_hosting',)
    """
    plain = _NOT_THE_SUBJECT.sub(" ", text.lower())
    same = ("right_sizing",) if _SAME_MODEL.search(plain) else ()
    return same + tuple(
        kind
        for kind, pattern in _TOPIC.items()
        if any(_UNWANTED.search(plain[: match.start()]) for match in pattern.finditer(plain))
    )


def _is_asked_for(pattern: re.Pattern[str], plain: str) -> bool:
    """Return whether a topic is mentioned other than to rule it out."""
    return any(_UNWANTED.search(plain[: match.start()]) is None for match in pattern.finditer(plain))


def split_in(text: str) -> Split | None:
    """Return the dimension by which the answer is to be broken down.

    >>> split_in("Which of our tools should move to a newer model?"), split_in("Which model is cheaper?")
    ('tool', None)
    """
    found = _SPLIT.search(text.lower())
    if found is None:
        return None
    part = found["part"]
    if part.startswith("tool"):
        return "tool"
    return "feature" if part.startswith("feature") else "template"


def priority_in(text: str) -> Priority | None:
    """Return the objective named by the words; None if they mention neither cost nor speed.

    >>> priority_in("3x faster at no more money")
    <Priority.PERFORMANCE: 'performance'>
    """
    lower = text.lower()
    wants_speed = _wants(_SPEED, lower, unless=_SPEED_MAY_NOT_FALL)
    wants_money = _wants(_MONEY, lower, unless=_MONEY_MAY_NOT_RISE)
    if wants_money and wants_speed:
        return Priority.BALANCED
    if wants_speed:
        return Priority.PERFORMANCE
    return Priority.COST if wants_money else None


def _wants(what: re.Pattern[str], text: str, *, unless: re.Pattern[str]) -> bool:
    """Return whether the text mentions `what` other than as a constraint."""
    return what.search(text) is not None and what.search(unless.sub(" ", text)) is not None


def is_kept(text: str) -> bool:
    """Return whether the text only forbids a loss: of speed, of money, of quality."""
    return is_money_capped(text) or is_speed_kept(text) or is_quality_kept(text)


def without_caps(text: str) -> str:
    """Return the text without the phrases that forbid worse answers.

    >>> without_caps("without loss of quality cut 15 %")
    ' cut 15 %'
    """
    return _QUALITY_MAY_NOT_FALL.sub("", text.lower())


def is_money_capped(text: str) -> bool:
    """Return whether the text forbids a higher bill."""
    return _MONEY_MAY_NOT_RISE.search(text.lower()) is not None


def is_speed_kept(text: str) -> bool:
    """Return whether the text forbids lower speed."""
    return _SPEED_MAY_NOT_FALL.search(text.lower()) is not None


def is_quality_kept(text: str) -> bool:
    """Return whether the text forbids worse answers."""
    return _QUALITY_MAY_NOT_FALL.search(text.lower()) is not None


def is_on_topic(text: str) -> bool:
    """Return whether any word of the text is a topic of this engine."""
    lower = text.lower()
    return any(pattern.search(lower) for pattern in (_MONEY, _SPEED, _TIME, _SUBJECT)) or bool(
        analyses_in(lower)
    )
