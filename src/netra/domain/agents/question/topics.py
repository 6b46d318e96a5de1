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
_CHANGE_MADE: Final = re.compile(
    r"\b(?:upgraded|switched|migrated|changed|swapped|replaced|deployed|released|introduced|moved|updated"
    r"|enabled|disabled|activated|turned (?:on|off)|switched (?:on|off)|raised|lowered|launched"
    r"|merged|shipped|landed|pushed|bumped|tweaked|refactored|installed|flipped|went over|started using"
    r"|began using|adopted"
    r"|converted|ported|reverted|rewrote|rewritten|shortened|patched|hotfixed|configured|adjusted"
    r"|trimmed the|cut the|brought in"
    r"|rolled out|added"
    r"|rolled (?:it |this |that )?out|went live|cut over)\b",
)
_CHANGE: Final = re.compile(
    r"\b(?:upgrade|upgrading|switching|migrating|moving|changing|switch(?:over)?|migration|change"
    r"|roll-?out|release|deployment|deploy|swap|move|cutover|hot-?fix|fix|patch|merge|refactor(?:ing)?"
    r"|launch|rewrite|tweak|bump|go-live"
    r"|update|(?:vs\.?|versus|compared (?:to|with)|against) (?:the (?:week|month|time|days?) )?before"
    r"|what (?:has )?(?:happened|changed)|before (?:and|vs\.?|versus) after|before/after"
    r"|before\b[^.?!]{0,30}\bafter)\b"
    r"|\bsince\b|\bas of\b|\bever since\b",
)
_SPOKEN: Final = re.compile(
    r"\b(?:discussed|agreed|talked|spoke|met|meeting|mentioned|wrote|said|mail)\b[^.;!?\n]{0,16}$"
    r"|\b(?:due|deadline|until|till|by) (?:the )?$"
)  # "as discussed on the 23rd" dates no change
_SENTENCE: Final = re.compile(r"[.;!?](?=\s)|\n")
_VERDICT: Final = re.compile(
    r"\b(?:worth|pa(?:y|ying|id) (?:off|for)|roll(?:ed)?[ -]?back|rollback|revert\w*|undo|back out"
    r"|before and after"
    r"|before (?:vs|versus)|justif\w+|regret\w*|(?:make|made) (?:it|things|us) (?:better|worse)|a mistake)\b",
)
_WHY: Final = re.compile(
    r"\bwhy\b|\bwhat (?:made|drove|caused)\b|\bexplain\b|\bwhere does\b[^.?!\n]*\bcome from\b"
)
_SUM: Final = r"(?:costs?|bills?|invoices?|spend(?:ing)?|expenses?)"
_MOVE: Final = (
    r"(?:go(?:ne|es)?|went|going|gone) (?:up|down)|r(?:ise|ises|ose|isen|ising)|increas\w*"
    r"|grow(?:n|s|ing)?|grew|jump\w*|explod\w*|doubl\w*|tripl\w*|spik\w*|climb\w*|soar\w*|f(?:all|alls"
    r"|ell|allen|alling)"
    r"|drop\w*|decreas\w*|chang(?:e|ed|es)|higher|lower|more expensive|up|down"
)
_MOVED: Final = re.compile(
    rf"\b{_SUM}\b[^.?!\n]{{0,40}}\b(?:{_MOVE})\b|\b(?:{_MOVE})\b[^.?!\n]{{0,25}}\b{_SUM}\b"
)
_IN_THE_PAST: Final = re.compile(r"\b(?:was|were|did|has|have|had)\b")
_NOT_YET: Final = re.compile(
    r"\b(?:would|should|could|will|shall|can|planning|considering"
    r"|worth (?:moving|switching|migrating|upgrading|changing))\b",
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


def names_a_change(text: str) -> bool:
    """Return whether the text speaks of a change that was made, such as an upgrade."""
    lower = text.lower()
    return _CHANGE_MADE.search(lower) is not None or _CHANGE.search(lower.replace("since", "")) is not None


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


def dates_a_change(text: str, start: int, end: int) -> bool:
    """Return whether the date at `start` can be that of a change: “today” only in “today's deploy” and “deployed today”."""
    if text[start:end].lower() == "today" and text[end : end + 2] not in ("'s", "’s"):
        return _CHANGE_MADE.search(text.lower()) is not None
    before, after = text[:start].lower(), text[end:].lower()
    if _SPOKEN.search(before):
        return False
    sentence = f"{_SENTENCE.split(before)[-1]} {_SENTENCE.split(after)[0]}"
    is_near = _CHANGE_MADE.search(sentence) is not None or _CHANGE.search(sentence) is not None
    return is_near or _CHANGE_MADE.search(text.lower()) is not None


def asks_before_after(text: str, *, is_dated: bool) -> bool:
    """Return whether the question asks for the effect of a past change; `is_dated` if it names a past day.

    >>> asks_before_after("Was the upgrade worth it?", is_dated=False)
    True
    >>> asks_before_after("Would an upgrade be worth it?", is_dated=False)
    False
    """
    lower = text.lower()
    is_made = _CHANGE_MADE.search(lower) is not None
    if not is_made and _CHANGE.search(lower) is None:
        return False
    if is_dated:
        return True
    if _NOT_YET.search(lower) and not _IN_THE_PAST.search(lower):
        return False
    return _VERDICT.search(lower) is not None


def asks_why(text: str) -> bool:
    """Return whether the question asks why the bill rose or fell.

    >>> asks_why("Why did costs go up last week?"), asks_why("Why is this model so expensive?")
    (True, False)
    """
    lower = text.lower()
    return _WHY.search(lower) is not None and _MOVED.search(lower) is not None


def is_on_topic(text: str) -> bool:
    """Return whether any word of the text is a topic of this engine."""
    lower = text.lower()
    return any(pattern.search(lower) for pattern in (_MONEY, _SPEED, _TIME, _SUBJECT)) or bool(
        analyses_in(lower)
    )
