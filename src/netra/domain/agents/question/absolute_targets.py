"""Read absolute targets: "$5,000 a month", "500 ms for search", "TTFT below 300 ms", "fits in 80 GB"."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from netra.domain.agents.question.clauses import Subject
from netra.domain.agents.question.number_context import NumberContext, mark_of, parts_here, parts_near
from netra.domain.agents.question.readings import Reading, StatedTarget, Unread

MONTHS: Final[Mapping[str, float]] = {  # units per month of 365.25 / 12 days
    "hour": 730.5,
    "day": 30.4375,
    "week": 30.4375 / 7,
    "month": 1.0,
    "year": 1 / 12,
}
_SPELLINGS: Final = {
    "hr": "hour",
    "daily": "day",
    "wk": "week",
    "weekly": "week",
    "mo": "month",
    "monthly": "month",
    "yr": "year",
    "annum": "year",
    "yearly": "year",
    "annually": "year",
}
_PERIOD: Final = re.compile(
    rf"\s*(?:/|\b(?:a|an|per|each|every)\b)?\s*(?P<period>{'|'.join([*MONTHS, *_SPELLINGS])})\b",
    re.IGNORECASE,
)
_PRICE_OF_A_THING: Final = re.compile(
    r"\s*(?:/|\b(?:per|for each|for every)\b)\s*(?:[0-9]|gpu|m\b|million|k\b|token|request|call|user|seat)",
    re.IGNORECASE,
)
_FROM: Final = re.compile(r"\bfrom (?:about |around |roughly )?$", re.IGNORECASE)
_SAVES: Final = re.compile(
    r"\b(?:sav(?:e|es|ing|ings)|shave|cut|reduce\w*) (?:us |by |of |about |at least )*$", re.IGNORECASE
)
_NOW: Final = re.compile(
    r"\b(?:currently|today|right now|at the moment|presently|so far|is now|are now|pay(?:ing)? now"
    r"|we (?:pay|spend)"
    r"|i (?:pay|spend)|(?:are|'re|am) (?:paying|spending)|costs us|is running at|takes|we see)\b",
    re.IGNORECASE,
)
_LIMITS: Final = re.compile(
    r"\b(?:keep|maintain|hold|stay|preserve|at most|max(?:imum)?|under|below|within|no more than"
    r"|not exceed|limit|cap"
    r"|budget|up to|less than|need|must|require[sd]?|target|slo|sla|in|accept\w*|allow\w*|tolera\w*|sub)\b|<",
    re.IGNORECASE,
)
_BUDGETS: Final = re.compile(r"\bbudget\b", re.IGNORECASE)
_NO_LATENCY: Final = re.compile(
    r"\b(?:ttl|cache|cached|window|last|past|ago|every|timeout|retention|trace|history|keepalive|interval)\b",
    re.IGNORECASE,
)
_QUANTILE: Final = re.compile(r"\b(?:p(?:50|75|90|95)|median|average|mean|typical)\b", re.IGNORECASE)
_FOR_NAME: Final = re.compile(
    r"\s*(?:for|on|in) (?:the |our )?(?P<name>[A-Za-z][\w-]{0,40})(?!\w)", re.IGNORECASE
)
_GRAMMAR: Final = """
    all any each every everything everyone most some users user us me total production prod average general
    p99 p95 it them this that these those calls requests latency the a an my both less more their generating
    generation answers answer responses response interactive short long other others online real traffic worst
    which at first
"""
_NO_PART: Final = frozenset(_GRAMMAR.split())
_TOKEN_TIMES: Final = {Subject.FIRST_TOKEN: "ttft_ms_p99", Subject.PER_TOKEN: "tpot_ms_p99"}
_TIMES: Final = (*_TOKEN_TIMES, Subject.TIME, Subject.RATE)


def money_targets(context: NumberContext) -> tuple[Reading, ...]:
    """Return the monthly budget that a sum in dollars sets."""
    quantity = context.quantity
    if _FROM.search(context.before):
        return ()
    if _PRICE_OF_A_THING.match(context.after):
        return _unread(context, "the price of a single thing sets no target; budgets are dollars a month")
    if _SAVES.search(context.before):
        return _unread(context, "a saving is read as a share (“20 % cheaper”), or as the budget that is left")
    if _NOW.search(context.around) and not _LIMITS.search(context.around):
        return _unread(context, "taken as what is paid now; the bill is computed from the log")
    period = _PERIOD.match(context.after)
    times = 1.0 if period is None else MONTHS[_period(period)]
    if quantity.value <= 0:
        return _unread(context, "a budget must be above 0")
    return (StatedTarget(field="budget_usd_per_month", value=quantity.value * times),)


def bare_targets(context: NumberContext) -> tuple[Reading, ...]:
    """Return the budget set by a number without a unit, if the clause mentions a budget."""
    words = context.before.strip() or "".join(clause.text for clause in context.sentence[:1])
    if _BUDGETS.search(f"{words} {context.after}") is not None:
        return money_targets(context)
    about = mark_of(context, (*_TIMES, Subject.MONEY))
    if about is None or not context.clause.start <= about.start < context.clause.end:
        return ()
    return _unread(context, "a number without a unit; write “ms”, “%”, “x” or “$”")


def time_targets(context: NumberContext) -> tuple[Reading, ...]:
    """Return the latency limit that a duration sets, for each feature it names."""
    if _FROM.search(context.before) or _NO_LATENCY.search(context.around):
        return ()
    is_limit = _LIMITS.search(context.around) is not None
    if _NOW.search(context.around) and not is_limit:
        return _unread(context, "taken as what is measured now; latencies are read from the log")
    about = mark_of(context, _TIMES)
    if about is not None and about.subject in _TOKEN_TIMES:
        return (StatedTarget(field=_TOKEN_TIMES[about.subject], value=context.quantity.value),)
    names = _names(context)
    if about is None and not names and not is_limit:
        return _unread(context, "a time that is no limit on a latency")
    return _latency_limits(context, names)


def _latency_limits(context: NumberContext, names: Sequence[str]) -> tuple[Reading, ...]:
    limits = tuple(
        StatedTarget(field="latency_ms", value=context.quantity.value, part=name) for name in names or ("",)
    )
    if _QUANTILE.search(context.before) or _QUANTILE.match(context.after.lstrip()):
        return (*limits, *_unread(context, "limits are judged at the 99th percentile, and so is this one"))
    return limits


def memory_targets(context: NumberContext) -> tuple[Reading, ...]:
    """Return the limit on the memory of one GPU."""
    if mark_of(context, (Subject.MEMORY,)) is None:
        return _unread(context, "unclear which memory; write “GPU memory”")
    return (StatedTarget(field="gpu_memory_gib", value=context.quantity.value),)


def token_rate_targets(context: NumberContext) -> tuple[Reading, ...]:
    """Return the limit on the time per output token: 40 tokens a second for one user are 25 ms each."""
    if re.search(r"\b(?:throughput|total|overall|aggregate)\b", context.around, re.IGNORECASE):
        return _unread(
            context, "throughput of the whole service sets no target; state the rate one user needs"
        )
    if context.quantity.value <= 0:
        return _unread(context, "a rate must be above 0")
    return (StatedTarget(field="tpot_ms_p99", value=1_000 / context.quantity.value),)


def foreign_targets(context: NumberContext) -> tuple[Reading, ...]:
    """Return the number as unread: other currencies cannot be converted."""
    return _unread(context, "sums are read in US dollars only, as no rate of exchange is held")


def count_targets(context: NumberContext) -> tuple[Reading, ...]:
    """Return a count of calls as unread; other counts, such as days, are ignored."""
    if re.search(r"request|call|rps|qps|rpm|tpm|user", context.quantity.text, re.IGNORECASE):
        return _unread(context, "traffic is read from the log and changes of it as “50 % more traffic”")
    return ()


def _unread(context: NumberContext, why: str) -> tuple[Reading, ...]:
    return (Unread(text=context.quantity.text.strip(), why=why),)


def _period(match: re.Match[str]) -> str:
    word = match["period"].lower()
    return _SPELLINGS.get(word, word)


def _names(context: NumberContext) -> tuple[str, ...]:
    """Return the names a limit applies to: in its clause, else right after it, else in its sentence."""
    here = tuple(part.name for part in parts_here(context))
    return here or _named_after(context) or tuple(part.name for part in parts_near(context))


def _named_after(context: NumberContext) -> tuple[str, ...]:
    """Return "search" of "500 ms for search", for a name that the log lacks."""
    match = _FOR_NAME.match(context.after)
    return () if match is None or match["name"].lower() in _NO_PART else (match["name"],)
