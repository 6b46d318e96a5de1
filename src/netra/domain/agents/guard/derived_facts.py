"""Derive the facts that a table of rows implies: each row's share of the whole."""

from collections.abc import Iterator, Sequence
from typing import Final

from netra.domain.agents.guard.facts import Fact
from netra.domain.agents.guard.figures import NumberKind
from netra.domain.agents.guard.known_verdicts import KnownVerdicts, Spent
from netra.domain.agents.guard.naming import Name, NameKind, change_of
from netra.domain.agents.guard.outcome_facts import facts_of_outcomes
from netra.domain.agents.guard.row_facts import facts_of_rows

_KINDS: Final = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)
_CHANGE_WORDS: Final = frozenset({"change", "step", "measure", "lever", "action", "saving"})
_MEASURES: Final = (
    ("usd_in_window", "money", ()),
    ("requests", "call", ()),
    ("input_tokens", "input token", ("input",)),
    ("output_tokens", "output token", ("output",)),
)


def derived_facts(known: KnownVerdicts) -> Iterator[Fact]:
    """Yield each row's share of cost, calls and tokens, and what follows from the changes."""
    yield from facts_of_rows(known)
    yield from facts_of_outcomes(known)
    yield from _of_changes(known)
    yield from _of_limits(known)
    yield from _of_growth(known)
    for kind, rows in zip(_KINDS, known.rows, strict=True):
        for field, population, needs in _MEASURES:
            total = sum(float(getattr(row, field)) for row in rows)
            yield from _shares(rows, field, total, kind=kind, population=population, needs=needs)


def _of_limits(known: KnownVerdicts) -> Iterator[Fact]:
    """Yield the share of each feature's calls that are over its limit."""
    for row in known.latency.by_feature:
        if row.calls_over_limit is not None and row.calls > 0:
            yield Fact(
                value=row.calls_over_limit / row.calls,
                kind=NumberKind.SHARE,
                path=f"{row.feature}'s share of calls over its limit",
                rows=(frozenset({Name(text=row.feature, kind=NameKind.FEATURE)}),),
                population="call",
                needs=("over_limit",),
            )


def _of_growth(known: KnownVerdicts) -> Iterator[Fact]:
    """Yield what the asked growth adds to the month's bill."""
    now, grown = known.plan.now_usd_per_month, known.growth.bill_usd_per_month
    if now is not None and grown is not None and known.growth.traffic_growth > 0:
        yield Fact(
            value=grown - now,
            kind=NumberKind.USD,
            period="month",
            way="up",
            has_way=True,
            path="what the growth adds to the bill",
            needs=("growth",),
        )


def _of_changes(known: KnownVerdicts) -> Iterator[Fact]:
    """Yield each change's share of the calls, and the number of changes and retirements."""
    for change in known.recommendations:
        if change.calls is not None and known.requests > 0:
            yield Fact(
                value=change.calls / known.requests,
                kind=NumberKind.SHARE,
                path=f"{change.id}'s share of the calls",
                rows=(
                    frozenset({change_of(change.kind), Name(text=change.id, kind=NameKind.RECOMMENDATION)}),
                ),
                population="call",
                has_way=True,
            )
    planned = sum(change.savings.applied_as is not None for change in known.recommendations)
    for number, words, path in (
        (planned, _CHANGE_WORDS, "the number of changes in the plan"),
        (len(known.retirements), frozenset({"model", "retirement"}), "the number of models that retire"),
    ):
        yield Fact(value=float(number), kind=NumberKind.COUNT, words=words, path=path)


def _shares(
    rows: Sequence[Spent],
    field: str,
    total: float,
    *,
    kind: NameKind,
    population: str,
    needs: tuple[str, ...],
) -> Iterator[Fact]:
    for row in rows:
        if row.name and total > 0:
            yield Fact(
                value=float(getattr(row, field)) / total,
                kind=NumberKind.SHARE,
                path=f"{row.name}'s share of {field}",
                rows=(frozenset({Name(text=row.name, kind=kind)}),),
                population=population,
                needs=needs,
                has_way=True,
                is_share_of_row=True,
            )
