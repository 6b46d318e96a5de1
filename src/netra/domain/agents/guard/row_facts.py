"""Derive what a row of a table implies: averages a call, rates, sums of tokens, and the rest without it."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from netra.domain.agents.guard.facts import Fact, Rows
from netra.domain.agents.guard.figures import NumberKind
from netra.domain.agents.guard.known_verdicts import KnownVerdicts, Spent
from netra.domain.agents.guard.naming import Name, NameKind

KINDS: Final = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)
_PERIODS_S: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_PER_CALLS: Final = {"call": 1.0, "thousand calls": 1e3, "million calls": 1e6}
_PER_TOKENS: Final = {"thousand tokens": 1e3, "million tokens": 1e6}
_SIDES: Final = (("input_tokens", ("input",)), ("output_tokens", ("output",)), ("tokens", ("all_tokens",)))


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of a row, or of the whole log."""

    label: str
    rows: Rows
    usd: float
    calls: float
    input_tokens: float
    output_tokens: float

    @property
    def tokens(self) -> float:
        """All tokens."""
        return self.input_tokens + self.output_tokens


def facts_of_rows(known: KnownVerdicts) -> Iterator[Fact]:
    """Yield what follows from the sums of the whole log and of each row."""
    whole = whole_of(known)
    if whole is not None:
        yield from _of_sums(whole, seconds=known.span.seconds)
    for kind, rows in zip(KINDS, known.rows, strict=True):
        for row in rows:
            if row.name:
                yield from _of_sums(_sums(row, kind), seconds=known.span.seconds)
                yield from _without(row, rows, kind=kind)


def whole_of(known: KnownVerdicts) -> Sums | None:
    """Return the sums of the whole log; None if the payload lacks one of them."""
    if known.requests <= 0 or known.bill_usd is None:
        return None
    return Sums(
        label="the whole log",
        rows=(),
        usd=known.bill_usd,
        calls=known.requests,
        input_tokens=known.input_tokens,
        output_tokens=known.output_tokens,
    )


def _sums(row: Spent, kind: NameKind) -> Sums:
    return Sums(
        label=row.name or "",
        rows=(frozenset({Name(text=row.name or "", kind=kind)}),),
        usd=row.usd_in_window,
        calls=row.requests,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
    )


def _of_sums(sums: Sums, *, seconds: float) -> Iterator[Fact]:
    yield from _averages(sums)
    yield from _rates(sums, seconds=seconds)
    yield Fact(
        value=sums.tokens,
        kind=NumberKind.TOKENS,
        words=frozenset({"token"}),
        path=f"input and output tokens of {sums.label}",
        rows=sums.rows,
        needs=("all_tokens",),
    )
    for field, needs in (("input_tokens", ("input",)), ("output_tokens", ("output",))):
        if sums.tokens > 0:
            yield Fact(
                value=float(getattr(sums, field)) / sums.tokens,
                kind=NumberKind.SHARE,
                path=f"{field} of all tokens of {sums.label}",
                rows=sums.rows,
                needs=needs,
                population="token",
            )
    if sums.output_tokens > 0:
        ratio = Fact(
            value=sums.input_tokens / sums.output_tokens,
            kind=NumberKind.TOKENS,
            words=frozenset({"input", "token"}),
            path=f"input tokens of {sums.label} for each output token",
            rows=sums.rows,
            period="output token",
            is_rate=True,
        )
        yield ratio
        yield msgspec.structs.replace(
            ratio, kind=NumberKind.FACTOR, period="", needs=("input", "output"), is_rate=False
        )


def _averages(sums: Sums) -> Iterator[Fact]:
    """Yield dollars and tokens a call, and dollars a million tokens."""
    if sums.calls > 0:
        for period, times in _PER_CALLS.items():
            yield _usd(sums, sums.usd / sums.calls * times, period)
        for field, needs in _SIDES:
            yield Fact(
                value=float(getattr(sums, field)) / sums.calls,
                kind=NumberKind.TOKENS,
                words=frozenset({"token", *needs}),
                path=f"{field} a call of {sums.label}",
                rows=sums.rows,
                needs=needs,
                period="call",
                is_rate=True,
            )
    if sums.tokens > 0:
        for period, times in _PER_TOKENS.items():
            yield _usd(sums, sums.usd / sums.tokens * times, period)


def _usd(sums: Sums, value: float, period: str) -> Fact:
    return Fact(
        value=value,
        kind=NumberKind.USD,
        path=f"cost of {sums.label}",
        rows=sums.rows,
        period=period,
        has_way=True,
        is_rate=True,
    )


def _rates(sums: Sums, *, seconds: float) -> Iterator[Fact]:
    """Yield calls and tokens for each period; money has its months elsewhere."""
    for period, length in _PERIODS_S.items():
        if seconds <= 0:
            return
        yield Fact(
            value=sums.calls * length / seconds,
            kind=NumberKind.CALLS,
            words=frozenset({"call", "request"}),
            path=f"calls of {sums.label} for each {period}",
            rows=sums.rows,
            period=period,
            is_rate=True,
        )
        for field, needs in _SIDES:
            yield Fact(
                value=float(getattr(sums, field)) * length / seconds,
                kind=NumberKind.TOKENS,
                words=frozenset({"token", *needs}),
                path=f"{field} of {sums.label} for each {period}",
                rows=sums.rows,
                needs=needs,
                period=period,
                is_rate=True,
            )
        yield _usd(sums, sums.usd * length / seconds, period)


def _without(row: Spent, rows: Sequence[Spent], *, kind: NameKind) -> Iterator[Fact]:
    """Yield what the other rows have together, and its share."""
    names = (frozenset({Name(text=row.name or "", kind=kind)}),)
    for field, of_kind, population, needs in (
        ("usd_in_window", NumberKind.USD, "money", ()),
        ("requests", NumberKind.CALLS, "call", ()),
        ("input_tokens", NumberKind.TOKENS, "input token", ("input",)),
        ("output_tokens", NumberKind.TOKENS, "output token", ("output",)),
    ):
        total = sum(float(getattr(one, field)) for one in rows)
        rest = total - float(getattr(row, field))
        fact = Fact(
            value=rest,
            kind=of_kind,
            path=f"{field} of all but {row.name}",
            rows=names,
            needs=("other", *needs),
            has_way=True,
            is_rest=True,
        )
        yield fact
        if total > 0:
            yield msgspec.structs.replace(
                fact, value=rest / total, kind=NumberKind.SHARE, population=population
            )
