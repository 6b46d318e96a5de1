"""Derive the facts that a table of rows implies: each row's share of the whole."""

from collections.abc import Iterator, Sequence
from typing import Final

from netra.domain.agents.guard.facts import Fact
from netra.domain.agents.guard.known_verdicts import KnownVerdicts, Spent
from netra.domain.agents.guard.naming import Name, NameKind
from netra.domain.agents.guard.stated_numbers import NumberKind

_KINDS: Final = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)
_MEASURES: Final = (
    ("usd_in_window", "money", ()),
    ("requests", "call", ()),
    ("input_tokens", "input token", ("input",)),
    ("output_tokens", "output token", ("output",)),
)


def derived_facts(known: KnownVerdicts) -> Iterator[Fact]:
    """Yield each row's share of cost, calls and tokens."""
    for kind, rows in zip(_KINDS, known.rows, strict=True):
        for field, population, needs in _MEASURES:
            total = sum(float(getattr(row, field)) for row in rows)
            yield from _shares(rows, field, total, kind=kind, population=population, needs=needs)


def _shares(
    rows: Sequence[Spent], field: str, total: float, *, kind: NameKind, population: str, needs: tuple[str, ...]
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
                is_share_of_row=True,
            )
