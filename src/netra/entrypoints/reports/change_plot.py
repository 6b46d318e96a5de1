"""The waterfall plot from one period's bill to another's, a bar for each effect."""

# matplotlib's own stubs leave keyword arguments untyped:
# pyright: reportUnknownMemberType=false

from matplotlib.axes import Axes

from netra.domain.optimization.explain.explanation import Explanation
from netra.domain.optimization.explain.wording import TITLES, amount_of, largest, per, signed
from netra.domain.optimization.wording import money
from netra.entrypoints.reports.canvas import (
    ACCENT,
    BAD,
    GOOD,
    MUTED,
    Plot,
    count_dollars,
    drawn,
    name_rows,
    note,
)

_REST = "others"


def change_plot(explanation: Explanation) -> Plot:
    """Return the waterfall; effects too small to see are one bar."""
    bills, unit = explanation.compared, per(explanation)
    steps = [(TITLES[one.name], amount_of(one, explanation)) for one in largest(explanation)]
    rest = bills.change_usd - sum(usd for _, usd in steps)
    if abs(rest) > 1e-9 * max(abs(bills.before_usd), abs(bills.after_usd)):
        steps.append((_REST, rest))
    rows = [("before", 0.0, bills.before_usd, MUTED, money(bills.before_usd))]
    reached = bills.before_usd
    for name, usd in steps:
        rows.append((name, reached, usd, BAD if usd > 0 else GOOD, signed(usd)))
        reached += usd
    rows.append(("after", 0.0, bills.after_usd, ACCENT, money(bills.after_usd)))

    def draw(axes: Axes) -> None:
        for place, (_, begin, width, colour, label) in enumerate(rows):
            axes.barh(place, width, left=begin, color=colour, height=0.62)
            note(axes, label, (max(begin, begin + width), place), (5, 0), va="center")
        name_rows(axes, [row[0] for row in rows])
        count_dollars(axes, unit.strip() or "of each period")
        axes.margins(x=0.12)

    words = "; ".join(f"{name} {label}" for name, *_, label in rows)
    return drawn("change", "Why the bill changed", f"Dollars{unit}: {words}.", draw, rows=len(rows))
