"""Writes an answer, or why a bill changed, as one self-contained HTML file.

The page is the console's result screen: `console/build.mjs` builds `report.html` from `console/src/report`.
Here its content is put in, as JSON that the page's script reads; nothing is computed.
"""

from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Final, Literal

import msgspec

from netra.domain.optimization.explain.explanation import Explanation
from netra.domain.optimization.explain.wording import notes, summary
from netra.domain.optimization.result import Advice
from netra.domain.texts import plain, plain_lines
from netra.entrypoints.reports.answers import plain_explanation
from netra.entrypoints.reports.digest import Digest
from netra.entrypoints.reports.sketch import Sketch

TEMPLATE: Final = Path(__file__).with_name("report.html")
_ESCAPED: Final = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"})


class Worded(msgspec.Struct, frozen=True, kw_only=True):
    """Sentences of the answer that are worded here and nowhere else."""

    headline: str
    echo: Sequence[str]
    warnings: Sequence[str]
    rate: str
    prospect: str
    facts: Sequence[str]
    notes: Sequence[str]


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """How one measure of the log is spread."""

    name: str
    unit: str
    values: Sequence[float]
    shares: Sequence[float]
    p50: float
    p99: float


class Curves(msgspec.Struct, frozen=True, kw_only=True):
    """The log behind the answer: calls over time, and its measures."""

    calls: int
    begins_at: str
    seconds: float
    bin_s: float
    rates_per_s: Sequence[float]
    spreads: Sequence[Curve]


class AnswerContent(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a report of an answer."""

    kind: Literal["answer"] = "answer"
    source: str
    question: str
    advice: Advice
    worded: Worded
    sketch: Curves | None


class ChangeContent(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a page that says why a bill changed."""

    kind: Literal["change"] = "change"
    source: str
    headline: str
    explanation: Explanation
    notes: Sequence[str]


def page_of(digest: Digest, *, sketch: Sketch | None, source: str, question: str) -> str:
    """Return the report of an answer."""
    content = AnswerContent(
        source=plain(source),
        question=plain_lines(question),
        advice=digest.advice,
        worded=_worded(digest),
        sketch=None if sketch is None else _curves(sketch),
    )
    lines = (*digest.echo, digest.headline, digest.rate, digest.advice.report)
    return _filled(content, title=content.source, words="\n\n".join(line for line in lines if line))


def change_page(explanation: Explanation, *, source: str, dropped: str = "") -> str:
    """Return the page that says why a bill changed."""
    content = ChangeContent(
        source=plain(source),
        headline=plain(f"{dropped} {summary(explanation)}".lstrip()),
        explanation=plain_explanation(explanation),
        notes=[plain(line) for line in notes(explanation)],
    )
    return _filled(content, title=content.source, words="\n\n".join((content.headline, *content.notes)))


def _worded(digest: Digest) -> Worded:
    return Worded(
        headline=digest.headline,
        echo=digest.echo,
        warnings=digest.warnings,
        rate=digest.rate,
        prospect=digest.prospect,
        facts=digest.facts,
        notes=digest.notes,
    )


def _curves(sketch: Sketch) -> Curves:
    return Curves(
        calls=sketch.calls,
        begins_at=sketch.begins_at.isoformat(),
        seconds=sketch.seconds,
        bin_s=sketch.bin_s,
        rates_per_s=sketch.rates_per_s.tolist(),
        spreads=[
            Curve(
                name=one.name,
                unit=one.unit,
                values=one.values.tolist(),
                shares=one.shares.tolist(),
                p50=one.p50,
                p99=one.p99,
            )
            for one in sketch.spreads
        ],
    )


def _filled(content: AnswerContent | ChangeContent, *, title: str, words: str) -> str:
    """Return the page with its title, its words for readers without scripts, and its content."""
    before, after = _template().split("<!--title-->")
    head, rest = after.split("<!--words-->")
    middle, end = rest.split("<!--content-->")
    name = f"{escape(title)} – Netra"
    return f"{before}{name}{head}{escape(words)}{middle}{_data(content)}{end}"


def _data(content: AnswerContent | ChangeContent) -> str:
    """Return JSON that cannot end the element that holds it."""
    return msgspec.json.encode(content).decode().translate(_ESCAPED)


@cache
def _template() -> str:
    return TEMPLATE.read_text("utf-8")
