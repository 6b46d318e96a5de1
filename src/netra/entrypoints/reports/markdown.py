"""Renders an answer as Markdown, to paste into an issue or a wiki; text from the log is escaped."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from netra.domain.agents.wording.headline import TRUST
from netra.domain.optimization.model import Action, Gap
from netra.domain.optimization.result import Recommendation
from netra.domain.optimization.wording import money
from netra.domain.texts import plain, plain_lines
from netra.entrypoints.reports.digest import Digest, interval, worth_of
from netra.entrypoints.reports.units import title_of

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|#])")
_MARKS: Final = {True: "✓", False: "✗", None: "?"}


def markdown_of(digest: Digest, *, source: str, question: str) -> str:
    """Return the whole report."""
    return (
        "\n".join(
            (
                f"# {escaped(digest.headline)}",
                "",
                f"{escaped(plain(source))} · “{escaped(plain_lines(question))}”",
                "",
                *_paragraphs((*digest.echo, *digest.warnings, digest.rate, " · ".join(digest.facts))),
                *_paragraphs([digest.words]),
                *_targets(digest),
                *_shelf("Do this, largest saving first", digest.plan, digest),
                *_shelf("Evaluate: could save more", digest.to_evaluate, digest),
                *_paragraphs([digest.prospect]),
                *_shelf("Avoid: would cost money", digest.avoid, digest),
                *_shelf("Good to know", digest.know, digest),
                *_actions(digest.advice.actions),
                *_gaps(digest.gaps),
                *_trust(digest),
            )
        ).rstrip("\n")
        + "\n"
    )


def escaped(text: str) -> str:
    """Return text on one line that Markdown shows as it is.

    >>> escaped("a_b <i>|")
    'a\\\\_b \\\\<i\\\\>\\\\|'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _paragraphs(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        if text:
            yield escaped(text)
            yield ""


def _targets(digest: Digest) -> Iterator[str]:
    if digest.targets:
        yield "## What you asked for"
        yield ""
        yield from (f"- {_MARKS[target.met]} {escaped(target.why)}" for target in digest.targets)
        yield ""


def _shelf(title: str, items: Sequence[Recommendation], digest: Digest) -> Iterator[str]:
    if not items:
        return
    yield f"## {title}"
    yield ""
    for item in items:
        usd, change = worth_of(item, now_usd=digest.now_usd)
        sign = "-" if usd > 0 else "+"
        amount = f"**{sign}{escaped(money(abs(usd)))}** ({escaped(change)}) " if usd else ""
        small = (f"grade {item.grade}", interval(item.savings), f"{item.effort} effort", f"risk: {item.risk}")
        yield f"- {amount}{escaped(item.action)}"
        yield f"  {escaped(item.impact)}"
        yield f"  {escaped(' · '.join(part for part in small if part))}"
        yield f"  Check: {escaped(item.how_to_verify)}"
    yield ""


def _actions(actions: Sequence[Action]) -> Iterator[str]:
    if not actions:
        return
    yield "## How"
    yield ""
    for action in actions:
        yield f"{action.order}. {escaped(action.title)}"
        yield from (f"   - [ ] {escaped(step)}" for step in action.steps)
        yield f"   - Verify: {escaped(action.verify)}"
        yield f"   - Roll back: {escaped(action.roll_back)}"
    yield ""


def _gaps(gaps: Sequence[Gap]) -> Iterator[str]:
    if not gaps:
        return
    yield "## Not analysed, for lack of data"
    yield ""
    yield "| analysis | needs | would add |"
    yield "|---|---|---|"
    for gap in gaps:
        cells = (title_of(gap.kind), ", ".join(gap.missing), gap.would_add)
        yield f"| {' | '.join(map(escaped, cells))} |"
    yield ""


def _trust(digest: Digest) -> Iterator[str]:
    grades = sorted({item.grade for item in digest.shown})
    lines = (*(f"{grade}: {TRUST[grade]}." for grade in grades), *digest.notes)
    if lines:
        yield "## How far to trust this"
        yield ""
        yield from (f"- {escaped(line)}" for line in lines)
