"""Read latency limits: metric, percentile, comparator, value and feature in any order."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from netra.domain.agents.numbers.lexicon import DAY_MS, Unit
from netra.domain.agents.numbers.model import Number
from netra.domain.agents.question.attributes import Attribute, assigned, carried_over
from netra.domain.agents.question.number_context import NumberContext, Numbers
from netra.domain.agents.question.phrases import CLASSES, has
from netra.domain.agents.question.readings import Metric, Reading, StatedTarget, Unread

_STRONG: Final = re.compile(
    r"(?:whole|entire|full|complete|total|overall)[- ]|time to|end[- ]to[- ]end|e2e|latenc"
    r"|response[- ]time|turn"
    r"|round|finish|complete[sd]?\b|done|be (?:over|through)|total\b|overall\b|end2end",
    re.IGNORECASE,
)
NEGATED: Final = re.compile(
    r"(?:\bnot|n't|instead of|rather than)\s(?:for |of |on )?(?:the |a |its )*$", re.IGNORECASE
)
_PER_TOKEN: Final = re.compile(r"(?<=[a-z])\s?/\s?(?:output )?tok(?:en)?s?\b", re.IGNORECASE)
_NO_LATENCY: Final = re.compile(
    r"\b(?:ttl|cache|cached|window|last(?! token| word| byte)"
    r"|(?:the|this|these|over) past|ago|every (?=[0-9])|timeouts?"
    r"|retention|trace|history|keepalive"
    r"|interval|log covers"
    r"|meeting|lunch|deadline|keep-alive|uptime|downtime)(?!\w)",
    re.IGNORECASE,
)
_JOINED: Final = re.compile(r"(?:\s|,|and|&|\+|/|as well as|both|or|the|for)*", re.IGNORECASE)
_WHOLE_SERVICE: Final = re.compile(
    r"\b(?:throughput|total|overall|aggregate|in total|combined)\b", re.IGNORECASE
)
_PER_USER: Final = re.compile(
    r"\b(?:per|each|every|a single|one)\s(?:user|reader|stream|request|call|session|answer|response|chat)",
    re.IGNORECASE,
)
_LATENCY_MAX_MS: Final = 60_000.0  # longest time that is read as a limit only because a feature is named
_COMMON: Final = re.compile(
    r"\b(?:both|all|each|every one|everything|always)(?: (?:at|for|in|of|the))*\s*$", re.IGNORECASE
)
_VERBS: Final = re.compile(r"\b(?:takes?|answers?|responds?|returns?|waits?|repl(?:y|ies))\b", re.IGNORECASE)
_BY: Final = re.compile(
    r"\b(?:by|shave|trim|knock|minus) (?:about |around |at least |another )*$", re.IGNORECASE
)
_SHORTER: Final = re.compile(r"\s*(?:off|lower|less(?! than)|faster|quicker|shorter|sooner)\b", re.IGNORECASE)
THROUGHPUT: Final = "throughput of the whole service sets no target; state the rate one user needs"
AVERAGE: Final = "an average is no percentile; state the percentile, as “p50” or “p99”"
DIFFERENCE: Final = "a difference of time sets no limit; write the time that is left, or “2x faster”"
FILTER: Final = "a lower bound on a time; a limit is an upper bound, as “below 2 s”"
_SLOWER_THAN: Final = re.compile(
    r"\b(?:longer than|slower than|more than|over|above|exceed(?:s|ed|ing)?|beyond|at least|greater than"
    r"|higher than)\s"
    r"(?:about |around |roughly |the |an? )*$|(?<![-=<])>=?\s*$",
    re.IGNORECASE,
)
_BAD: Final = re.compile(
    r"\b(?:too (?:long|slow|much|late|many)|unacceptable|outages?|fail(?:s|ure|ures|ed)?|breach\w*"
    r"|violat\w*|a bug|incidents?|an error|lost"
    r"|broken|useless|intolerable|no good|forbidden|not (?:ok|okay|acceptable|allowed|good enough))\b",
    re.IGNORECASE,
)  # what is slower than the time is bad, so the time is an upper bound
_NOT_SLOWER: Final = re.compile(
    r"\b(?:not|no|never|nobody|no one|none|nothing|cannot|without|avoid|neither|nor|stop|prevent|rarely"
    r"|seldom|hardly|unacceptable)\b"
    r"|n't\b|[0-9]\s?[><]",
    re.IGNORECASE,
)
NO_UNIT: Final = "a number without a unit; write “ms”, “%”, “x” or “$”"


class Limited(msgspec.Struct, frozen=True, kw_only=True):
    """A number that can limit a latency, with its metrics and percentile."""

    context: NumberContext
    metrics: tuple[Metric, ...]
    percentile: float | None
    is_weak: bool  # only words such as “calls” or “takes” name the metric


def is_duration(number: Number) -> bool:
    """Return whether the number is a time that a latency can have, or a rate of tokens."""
    return (number.unit is Unit.MS and number.value < DAY_MS) or is_token_rate(number)


def is_token_rate(number: Number) -> bool:
    """Return whether the number is tokens per second."""
    return number.unit is Unit.COUNT and number.noun == "token" and number.period == "second"


def limited(text: str, numbers: Numbers) -> tuple[Limited, ...]:
    """Return every duration with the metrics and the percentile that qualify it."""
    heads = [head for head in numbers.heads if is_duration(head.quantity)]
    named = [*_strong_metrics(text)]
    metrics = assigned(heads, numbers.clauses, named)
    for at in range(len(heads)):
        carried = None if metrics[at] else carried_over(heads, numbers.clauses, named, at)
        if carried is not None and not is_token_rate(heads[at].quantity):
            metrics[at].append(carried)
    percentiles = assigned(
        heads,
        numbers.clauses,
        [
            Attribute(value=p.value, start=p.start, end=p.end)
            for p in numbers.percentiles
            if not NEGATED.search(text[max(0, p.start - 24) : p.start])
        ],
    )
    found = [_limited(text, head, metrics[at], percentiles[at]) for at, head in enumerate(heads)]
    return tuple(_in_turn(_with_common(text, one, numbers.percentiles) for one in found))


def _with_common(text: str, one: Limited, percentiles: Sequence[Number]) -> Limited:
    """Return the duration with the percentile that its sentence gives to all: "…, both p95"."""
    if one.percentile is not None:
        return one
    clauses = (one.context.clause, *one.context.sentence)
    for number in percentiles:
        is_same = any(clause.start <= number.start < clause.end for clause in clauses)
        if is_same and _COMMON.search(text[max(0, number.start - 16) : number.start]):
            return msgspec.structs.replace(one, percentile=number.value)
    return one


def _in_turn(found: Iterable[Limited]) -> Iterator[Limited]:
    """Yield the durations; of "TTFT and TPOT below 1 s and 50 ms" each metric has its own."""
    waiting: tuple[Metric, ...] = ()
    durations = list(found)
    for at, one in enumerate(durations):
        following = durations[at + 1 : at + len(one.metrics)]
        if waiting and not one.metrics:
            percentile = one.percentile or durations[at - 1].percentile
            yield msgspec.structs.replace(one, metrics=waiting[:1], is_weak=False, percentile=percentile)
            waiting = waiting[1:]
        elif (
            len(one.metrics) > 1
            and len(following) == len(one.metrics) - 1
            and not any(later.metrics for later in following)
        ):
            waiting = one.metrics[1:]
            yield msgspec.structs.replace(one, metrics=one.metrics[:1])
        else:
            waiting = ()
            yield one


def _strong_metrics(text: str) -> Iterator[Attribute[Metric]]:
    """Yield the words that name a metric, but for those that are denied: "not the whole call"."""
    taken: list[tuple[int, int]] = []
    for match in _PER_TOKEN.finditer(text):
        taken.append(match.span())
        yield Attribute(value="tpot", start=match.start(), end=match.end())
    names: tuple[Metric, ...] = ("ttft", "tpot", "latency")
    for name in names:
        for match in CLASSES[name].finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            is_strong = name != "latency" or _STRONG.match(match[0])
            if is_strong and not NEGATED.search(text[max(0, match.start() - 24) : match.start()]):
                yield Attribute(value=name, start=match.start(), end=match.end())


def _limited(
    text: str,
    head: NumberContext,
    metrics: Sequence[Attribute[Metric]],
    percentiles: Sequence[Attribute[float]],
) -> Limited:
    """Return the duration with its metric: a token's time before the whole call, the nearest first."""
    is_named = has("latency", head.clause.text)
    is_weak = not metrics and is_named and not _VERBS.search(head.clause.text)
    names: tuple[Metric, ...] = ("latency",) if is_named and not metrics else _chosen(text, head, metrics)
    if is_token_rate(head.quantity):
        names = ("tpot",)
        is_weak = False
    near = sorted(percentiles, key=lambda one: abs(one.start - head.quantity.start))
    return Limited(context=head, metrics=names, percentile=near[0].value if near else None, is_weak=is_weak)


def _chosen(text: str, head: NumberContext, metrics: Sequence[Attribute[Metric]]) -> tuple[Metric, ...]:
    if not metrics:
        return ()
    ordered = sorted(metrics, key=lambda one: one.start)
    betweens = [text[one.end : other.start] for one, other in pairwise(ordered)]
    if len(ordered) > 1 and all(_is_joined(between) for between in betweens):
        return tuple(dict.fromkeys(one.value for one in ordered))
    tokens = [one for one in ordered if one.value != "latency"] or ordered
    return (min(tokens, key=lambda one: abs(one.start - head.quantity.start)).value,)


def _is_joined(between: str) -> bool:
    """Return whether the text between two metrics joins them: "TTFT and TPOT below 1 s"."""
    return any(word in between for word in ("and", ",", "/")) and _JOINED.fullmatch(between) is not None


def limit_targets(
    found: Limited, *, last: StatedTarget | None, quote: str, may_inherit: bool, names: tuple[str, ...] = ()
) -> tuple[Reading, ...]:
    """Return the limits that a duration sets; `last` is the limit before, which may lend its metric."""
    context, number = found.context, found.context.quantity
    is_other = _NO_LATENCY.search(context.clause.text) is not None and "tpot" not in found.metrics
    if number.unit is Unit.MS and (number.value <= 0 or is_other):
        return ()
    why = _why_no_limit(found)
    if why:
        return (Unread(text=quote, why=why, start=number.start, is_grave=why in (AVERAGE, DIFFERENCE)),)
    metrics, percentile = found.metrics, found.percentile
    if last is not None and may_inherit and (not metrics or found.is_weak):
        metrics = (metric_of(last.field),)
        percentile = percentile or last.percentile
    is_named = bool(names) and number.value <= _LATENCY_MAX_MS
    is_limit = bool(metrics) or percentile is not None or is_named or has("at_most", context.clause.text)
    if not is_limit:
        return (Unread(text=quote, why="a time that is no limit on a latency", start=number.start),)
    return tuple(
        StatedTarget(
            field=metric,
            value=_milliseconds(number),
            start=number.start,
            end=number.end,
            text=quote,
            percentile=percentile,
            is_default=not metrics,
        )
        for metric in metrics or ("latency",)
    )


def _why_no_limit(found: Limited) -> str:
    """Return why the number can set no limit; empty if it can."""
    context, number = found.context, found.context.quantity
    is_rate = is_token_rate(number)
    if is_rate and _WHOLE_SERVICE.search(context.around) and not _PER_USER.search(context.around):
        return THROUGHPUT
    if is_rate and number.value <= 0:
        return "a rate must be above 0"
    if has("average", context.around) and found.percentile is None:
        return AVERAGE
    is_bad = _BAD.search(context.after) is not None
    if (
        not (is_rate or is_bad)
        and _SLOWER_THAN.search(context.before)
        and not _NOT_SLOWER.search(context.before)
    ):
        return FILTER
    is_difference = _BY.search(context.before) or _SHORTER.match(context.after)
    return DIFFERENCE if is_difference and not is_rate else ""


def metric_of(field: str) -> Metric:
    """Return the metric that a field names."""
    return "ttft" if field == "ttft" else "tpot" if field == "tpot" else "latency"


def _milliseconds(number: Number) -> float:
    """Return the limit in milliseconds: the larger end of a range, or the time of one token."""
    if is_token_rate(number):
        return round(1_000 / number.value, 6)
    return number.value if number.high is None else number.high
