"""Match a stated number with the facts: value, unit, period, sign, and then row and measure."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from netra.domain.agents.guard.averages import AVERAGES
from netra.domain.agents.guard.facts import Fact, Facts, NamedLabel, names_of
from netra.domain.agents.guard.figures import NumberKind, StatedNumber
from netra.domain.agents.guard.known_verdicts import KnownVerdicts
from netra.domain.agents.guard.measures import is_of_measure
from netra.domain.agents.guard.naming import Mention, Name, NameKind
from netra.domain.agents.guard.pairs import is_of_pair
from netra.domain.agents.guard.placement import Spot
from netra.domain.agents.guard.ranked_rows import is_of_rank
from netra.domain.agents.guard.remainders import is_excluded, is_owned, is_rest_of
from netra.domain.agents.guard.row_sums import is_added_up, is_sum
from netra.domain.agents.guard.versions_and_dates import Label, is_known
from netra.domain.agents.numbers.lexicon import months_in

_COUNTS: Final = frozenset(
    {
        NumberKind.COUNT,
        NumberKind.CALLS,
        NumberKind.TOKENS,
        NumberKind.GPUS,
        NumberKind.REPLICAS,
        NumberKind.FACTOR,
    }
)
_LATENCIES: Final = frozenset({"latency", "ttft", "tpot"})
_OTHER_PERIODS: Final = frozenset({"day", "week", "quarter", "year"})
_RISES_TO: Final = re.compile(
    r"\b(?:ris|rise|rises|grow|grows|climb|climbs|increase|increases|go up"
    r"|goes up)\b.{0,12}\bto (?:about |around )?$|\bbecomes? (?:about |around )?$",
    re.IGNORECASE,
)
_SUMMED: Final = frozenset({NumberKind.USD, NumberKind.CALLS, NumberKind.TOKENS})
_WITH_PLAN: Final = re.compile(
    r"\b(?:with|under|after|once|following) (?:the|this|our) (?:whole |full )?plan\b(?! (?:saves|cuts"
    r"|lowers))",
    re.IGNORECASE,
)
_FROM_TO: Final = re.compile(r"\bfrom \$?[0-9][^;]{0,24} (?:down )?to (?:about |around )?$", re.IGNORECASE)
_NAMED: Final = frozenset(
    {"measure", "feature", "model", "change", "step", "lever", "tool", "template", "item", "thing"}
)
_FALLS: Final = re.compile(
    r"\b(?:plan|falls?|drops?|goes down|shrinks?|sinks?|cuts?|lowers?|reduces?|down|less|save[sd]?)\b",
    re.IGNORECASE,
)
_FROM: Final = re.compile(
    r"\b(?:from|of|instead of|rather than|against|than|versus|vs\.?) (?:about |around |today's )?$",
    re.IGNORECASE,
)
_SOFT: Final = frozenset(
    {NameKind.CHANGE, NameKind.PROVIDER, NameKind.GPU}
)  # may stand by facts of other rows


def is_held(number: StatedNumber, known: Facts, spot: Spot) -> bool:
    """Return whether a fact bears out the number as it is stated, or what rows come to together."""
    if _is_of_now(number, known.verdicts, spot):
        return False
    facts = known.numbers
    near = [fact for fact in facts if number.low <= fact.value <= number.high and has_unit(number, fact)]
    near = [fact for fact in near if number.is_wish or not fact.is_wish]
    if number.way and not number.sign:
        ways = {fact.way for fact in near if is_of_row(fact, spot)}
        near = [
            fact
            for fact in near
            if fact.way == number.way
            or fact.value == 0
            or (fact.way == "" and ways == {""} and not fact.has_way)
        ]
    if any(is_of_row(fact, spot) and is_of_measure(number, fact, spot) for fact in near):
        return True
    judged = known.verdicts
    if _counts_names(number, spot):
        return True
    if is_sum(number, judged, spot) or is_of_pair(number, judged, spot):
        return True
    if number.kind is NumberKind.USD and number.period in _OTHER_PERIODS:
        return is_held(_a_month(number), known, spot)
    return is_of_rank(number, judged, spot) or is_added_up(number, judged, spot)


def _counts_names(number: StatedNumber, spot: Spot) -> bool:
    """Return whether the number counts the names of the sentence: "chat and search are the two features"."""
    if number.kind is not NumberKind.COUNT or not _NAMED.intersection(number.words[:2]):
        return False
    for kind in (NameKind.FEATURE, NameKind.MODEL, NameKind.TOOL, NameKind.TEMPLATE, NameKind.CHANGE):
        named = {mention.of_kind(kind) for mention in spot.mentions if mention.of_kind(kind)}
        if len(named) > 1 and number.low <= len(named) <= number.high:
            return True
    return False


def is_held_as(number: StatedNumber, previous: StatedNumber | None, known: Facts, spot: Spot) -> bool:
    """Return whether a bare number holds as one of the kind before it: "90 tokens a call, search 40"."""
    if previous is None or number.kind is not NumberKind.COUNT or number.words:
        return False
    like = msgspec.structs.replace(
        number, kind=previous.kind, period=number.period or previous.period, words=previous.words
    )
    return previous.kind in (NumberKind.CALLS, NumberKind.TOKENS) and is_held(like, known, spot)


def _a_month(number: StatedNumber) -> StatedNumber:
    """Return a sum of another period as that of a month: "$1,200 a year" is $100 a month."""
    times = months_in(number.period)
    return msgspec.structs.replace(
        number,
        value=times * number.value,
        low=times * number.low,
        high=times * number.high,
        period="month",
    )


def _is_of_now(number: StatedNumber, known: KnownVerdicts, spot: Spot) -> bool:
    """Return whether today's bill is stated as the plan's: "with the plan the month costs" what it"
    " costs now."""
    now, planned = known.plan.now_usd_per_month, known.plan.planned_usd_per_month
    if number.kind is not NumberKind.USD or now is None or not number.low <= now <= number.high:
        return False
    if planned is not None and number.low <= planned <= number.high:
        return False
    if _FROM_TO.search(spot.before) and _FALLS.search(spot.sentence):
        return True
    is_changed = _WITH_PLAN.search(spot.segment) or _RISES_TO.search(spot.before)
    return is_changed is not None and _FROM.search(spot.before) is None


def is_label_held(label: Label, known: Iterable[NamedLabel], spot: Spot) -> bool:
    """Return whether the payload has the name, or the date for a row that the sentence names."""
    held = [one for one in known if is_known(label, (one.label,))]
    if not label.is_date:
        return bool(held)
    return any(_is_of_rows(one.rows, one.around, spot) for one in held)


def has_unit(number: StatedNumber, fact: Fact) -> bool:
    """Return whether unit, period and sign of the number are those of the fact."""
    return _is_of_kind(number, fact) and _has_period(number, fact) and _has_sign(number, fact)


def is_of_row(fact: Fact, spot: Spot) -> bool:
    """Return whether the rows that the number is stated of are those of the fact."""
    if fact.is_count:
        return not is_owned(spot)
    if fact.is_rest:
        return is_rest_of(fact, spot)
    if not spot.rows and spot.says_total and fact.kind in _SUMMED:
        return not names_of(fact.rows)
    is_saving = fact.kind is NumberKind.SHARE and "saved" in fact.path
    if fact.way and not fact.rows and (is_saving or (fact.kind is NumberKind.USD and not spot.says_whole)):
        changes = [
            one for one in spot.rows if one.of_kind(NameKind.CHANGE) or one.of_kind(NameKind.RECOMMENDATION)
        ]
        if changes and not spot.says_total and "plan" not in spot.segment.lower():
            return False  # the plan's saving is not that of one change
    if not _LATENCIES.isdisjoint(fact.needs) and not fact.rows and not spot.says_whole and _has_change(spot):
        return False  # the latency of all calls is not that of one change's
    return _is_of_rows(fact.rows, fact.around, spot)


def _has_change(spot: Spot) -> bool:
    return any(mention.of_kind(NameKind.CHANGE) for mention in spot.rows)


def _is_of_rows(rows: tuple[frozenset[Name], ...], around: frozenset[Name], spot: Spot) -> bool:
    """Return whether every row named with the number is a row of the fact."""
    if not spot.rows:
        return True
    if spot.says_whole and not rows:
        return True
    fits = [not is_excluded(mention, spot) and _is_row(mention, rows, around) for mention in spot.rows]
    return any(fits) if spot.is_carried else all(fits)


def _is_row(mention: Mention, rows: tuple[frozenset[Name], ...], around: frozenset[Name]) -> bool:
    """Return whether a mention names the innermost row that has a name of its class."""
    for kind in {name.kind for name in mention.names}:
        named = mention.of_kind(kind)
        level = next((row for row in reversed(rows) if any(name.kind is kind for name in row)), None)
        if level is not None:
            if not named.isdisjoint(level):
                return True
        elif kind in _SOFT or not named.isdisjoint(around):
            return True
    return False


def _is_of_kind(number: StatedNumber, fact: Fact) -> bool:
    if fact.kind is NumberKind.ANY:
        return True
    if number.kind is fact.kind and number.kind is not NumberKind.COUNT:
        return True
    if number.kind in _COUNTS and number.value < 1 and fact.kind is NumberKind.SHARE:
        return "." in number.text  # "0.043 of the answers"
    if number.kind is not NumberKind.COUNT:
        return fact.kind is NumberKind.COUNT and not fact.words.isdisjoint(number.words)
    return fact.kind in _COUNTS and (not number.words or not fact.words.isdisjoint(number.words))


def _has_period(number: StatedNumber, fact: Fact) -> bool:
    if fact.kind is NumberKind.ANY or number.period == fact.period:
        return True
    if number.period in AVERAGES:
        return fact.percentile == "mean"
    return number.period == "" and not fact.is_rate


def _has_sign(number: StatedNumber, fact: Fact) -> bool:
    if number.sign == "-" and number.way == "down" and fact.way == "up":
        return True  # "-5 % less": the sign repeats the direction
    return number.sign in ("", *fact.signs) or number.value == 0
