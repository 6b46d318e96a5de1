"""Renders an answer for a terminal; plain text without colours."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import UNSET
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from netra.domain.agents.wording.headline import TRUST
from netra.domain.optimization.metrics import TargetOutcome
from netra.domain.optimization.model import Action, Gap
from netra.domain.optimization.result import Recommendation
from netra.domain.optimization.wording import money
from netra.domain.texts import plain
from netra.entrypoints.reports.change import change_table
from netra.entrypoints.reports.digest import MEASURES, Digest, interval, worth_of
from netra.entrypoints.reports.sketch import Sketch, resampled
from netra.entrypoints.reports.units import milliseconds, short_count, span, spark, title_of

SPARK_COLUMNS: Final = 60
BAR_COLUMNS: Final = 44
_MARKS: Final[Mapping[bool | None, tuple[str, str]]] = {
    True: ("✓", "green"),
    False: ("✗", "red"),
    None: ("?", "yellow"),
}


def rendered(digest: Digest, *, sketch: Sketch | None, source: str) -> RenderableType:
    """Return the whole report, ready to print."""
    return Group(
        *_head(digest, sketch, source=source),
        *_change(digest),
        *_targets(digest.targets),
        *_plan(digest),
        *_others("Evaluate: could save more", digest.to_evaluate, style="yellow"),
        *_prospect(digest),
        *_others("Avoid: would cost money", digest.avoid, style="red"),
        *_others("Good to know", digest.know, style="cyan"),
        *_ways(digest),
        *_actions(digest.advice.actions),
        *_missing(digest),
        *_foot(digest),
    )


def _head(digest: Digest, sketch: Sketch | None, *, source: str) -> Iterator[RenderableType]:
    yield Text()
    for sentence in digest.echo:
        yield Padding(Text(sentence, "dim" if sentence.startswith("Understood") else "yellow"), (0, 2))
    yield Padding(Text(digest.headline, style="bold green" if digest.plan else "bold"), (0, 2))
    for warning in digest.warnings:
        yield Padding(Text(warning, "bold yellow"), (0, 2))
    if digest.rate:
        yield Padding(Text(digest.rate), (0, 2))
    yield Padding(Text.assemble((plain(source), "bold"), "  ", (" · ".join(digest.facts), "dim")), (0, 2))
    if sketch is not None:
        yield Text()
        yield Padding(_glance(sketch), (0, 2))
    if digest.words:
        yield Padding(Text(digest.words), (1, 2, 0, 2))


def _glance(sketch: Sketch) -> Table:
    """Return arrivals as a line of bars, and the quantiles under it."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(no_wrap=True)
    rates = sketch.rates_per_s
    line = spark(resampled(rates, columns=SPARK_COLUMNS).tolist())
    grid.add_row("arrivals", Text.assemble((line, "cyan")))
    grid.add_row(
        "",
        Text(f"mean {rates.mean():,.2f}/s, {rates.max():,.2f}/s in the busiest {span(sketch.bin_s)}", "dim"),
    )
    for spread in sketch.spreads:
        formatted = milliseconds if spread.unit == "ms" else _tokens
        words = f"half under {formatted(spread.p50)}, 99% under {formatted(spread.p99)}"
        grid.add_row(spread.name, Text(words))
    return grid


def _change(digest: Digest) -> Iterator[RenderableType]:
    """Yield why the bill changed, where the question asks for it."""
    explanation = digest.advice.metrics.explanation
    if explanation is not UNSET:
        yield from _title("Why the bill changed", style="cyan")
        yield Padding(change_table(explanation), (0, 2))


def _targets(targets: Sequence[TargetOutcome]) -> Iterator[RenderableType]:
    if not targets:
        return
    yield from _title("What you asked for", style="cyan")
    for target in targets:
        mark, style = _MARKS[target.met]
        yield Padding(Text.assemble((f"{mark} ", f"bold {style}"), target.why), (0, 2))


def _plan(digest: Digest) -> Iterator[RenderableType]:
    if not digest.plan:
        return
    yield from _title(f"Do this, largest saving first (dollars {digest.period})", style="green")
    table = _ledger(style="bold green")
    for number, item in enumerate(digest.plan, 1):
        saved_usd, change = worth_of(item, now_usd=digest.now_usd)
        amount = Text(f"-{money(saved_usd)}", "bold green")
        table.add_row(str(number), _description(item), amount, Text(change, "green"))
    yield table
    if digest.now_usd and digest.then_usd is not None:
        yield Padding(_bars(digest.now_usd, digest.then_usd), (1, 5, 0, 5))


def _ledger(*, style: str) -> Table:
    """Return an empty table with columns for a mark, words, dollars and the bill's change."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(justify="right", style=style, width=3)
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    return table


def _description(item: Recommendation) -> RenderableType:
    small = " · ".join(
        part for part in (f"grade {item.grade}", interval(item.savings), f"{item.effort} effort") if part
    )
    return Group(Text(item.action, "bold"), Text(item.impact), Text(small, "dim"))


def _bars(now_usd: float, then_usd: float) -> Table:
    grid = Table.grid(padding=(0, 2))
    for name, usd, style in (("now", now_usd, "dim"), ("then", then_usd, "green")):
        bar = "█" * max(1, round(BAR_COLUMNS * usd / max(now_usd, then_usd)))
        grid.add_row(Text(name, "dim"), Text(bar, style), Text(money(usd), "bold"))
    return grid


def _others(title: str, items: Sequence[Recommendation], *, style: str) -> Iterator[RenderableType]:
    if not items:
        return
    yield from _title(title, style=style)
    table = _ledger(style=style)
    for item in items:
        saved_usd = item.savings.usd
        amount = f"{'-' if saved_usd > 0 else '+'}{money(abs(saved_usd))}" if saved_usd else ""
        table.add_row(
            "•", _description(item), Text(amount, style), Text(item.cost_change if saved_usd else "", style)
        )
    yield table


def _prospect(digest: Digest) -> Iterator[RenderableType]:
    """Yield the bill if every evaluation passes; it stands with the evaluations that it needs."""
    if digest.prospect:
        yield Padding(Text(digest.prospect, "yellow"), (0, 5))


def _ways(digest: Digest) -> Iterator[RenderableType]:
    """Yield the options to serve the traffic, cheapest first."""
    frontier = digest.frontier
    if frontier is None:
        return
    words = f"Ways to serve this traffic ({MEASURES[frontier.measure]}, dollars {digest.period})"
    yield from _title(words, style="cyan")
    table = _ledger(style="cyan")
    for point in sorted(frontier.points, key=lambda point: point.usd):
        mark, style = ("→", "bold") if point.is_pick else ("•", "")
        name = Text(point.name, style)
        table.add_row(mark, name, Text(frontier.formatted(point)), Text(money(point.usd), style))
    yield table
    is_modelled = any(point.bounds is not None for point in frontier.points)
    ranges = "A range is the 80 % interval of a modelled value. " if is_modelled else ""
    yield Padding(Text(ranges + frontier.why, "dim"), (0, 5))


def _actions(actions: Sequence[Action]) -> Iterator[RenderableType]:
    if not actions:
        return
    yield from _title("How", style="cyan")
    for action in actions:
        yield Padding(Text(f"{action.order}. {action.title}", "bold"), (0, 2))
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True, style="dim")
        grid.add_column()
        for step in action.steps:
            grid.add_row("–", step)
        grid.add_row("✓", Text(action.verify, "dim"))
        grid.add_row("↩", Text(action.roll_back, "dim"))
        yield Padding(grid, (0, 0, 1, 5))


def _missing(digest: Digest) -> Iterator[RenderableType]:
    if not digest.gaps:
        return
    yield from _title("Not analysed, for lack of data", style="dim")
    for gap in digest.gaps:
        yield Padding(_gap(gap), (0, 2, 0, 2))


def _gap(gap: Gap) -> Text:
    return Text.assemble(
        (title_of(gap.kind), "bold"),
        " needs ",
        (", ".join(gap.missing), "cyan"),
        ". ",
        (gap.would_add, "dim"),
    )


def _foot(digest: Digest) -> Iterator[RenderableType]:
    grades = sorted({item.grade for item in digest.shown})
    lines = (*(f"{grade}: {TRUST[grade]}." for grade in grades), *digest.notes)
    if lines:
        yield from _title("How far to trust this", style="dim")
    for line in lines:
        yield Padding(Text(line, "dim"), (0, 2))
    yield Text()


def _title(text: str, *, style: str) -> Iterator[RenderableType]:
    yield Text()
    yield Rule(Text(f" {text} ", f"bold {style}"), align="left", style="dim", characters="─")


def _tokens(amount: float) -> str:
    return f"{short_count(amount)} tokens"
