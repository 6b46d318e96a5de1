"""The bounds of a saving: what the sample, the month's traffic and the finding's own model leave open.

The saving is `A - rent`: A is saved on calls and known as a share of the bill, give or take what resampling
shows; a month's A also depends on the level of its traffic; the rent is fixed and bounded by the finding.
"""

import msgspec

from netra.domain.optimization.analysers.model import Finding
from netra.domain.optimization.model import Grade
from netra.domain.optimization.uncertainty.level import month_range


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """The 90 % interval of a share; both ends None where the log cannot bound it, `basis` says why."""

    low: float | None
    high: float | None
    basis: str


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars saved, with the bounds of 90 %; None: the log cannot bound them."""

    saved_usd: float
    low_usd: float | None
    high_usd: float | None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding saves in some time, in dollars of that time."""

    usd: float  # saved on calls
    bill_usd: float
    rent_usd: float  # of the hosting it adds
    most_usd: float  # what the calls it touches cost: no saving is more
    can_lose: bool = True  # whether some call gets dearer


def bounded(finding: Finding, part: Part, *, margin: float | None, seconds: float | None = None) -> Value:
    """Return the saving with its bounds.

    `margin` is half the width of the interval of the share of the bill, None where that is not known;
    `seconds` is the length of the log where the dollars are scaled from it to a month.
    """
    saved_usd = part.usd - part.rent_usd
    least, most = finding.rent_shares or (1.0, 1.0)
    ends = _on_calls(part, margin=margin, seconds=seconds)
    if ends is None and finding.rent_shares is not None:
        ends = part.usd, part.usd  # the rent's bounds are the finding's own
    low_usd = None if ends is None else ends[0] - most * part.rent_usd
    high_usd = None if ends is None else ends[1] - least * part.rent_usd
    if finding.low_share is not None:
        low_usd = finding.low_share * saved_usd
    if finding.grade is Grade.JUDGEMENT and saved_usd > 0:
        low_usd = 0.0
    return Value(
        saved_usd=saved_usd,
        low_usd=None if low_usd is None else min(low_usd, saved_usd),
        high_usd=None if high_usd is None else max(min(high_usd, _most(part, seconds=seconds)), saved_usd),
    )


def _on_calls(part: Part, *, margin: float | None, seconds: float | None) -> tuple[float, float] | None:
    """Return the bounds of what is saved on calls; None where the sample shows none."""
    if margin is None:
        return None
    reach = margin * part.bill_usd
    low_usd, high_usd = part.usd - reach, part.usd + reach
    if seconds is not None and part.usd:
        low_usd, high_usd, _ = month_range(part.usd, seconds=seconds, share_margin=reach / abs(part.usd))
    return low_usd if part.can_lose else max(low_usd, 0.0), high_usd


def _most(part: Part, *, seconds: float | None) -> float:
    """Return the cost of the calls that are touched, in a month of much traffic."""
    if seconds is None:
        return part.most_usd
    return month_range(part.most_usd, seconds=seconds)[1]
