"""Verified savings: the same log before and after a change, per unit of work, with an interval.

Formula: `saved = sum over groups of n_after (mean cost before - mean cost after)`, in dollars of the after
window, so that a change of volume or of mix between groups is no saving. Its 95 % interval takes calls as
independent: variance `sum n_after^2 (s_b^2 / n_b + s_a^2 / n_a)` (Welch 1947); valid from about 30 calls
on each side of a group. Shares of accepted answers are compared by Newcombe's interval. A group with a
call of unknown price has an unknown cost, which is no cost of zero; its answers are compared all the same.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final, Literal

import msgspec
import numpy as np

from netra.domain.optimization.intervals import Z_95, difference
from netra.domain.optimization.traffic import Bools
from netra.domain.workloads.columns import Flags, Floats, Ints, Labels

FEWEST_CALLS: Final = 30
Ruling = Literal["better", "worse", "same", "too few calls", "price unknown"]


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One group of calls on one side of the change."""

    calls: int
    usd_per_call: float | None  # None: the price of a call is unknown
    usd_variance: float  # of the mean; 0.0 where that is unknown
    output_tokens_per_call: float
    accepted: tuple[int, int]  # (accepted, judged)
    latency_ms_p50: float | None
    latency_ms_p99: float | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One group before and after; dollars are of the after window, positive is saved, None unknown."""

    group: str
    before: Side
    after: Side
    saved_usd: float | None
    low_usd: float | None
    high_usd: float | None
    accept_rate_difference_95: tuple[float, float] | None  # after - before; None: not judged
    cost: Ruling
    quality: Ruling

    @property
    def is_to_roll_back(self) -> bool:
        """Whether it surely costs more for no better answers, or surely answers worse."""
        return self.quality == "worse" or (self.cost == "worse" and self.quality != "better")


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The change as a whole: the money of the groups whose prices are known, and all groups behind it."""

    calls_before: int
    calls_after: int
    saved_usd: float | None  # over the after window; None: no group has a known cost on both sides
    low_usd: float | None
    high_usd: float | None
    share: float | None  # of what the after window would have cost before
    ruling: Ruling
    groups: tuple[Comparison, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """The columns a comparison reads, one value a call."""

    usd: Floats  # NaN where the price is unknown
    output_tokens: Ints
    accepted: Flags | None
    latency_ms: Floats | None


def verify(calls: Calls, *, after: Bools, groups: Labels) -> Verified:
    """Return what changed between the calls not in `after` and those in it, group by group.

    A group without a call is left out: `groups` may name more than the calls hold.
    """
    compared: list[Comparison] = []
    only_before: list[str] = []
    only_after: list[str] = []
    for code, name in enumerate(groups.names):
        mine = groups.codes == code
        sides = _side(calls, mine & ~after), _side(calls, mine & after)
        if sides[0] is not None and sides[1] is not None:
            compared.append(compare(name, sides[0], sides[1]))
        elif sides[0] is not None:
            only_before.append(name)
        elif sides[1] is not None:
            only_after.append(name)
    compared.sort(key=lambda one: -abs(one.saved_usd or 0.0))
    money = _added(compared)
    return Verified(
        calls_before=int((~after).sum()),
        calls_after=int(after.sum()),
        saved_usd=None if money is None else money.saved_usd,
        low_usd=None if money is None else money.low_usd,
        high_usd=None if money is None else money.high_usd,
        share=None if money is None else money.saved_usd / money.would_usd if money.would_usd else 0.0,
        ruling="price unknown" if money is None else money.ruling(few=_are_few(compared)),
        groups=tuple(compared),
        only_before=tuple(only_before),
        only_after=tuple(only_after),
    )


def compare(group: str, before: Side, after: Side) -> Comparison:
    """Return one group's change, per call of the after window.

    >>> side = Side(calls=100, usd_per_call=2.0, usd_variance=0.0, output_tokens_per_call=1.0,
    ...             accepted=(0, 0), latency_ms_p50=None, latency_ms_p99=None)
    >>> compare("g", side, msgspec.structs.replace(side, usd_per_call=1.5)).saved_usd
    50.0
    """
    few = min(before.calls, after.calls) < FEWEST_CALLS
    judged = before.accepted[1] > 0 and after.accepted[1] > 0
    interval = difference(*after.accepted, than=before.accepted) if judged else None
    money = _money(before, after)
    return Comparison(
        group=group,
        before=before,
        after=after,
        saved_usd=None if money is None else money.saved_usd,
        low_usd=None if money is None else money.low_usd,
        high_usd=None if money is None else money.high_usd,
        accept_rate_difference_95=interval,
        cost="price unknown" if money is None else money.ruling(few=few),
        quality="too few calls" if few or interval is None else _ruling(*interval),
    )


class _Money(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars saved in the after window, and the half width of their 95 % interval."""

    saved_usd: float
    margin_usd: float
    would_usd: float  # what the after window would have cost before

    @property
    def low_usd(self) -> float:
        return self.saved_usd - self.margin_usd

    @property
    def high_usd(self) -> float:
        return self.saved_usd + self.margin_usd

    def ruling(self, *, few: bool) -> Ruling:
        return "too few calls" if few else _ruling(self.low_usd, self.high_usd)


def _money(before: Side, after: Side) -> _Money | None:
    """Return what one group saved; None where a call on either side has no known price."""
    if before.usd_per_call is None or after.usd_per_call is None:
        return None
    return _Money(
        saved_usd=after.calls * (before.usd_per_call - after.usd_per_call),
        margin_usd=Z_95 * after.calls * sqrt(before.usd_variance + after.usd_variance),
        would_usd=after.calls * before.usd_per_call,
    )


def _added(compared: Sequence[Comparison]) -> _Money | None:
    """Return the money of the groups whose prices are known; None where there is none of them."""
    known = [money for one in compared if (money := _money(one.before, one.after)) is not None]
    if not known:
        return None
    return _Money(
        saved_usd=sum(money.saved_usd for money in known),
        margin_usd=sqrt(sum(money.margin_usd**2 for money in known)),
        would_usd=sum(money.would_usd for money in known),
    )


def _are_few(compared: Sequence[Comparison]) -> bool:
    return all(one.cost in {"too few calls", "price unknown"} for one in compared)


def _ruling(low: float, high: float) -> Ruling:
    if low > 0:
        return "better"
    return "worse" if high < 0 else "same"


def _side(calls: Calls, where: Bools) -> Side | None:
    count = int(where.sum())
    if not count:
        return None
    usd = calls.usd[where]
    priced = not np.isnan(usd).any()
    return Side(
        calls=count,
        usd_per_call=float(usd.mean()) if priced else None,
        usd_variance=float(usd.var(ddof=1)) / count if priced and count > 1 else 0.0,
        output_tokens_per_call=float(calls.output_tokens[where].mean()),
        accepted=_accepted(calls.accepted, where),
        latency_ms_p50=_percentile(calls.latency_ms, where, 50),
        latency_ms_p99=_percentile(calls.latency_ms, where, 99),
    )


def _accepted(flags: Flags | None, where: Bools) -> tuple[int, int]:
    if flags is None:
        return 0, 0
    mine = flags[where]
    return int((mine == 1).sum()), int((mine >= 0).sum())


def _percentile(values: Floats | None, where: Bools, percent: float) -> float | None:
    if values is None:
        return None
    known = values[where][~np.isnan(values[where])]
    return float(np.percentile(known, percent)) if len(known) else None
