"""Say what holds in place of a refused number: the same measure of the same row, or whose number it is."""

from collections.abc import Sequence
from typing import Final

from netra.domain.agents.guard.facts import Fact, Facts
from netra.domain.agents.guard.figures import NumberKind, StatedNumber
from netra.domain.agents.guard.guard import Refusal
from netra.domain.agents.guard.matching import has_unit, is_of_row
from netra.domain.agents.guard.measures import is_of_measure
from netra.domain.agents.guard.naming import NameKind
from netra.domain.optimization.wording import money, percent

_SHOWN: Final = 3  # most true values named for one refused number
_PLACE: Final = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL, NameKind.CHANGE)


def truth_of(refusal: Refusal, facts: Facts) -> str:
    """Return what the payload holds in place of the refused piece; empty if it holds nothing like it."""
    number, spot = refusal.number, refusal.spot
    if refusal.truth or number is None or spot is None:
        return refusal.truth
    same = [
        fact
        for fact in facts.numbers
        if _is_alike(number, fact) and is_of_row(fact, spot) and is_of_measure(number, fact, spot)
    ]
    if same:
        return "; ".join(_shown(fact) for fact in _nearest(same, number))
    owners = [
        fact for fact in facts.numbers if number.low <= fact.value <= number.high and has_unit(number, fact)
    ]
    return f"This number is {_shown(owners[0])}." if owners else ""


def _is_alike(number: StatedNumber, fact: Fact) -> bool:
    """Return whether the fact could stand in place of the number: of the same kind, and a finding."""
    return (
        number.kind is fact.kind
        and fact.content is None
        and (not number.period or number.period == fact.period)
    )


def _nearest(facts: Sequence[Fact], number: StatedNumber) -> Sequence[Fact]:
    """Return the facts nearest in value, those with the fewest rows first where values repeat."""
    distinct = {round(fact.value, 9): fact for fact in sorted(facts, key=_depth, reverse=True)}
    return sorted(distinct.values(), key=lambda fact: abs(fact.value - number.value))[:_SHOWN]


def _depth(fact: Fact) -> int:
    return len(fact.rows)


def _shown(fact: Fact) -> str:
    period = f" a {fact.period}" if fact.period else ""
    names = [
        name.text
        for row in fact.rows
        for kind in _PLACE
        for name in sorted(row, key=str)
        if name.kind is kind
    ]
    of = f" of {names[-1]}" if names else ""
    return f"{_formatted(fact)}{period} ({fact.path.removeprefix('metrics.')}{of})"


def _formatted(fact: Fact) -> str:
    if fact.kind is NumberKind.USD:
        return money(fact.value)
    if fact.kind is NumberKind.SHARE:
        return percent(fact.value)
    if fact.kind is NumberKind.TIME:
        return f"{1_000 * fact.value:,.0f} ms" if fact.value < 60 else f"{fact.value:,.0f} s"
    return f"{fact.value:,.6g}" if fact.value < 1e6 else f"{fact.value:,.0f}"
