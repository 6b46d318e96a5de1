"""Renders an answer as one self-contained HTML file, for light and dark mode and for print."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

import msgspec

from netra.domain.agents.wording.headline import TRUST
from netra.domain.optimization.metrics import TargetOutcome
from netra.domain.optimization.model import Action, Evidence, Gap
from netra.domain.optimization.result import Recommendation
from netra.domain.optimization.supply_config import NOTHING_TO_SUPPLY
from netra.domain.optimization.wording import money
from netra.domain.texts import plain, plain_lines
from netra.entrypoints.reports.canvas import Plot
from netra.entrypoints.reports.digest import Digest, interval, worth_of
from netra.entrypoints.reports.plots import plots_of
from netra.entrypoints.reports.sketch import Sketch
from netra.entrypoints.reports.units import title_of

STYLE: Final = """
:root{color-scheme:light dark;--paper:#fcfcfb;--card:#fff;--ink:#1d2226;--muted:#616b74;--grid:#e2e6e9;
--accent:#2f6f9f;--good:#1f8a5b;--bad:#c2413b;--warm:#b7791f}
@media(prefers-color-scheme:dark){:root{--paper:#14181b;--card:#1b2024;--ink:#e8ecef;--muted:#9aa6af;
--grid:#30373d;--accent:#6fb1e0;--good:#4cc38a;--bad:#f0766f;--warm:#e0b050}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem 5rem}
header p{color:var(--muted);margin:.25rem 0}.prospect{color:var(--warm);font-weight:600}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0 .6rem;letter-spacing:-.015em}
h2{font-size:1.2rem;margin:2.8rem 0 .8rem;padding-bottom:.35rem;border-bottom:1px solid var(--grid)}
h3{font-size:1rem;margin:0}
.big{display:flex;flex-wrap:wrap;gap:1rem;margin:1.6rem 0}
.big div{flex:1 1 10rem;background:var(--card);border:1px solid var(--grid);
border-radius:.6rem;padding:.8rem 1rem}
.big b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.big span{color:var(--muted);font-size:.875rem}
article{background:var(--card);border:1px solid var(--grid);border-left:.3rem solid var(--edge);
border-radius:.5rem;padding:.9rem 1.1rem;margin:.8rem 0;break-inside:avoid}
article>div{display:flex;gap:1rem;justify-content:space-between;align-items:baseline}
article .usd{font-weight:700;white-space:nowrap;color:var(--edge);font-variant-numeric:tabular-nums}
article p{margin:.35rem 0}
.plan{--edge:var(--good)}.evaluate{--edge:var(--warm)}.avoid{--edge:var(--bad)}.know{--edge:var(--accent)}
small,.small,dt,figcaption,footer{color:var(--muted);font-size:.875rem}
details{margin-top:.4rem}summary{cursor:pointer;color:var(--muted);font-size:.875rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.6rem 0 0;font-size:.9rem}
dd{margin:0;overflow-wrap:anywhere}
figure{margin:1rem 0 1.8rem;break-inside:avoid}
figure svg{width:100%;height:auto;display:block}
figure h3{margin-bottom:.3rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{text-align:left;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--grid);vertical-align:top}
pre{overflow:auto;background:var(--card);
border:1px solid var(--grid);border-radius:.5rem;padding:1rem;font-size:.82rem}
.words{white-space:pre-wrap}
ol.steps{padding-left:1.2rem}ol.steps>li{margin:.9rem 0}
@media print{body{background:#fff}details>*{display:block}}
"""
"""The page's CSS. Colours are variables that the plots share; text contrast is 4.5 or more."""


def page_of(digest: Digest, *, sketch: Sketch | None, source: str, question: str) -> str:
    """Return the whole page."""
    source, question = plain(source), plain_lines(question)
    now_usd = digest.now_usd
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(source)} – Netra</title>",
            f"<style>{STYLE}</style></head><body><main>",
            *_head(digest, source=source, question=question),
            *_targets(digest.targets),
            *_shelf("Do this, largest saving first", digest.plan, "plan", now_usd=now_usd),
            *_plots(plots_of(digest, sketch=sketch)),
            *_shelf("Evaluate: could save more", digest.to_evaluate, "evaluate", now_usd=digest.now_usd),
            *([f'<p class="prospect">{escape(digest.prospect)}</p>'] if digest.prospect else []),
            *_shelf("Avoid: would cost money", digest.avoid, "avoid", now_usd=now_usd),
            *_shelf("Good to know", digest.know, "know", now_usd=now_usd),
            *_actions(digest.advice.actions),
            *_gaps(digest.gaps),
            *_config(digest),
            *_trust(digest),
            "</main></body></html>\n",
        )
    )


def _head(digest: Digest, *, source: str, question: str) -> Iterator[str]:
    yield "<header>"
    yield f"<p>{escape(source)} · “{escape(question)}”</p>"
    for sentence in digest.echo:
        yield f'<p class="echo">{escape(sentence)}</p>'
    yield f"<h1>{escape(digest.headline)}</h1>"
    for warning in digest.warnings:
        yield f'<p class="prospect">{escape(warning)}</p>'
    if digest.rate:
        yield f"<p>{escape(digest.rate)}</p>"
    yield f"<p>{escape(' · '.join(digest.facts))}</p>"
    yield "</header>"
    if digest.now_usd is not None and digest.then_usd is not None:
        figures = (
            (money(digest.now_usd), f"the bill now, {digest.period}"),
            (money(digest.then_usd), f"with the plan, {digest.period}"),
            (money(digest.now_usd - digest.then_usd), f"saved, {digest.period}"),
        )
        cells = "".join(
            f"<div><b>{escape(big)}</b><span>{escape(small)}</span></div>" for big, small in figures
        )
        yield f'<div class="big">{cells}</div>'
    if digest.words:
        yield f'<p class="words">{escape(digest.words)}</p>'


def _targets(targets: Sequence[TargetOutcome]) -> Iterator[str]:
    if not targets:
        return
    yield "<section><h2>What you asked for</h2><table><tbody>"
    for target in targets:
        outcome = {True: "✓ reached", False: "✗ not reached", None: "? not known"}[target.met]
        yield f"<tr><td>{outcome}</td><td>{escape(target.why)}</td></tr>"
    yield "</tbody></table></section>"


def _shelf(
    title: str, items: Sequence[Recommendation], shelf: str, *, now_usd: float | None
) -> Iterator[str]:
    if not items:
        return
    yield f"<section><h2>{escape(title)}</h2>"
    for item in items:
        yield from _card(item, shelf, now_usd=now_usd)
    yield "</section>"


def _card(item: Recommendation, shelf: str, *, now_usd: float | None) -> Iterator[str]:
    usd, change = worth_of(item, now_usd=now_usd)
    amount = f"{'-' if usd > 0 else '+'}{money(abs(usd))} ({change})" if usd else ""
    small = (f"grade {item.grade}", interval(item.savings), f"{item.effort} effort", f"risk: {item.risk}")
    yield f'<article class="{shelf}"><div><h3>{escape(item.action)}</h3>'
    yield f'<span class="usd">{escape(amount)}</span></div>'
    yield f"<p>{escape(item.impact)}</p>"
    yield f"<small>{escape(' · '.join(part for part in small if part))}</small>"
    facts = (
        ("analyser", title_of(item.kind)),
        ("formula", item.formula),
        ("assumes", " ".join(item.assumptions)),
        (
            "evidence",
            _evidence(item.evidence),
        ),
        ("check", item.how_to_verify),
    )
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in facts if fact)
    yield "<details><summary>How this was computed, and how to check it</summary>"
    yield f"<dl>{rows}</dl></details></article>"


def _plots(plots: Sequence[Plot]) -> Iterator[str]:
    if not plots:
        return
    yield "<section><h2>In pictures</h2>"
    for plot in plots:
        yield from figure_of(plot)
    yield "</section>"


def figure_of(plot: Plot) -> Iterator[str]:
    """Yield a plot with its title and its description in words."""
    yield f"<figure><h3>{escape(plot.title)}</h3>"
    yield f'<div role="img" aria-labelledby="{plot.name}-words">{plot.svg}</div>'
    yield f'<figcaption id="{plot.name}-words">{escape(plot.alt)}</figcaption></figure>'


def _actions(actions: Sequence[Action]) -> Iterator[str]:
    if not actions:
        return
    yield '<section><h2>How</h2><ol class="steps">'
    for action in actions:
        steps = "".join(f"<li>{escape(step)}</li>" for step in action.steps)
        yield f"<li><b>{escape(action.title)}</b><ul>{steps}</ul>"
        yield f'<div class="small">✓ {escape(action.verify)}<br>↩ {escape(action.roll_back)}</div></li>'
    yield "</ol></section>"


def _gaps(gaps: Sequence[Gap]) -> Iterator[str]:
    if not gaps:
        return
    yield "<section><h2>Not analysed, for lack of data</h2>"
    yield "<table><thead><tr><th>analysis</th><th>needs</th><th>would add</th></tr></thead><tbody>"
    for gap in gaps:
        cells = (title_of(gap.kind), ", ".join(gap.missing), gap.would_add)
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
    yield "</tbody></table></section>"


def _config(digest: Digest) -> Iterator[str]:
    if digest.advice.supply_config == NOTHING_TO_SUPPLY:
        return
    text = msgspec.json.format(msgspec.json.encode(digest.advice.supply_config), indent=2).decode()
    yield "<section><h2>Configuration to use</h2>"
    yield "<details><summary>supply_config, as the API returns it</summary>"
    yield f"<pre>{escape(text)}</pre></details></section>"


def _trust(digest: Digest) -> Iterator[str]:
    grades = sorted({item.grade for item in digest.shown})
    lines = (*(f"{grade}: {TRUST[grade]}." for grade in grades), *digest.notes)
    if lines:
        yield "<footer><h2>How far to trust this</h2>"
        yield "".join(f"<p>{escape(line)}</p>" for line in lines)
        yield "</footer>"


def _evidence(evidence: Evidence) -> str:
    """Return the evidence of a finding in words."""
    samples = ", ".join(evidence.sample_events)
    return f"{evidence.rows:,} of {evidence.of_rows:,} calls" + (
        f"; for example {samples}" if samples else ""
    )
