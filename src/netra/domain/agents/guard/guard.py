"""Check that every number in a text is in the payload it describes.

A number may be rounded and converted to another unit. Its kind, period and direction must match the
payload: "$5" does not match dollars a month, and a saving does not match a loss. A target may only be
stated as a target. Names and dates with digits must match completely.
"""

from collections.abc import Sequence
from typing import Any, Final

from netra.domain.agents.guard.payload_facts import Fact, Facts, facts_of
from netra.domain.agents.guard.stated_numbers import NumberKind, StatedNumber, figures
from netra.domain.agents.guard.versions_and_dates import is_known

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


def unsupported(text: str, payload: Any) -> tuple[str, ...]:  # Any: whatever encodes as JSON
    """Return the numbers, names and dates of `text` that are not in `payload`, as written.

    >>> unsupported("saves 27.5 % or $41", {"saved_share": 0.2749, "saved_usd": 41.3})
    ()
    >>> unsupported("saves 30 % on gpt-5", {"saved_share": 0.2749, "model": "gpt-4o"})
    ('gpt-5', '30 %')
    """
    return unsupported_by(text, facts_of(payload))


def unsupported_by(text: str, facts: Facts, *, due: int = 1) -> tuple[str, ...]:
    """Return the same as `unsupported`, for facts already read from a payload; `due` as in `figures`."""
    stated = figures(text, due=due)
    names = [label.text for label in stated.labels if not is_known(label, facts.labels)]
    numbers = [number.text for number in stated.numbers if not _is_held(number, facts.numbers)]
    return (*names, *numbers)


def _is_held(number: StatedNumber, facts: Sequence[Fact]) -> bool:
    near = [fact for fact in facts if number.low <= fact.value <= number.high and _is_of_kind(number, fact)]
    near = [fact for fact in near if _has_period(number, fact) and _has_sign(number, fact)]
    near = [fact for fact in near if number.is_wish or not fact.is_wish]
    if not number.way or number.sign:
        return bool(near)
    ways = {fact.way for fact in near}
    return number.way in ways or ways == {""} or any(fact.value == 0 for fact in near)  # 0 has no direction


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
    return number.period in ("", fact.period) or fact.kind is NumberKind.ANY


def _has_sign(number: StatedNumber, fact: Fact) -> bool:
    if number.sign == "-" and number.way == "down" and fact.way == "up":
        return True  # "-5 % less": the sign repeats the direction
    return number.sign in ("", *fact.signs) or number.value == 0
