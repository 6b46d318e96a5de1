"""The time that a log covers, and the scale factor from it to a month."""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Floats, Ints

MONTH_S: Final = 2_629_800.0  # 365.25 days / 12
MONTH_H: Final = MONTH_S / 3_600
DAY_S: Final = 86_400.0
SHORTEST_SCALED_S: Final = 60.0  # below a minute a monthly figure would be a guess times 43,830
_NS_PER_S: Final = 1e9


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The time that a log covers, and the factor from its dollars to dollars a month."""

    seconds: float
    per_month: float  # factor; 1.0 if the log is too short to scale
    scaled: bool  # whether the log has a rate, at which ways to serve the traffic are compared
    is_month_known: bool = False  # whether a monthly cost is known: the log covers a day
    is_since_change: bool = False  # whether future dollars are scaled from the calls since a change
    notes: tuple[str, ...] = ()  # what the reader must know about the scaling


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """The calls that represent a future month, and the factor from their dollars to dollars a month.

    These are all calls of the log, or those since a change that the question names: the earlier rate is no
    longer paid, and a roll-back would save at the present rate.
    """

    first: int = 0  # index of the oldest of these calls in a log that is oldest first
    per_call: float  # factor for the cost of these calls
    per_hosting: float  # factor for the cost of hosting over the log's own span
    seconds: float = 0.0  # covered by these calls
    swing: float = 0.0  # the coefficient of variation of the dollars of its windows

    def usd(self, by_call_usd: Floats, *, hosting_usd: float = 0.0) -> float:
        """Return the dollars a month of calls with these costs and of the log's hosting."""
        return float(by_call_usd[self.first :].sum()) * self.per_call + hosting_usd * self.per_hosting

    def holds(self, calls: int) -> npt.NDArray[np.bool_]:
        """Return a mask of these calls among the log's `calls`."""
        return np.arange(calls) >= self.first

    @property
    def period(self) -> str:
        """The time of these calls, as a sentence names it."""
        return "since the change" if self.first else "over the log"


def month_of(at_ns: Ints, span: Span, *, change_at_ns: int | None) -> tuple[Month, Span]:
    """Return the month of a log that is oldest first, and the span with notes on the scaling.

    The time since a change is counted from the last call before it, not from the first call after it: until
    then no call was made, and a change is often dated by the call that shows it. Without a change, or if
    all calls lie on one side or the time is too short to scale, a month is like the whole log.

    >>> hours = np.arange(5) * 3_600_000_000_000
    >>> month, _ = month_of(hours, span_of(hours), change_at_ns=int(hours[2]))
    >>> month.first, month.per_call / month.per_hosting
    (2, 1.3333333333333333)
    """
    whole = Month(per_call=span.per_month, per_hosting=span.per_month, seconds=span.seconds)
    if change_at_ns is None:
        return whole, span
    first = int(np.searchsorted(at_ns, change_at_ns))
    if not 0 < first < len(at_ns):
        return whole, span
    begin_ns, end_ns = int(at_ns[first - 1]), dense_ends(at_ns[first:])[1]
    seconds = float(end_ns - begin_ns) / _NS_PER_S
    if not span.scaled or end_ns - change_at_ns < SHORTEST_SCALED_S * _NS_PER_S:
        return whole, span
    times = MONTH_S / seconds
    note = (
        f"A month is taken as {times:,.2f} times the {seconds / 3600:,.2f} h since the change that was asked "
        "about, with the calls and prices of that time."
        if seconds >= DAY_S
        else _unknown(seconds, what="the calls since the change cover")
    )
    month = Month(first=first, per_call=times, per_hosting=span.per_month, seconds=seconds)
    since = msgspec.structs.replace(
        span,
        is_month_known=seconds >= DAY_S,
        is_since_change=True,
        notes=(*_skewed(at_ns[first - 1 :], seconds=seconds), note),
    )
    return month, since


def span_of(at_ns: Ints) -> Span:
    """Return the span of instants given in any order, and the factor from it to a month of 30.44 days.

    `per_month = 2,629,800 s / span`; valid from a minute on, trusted from a day on, since hours of
    the day differ. A few instants far from all others (a skewed clock) do not stretch the span.

    >>> span_of(np.array([0, 3_600_000_000_000])).per_month
    730.5
    """
    if len(at_ns) < 2:
        return Span(seconds=0.0, per_month=1.0, scaled=False, notes=(_unscaled(0.0),))
    first, last = dense_ends(at_ns)
    seconds = float(last - first) / _NS_PER_S
    notes = _skewed(at_ns, seconds=seconds)
    if seconds < SHORTEST_SCALED_S:
        return Span(seconds=seconds, per_month=1.0, scaled=False, notes=(*notes, _unscaled(seconds)))
    times = MONTH_S / seconds
    if seconds < DAY_S:
        notes.append(_unknown(seconds))
    else:
        notes.append(f"A month is taken as {times:,.2f} times the log's {seconds / DAY_S:,.2f} days.")
    return Span(
        seconds=seconds,
        per_month=times,
        scaled=True,
        is_month_known=seconds >= DAY_S,
        notes=tuple(notes),
    )


def dense_ends(at_ns: Ints) -> tuple[int, int]:
    """Return the first and the last instant of the part that a month is scaled from; needs a call.

    That is the whole log, unless the outermost 1 % of the calls on either side make it more than ten times as
    long: then it is from the first to the ninety-ninth percentile.

    >>> dense_ends(np.array([0, 7, 3]))
    (0, 7)
    """
    first, last = int(at_ns.min()), int(at_ns.max())
    if len(at_ns) < 100:
        return first, last
    tail = len(at_ns) // 100
    ends = [tail, len(at_ns) - 1 - tail]
    begin, end = (int(instant) for instant in np.partition(at_ns, ends)[ends])
    return (begin, end) if (end - begin) * 10 < last - first else (first, last)


def _skewed(at_ns: Ints, *, seconds: float) -> list[str]:
    """Return a note if instants lie outside the `seconds` that a month is scaled from."""
    stretched_s = float(at_ns.max() - at_ns.min()) / _NS_PER_S
    if seconds >= stretched_s:
        return []
    note = (
        f"98 % of the calls lie within {seconds:,.0f} s and the rest stretch the log to "
        f"{stretched_s:,.0f} s: clocks may be skewed, so the month is scaled from the dense part."
    )
    return [note]


def _unknown(seconds: float, *, what: str = "the log covers") -> str:
    """Explain why no monthly cost is known, and what the rate is used for.

    >>> _unknown(3420.0).split(";")[0]
    'The cost of a month is not known: the log covers 0.95 h, and hours differ by more than one of them shows'
    """
    return (
        f"The cost of a month is not known: {what} {seconds / 3600:,.2f} h, and hours differ by more "
        "than one of them shows; ways to serve the traffic are compared at its rate, as if these hours were "
        "typical."
    )


def _unscaled(seconds: float) -> str:
    return f"The log spans {seconds:,.1f} s, too short to scale: dollars are those of the log itself."
