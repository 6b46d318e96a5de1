"""Shows why a bill changed: as a table for a terminal, and as Markdown."""

from collections.abc import Iterator
from typing import Final

from rich.table import Table
from rich.text import Text

from netra.domain.optimization.explain.explanation import Effect, Explanation
from netra.domain.optimization.explain.wording import (
    TITLES,
    amount_of,
    largest,
    notes,
    per,
    signed,
    summary,
)
from netra.domain.optimization.wording import money
from netra.domain.texts import plain

BAR_COLUMNS: Final = 24  # width of the largest bar


def change_table(explanation: Explanation) -> Table:
    """Return the bill before, each effect that matters with a bar, and the bill after."""
    bills, unit = explanation.compared, per(explanation)
    shown = largest(explanation)
    most = abs(amount_of(shown[0], explanation)) if shown else 1.0
    grid = Table.grid(padding=(0, 2))
    grid.add_column()
    grid.add_column(justify="right")
    grid.add_row(Text("before", "dim"), Text(f"{money(bills.before_usd)}{unit}", "bold"))
    for effect in shown:
        usd = amount_of(effect, explanation)
        bar = "█" * max(1, round(BAR_COLUMNS * abs(usd) / most))
        style = "red" if usd > 0 else "green"
        grid.add_row(
            TITLES[effect.name], Text(signed(usd), style), Text(bar, style), Text(_mostly(effect), "dim")
        )
    grid.add_row(Text("after", "dim"), Text(f"{money(bills.after_usd)}{unit}", "bold"))
    return grid


def markdown_of(explanation: Explanation, *, source: str, dropped: str = "") -> Iterator[str]:
    """Yield the lines of a Markdown document; names from the log cannot leave their cells.

    `dropped` says which part of the log is in no figure; it stands before the summary.
    """
    bills, unit = explanation.compared, per(explanation)
    yield f"# Why the bill changed: {_cell(source)}"
    yield ""
    yield f"{dropped} {summary(explanation)}".lstrip()
    yield ""
    yield f"| factor | dollars{unit} | mostly |"
    yield "|---|---:|---|"
    yield f"| bill before | {money(bills.before_usd)} | |"
    for effect in largest(explanation):
        yield (
            f"| {TITLES[effect.name]} | {signed(amount_of(effect, explanation))} | {_cell(_mostly(effect))} |"
        )
    yield f"| bill after | {money(bills.after_usd)} | |"
    yield ""
    for note in notes(explanation):
        yield f"- {_cell(note)}"


def _mostly(effect: Effect) -> str:
    """Return the kind of call that most of an effect is of; empty where all calls are of one kind."""
    return "" if effect.mostly is None else f"mostly {plain(effect.mostly)}"


def _cell(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    escaped = plain(text)
    for sign in "\\`*_[]<>|#":
        escaped = escaped.replace(sign, f"\\{sign}")
    return escaped
