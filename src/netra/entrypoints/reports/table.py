"""Renders the recommendations of an answer as a table in CSV, for a spreadsheet."""

import csv
import io
from typing import Final

from netra.domain.optimization.result import Recommendation
from netra.entrypoints.reports.digest import Digest, shelf_of

COLUMNS: Final = (
    *("id", "shelf", "kind", "action", "grade", "effort", "risk"),
    *("usd_per_month", "low", "high", "usd_in_window", "marginal_usd_per_month", "marginal_usd_in_window"),
    *("applied_as", "rows", "of_rows", "impact", "formula", "how_to_verify"),
)
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def table_of(digest: Digest) -> str:
    """Return one line a recommendation, the plan first; unknown numbers are empty cells.

    A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for item in digest.shown:
        writer.writerow(harmless(cell) for cell in _cells(item))
    return written.getvalue()


def harmless(cell: str | float | None) -> str | float | None:
    """Return the cell; a text that begins like a formula is quoted.

    >>> harmless("=1+1"), harmless(-1.5), harmless("plain")
    ("'=1+1", -1.5, 'plain')
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def _cells(item: Recommendation) -> tuple[str | float | None, ...]:
    savings, evidence = item.savings, item.evidence
    return (
        *(item.id, shelf_of(item).value, item.kind, item.action, item.grade.value, item.effort, item.risk),
        *(savings.usd_per_month, savings.low, savings.high, savings.usd_in_window),
        *(savings.marginal_usd_per_month, savings.marginal_usd_in_window, savings.applied_as),
        *(evidence.rows, evidence.of_rows, item.impact, item.formula, item.how_to_verify),
    )
