"""Bounds of a saving, from the sample, the month's traffic and the finding's own model.

The saving is `A - rent`: A is saved on calls and known as a share of the bill, within the interval from
resampling; a month's A also depends on the level of its traffic; the finding bounds the rent, which is fixed.
"""

import msgspec

from netra.domain.optimization.analysers.model import Finding
from netra.domain.optimization.model import Grade
from netra.domain.optimization.uncertainty.level import month_range


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """How long the log is that a month is scaled from, and how much its windows differ."""

    seconds: float
    swing: float


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """The 90 % interval of a share; without bounds, both ends are None and `basis` is the reason."""

    low: float | None
    high: float | None
    basis: str


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars saved, with the bounds of 90 %; None: the log cannot bound them."""

    saved_usd: float
    low_usd: float | None
    high_usd: float | None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The dollars that a finding saves in a period."""

    usd: float  # saved on calls
    bill_usd: float
    rent_usd: float  # of the hosting it adds
    most_usd: float  # cost of the calls it changes; upper bound of the saving
    can_lose: bool = True  # whether some call can become more expensive


def bounded(finding: Finding, part: Part, *, margin: float | None, known: Known | None = None) -> Value:
    """Return the saving with its bounds.

    `margin` is half the width of the interval of the share of the bill, None where that is not known;
    `known` is what the log shows of its level where the dollars are scaled from it to a month.
    """
    saved_usd = part.usd - part.rent_usd
    least, most = finding.rent_shares or (1.0, 1.0)
    ends = _on_calls(part, margin=margin, known=known)
    if ends is None and finding.rent_shares is not None:
        ends = part.usd, part.usd  # the finding bounds the rent
    low_usd = None if ends is None else ends[0] - most * part.rent_usd
    high_usd = None if ends is None else ends[1] - least * part.rent_usd
    if finding.low_share is not None:
        low_usd = finding.low_share * saved_usd
    if finding.grade is Grade.JUDGEMENT and saved_usd > 0:
        low_usd = 0.0
    return Value(
        saved_usd=saved_usd,
        low_usd=None if low_usd is None else min(low_usd, saved_usd),
        high_usd=None if high_usd is None else max(min(high_usd, _most(part, known=known)), saved_usd),
    )


def _on_calls(part: Part, *, margin: float | None, known: Known | None) -> tuple[float, float] | None:
    """Return the bounds of the savings on calls, or None if the sample determines no bounds."""
    if margin is None:
        return None
    reach = margin * part.bill_usd
    low_usd, high_usd = part.usd - reach, part.usd + reach
    if known is not None and part.usd:
        low_usd, high_usd, _ = month_range(
            part.usd, seconds=known.seconds, swing=known.swing, share_margin=reach / abs(part.usd)
        )
    return low_usd if part.can_lose else max(low_usd, 0.0), high_usd


def _most(part: Part, *, known: Known | None) -> float:
    """Return the cost of the changed calls in a month at the upper bound of traffic."""
    if known is None:
        return part.most_usd
    return month_range(part.most_usd, seconds=known.seconds, swing=known.swing)[1]
