"""Read the targets, facts and retracted goals that the numbers of a question state.

An ambiguous number is returned as unread, never guessed.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.agents.numbers.digits import Convention
from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.numbers.model import Number
from netra.domain.agents.question.bare import YEAR, is_sum_of_money, is_year, like_the_last
from netra.domain.agents.question.continuations import clause_of, continues_a_fact, is_context, unexplained
from netra.domain.agents.question.corrections import without_corrected, without_stated
from netra.domain.agents.question.counts import count_reading, memory_reading
from netra.domain.agents.question.leftovers import unused_percentiles
from netra.domain.agents.question.limits import NO_UNIT, Limited, is_duration, limit_targets, limited
from netra.domain.agents.question.mentions import FILLER, Mention
from netra.domain.agents.question.money import BUDGET, ONE_THING, SAVING, money_targets
from netra.domain.agents.question.moods import Mood, is_asked, mood_of
from netra.domain.agents.question.number_context import NumberContext, Numbers, number_contexts
from netra.domain.agents.question.parts_of import parts_of
from netra.domain.agents.question.phrases import has
from netra.domain.agents.question.readings import Fact, Reading, Retracted, StatedTarget, Unread
from netra.domain.agents.question.shares import share_targets
from netra.domain.agents.question.strays import STRAY, is_stray

_LIMITS: Final = ("ttft", "tpot", "latency")
_CHANGES: Final = ("saving_share", "speedup", "traffic_growth")
_SUMS: Final = (BUDGET, SAVING)
_QUOTA: Final = re.compile(r"\b(?:tpm|rpm|rps|qps|rate[- ]limits?|quotas?)\b", re.IGNORECASE)
_IT: Final = re.compile(
    r"\b(?:make|get|bring|keep|want|need|have|push|take|hold|cut)\s(?:it|that|this|them)\b", re.IGNORECASE
)
_ON: Final = re.compile(r"\s*(?:on|for|from|in|at) ", re.IGNORECASE)
_MOVED_TO: Final = re.compile(
    r"\b(?:it|that|this|them)\b(?: \w+){0,2}? to (?:about |just |only )?$", re.IGNORECASE
)
_PRICE_MAX_USD: Final = 100.0  # a larger sum is no price of a single call, token or GPU hour


_PERMITS: Final = re.compile(
    r"\b(?:may|might|can|could|allow\w*|accept\w*|ok|okay|fine|tolera\w*|at most|up to|no more than"
    r"|max\w*|even if|willing"
    r"|mind|within|not more than|enough|acceptable|will do|would do)\b",
    re.IGNORECASE,
)


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """The readings of a question's numbers, and the features that qualify a number."""

    readings: tuple[Reading, ...]
    tied: tuple[str, ...]  # features that only a limit applies to
    numbered: tuple[str, ...] = ()


def targets_in(
    text: str, parts: Sequence[Mention] = (), *, quotes: str = "", convention: Convention | None = None
) -> Read:
    """Return what the numbers of `text` state; names and dates must be blanked out before.

    `quotes` is the text with its names, for quotations.

    >>> [(t.field, round(t.value, 9)) for t in targets_in("20 % cheaper and 2x faster").readings]
    [('saving_share', 0.2), ('speedup', 2.0)]
    """
    numbers = number_contexts(text, parts, convention=convention)
    reader = _Reader(numbers, limited(text, numbers), quotes or text)
    named = parts_of(text, numbers, parts)
    readings: list[Reading] = []
    for context, names in zip(numbers.heads, named, strict=True):
        readings += reader.read(context, names)
    kept = without_stated(without_corrected(readings, text))
    stated = [reading for reading in kept if isinstance(reading, StatedTarget | Fact | Retracted)]
    targets = [one if isinstance(one, StatedTarget) else one.target for one in stated]
    unused = unused_percentiles(numbers, [one for one in targets if one is not None], text)
    limits = [one for one in kept if isinstance(one, StatedTarget) and one.field in _LIMITS]
    tied = dict.fromkeys(name for limit in limits for name in limit.parts)
    return Read(readings=(*kept, *unused), tied=tuple(tied))


def _is_worse(stated: StatedTarget) -> bool:
    """Return whether the number is a rise of the cost or a loss of speed; without leave it is no goal."""
    is_dearer = stated.field == "saving_share" and stated.value < 0
    return is_dearer or (stated.field == "speedup" and stated.value < 1)


def _no_goal(context: NumberContext, quote: str) -> Unread:
    """Return a number without a unit as left out, or as asked back if it may be a goal."""
    start = context.quantity.start
    if is_year(context):
        return Unread(text=quote, why=YEAR, start=start)
    if is_stray(context):
        return Unread(text=quote, why=STRAY, start=start)
    return Unread(text=quote, why=NO_UNIT, start=start, is_grave=True)


class _Reader:
    """Reads the numbers in order; a later one may take its subject from the one before."""

    def __init__(self, numbers: Numbers, durations: Sequence[Limited], quotes: str) -> None:
        self._numbers = numbers
        self._durations = {one.context.quantity.start: one for one in durations}
        self._quotes = quotes
        self._last: dict[str, StatedTarget] = {}
        self._previous: Reading | None = None
        self._sentence = -1
        self._number: Number | None = None  # the last one with a unit
        self._per = ""  # the thing that the last sum was the price of

    def read(self, context: NumberContext, names: tuple[str, ...]) -> list[Reading]:
        """Return the readings of one number; `names` are the features it applies to."""
        number = context.quantity
        if number.doubt:
            return [Unread(text=number.text.strip(), why=number.doubt, start=number.start, is_grave=True)]
        found = [
            msgspec.structs.replace(one, parts=names, is_asked=is_asked(context))
            if isinstance(one, StatedTarget)
            else one
            for one in self._readings(context, names)
        ]
        stated = next((one for one in found if isinstance(one, StatedTarget)), None)
        mood = mood_of(context, is_traffic=stated is not None and stated.field == "traffic_growth")
        is_replaced = isinstance(self._previous, Retracted) and context.clause.sentence == self._sentence
        if mood is Mood.FACT and is_replaced and not has("past", context.clause.text):
            mood = Mood.ASK
        if mood is Mood.FACT and self._is_moved(context):
            mood = Mood.ASK
        if isinstance(self._previous, Fact) and continues_a_fact(context, self._sentence):
            mood = Mood.FACT
        self._remember(context, stated)
        self._number = self._number if number.unit is Unit.BARE else number
        result = self._in_mood(context, mood, found, stated) or unexplained(context, self._quote(context))
        self._previous = result[-1] if result else self._previous
        self._sentence = context.clause.sentence
        return result

    def _in_mood(
        self, context: NumberContext, mood: Mood, found: list[Reading], stated: StatedTarget | None
    ) -> list[Reading]:
        number = context.quantity
        if mood is Mood.RETRACTED:
            return [Retracted(text=self._quote(context), start=number.start, target=stated)]
        is_worse = stated is not None and _is_worse(stated) and not _PERMITS.search(context.clause.text)
        if mood is Mood.FACT or is_worse or (not found and is_context(context)):
            return [Fact(text=clause_of(context, self._quotes), start=number.start, target=stated)]
        return found

    def _is_moved(self, context: NumberContext) -> bool:
        """Return whether others moved the goal before: "a budget of $5k, no wait, they lowered it to $4k"."""
        earlier = self._previous
        if not isinstance(earlier, StatedTarget) or _MOVED_TO.search(context.before) is None:
            return False
        return has("correction", self._quotes[earlier.end : context.quantity.start])

    def _remember(self, context: NumberContext, stated: StatedTarget | None) -> None:
        if stated is None:
            return
        kind = "limit" if stated.field in _LIMITS else "change" if stated.field in _CHANGES else "sum"
        self._last[kind] = stated
        if kind == "sum" or context.quantity.unit is Unit.MS:
            self._last["unit"] = stated

    def _readings(self, context: NumberContext, names: tuple[str, ...]) -> tuple[Reading, ...]:
        number, quote = context.quantity, self._quote(context)
        if is_duration(number):
            return limit_targets(
                self._durations[number.start],
                last=self._last.get("limit"),
                quote=quote,
                may_inherit=self._may_inherit(context),
                names=names,
            )
        if number.unit in (Unit.SHARE, Unit.FACTOR):
            return share_targets(
                context, quote=quote, last=self._last.get("change"), may_inherit=self._may_inherit(context)
            )
        if number.unit is Unit.MONEY:
            return self._money(context, quote)
        return self._other(context, quote)

    def _money(self, context: NumberContext, quote: str) -> tuple[Reading, ...]:
        """Return a budget or a saving; a small sum after the price of a thing is a price as well."""
        number = context.quantity
        is_price = bool(self._per) and not number.period and number.value < _PRICE_MAX_USD
        self._per = number.per or (self._per if is_price else "")
        if is_price and not number.per:
            return (Unread(text=quote, why=ONE_THING, start=number.start, is_grave=True),)
        return self._sum(context, quote)

    def _sum(self, context: NumberContext, quote: str) -> tuple[Reading, ...]:
        """Return a budget or a saving; a number that corrects a saving is a saving."""
        last = self._last.get("sum")
        is_saved_too = self._is_saved_too(context)
        if is_saved_too:
            last = self._last.get("change") or last
        between = "" if last is None else self._quotes[last.end : context.quantity.start]
        is_same = has("correction", between) or is_saved_too
        return money_targets(context, quote=quote, last=last, is_correction=is_same)

    def _is_saved_too(self, context: NumberContext) -> bool:
        """Return whether the number continues a saving: "save 30 % on A and $200 a month on B"."""
        previous = self._previous
        is_saving = isinstance(previous, StatedTarget) and previous.field in ("saving_share", SAVING)
        if not is_saving or context.clause.sentence != self._sentence or context.before.strip():
            return False
        return _ON.match(context.after) is not None

    def _other(self, context: NumberContext, quote: str) -> tuple[Reading, ...]:
        """Return the readings of memory, counts, days and numbers without a unit."""
        number = context.quantity
        if number.unit is Unit.GIB:
            return memory_reading(context, quote)
        if number.unit is Unit.COUNT:
            return count_reading(context, quote, last=self._number, quotes=self._quotes)
        return () if number.unit is Unit.MS else self._bare(context, quote)

    def _may_inherit(self, context: NumberContext) -> bool:
        """Return whether the number may take its subject from the one before."""
        if isinstance(self._previous, Fact | Retracted):
            return True
        clause = context.clause.text
        if _IT.search(clause):
            return True
        is_same = context.clause.sentence == self._sentence
        is_corrected = has("correction", context.whole_sentence)
        return is_same or is_corrected or has("inheriting", clause) or FILLER in clause

    def _bare(self, context: NumberContext, quote: str) -> tuple[Reading, ...]:
        """Return the target of a number without a unit: money if words say so, else like the one before."""
        number, last = context.quantity, self._last.get("unit")
        words = context.whole_sentence
        is_asked = mood_of(context) is Mood.ASK
        if _QUOTA.search(context.clause.text):
            return ()
        is_sum = number.period or re.search(r"\bbudgets?\b", words, re.IGNORECASE) or is_sum_of_money(context)
        is_next_sum = is_asked and last is not None and last.field in _SUMS and number.value > 100
        if not is_year(context) and (is_sum or is_next_sum):
            return self._sum(context, quote)
        like = like_the_last(context, self._number, self._quotes) if is_asked else None
        if like is not None:
            return self._like_last(like, context, quote)
        return (_no_goal(context, quote),)

    def _like_last(self, number: Number, context: NumberContext, quote: str) -> tuple[Reading, ...]:
        """Return what a number without a unit states in the unit of the one before: "30 %. No, 20"."""
        last = self._last.get("limit" if number.unit is Unit.MS else "change")
        if number.unit is Unit.MONEY:
            return self._sum(msgspec.structs.replace(context, quantity=number), quote)
        if last is None:
            return (Unread(text=quote, why=NO_UNIT, start=number.start, is_grave=True),)
        assumed = f"“{quote}” has the unit of “{last.text}”"
        if number.unit is Unit.MS:
            stated: Reading = msgspec.structs.replace(last, value=number.value, text=quote)
        else:
            same = msgspec.structs.replace(context, quantity=number)
            found = share_targets(same, quote=quote, last=last, may_inherit=True)
            stated = found[0] if found else _no_goal(context, quote)
        if not isinstance(stated, StatedTarget):
            return (stated,)
        return (msgspec.structs.replace(stated, start=number.start, end=number.end, assumed=assumed),)

    def _quote(self, context: NumberContext) -> str:
        return self._quotes[context.quantity.start : context.quantity.end].strip()
