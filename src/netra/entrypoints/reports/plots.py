"""The plots of a report, each with a text alternative; all numbers come from the answer or the log."""

# matplotlib's own stubs leave keyword arguments untyped:
# pyright: reportUnknownMemberType=false

from collections.abc import Callable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter
from msgspec import UNSET

from netra.domain.optimization.metrics import ReuseShare
from netra.domain.optimization.wording import money, percent
from netra.entrypoints.reports.canvas import (
    ACCENT,
    BAD,
    GOOD,
    INK,
    MUTED,
    PAPER,
    WARM,
    Plot,
    count_dollars,
    drawn,
    name_rows,
    note,
)
from netra.entrypoints.reports.change_plot import change_plot
from netra.entrypoints.reports.digest import MEASURES, Digest, Frontier, FrontierPoint, Shelf, shelf_of
from netra.entrypoints.reports.sketch import Sketch
from netra.entrypoints.reports.units import milliseconds, short_count, span, title_of

LEAST_SHOWN: Final = 0.002  # smallest visible share of the longest bar
_SHELVES: Final[Mapping[Shelf, str]] = {
    Shelf.PLAN: GOOD,
    Shelf.EVALUATE: WARM,
    Shelf.AVOID: BAD,
    Shelf.KNOW: MUTED,
}


def plots_of(digest: Digest, *, sketch: Sketch | None) -> tuple[Plot, ...]:
    """Return the plots for which the answer and the log have data."""
    return (*_of_money(digest), *_of_log(digest, sketch))


def _of_money(digest: Digest) -> Iterator[Plot]:
    explanation = digest.advice.metrics.explanation
    if explanation is not UNSET:
        yield change_plot(explanation)
    if digest.plan and digest.now_usd is not None and digest.then_usd is not None:
        yield steps_plot(digest, now_usd=digest.now_usd, then_usd=digest.then_usd)
    if any(item.savings.usd for item in digest.shown):
        yield analysers_plot(digest)
    if digest.frontier is not None:
        yield frontier_plot(digest.frontier, period=digest.period)


def _of_log(digest: Digest, sketch: Sketch | None) -> Iterator[Plot]:
    reuse = digest.advice.metrics.prefix_reuse
    if sketch is not None:
        yield arrivals_plot(sketch)
        if sketch.spreads:
            yield spreads_plot(sketch)
    if reuse:
        yield reuse_plot(reuse)


def steps_plot(digest: Digest, *, now_usd: float, then_usd: float) -> Plot:
    """Return the waterfall from the present bill to the plan's, one bar per change."""
    rows = [("Today", 0.0, now_usd, MUTED, money(now_usd))]
    left_usd = now_usd
    for item in digest.steps:
        saved_usd = item.savings.marginal_usd or 0.0
        rows.append((title_of(item.kind), left_usd - saved_usd, saved_usd, GOOD, f"-{money(saved_usd)}"))
        left_usd -= saved_usd
    rows.append(("With the plan", 0.0, then_usd, ACCENT, money(then_usd)))

    def draw(axes: Axes) -> None:
        for place, (_, begin, width, colour, label) in enumerate(rows):
            axes.barh(place, width, left=begin, color=colour, height=0.62)
            note(axes, label, (begin + width, place), (5, 0), va="center")
        name_rows(axes, [row[0] for row in rows])
        count_dollars(axes, digest.period)
        axes.set_xlim(0, now_usd * 1.14)

    summary = "; ".join(f"{name} {label}" for name, *_, label in rows)
    return drawn(
        "steps", "The bill, step by step", f"Dollars {digest.period}: {summary}.", draw, rows=len(rows)
    )


def analysers_plot(digest: Digest) -> Plot:
    """Return the saving or cost of each change on its own, with its interval."""
    worth = max(abs(item.savings.usd) for item in digest.shown)
    items = [item for item in digest.shown if abs(item.savings.usd) > LEAST_SHOWN * worth]
    names = _numbered([title_of(item.kind) for item in items])

    def draw(axes: Axes) -> None:
        for place, item in enumerate(items):
            savings = item.savings
            colour = _SHELVES[shelf_of(item)]
            axes.barh(place, savings.usd, color=colour, height=0.5, alpha=0.85)
            if savings.bounds is not None:
                axes.plot(savings.bounds, [place, place], color=INK, linewidth=1.4)
                axes.plot(savings.bounds, [place, place], "|", color=INK, markersize=7)
        axes.axvline(0, color=MUTED, linewidth=0.8)
        name_rows(axes, names)
        count_dollars(axes, f"{digest.period}: saved to the right, lost to the left")
        axes.margins(x=0.06)

    worths = [item.savings.usd for item in items]
    summary = "; ".join(_saved_or_lost(name, usd) for name, usd in zip(names, worths, strict=True))
    alt = f"Dollars {digest.period} each change is worth on its own: {summary}."
    return drawn("analysers", "Each change on its own", alt, draw, rows=len(items))


def frontier_plot(frontier: Frontier, *, period: str) -> Plot:
    """Return the options to serve the traffic, with the Pareto front joined by a line.

    An option of unknown measure is a dashed line at its cost. A modelled measure has its 80 % interval
    drawn as an error bar.
    """
    known = [(point, point.value) for point in frontier.points if point.value is not None]
    front = sorted((p.usd, value) for p, value in known if p.is_on_front)
    axis = f"{MEASURES[frontier.measure]} ({'GiB' if frontier.measure == 'memory_gib' else 'ms'})"
    highest = max(value if point.bounds is None else point.bounds[1] for point, value in known)
    middle_usd = sum(sorted(p.usd for p in frontier.points)[:: len(frontier.points) - 1]) / 2

    def draw(axes: Axes) -> None:
        axes.plot([usd for usd, _ in front], [value for _, value in front], color=ACCENT, linewidth=1.2)
        for point, value in known:
            colour = GOOD if point.is_pick else ACCENT if point.is_on_front else MUTED
            if point.bounds is not None:
                at = (point.usd, point.usd)
                axes.plot(at, point.bounds, color=colour, linewidth=1.4, marker="_", markersize=7)
            axes.scatter([point.usd], [value], s=90 if point.is_pick else 36, color=colour, zorder=3)
            at_value = value if point.bounds is None else point.bounds[1]  # upper ends overlap less
            _name_point(axes, point, at_value, is_left=point.usd < middle_usd)
        axes.margins(x=0.08, y=0.18)
        axes.set_ylim(0, highest * 1.2)
        for place, point in enumerate(point for point in frontier.points if point.value is None):
            axes.axvline(point.usd, color=GOOD if point.is_pick else MUTED, linestyle=(0, (4, 3)))
            _name_point(axes, point, highest * (0.12 + 0.2 * place), is_left=point.usd < middle_usd)
        count_dollars(axes, period)
        axes.set_ylabel(axis)

    pick = next((point.name for point in frontier.points if point.is_pick), "none")
    summary = "; ".join(
        f"{point.name} {money(point.usd)}, {frontier.formatted(point)}" for point in frontier.points
    )
    against = f"Dollars {period} against {axis}"
    alt = f"{against}: {summary}. The pick: {pick}. {frontier.why}"
    return drawn("pareto", "Ways to serve this traffic (Pareto front)", alt, draw, rows=9)


def _name_point(axes: Axes, point: FrontierPoint, value: float, *, is_left: bool) -> None:
    """Write the point's name on the side with enough space, wrapped to fit."""
    lines = wrap(point.name if point.value is not None else f"{point.name}: not known", 46)
    note(
        axes,
        "\n".join(lines),
        (point.usd, value),
        (8 if is_left else -8, 0),
        ha="left" if is_left else "right",
        va="center",
        fontweight="bold" if point.is_pick else "normal",
        color=INK if point.is_pick else MUTED,
        in_layout=False,
    )


def arrivals_plot(sketch: Sketch) -> Plot:
    """Return the plot of calls per second over the log's span."""
    rates = sketch.rates_per_s
    days = sketch.begins_at.timestamp() / 86_400 + np.arange(len(rates) + 1) * sketch.bin_s / 86_400

    def draw(axes: Axes) -> None:
        axes.stairs(rates, days, fill=True, color=ACCENT, alpha=0.35)
        axes.stairs(rates, days, color=ACCENT, linewidth=1.0)
        axes.axhline(float(rates.mean()), color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.annotate(
            f"mean {rates.mean():,.2f}/s",
            (1, float(rates.mean())),
            (-4, 4),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
        )
        axes.xaxis_date()
        axes.set_ylabel(f"calls/s, bins of {span(sketch.bin_s)}")
        axes.set_xlim(days[0], days[-1])
        axes.set_ylim(bottom=0)

    alt = (
        f"{sketch.calls:,} calls over {span(sketch.seconds)}: mean {rates.mean():,.2f} a second, "
        f"the busiest {span(sketch.bin_s)} {rates.max():,.2f} a second."
    )
    return drawn("arrivals", "Arrivals", alt, draw)


def spreads_plot(sketch: Sketch) -> Plot:
    """Return the share of calls under each latency, or under each length if the log has no latencies."""
    is_time = sketch.spreads[0].unit == "ms"
    formatted: Callable[[float], str] = milliseconds if is_time else short_count

    def tick(value: float, _: float) -> str:
        return formatted(value)

    def draw(axes: Axes) -> None:
        for place, spread in enumerate(sorted(sketch.spreads, key=lambda spread: spread.p50)):
            colour = (ACCENT, WARM)[place]
            p50, p99 = max(spread.p50, 1), max(spread.p99, 1)
            axes.plot(np.maximum(spread.values, 1), spread.shares, color=colour, linewidth=1.8)
            axes.plot([p50, p99], [0.5, 0.99], "o", color=colour, markersize=5)
            words = f"{spread.name}: p50 {formatted(spread.p50)}"
            side, shift = (("right", -9), ("left", 9))[place]
            note(axes, words, (p50, 0.5), (shift, -3), color=colour, ha=side)
            note(axes, f"p99 {formatted(spread.p99)}", (p99, 0.99), (-9, -4), color=colour, ha="right")
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.xaxis.set_major_formatter(FuncFormatter(tick))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_ylim(0, 1.02)
        axes.margins(x=0.08)
        axes.set_ylabel("share of calls under")

    summary = "; ".join(f"{s.name} p50 {formatted(s.p50)}, p99 {formatted(s.p99)}" for s in sketch.spreads)
    title = "Latency distributions" if is_time else "Length distributions (the log has no latencies)"
    return drawn("spreads", title, f"Share of calls under a value: {summary}.", draw)


def reuse_plot(reuse: Sequence[ReuseShare]) -> Plot:
    """Return the share of input tokens that a cache would have served, by time to live."""
    names = ["unlimited" if row.ttl_s is None else span(row.ttl_s) for row in reuse]
    shares = [row.token_share for row in reuse]

    def draw(axes: Axes) -> None:
        axes.barh(range(len(names)), shares, color=ACCENT, height=0.5, alpha=0.85)
        for place, share in enumerate(shares):
            note(axes, percent(share), (share, place), (5, 0), va="center")
        name_rows(axes, names)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlim(0, 1)
        axes.set_xlabel("of input tokens")
        axes.set_ylabel("time to live")

    summary = "; ".join(f"{name} {percent(share)}" for name, share in zip(names, shares, strict=True))
    alt = f"Share of input tokens seen before, by how long a cache keeps them: {summary}."
    return drawn("reuse", "Prompt prefixes seen before", alt, draw, rows=len(names))


def _saved_or_lost(name: str, usd: float) -> str:
    return f"{name} {'saves' if usd > 0 else 'loses'} {money(abs(usd))}"


def _numbered(names: Sequence[str]) -> list[str]:
    """Return the names, with repeated ones numbered."""
    return [
        f"{name} {names[: place + 1].count(name)}" if names[:place].count(name) else name
        for place, name in enumerate(names)
    ]
