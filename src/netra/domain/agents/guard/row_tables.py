"""Hold the values of rows by measure, and read which measures the words of a sentence name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from netra.domain.agents.guard.concepts import percentiles_in
from netra.domain.agents.guard.known_verdicts import KnownVerdicts
from netra.domain.agents.guard.naming import Mention, Name, NameKind, change_of

KINDS: Final = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)
Table = Mapping[Name, float]
_SUMS: Final = ("usd", "calls", "input_tokens", "output_tokens", "tokens")
_FIELDS: Final = {
    "usd": ("usd_in_window",),
    "calls": ("requests",),
    "tokens": ("input_tokens", "output_tokens"),
}
_LATENCY: Final = (
    r"slow\w*|fast\w*|quick\w*|latenc\w+|longer|shorter|long|time|takes?|tail|p50|p99|median|percentile"
    r"|respon\w+"
)
_MONEY: Final = r"costs?|spend\w*|outspen\w+|expensive|dear\w*|pric[ei]\w*|cheap\w*|money|bill|dollars?|pays?"
_WORDS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (measure, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
    for measure, words in (
        ("latency", _LATENCY),
        ("input_tokens", r"(?:input|prompt) tokens?"),
        ("output_tokens", r"output tokens?"),
        ("tokens", r"tokens?"),
        ("calls", r"calls?|called|often|frequent\w*|used|requests?|traffic|busy|busier|volume"),
        ("usd", _MONEY),
    )
)
_PER_CALL: Final = re.compile(
    r"\b(?:per|an?|each|every) (?:\w+ )?(?:call|request)\b|\bon average\b", re.IGNORECASE
)


def tables_of(known: KnownVerdicts, measure: str) -> Sequence[Table]:
    """Return the values of a measure by name, one table for each class of rows."""
    if measure in ("latency_p50", "latency_p99"):
        field = measure.replace("latency_", "latency_ms_")
        return (
            {
                Name(text=row.feature, kind=NameKind.FEATURE): float(getattr(row, field)) / 1_000
                for row in known.latency.by_feature
            },
        )
    if measure in ("saving", "saving_in_window"):
        return (_savings(known, is_monthly=measure == "saving"),)
    if measure.endswith(" a call"):
        tops, calls = tables_of(known, measure.removesuffix(" a call")), tables_of(known, "calls")
        return tuple(
            {name: value / many[name] for name, value in top.items() if many[name] > 0}
            for top, many in zip(tops, calls, strict=True)
        )
    fields = _FIELDS.get(measure, (measure,))
    return tuple(
        {
            Name(text=row.name, kind=kind): sum(float(getattr(row, field)) for field in fields)
            for row in rows
            if row.name
        }
        for kind, rows in zip(KINDS, known.rows, strict=True)
    )


def _savings(known: KnownVerdicts, *, is_monthly: bool) -> Table:
    """Return what each kind of change saves, all its changes together."""
    found: dict[Name, float] = {}
    for change in known.recommendations:
        saved = change.savings.usd_per_month if is_monthly else change.savings.usd_in_window
        if saved is not None:
            name = change_of(change.kind)
            found[name] = found.get(name, 0.0) + saved
    return found


def value_in(table: Table, mention: Mention) -> float | None:
    """Return the value of the row that the mention names; None if the table lacks it."""
    return next((table[name] for name in sorted(mention.names, key=_text) if name in table), None)


def measures_in(text: str) -> tuple[str, ...]:
    """Return the measures that a text names, the narrowest first.

    >>> measures_in("has the p99 latency"), measures_in("costs")
    (('latency_p99',), ('usd',))
    """
    found = tuple(dict.fromkeys(_measures(text)))
    if _PER_CALL.search(text) is None:
        return found
    return tuple(f"{one} a call" for one in found if one != "calls" and "latency" not in one) or found


def _measures(text: str) -> Iterator[str]:
    for measure, words in _WORDS:
        if words.search(text) is None:
            continue
        if measure == "latency":
            named = percentiles_in(text) & {"p50", "p99"}
            yield from (f"latency_{one}" for one in sorted(named or {"p50", "p99"}))
        elif measure != "tokens" or not re.search(
            r"\b(?:input|output|prompt) tokens?\b", text, re.IGNORECASE
        ):
            yield measure


def _text(name: Name) -> str:
    return name.text
