"""Renders figures to SVG that inherits the page's colours and font; `plots` draws the content."""

# matplotlib's own stubs leave keyword arguments untyped:
# pyright: reportUnknownMemberType=false

import re
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any, Final

import matplotlib as mpl
import msgspec
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from netra.domain.optimization.wording import money

# Placeholder colours for matplotlib; `_themed` replaces them with the page's CSS variables.
INK, MUTED, GRID, PAPER = "#010101", "#020202", "#030303", "#040404"
ACCENT, GOOD, BAD, WARM = "#050505", "#060606", "#070707", "#080808"
_VARIABLES: Final = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    PAPER: "var(--paper)",
    ACCENT: "var(--accent)",
    GOOD: "var(--good)",
    BAD: "var(--bad)",
    WARM: "var(--warm)",
}
# Any: matplotlib types the keys as one literal of all its settings, which differs by its version.
_STYLE: Final[Any] = {
    "svg.fonttype": "none",  # keep text as text: it scales and can be searched and read aloud
    "date.converter": "concise",
    "svg.hashsalt": "netra",
    "text.parse_math": False,  # a dollar sign does not start a formula
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}
WIDTH_IN: Final = 7.4


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """One plot: its SVG, and a description in words."""

    name: str
    title: str
    alt: str
    svg: str


def drawn(name: str, title: str, alt: str, draw: Callable[[Axes], None], *, rows: int = 7) -> Plot:
    """Render `draw` as a plot with the height of `rows` rows."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH_IN, max(1.5, 0.7 + 0.36 * rows)), layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        draw(axes)
        written = StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
    return Plot(name=name, title=title, alt=alt, svg=_themed(written.getvalue(), name))


def note(
    axes: Axes,
    words: str,
    at: tuple[float, float],
    shift: tuple[float, float],
    *,
    color: str = INK,
    in_layout: bool = True,
    **style: Any,  # Any: handed on to matplotlib as it is
) -> None:
    """Write words `shift` points away from `at`; the layout reserves space for them if `in_layout`."""
    written = axes.annotate(words, at, shift, textcoords="offset points", color=color, **style)
    written.set_in_layout(in_layout)


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Name the rows of a bar chart from the top."""
    axes.set_yticks(range(len(names)), labels=list(names), color=INK)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def count_dollars(axes: Axes, period: str) -> None:
    """Format the horizontal axis in dollars."""
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(_dollars))
    axes.set_xlabel(f"dollars {period}")


def _themed(svg: str, name: str) -> str:
    """Return the bare `<svg>` element with the page's colours and font, and ids prefixed by `name`."""
    bare = svg[svg.index("<svg") :]
    bare = re.sub(r"<metadata>.*?</metadata>", "", bare, flags=re.DOTALL)
    bare = re.sub(r'\bid="', f'id="{name}-', bare)
    bare = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", bare)
    bare = re.sub(r"'DejaVu Sans'[^;\"]*", "inherit", bare)
    for stand_in, variable in _VARIABLES.items():
        bare = bare.replace(stand_in, variable)
    return bare.replace("<svg ", '<svg aria-hidden="true" ', 1)


def _dollars(usd: float, _: float) -> str:
    """Return a tick's label; whole dollars have no cents."""
    return f"{'-' if usd < 0 else ''}${abs(usd):,.0f}" if usd == round(usd) else money(usd)
